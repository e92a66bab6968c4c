//! The resource-server side: a tower layer and an axum extractor around the verifier.
