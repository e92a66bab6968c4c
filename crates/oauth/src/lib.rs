//! The OAuth 2.1 and OpenID Connect protocol as pure messages, checks and decisions.
