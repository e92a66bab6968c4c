//! Names to small numbers and back.

use std::collections::HashMap;
use std::sync::Arc;

/// Names, numbered in the order of their coming.
///
/// The hash is keyed at random, because names are chosen by strangers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    numbers: HashMap<Arc<str>, u32>,
    names: Vec<Arc<str>>,
}

impl Names {
    /// The number of a name, a new one if need be; none once the numbers below `max` are used up.
    pub(super) fn intern(&mut self, name: &str, max: u32) -> Option<u32> {
        if let Some(known) = self.find(name) {
            return Some(known);
        }
        let number = u32::try_from(self.names.len()).ok().filter(|number| *number < max)?;
        let name: Arc<str> = name.into();
        self.names.push(Arc::clone(&name));
        self.numbers.insert(name, number);
        Some(number)
    }

    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    pub(crate) fn name(&self, number: u32) -> Option<&str> {
        self.names.get(number as usize).map(AsRef::as_ref)
    }

    /// How many there are: less than 2³².
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.names.len()).unwrap_or(u32::MAX)
    }
}
