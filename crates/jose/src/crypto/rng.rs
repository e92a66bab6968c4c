use aws_lc_rs::rand;
use rand_core::{CryptoRng, RngCore};

/// The system's generator (the DRBG of aws-lc) behind the trait that the pure crates take.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRng;

impl RngCore for SystemRng {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(random())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(random())
    }

    #[expect(clippy::expect_used, reason = "without entropy nothing may go on")]
    fn fill_bytes(&mut self, dest: &mut [u8]) {
        rand::fill(dest).expect("the system gives random bytes");
    }
}

impl CryptoRng for SystemRng {}

/// Draws `N` random bytes from the system's generator.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRng.fill_bytes(&mut bytes);
    bytes
}
