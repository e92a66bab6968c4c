//! Turns a token, a proof and watermarks into a verified caller.
