//! Samples for the tests of this crate.

use std::sync::Arc;

use counterfoil_jose::UnixTime;

use crate::model::{
    Api, ApiAccess, ApiId, ApiProfile, ApiScope, ApplicationType, Client, ClientAuthMethod,
    ClientId, ClientSettings, ConsentPolicy, GrantType, RefreshPolicy, Revision, Session,
    SessionId, User, UserId, UserStatus,
};

pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

pub(crate) fn client() -> Client {
    Client {
        id: ClientId::new(10),
        client_id: "web-app".into(),
        secret: None,
        owner_api: None,
        settings: ClientSettings {
            client_name: "Web app".into(),
            token_endpoint_auth_method: ClientAuthMethod::None,
            jwks: None,
            redirect_uris: vec!["https://app.example/cb".into()],
            post_logout_redirect_uris: vec![],
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            scopes: ["openid", "profile", "email", "offline_access"].map(str::to_owned).to_vec(),
            application_type: ApplicationType::Web,
            consent: ConsentPolicy::Ask,
            strict: false,
            id_token_signed_response_alg: "RS256".into(),
            default_max_age: None,
            require_auth_time: false,
            refresh: RefreshPolicy::default(),
            apis: vec![ApiAccess {
                resource: "https://orders.example".into(),
                scopes: vec!["orders:read".into()],
            }],
            lax_assertion_audience: false,
        },
        created_at: NOW,
        updated_at: NOW,
        version: Revision::new(1),
    }
}

pub(crate) fn api() -> Arc<Api> {
    Arc::new(Api {
        id: ApiId::new(20),
        resource: "https://orders.example".into(),
        client: ClientId::new(11),
        profile: ApiProfile {
            scopes: vec![ApiScope { name: "orders:read".into(), description: String::new() }],
            ..ApiProfile::default()
        },
        created_at: NOW,
        updated_at: NOW,
        version: Revision::new(1),
    })
}

pub(crate) fn user() -> Arc<User> {
    Arc::new(User {
        id: UserId::new(30),
        sub: "usr_alice".into(),
        username: "alice".into(),
        password: None,
        status: UserStatus::Active,
        claims: serde_json::Map::new(),
        created_at: NOW,
        updated_at: NOW,
        version: Revision::new(1),
    })
}

pub(crate) fn session() -> Session {
    Session {
        id: SessionId::new(40),
        cookie: crate::model::Digest([0; 32]),
        user: UserId::new(30),
        auth_time: NOW,
        amr: vec!["pwd".into()],
        created_at: NOW,
        expires_at: NOW.plus_secs(3600),
        ended_at: None,
    }
}
