//! Where a passphrase comes from.

use super::MaterialError;
use crate::secret::Secret;

/// Where the passphrase of an encrypted private key comes from. Asked only when there is something to open.
pub trait Passphrase {
    /// The passphrase, or nothing where nobody can be asked.
    fn passphrase(&mut self) -> Result<Option<Secret>, MaterialError>;
}

/// For key material that must not be encrypted.
pub struct NoPassphrase;

impl Passphrase for NoPassphrase {
    fn passphrase(&mut self) -> Result<Option<Secret>, MaterialError> {
        Ok(None)
    }
}
