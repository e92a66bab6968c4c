//! Strict JOSE: JWS, JWE, JWK, thumbprints and JWT claims on aws-lc-rs.

mod time;

pub use time::UnixTime;
