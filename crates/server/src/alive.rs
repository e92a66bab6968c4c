//! Is this token alive? The same watermarks as in the guards give the one answer.

use std::sync::{PoisonError, RwLock};

use counterfoil_feed::{
    KeyedId, Mode as FeedMode, Reason as FeedReason, Revision as FeedRevision, Stamp, TokenKeys,
    Verdict, Watermark, WatermarkKey, WatermarkKind, Watermarks,
};
use counterfoil_jose::crypto::sha256;
use counterfoil_oauth::model::{
    Change, ChangeKind, Grant, IssuerId, Mode, Reason, Revision, Target, TokenId,
};
use counterfoil_store::{Store, StoreError};

/// The node's watermarks since it started. A token decided before that is looked up in the
/// database, so starting costs nothing however long the log is.
pub(crate) struct Alive {
    table: RwLock<Watermarks>,
}

impl Alive {
    pub(crate) fn new(head: Revision) -> Self {
        Self { table: RwLock::new(empty(head)) }
    }

    /// Forgets everything: what was decided before `head` is looked up in the database.
    pub(crate) fn start_over(&self, head: Revision) {
        *self.table.write().unwrap_or_else(PoisonError::into_inner) = empty(head);
    }

    /// Takes a committed change.
    pub(crate) fn apply(&self, change: &Change, revision: Revision) {
        if let Some(watermark) = watermark(change, revision) {
            let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
            table.apply(&watermark);
        }
    }

    /// Forgets what has expired.
    pub(crate) fn prune(&self, now: counterfoil_jose::UnixTime) {
        self.table.write().unwrap_or_else(PoisonError::into_inner).prune(now);
    }

    /// Whether a token decided at `issued` still lives.
    pub(crate) async fn is_alive(
        &self,
        grant: &Grant,
        token: Option<TokenId>,
        issued: Revision,
        (store, iss): (&Store, IssuerId),
    ) -> Result<bool, StoreError> {
        if grant.revoked_at.is_some() {
            return Ok(false);
        }
        let at = FeedRevision::new(issued.get());
        {
            let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
            let stamp = Stamp { issued: at, learned: FeedRevision::MAX };
            match table.verdict(&keys(grant, token), stamp) {
                Verdict::Dead(_) => return Ok(false),
                Verdict::Alive if at >= table.floor() => return Ok(true),
                Verdict::Alive | Verdict::Refetch => {}
            }
        }
        let found = store.watermarks_for(iss, &targets(grant, token)).await?.value;
        Ok(found.iter().all(|mark| mark.mode == Mode::Soft || mark.not_before <= issued))
    }
}

/// A table that knows everything from `head` on, and nothing before it.
fn empty(head: Revision) -> Watermarks {
    let mut table = Watermarks::default();
    table.raise_floor(FeedRevision::new(head.get()));
    table
}

/// Everything that a hard watermark could name the token by.
fn targets(grant: &Grant, token: Option<TokenId>) -> Vec<Target> {
    let mut targets = vec![Target::Issuer, Target::Client(grant.client), Target::Grant(grant.id)];
    targets.extend(grant.user.map(Target::User));
    targets.extend(grant.session.map(Target::Session));
    targets.extend(token.map(Target::Token));
    targets
}

fn keys(grant: &Grant, token: Option<TokenId>) -> TokenKeys {
    TokenKeys {
        client: Some(own_id(&Target::Client(grant.client))),
        user: grant.user.map(|user| own_id(&Target::User(user))),
        session: grant.session.map(|session| own_id(&Target::Session(session))),
        grant: Some(own_id(&Target::Grant(grant.id))),
        token: token.map(|token| own_id(&Target::Token(token))),
        key: None,
    }
}

/// Names a target in the node's own table, where nothing has to be pseudonymous: the id, mixed so
/// that ids made one after another spread over the table.
fn own_id(target: &Target) -> KeyedId {
    let bytes = target.bytes();
    let mut id = [0u8; 16];
    match <[u8; 8]>::try_from(bytes.as_slice()) {
        Ok(eight) => {
            let number = u64::from_be_bytes(eight);
            let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
            let parts = mixed.to_be_bytes().into_iter().chain(eight);
            id.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
        }
        // A token's name is random already.
        Err(_) if bytes.len() == id.len() => id.copy_from_slice(&bytes),
        Err(_) => {
            id.iter_mut().zip(sha256(&bytes)).for_each(|(to, from)| *to = from);
        }
    }
    KeyedId::from_bytes(id)
}

fn watermark(change: &Change, revision: Revision) -> Option<Watermark> {
    let kind = feed_kind(change.target.kind());
    // The claims of a user never end a token, and an API's tokens are known by their API.
    if matches!(kind, WatermarkKind::Claims | WatermarkKind::Api | WatermarkKind::Key) {
        return None;
    }
    Some(Watermark {
        key: WatermarkKey { kind, id: own_id(&change.target) },
        not_before: FeedRevision::new(revision.get()),
        mode: feed_mode(change.mode),
        reason: feed_reason(change.reason),
        expires_at: change.expires_at?,
    })
}

/// The feed's word for a kind.
pub(crate) const fn feed_kind(kind: ChangeKind) -> WatermarkKind {
    match kind {
        ChangeKind::Issuer => WatermarkKind::Issuer,
        ChangeKind::Client => WatermarkKind::Client,
        ChangeKind::User => WatermarkKind::User,
        ChangeKind::Session => WatermarkKind::Session,
        ChangeKind::Grant => WatermarkKind::Grant,
        ChangeKind::Token => WatermarkKind::Token,
        ChangeKind::Claims => WatermarkKind::Claims,
        ChangeKind::Api => WatermarkKind::Api,
        ChangeKind::Key => WatermarkKind::Key,
    }
}

pub(crate) const fn feed_mode(mode: Mode) -> FeedMode {
    match mode {
        Mode::Hard => FeedMode::Hard,
        Mode::Soft => FeedMode::Soft,
    }
}

pub(crate) fn feed_reason(reason: Reason) -> FeedReason {
    FeedReason::parse(reason.as_str())
}
