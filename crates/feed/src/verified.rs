use std::ops::Deref;

/// A message whose signature, `typ`, issuer and audience have been checked.
///
/// Made by [`crate::FeedKeys`]. The state machines take nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    pub(crate) fn new(message: T) -> Self {
        Self(message)
    }

    /// Trusts a message that never left this process: simulations, and a server that guards
    /// itself. Each call is a place to review.
    #[must_use]
    pub fn from_this_process(message: T) -> Self {
        Self(message)
    }

    /// The message.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
