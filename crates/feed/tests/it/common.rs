//! A feed in memory: a server, a guard, and the wire between them, without a network.

use counterfoil_feed::{
    Action, ApiFacts, Change, Epoch, FeedKeys, FeedName, FeedSigner, Follower, FollowerConfig,
    LeaseRequest, LeaseTerms, Leases, MacKey, Mode, Now, Position, PseudonymKey, Publisher, Reason,
    Resume, Revision, Revisions, SnapshotTerms, WatermarkKind,
};
use counterfoil_jose::crypto::Secret32;
use counterfoil_jose::{JwkSet, JwsAlgorithm, SigningKey, UnixTime};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::sync::Arc;

pub(crate) const ISS: &str = "http://localhost:7070";
pub(crate) const AUD: &str = "https://orders.example";
pub(crate) const START_SECS: i64 = 1_700_000_000;

pub(crate) fn feed() -> FeedName {
    FeedName { iss: ISS.to_owned(), aud: AUD.to_owned() }
}

pub(crate) fn signing_key() -> Arc<SigningKey> {
    let key = SigningKey::from_seed(JwsAlgorithm::EdDsa, &Secret32::from([7; 32])).unwrap();
    Arc::new(key.with_kid("feed-1"))
}

pub(crate) fn signer() -> FeedSigner {
    FeedSigner::new(signing_key()).unwrap()
}

pub(crate) fn keys() -> FeedKeys {
    FeedKeys::new(feed(), &JwkSet::from_keys(vec![signing_key().public_jwk()])).unwrap()
}

pub(crate) fn pseudonyms() -> PseudonymKey {
    PseudonymKey::new(&Secret32::from([9; 32]))
}

pub(crate) fn at(epoch: u64, seq: u64) -> Position {
    Position::new(Epoch::new(epoch), Revision::new(seq))
}

/// Both clocks, so many milliseconds after the start.
pub(crate) fn ms(millis: u64) -> Now {
    Now { boot_ms: 1_000 + millis, wall_ms: START_SECS.unsigned_abs() * 1_000 + millis }
}

pub(crate) fn change(revision: u64, kind: WatermarkKind, id: &[u8], mode: Mode) -> Change {
    Change {
        kind,
        id: id.to_vec(),
        revision: Revision::new(revision),
        mode,
        reason: if mode == Mode::Hard { Reason::Suspended } else { Reason::Updated },
        expires_at: UnixTime::from_secs(START_SECS + 600),
    }
}

pub(crate) fn terms() -> SnapshotTerms {
    SnapshotTerms {
        lease_ms: 5_000,
        rho_ppm: 500,
        facts: ApiFacts {
            format: "opaque".to_owned(),
            alg: None,
            typ: None,
            max_lifetime_secs: 600,
        },
        mac_keys: vec![MacKey { id: 1, key: Secret32::from([3; 32]) }],
    }
}

pub(crate) fn publisher(epoch: u64, seq: u64) -> Publisher {
    Publisher::open(feed(), pseudonyms(), at(epoch, seq), []).unwrap()
}

/// A server and a guard, joined by the wire forms.
pub(crate) struct Pair {
    pub(crate) publisher: Publisher,
    pub(crate) leases: Leases,
    pub(crate) follower: Follower,
    pub(crate) rng: ChaCha8Rng,
    pub(crate) now: Now,
    pub(crate) log: Vec<&'static str>,
    pub(crate) requests: Vec<LeaseRequest>,
}

impl Pair {
    pub(crate) fn new() -> Self {
        let config = FollowerConfig { feed: feed(), high_water: None, longest_grace_ms: 0 };
        Self {
            publisher: publisher(1, 100),
            leases: Leases::restart(LeaseTerms::default(), Epoch::new(1), 0),
            follower: Follower::new(config, ms(0)),
            rng: ChaCha8Rng::seed_from_u64(1),
            now: ms(0),
            log: Vec::new(),
            requests: Vec::new(),
        }
    }

    pub(crate) fn iat(&self) -> UnixTime {
        self.now.unix()
    }

    /// Lets time pass and carries every message at once, lease requests too.
    pub(crate) fn pass(&mut self, millis: u64) {
        self.now = Now { boot_ms: self.now.boot_ms + millis, wall_ms: self.now.wall_ms + millis };
        self.follower.tick(self.now, &mut self.rng);
        self.carry();
    }

    /// Carries out what the guard asks for until it asks for nothing.
    pub(crate) fn carry(&mut self) {
        loop {
            while let Some(action) = self.follower.next_action() {
                self.act(action);
            }
            if self.follower.wake_at_ms(self.now) > self.now.boot_ms {
                return;
            }
            self.follower.tick(self.now, &mut self.rng);
        }
    }

    fn act(&mut self, action: Action) {
        let (now, iat) = (self.now, self.iat());
        match action {
            Action::FetchSnapshot { attempt, request } => {
                self.log.push("snapshot");
                let instance = request
                    .instance
                    .clone()
                    .unwrap_or_else(|| self.leases.register(now.boot_ms, &mut self.rng).unwrap());
                let snapshot = self.publisher.snapshot(&request, instance, terms(), iat);
                let wire = signer().snapshot(&snapshot);
                let snapshot = keys().snapshot(&wire).unwrap();
                _ = self.follower.snapshot(attempt, &snapshot, now, &mut self.rng);
            }
            Action::OpenStream { after, .. } => {
                self.log.push("stream");
                match self.publisher.resume(&after) {
                    Resume::Resync(_) => self.follower.resync(now, &mut self.rng),
                    Resume::Frames(frames) => {
                        for sealed in frames {
                            self.deliver(&sealed.compact);
                        }
                    }
                }
            }
            Action::SendLease(request) => {
                self.log.push("lease");
                self.requests.push(request.clone());
                let request = LeaseRequest::parse(request.to_json().as_bytes()).unwrap();
                match self.leases.renew(&request, &self.publisher, now.boot_ms, iat) {
                    Ok(grant) => {
                        let grant = keys().grant(&signer().grant(&grant)).unwrap();
                        _ = self.follower.grant(&grant, now, &mut self.rng);
                    }
                    Err(refusal) => self.follower.lease_refused(refusal, now, &mut self.rng),
                }
            }
            Action::Ready => self.log.push("ready"),
            Action::NotReady(_) => self.log.push("not ready"),
            Action::DropIdentities => self.log.push("drop"),
            Action::Moved(_) => self.log.push("moved"),
        }
    }

    pub(crate) fn deliver(&mut self, compact: &str) {
        let frame = keys().frame(compact).unwrap();
        _ = self.follower.frame(&frame, self.now, &mut self.rng);
    }

    /// Makes the frames that are due and delivers them.
    pub(crate) fn publish(&mut self) {
        for compact in self.frames() {
            self.deliver(&compact);
        }
        self.carry();
    }

    /// Makes the frames that are due.
    pub(crate) fn frames(&mut self) -> Vec<String> {
        let (now, iat) = (self.now.boot_ms, self.iat());
        let signer = signer();
        std::iter::from_fn(|| self.publisher.flush(now, iat, |frame| signer.frame(frame)))
            .map(|sealed| sealed.compact.clone())
            .collect()
    }

    pub(crate) fn announce(&mut self, keys: u64, config: u64) {
        self.publisher.announce(Revisions {
            keys: Revision::new(keys),
            permission: None,
            config: Revision::new(config),
        });
    }
}
