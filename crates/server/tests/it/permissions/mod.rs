mod access;
mod authzen;
mod errors;
pub mod ground;
mod grpc;
mod protobuf;
mod revisions;
mod session;
mod streams;
