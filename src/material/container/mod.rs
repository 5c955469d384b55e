//! The containers in which private keys are kept: which one a file is, and the key in it as the PKCS#8 that KMS wants.

mod identify;
mod kind;
mod note;

pub use self::kind::Container;
pub use self::note::Note;
use super::Passphrase;
use crate::error::{Error, MaterialError};
use crate::secret::Secret;

/// A private key, whatever it was kept in.
pub(crate) struct PrivateKey {
    /// Unencrypted PKCS#8 v1 DER with a named curve, as KMS takes it.
    pub(crate) pkcs8: Secret,
    /// What it was read from.
    pub(crate) container: Container,
    /// What was read leniently, or completed.
    pub(crate) notes: Vec<Note>,
    /// The subject of the certificate that lay beside the key and belongs to it.
    pub(crate) certificate: Option<String>,
}

/// Reads the private key in a container. `bytes` are DER, or the text of the containers that are text: OpenSSH (its binary form is taken
/// too), JWK, and a traditional PEM block that is encrypted.
///
/// The bytes have the last word: what a PEM label says wrongly is noted.
pub(crate) fn read_private_key(
    container: Container,
    bytes: &Secret,
    passphrase: &mut dyn Passphrase,
) -> Result<PrivateKey, Error> {
    let _ = (bytes, passphrase);
    Err(MaterialError::Damaged { container, problem: "it is not read yet".to_owned() }.into())
}

/// The secret bytes (`k`, RFC 7518 §6.4) of a JWK of key type `oct`.
pub(crate) fn read_jwk_oct(bytes: &Secret) -> Result<Secret, Error> {
    let _ = bytes;
    Err(MaterialError::Damaged { container: Container::Jwk, problem: "it is not read yet".to_owned() }.into())
}
