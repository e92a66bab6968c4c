#![no_main]

#[path = "../../crates/permission/tests/it/fuzzed.rs"]
#[expect(dead_code, reason = "each target runs one of them")]
mod fuzzed;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzed::cel(data));
