//! Rotation: publish, wait until every cache knows the key, sign, retire, forget.

use std::{sync::Arc, time::Duration};

use counterfoil_jose::{JwsAlgorithm, SigningKey, UnixTime};
use counterfoil_oauth::model::{
    Batch, Change, Effect, KeyPurpose, KeyState, Mode, Reason, StoredKey, Target,
};
use counterfoil_store::CommitError;

use super::{KeyError, OpenError, random_name, seal};
use crate::state::State;

/// Seconds a JWKS may be cached, as the response says.
pub(crate) const JWKS_MAX_AGE_SECS: i64 = 300;

/// Seconds a key is published before it signs: two cache times.
const PUBLISH_SECS: i64 = 2 * JWKS_MAX_AGE_SECS;

/// Seconds a key stays published after its last signature: the longest token life and a day.
const RETIRE_SECS: i64 = 2 * 86_400;

/// Seconds a key signs before its successor is published.
const ROTATE_SECS: i64 = 90 * 86_400;

/// How often the keys are looked at.
const PERIOD: Duration = Duration::from_secs(30);

/// How a rotation was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// Publish successors now; they sign once caches have had time.
    Gentle,
    /// A key is compromised: successors sign at once, and everything the old ones made is dead.
    Compromised,
}

/// Looks at the keys from time to time and moves those whose time has come.
pub(crate) async fn run(state: Arc<State>) {
    loop {
        if let Err(error) = step(&state).await {
            tracing::error!(%error, "keys could not be moved on; trying again");
        }
        tokio::time::sleep(PERIOD).await;
    }
}

/// Makes successors of every active signing key, and of the sealing key. Returns the new kids.
pub(crate) async fn rotate(state: &State, how: Rotation) -> Result<Vec<String>, OpenError> {
    let stored = state.store.keys(state.iss).await.map_err(OpenError::Store)?.value;
    let now = state.now();
    let mut batch = Batch::default();
    let mut made = Vec::new();
    for key in stored.iter().filter(|key| key.state == KeyState::Active) {
        let Some(successor) = successor(state, key, how, now)? else { continue };
        made.push(successor.kid.clone());
        note(&mut batch, &successor.kid, Mode::Soft);
        batch.effects.push(Effect::InsertKey(successor));
        if how == Rotation::Compromised {
            note(&mut batch, &key.kid, Mode::Hard);
            batch.effects.push(moved(key, KeyState::Retired, now));
        } else if key.purpose == KeyPurpose::Seal {
            batch.effects.push(moved(key, KeyState::Retiring, now));
        }
    }
    for key in stored.iter().filter(|key| key.state == KeyState::Published) {
        // A waiting successor is overtaken by the new one.
        batch.effects.push(moved(key, KeyState::Retired, now));
    }
    if how == Rotation::Compromised {
        let expires_at =
            Some(now.plus_secs(counterfoil_oauth::grants::authorization_code::WATERMARK_SECS));
        let (target, mode, reason) = (Target::Issuer, Mode::Hard, Reason::KeyRotated);
        batch.changes.push(Change { target, mode, reason, expires_at });
    }
    state.commit(batch).await.map_err(OpenError::Commit)?;
    Ok(made)
}

fn successor(
    state: &State,
    key: &StoredKey,
    how: Rotation,
    now: UnixTime,
) -> Result<Option<StoredKey>, OpenError> {
    let failed = || OpenError::Key(KeyError::Generate);
    let (kid, bytes) = match &key.purpose {
        KeyPurpose::Sign(alg) => {
            let alg = JwsAlgorithm::parse(alg).map_err(|_| failed())?;
            let made = SigningKey::generate(alg).map_err(|_| failed())?;
            (made.kid().to_owned(), made.to_pkcs8().expose().to_vec())
        }
        KeyPurpose::Seal => (random_name("seal"), state.random::<32>().to_vec()),
        // The root can't change without forgetting every pairwise subject; the feed's key is
        // pinned by running guards.
        KeyPurpose::Derive | KeyPurpose::Feed => return Ok(None),
    };
    // Only the issuer opens seals, so a sealing key needs no time to become known.
    let at_once = how == Rotation::Compromised || key.purpose == KeyPurpose::Seal;
    let (kek, issuer) = (&state.config.key_encryption_key, state.issuer());
    Ok(Some(StoredKey {
        secret: seal::seal(kek, issuer, &kid, &bytes),
        kid,
        purpose: key.purpose.clone(),
        state: if at_once { KeyState::Active } else { KeyState::Published },
        created_at: now,
        state_since: now,
    }))
}

/// Moves keys whose time has come.
async fn step(state: &Arc<State>) -> Result<(), OpenError> {
    let stored = state.store.keys(state.iss).await.map_err(OpenError::Store)?.value;
    let now = state.now();
    let mut batch = Batch::default();
    for key in &stored {
        let age = now.since(key.state_since);
        let next = match key.state {
            KeyState::Published if age >= PUBLISH_SECS => Some(KeyState::Active),
            KeyState::Retiring if age >= RETIRE_SECS => Some(KeyState::Retired),
            _ => None,
        };
        let Some(next) = next else { continue };
        batch.effects.push(moved(key, next, now));
        note(&mut batch, &key.kid, Mode::Soft);
        if next == KeyState::Active {
            let old = stored
                .iter()
                .filter(|old| old.state == KeyState::Active && old.purpose == key.purpose);
            batch.effects.extend(old.map(|old| moved(old, KeyState::Retiring, now)));
        }
    }
    if !batch.effects.is_empty() {
        commit(state, batch).await?;
    }
    let due = stored.iter().any(|key| {
        key.state == KeyState::Active
            && matches!(key.purpose, KeyPurpose::Sign(_))
            && now.since(key.state_since) >= ROTATE_SECS
    });
    let waiting = stored.iter().any(|key| key.state == KeyState::Published);
    if due && !waiting {
        rotate(state, Rotation::Gentle).await?;
    }
    Ok(())
}

async fn commit(state: &State, batch: Batch) -> Result<(), OpenError> {
    match state.commit(batch).await {
        // Another node moved them first.
        Ok(_) | Err(CommitError::Conflict(_)) => Ok(()),
        Err(error) => Err(OpenError::Commit(error)),
    }
}

fn moved(key: &StoredKey, to: KeyState, at: UnixTime) -> Effect {
    Effect::MoveKey { kid: key.kid.clone(), from: key.state, to, at }
}

/// Guards fetch the key set again when the log names a key; a hard one they drop at once.
fn note(batch: &mut Batch, kid: &str, mode: Mode) {
    batch.changes.push(Change {
        target: Target::Key(kid.to_owned()),
        mode,
        reason: Reason::KeyRotated,
        expires_at: None,
    });
}
