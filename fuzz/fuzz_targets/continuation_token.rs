#![no_main]

#[path = "../../crates/server/src/permissions/continuation.rs"]
#[expect(dead_code, reason = "not every list is fuzzed")]
mod continuation;
#[path = "../../crates/server/src/permissions/continuation_fuzzed.rs"]
mod fuzzed;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzed::continuation_token(data));
