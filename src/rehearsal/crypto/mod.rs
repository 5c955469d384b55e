//! What the embedded KMS does with key material, by itself: nothing here calls the code that wraps.

use zeroize::Zeroizing;

pub(crate) mod ciphertext;
mod der;
pub(crate) mod key_material;
pub(crate) mod rsa;
pub(crate) mod unwrap;

/// Unwrapped key material, or whatever else must be wiped.
pub(crate) type Plaintext = Zeroizing<Vec<u8>>;
