use std::{hint::black_box, sync::Arc};

use counterfoil_jose::{JwsAlgorithm, SigningKey, UnixTime, jws};
use counterfoil_oauth::{
    model::ClaimMap,
    token::access_jwt::{AccessClaims, Audience, Principal},
};

use super::{Turns, bare::Bare};
use crate::failure::Failure;

/// Signs an access token as the token endpoint does, claims to text, beside the bare signature of
/// the same bytes.
pub(super) fn measure(alg: JwsAlgorithm, turns: &mut Turns<'_>) -> Result<(), Failure> {
    let failed = |_| Failure::new("no key");
    let key = SigningKey::generate(alg).map_err(failed)?;
    let bare = Bare::of(&key)?;
    let signer = jws::Signer::new(Arc::new(key), &jws::JwsHeader::typ("at+jwt"));
    let released = ClaimMap::new();
    let claims = claims(&released);
    let message = signer.sign(&serde_json::to_vec(&claims)?);
    let message = message.rsplit_once('.').map_or("", |(input, _)| input).as_bytes();
    let name = alg.as_str().to_lowercase();
    let mut scratch = vec![0; 1024];
    let mut failures = 0usize;
    turns.take(
        (&format!("sign-{name}"), |_| {
            // A failure would be fast; the bare side counts them for both.
            if let Ok(payload) = serde_json::to_vec(black_box(&claims)) {
                black_box(signer.sign(&payload));
            }
        }),
        (&format!("sign-{name}-bare"), |_| {
            failures += usize::from(!bare.sign(black_box(message), &mut scratch));
        }),
    );
    match failures {
        0 => Ok(()),
        _ => Err(Failure::new(format!("{failures} bare signatures failed"))),
    }
}

/// The claims of a thin token, about as long as they come.
pub(super) fn claims(released: &ClaimMap) -> AccessClaims<'_> {
    AccessClaims {
        iss: "https://id.bench.example",
        sub: "usr_0123456789abcdefghijk",
        aud: Audience::One("https://bench.example/orders"),
        client_id: "web-application",
        azp: "web-application",
        exp: UnixTime::from_secs(1_800_000_600),
        iat: UnixTime::from_secs(1_800_000_000),
        jti: "zT9y0s8wTqa1mP3kVbJr5Q0a1b2c3d4e5f6g7h8i9j0",
        scope: "orders:read orders:write",
        auth_time: Some(UnixTime::from_secs(1_800_000_000)),
        principal: Principal::User,
        cf_epoch: 1,
        cf_rev: 123_456,
        cf_keys: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        released,
    }
}
