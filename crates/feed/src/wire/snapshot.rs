use super::frame::{RevisionsJson, revisions};
use super::read::Fields;
use super::watermark::{self, WatermarkJson};
use super::{FeedKeys, FeedSigner, MAX_SNAPSHOT_BYTES, SNAPSHOT_TYP, WireError};
use crate::lease_time::{MAX_LEASE_MS, MAX_RHO_PPM, MIN_LEASE_MS};
use crate::{ApiFacts, FeedName, MAX_TABLE_KEYS, MacKey, Nonce, Position, Snapshot, Verified};
use counterfoil_jose::crypto::Secret32;
use counterfoil_jose::{Claims, b64};
use serde::Serialize;

/// The most watermarks of a snapshot: a full table, hard and soft.
pub const MAX_SNAPSHOT_WATERMARKS: usize = 2 * MAX_TABLE_KEYS;

/// The most MAC keys: the current one, its successor, and a few that tokens still carry.
pub const MAX_MAC_KEYS: usize = 8;

/// The longest lifetime of a token that a guard believes: a day.
const MAX_LIFETIME_SECS: u64 = 86_400;

/// The longest word of a profile.
const MAX_WORD_BYTES: usize = 64;

#[derive(Serialize)]
struct SnapshotJson<'s> {
    iss: &'s str,
    aud: &'s str,
    epoch: u64,
    seq: u64,
    head_hash: String,
    continues: bool,
    iat: i64,
    instance: &'s str,
    nonce: String,
    watermarks: Vec<WatermarkJson>,
    floor: u64,
    #[serde(flatten)]
    revisions: RevisionsJson,
    lease_ms: u64,
    rho_ppm: u32,
    profile: ProfileJson<'s>,
    mac_keys: Vec<MacKeyJson>,
}

#[derive(Serialize)]
struct ProfileJson<'s> {
    format: &'s str,
    #[serde(skip_serializing_if = "Option::is_none")]
    alg: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    typ: Option<&'s str>,
    max_lifetime_secs: u64,
}

#[derive(Serialize)]
struct MacKeyJson {
    id: u8,
    k: String,
}

impl FeedSigner {
    /// Signs a snapshot. It holds MAC keys: send it to the API's own client alone, over TLS.
    #[must_use]
    pub fn snapshot(&self, snapshot: &Snapshot) -> String {
        let mac_key = |mac: &MacKey| MacKeyJson { id: mac.id, k: b64::encode(mac.key.expose()) };
        self.sign(
            SNAPSHOT_TYP,
            &SnapshotJson {
                iss: &snapshot.feed.iss,
                aud: &snapshot.feed.aud,
                epoch: snapshot.at.epoch.get(),
                seq: snapshot.at.seq.get(),
                head_hash: snapshot.head_hash.to_string(),
                continues: snapshot.continues,
                iat: snapshot.iat.as_secs(),
                instance: snapshot.instance.as_str(),
                nonce: snapshot.nonce.to_string(),
                watermarks: snapshot.watermarks.iter().map(WatermarkJson::from).collect(),
                floor: snapshot.floor.get(),
                revisions: snapshot.revisions.into(),
                lease_ms: snapshot.lease_ms,
                rho_ppm: snapshot.rho_ppm,
                profile: ProfileJson {
                    format: &snapshot.facts.format,
                    alg: snapshot.facts.alg.as_deref(),
                    typ: snapshot.facts.typ.as_deref(),
                    max_lifetime_secs: snapshot.facts.max_lifetime_secs,
                },
                mac_keys: snapshot.mac_keys.iter().map(mac_key).collect(),
            },
        )
    }
}

impl FeedKeys {
    /// Reads a snapshot of this feed.
    ///
    /// # Errors
    /// [`WireError`] names the first defect.
    pub fn snapshot(&self, compact: &str) -> Result<Verified<Snapshot>, WireError> {
        let verified = self.verify(compact, SNAPSHOT_TYP, MAX_SNAPSHOT_BYTES)?;
        read(&verified.claims()?, self.feed()).map(Verified::new)
    }
}

fn read(claims: &Claims<'_>, feed: &FeedName) -> Result<Snapshot, WireError> {
    let fields = Fields::of_feed(claims, feed)?;
    let lease_ms = fields.number("lease_ms", u64::MAX)?;
    if !(MIN_LEASE_MS..=MAX_LEASE_MS).contains(&lease_ms) {
        return Err(WireError::LeaseLength);
    }
    let rho_ppm = fields.number("rho_ppm", u64::from(MAX_RHO_PPM))?;
    Ok(Snapshot {
        feed: feed.clone(),
        at: Position::new(fields.epoch()?, fields.revision("seq")?),
        instance: fields.instance()?,
        nonce: fields.form("nonce", Nonce::parse)?,
        head_hash: fields.hash("head_hash")?,
        continues: claims.boolean("continues")?.ok_or(WireError::Form { name: "continues" })?,
        iat: fields.time("iat")?,
        watermarks: fields.objects("watermarks", MAX_SNAPSHOT_WATERMARKS, watermark::read)?,
        floor: fields.revision("floor")?,
        revisions: revisions(&fields)?,
        lease_ms,
        rho_ppm: u32::try_from(rho_ppm).unwrap_or(MAX_RHO_PPM),
        facts: profile(claims)?,
        mac_keys: fields.objects("mac_keys", MAX_MAC_KEYS, mac_key)?,
    })
}

fn profile(claims: &Claims<'_>) -> Result<ApiFacts, WireError> {
    let profile = claims.member("profile")?.ok_or(WireError::Form { name: "profile" })?;
    let profile = Claims::from(profile.clone());
    let fields = Fields::plain(&profile);
    let word = |name: &'static str| match fields.claims().string(name)? {
        Some(word) if word.len() > MAX_WORD_BYTES => Err(WireError::Form { name }),
        found => Ok(found.map(str::to_owned)),
    };
    Ok(ApiFacts {
        format: word("format")?.ok_or(WireError::Form { name: "format" })?,
        alg: word("alg")?,
        typ: word("typ")?,
        max_lifetime_secs: fields.number("max_lifetime_secs", MAX_LIFETIME_SECS)?,
    })
}

fn mac_key(fields: &Fields<'_>) -> Result<MacKey, WireError> {
    let id = fields.number("id", u64::from(u8::MAX))?;
    let key = |text: &str| Secret32::from_slice(&b64::decode(text).ok()?);
    Ok(MacKey { id: u8::try_from(id).unwrap_or(u8::MAX), key: fields.form("k", key)? })
}
