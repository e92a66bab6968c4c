//! The freshness protocol, both ends, as state machines.
