use std::fmt;
use zeroize::Zeroize;

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident, $inner:ty, $exposed:ty) => {
        $(#[$doc])*
        ///
        /// Never printed, never serialized, not comparable with `==`, wiped on drop.
        #[derive(Clone)]
        pub struct $name($inner);

        impl $name {
            /// Reads the secret. Each call is a place to review.
            #[must_use]
            pub fn expose(&self) -> &$exposed {
                &self.0
            }
        }

        impl From<$inner> for $name {
            fn from(secret: $inner) -> Self {
                Self(secret)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                self.0.zeroize();
            }
        }
    };
}

secret!(
    /// Holds a 256-bit key.
    ///
    /// ```compile_fail
    /// use counterfoil_jose::crypto::Secret32;
    /// let same = Secret32::random() == Secret32::random();
    /// ```
    Secret32,
    [u8; 32],
    [u8; 32]
);
secret!(
    /// Holds secret bytes of any length, such as a private key's encoding.
    SecretBytes,
    Vec<u8>,
    [u8]
);
secret!(
    /// Holds secret text, such as a client secret.
    SecretString,
    String,
    str
);

impl Secret32 {
    /// Draws a key from the system's generator.
    #[must_use]
    pub fn random() -> Self {
        Self(super::random())
    }

    /// Copies a key out of a slice, which must be 32 bytes long.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_says_nothing() {
        assert_eq!(format!("{:?}", Secret32::random()), "Secret32(..)");
        assert_eq!(format!("{:?}", SecretBytes::from(vec![1])), "SecretBytes(..)");
        assert_eq!(format!("{:?}", SecretString::from("x".to_owned())), "SecretString(..)");
    }
}
