//! Numbers that look random and are the same in every run: a world is its seed and its size.

use std::hash::Hasher;

/// SplitMix64.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// A number below `end`; 0 where there is none.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        let high = u128::from(self.next()) * u128::from(end);
        u32::try_from(high >> 64).unwrap_or(0)
    }

    /// True once in `times`, on average.
    pub(super) fn once_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }

    /// True `percent` times in a hundred.
    pub(super) fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One of the items.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let end = u32::try_from(items.len()).unwrap_or(u32::MAX);
        items.get(self.below(end) as usize)
    }

    /// Pareto's 80/20: of `end` numbers the first fifth gets four fifths of the draws.
    pub(super) fn pareto(&mut self, end: u32) -> u32 {
        let fifth = (end / 5).max(1);
        if self.percent(80) { self.below(fifth) } else { self.below(end) }
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            let other = self.below(u32::try_from(end + 1).unwrap_or(u32::MAX));
            items.swap(end, other as usize);
        }
    }
}

/// Scatters the bits of a number.
pub(super) fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

/// Ranks by Zipf's law.
#[derive(Debug)]
pub(super) struct Zipf {
    /// Weights added up.
    sums: Vec<f64>,
}

impl Zipf {
    /// Ranks below `end` with weights 1 / (rank + 1)^exponent.
    pub(super) fn new(end: u32, exponent: f64) -> Self {
        let mut sum = 0.0;
        let sums = (1..=end).map(|rank| {
            sum += f64::from(rank).powf(-exponent);
            sum
        });
        Self { sums: sums.collect() }
    }

    pub(super) fn rank(&self, random: &mut Random) -> u32 {
        let Some(sum) = self.sums.last() else { return 0 };
        // 32 bits are as fine as is needed.
        let share = f64::from(random.below(u32::MAX)) / f64::from(u32::MAX);
        let at = self.sums.partition_point(|upto| *upto <= share * sum);
        u32::try_from(at.min(self.sums.len() - 1)).unwrap_or(0)
    }
}

/// A hash for numbers, with no secret in it.
#[derive(Debug, Default)]
pub(super) struct Scatter(u64);

impl Hasher for Scatter {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = mix(self.0.rotate_left(5) ^ number);
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laws() {
        let mut random = Random::new(1);
        let zipf = Zipf::new(1_000, 1.1);
        let mut first = 0;
        let mut rich = 0;
        for _ in 0..10_000 {
            first += u32::from(zipf.rank(&mut random) == 0);
            rich += u32::from(random.pareto(1_000) < 200);
        }
        // 1 / Σ rank^-1.1 is 0.18; four fifths and a fifth of the rest is 0.84.
        assert!((1_600..2_000).contains(&first), "{first}");
        assert!((8_200..8_600).contains(&rich), "{rich}");
    }
}
