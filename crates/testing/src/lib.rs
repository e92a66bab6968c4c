//! Test ground: fixed clock, seeded randomness and world files.
