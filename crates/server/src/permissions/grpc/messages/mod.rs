//! The messages of OpenFGA's protobuf schema, by its public names and numbers.

pub(crate) mod known;
pub(crate) mod model;
pub(crate) mod service;
pub(crate) mod tuple;
