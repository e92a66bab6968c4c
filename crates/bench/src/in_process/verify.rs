//! A token that the verifier knows, and one that it has never seen.

use std::hint::black_box;

use counterfoil_jose::{JwsAlgorithm, SigningKey, b64, jws};
use counterfoil_oauth::model::ClaimMap;
use counterfoil_verifier::ClaimsFrom;

use super::{
    Turns,
    bare::Bare,
    lab::{self, Lab},
    sign::claims,
};
use crate::failure::Failure;

/// Tokens that are unknown in turn; after them the verifier forgets them all. They fit a core's
/// cache, where a token is that has just been read from its socket.
const TOKENS: usize = 256;

/// Known tokens, each check repeated, beside one Ed25519 verification.
pub(super) fn known(turns: &mut Turns<'_>) -> Result<(), Failure> {
    let failed = |_| Failure::new("no key");
    let ed25519 = SigningKey::generate(JwsAlgorithm::EdDsa).map_err(failed)?;
    let es256 = SigningKey::generate(JwsAlgorithm::Es256).map_err(failed)?;
    let signed = token(&ed25519, 0)?;
    let (input, signature) = split(&signed)?;
    let public = Bare::of(&ed25519)?.public()?;
    let mut failures = 0usize;
    let mut beside = |turns: &mut Turns<'_>, metric: &str, lab: &mut Lab, token: &str| {
        lab.keep_fresh()?;
        let mut refused = 0usize;
        turns.rates(
            (metric, |_| refused += usize::from(!lab.accepts(black_box(token)))),
            ("ed25519-verify", |_| {
                failures += usize::from(public.verify_sig(black_box(input), &signature).is_err());
            }),
        );
        none(refused + failures, metric)
    };
    let mut lab = Lab::new(ClaimsFrom::Introspection, &[])?;
    let opaque = lab::opaque_token();
    lab.learn(&opaque)?;
    beside(turns, "known-opaque", &mut lab, &opaque)?;
    let mut lab = Lab::new(ClaimsFrom::Token, &[&es256])?;
    let jwt = token(&es256, 0)?;
    beside(turns, "known-jwt", &mut lab, &jwt)
}

/// JWTs that were never seen, beside the bare operation over the same bytes.
pub(super) fn unknown(alg: JwsAlgorithm, turns: &mut Turns<'_>) -> Result<(), Failure> {
    let key = SigningKey::generate(alg).map_err(|_| Failure::new("no key"))?;
    let public = Bare::of(&key)?.public()?;
    let mut lab = Lab::new(ClaimsFrom::Token, &[&key])?;
    let tokens: Vec<String> =
        (0..TOKENS).map(|number| token(&key, number)).collect::<Result<_, _>>()?;
    let parts: Vec<(&[u8], Vec<u8>)> =
        tokens.iter().map(|token| split(token)).collect::<Result<_, _>>()?;
    lab.keep_fresh()?;
    let name = alg.as_str().to_lowercase();
    let (mut refused, mut failures) = (0usize, 0usize);
    turns.take(
        (&format!("verify-{name}"), |call| {
            let at = call % TOKENS;
            if at == 0 {
                lab.verifier.drop_identities();
            }
            let token = tokens.get(at).map_or("", String::as_str);
            refused += usize::from(!lab.accepts(black_box(token)));
        }),
        (&format!("verify-{name}-bare"), |call| {
            let good = parts.get(call % TOKENS).is_some_and(|(input, signature)| {
                public.verify_sig(black_box(input), signature).is_ok()
            });
            failures += usize::from(!good);
        }),
    );
    none(refused + failures, &name)
}

fn none(failures: usize, metric: &str) -> Result<(), Failure> {
    match failures {
        0 => Ok(()),
        _ => Err(Failure::new(format!("{metric}: {failures} tokens were refused"))),
    }
}

/// A thin token of about 600 bytes, with all the claims that the token endpoint sets.
fn token(key: &SigningKey, number: usize) -> Result<String, Failure> {
    let released = ClaimMap::new();
    let iat = lab::now().unix();
    let jti = format!("{number:011}");
    let mut claims = claims(&released);
    claims.iat = iat;
    claims.exp = iat.plus_secs(600);
    claims.jti = &jti;
    claims.scope = "orders:read";
    claims.auth_time = None;
    claims.cf_rev = 100;
    let keys = b64::encode(&[7; 80]);
    claims.cf_keys = &keys;
    Ok(jws::sign(key, &jws::JwsHeader::typ("at+jwt"), &serde_json::to_vec(&claims)?))
}

fn split(token: &str) -> Result<(&[u8], Vec<u8>), Failure> {
    let parts = token.rsplit_once('.');
    let (input, signature) = parts.ok_or_else(|| Failure::new("not a token"))?;
    let signature = b64::decode(signature).map_err(|_| Failure::new("not a signature"))?;
    Ok((input.as_bytes(), signature))
}
