//! Where a passphrase comes from.

use super::MaterialError;
use crate::secret::Secret;

/// Where the passphrase of an encrypted private key comes from. Asked only when there is something to open.
pub trait Passphrase {
    /// The passphrase, without a line end; `None` where nobody can be asked, which ends in [`MaterialError::PassphraseNeeded`].
    ///
    /// # Errors
    /// What keeps the passphrase from being read; the reader of the key gives it on unchanged.
    fn passphrase(&mut self) -> Result<Option<Secret>, MaterialError>;
}

/// A [`Passphrase`] that is never there: for key material that must not be encrypted.
pub struct NoPassphrase;

impl Passphrase for NoPassphrase {
    fn passphrase(&mut self) -> Result<Option<Secret>, MaterialError> {
        Ok(None)
    }
}
