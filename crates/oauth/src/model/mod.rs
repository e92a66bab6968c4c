//! What the authorization server knows: users, clients, APIs, sessions, consents, grants, keys,
//! and the guarded effects that change them.

mod api;
mod client;
mod effect;
mod grant;
mod ids;
mod key;
mod secret;
mod session;
mod user;
mod watermark;

pub use api::{Api, ApiProfile, ApiScope, ClaimGrant, SenderConstraint, SubjectType, TokenFormat};
pub use client::{
    ApiAccess, ApplicationType, Client, ClientAuthMethod, ClientSettings, ConsentPolicy, GrantType,
    RefreshPolicy,
};
pub use effect::{Batch, Effect, Fact, Guard};
pub use grant::{Grant, GrantKind, RefreshFamily, Rotation};
pub use ids::{ApiId, ClientId, GrantId, IssuerId, Revision, SessionId, TokenId, UserId};
pub use key::{KeyPurpose, KeyState, StoredKey};
pub use secret::{Digest, PasswordHash, SealedSecret};
pub use session::{Consent, Session};
pub use user::{ClaimMap, User, UserStatus};
pub use watermark::{Change, ChangeKind, Mode, Reason, Target};
