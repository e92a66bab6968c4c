//! Sets of numbers.

/// A set of numbers below a bound: one bit each, in memory that is only touched where it is used.
#[derive(Debug, Default)]
pub(crate) struct Marks(Vec<u64>);

impl Marks {
    pub(crate) fn new(bound: u32) -> Self {
        Self(vec![0; (bound as usize).div_ceil(64)])
    }

    /// Whether the number was not in the set before. A number beyond the bound never is.
    pub(crate) fn insert(&mut self, number: u32) -> bool {
        let bit = 1 << (number % 64);
        let Some(word) = self.0.get_mut(number as usize / 64) else { return false };
        let fresh = *word & bit == 0;
        *word |= bit;
        fresh
    }

    pub(crate) fn has(&self, number: u32) -> bool {
        let word = self.0.get(number as usize / 64).copied().unwrap_or(0);
        word & (1 << (number % 64)) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::Marks;

    #[test]
    fn numbers_are_marked_once() {
        let mut marks = Marks::new(130);
        for number in [0, 63, 64, 129] {
            assert!(!marks.has(number));
            assert!(marks.insert(number));
            assert!(!marks.insert(number));
            assert!(marks.has(number));
        }
        assert!(!marks.has(1));
        assert!(!marks.insert(192), "beyond the bound");
    }
}
