pub mod ground;
mod revisions;
mod session;
