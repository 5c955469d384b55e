//! The containers in which private keys are kept: which one a file is, and the key in it as the PKCS#8 that KMS wants.

mod certificate;
mod curve;
mod der_key;
mod ec;
mod encrypted;
mod foreign;
mod identify;
mod jwk;
mod kind;
mod lacking;
mod libcrypto;
mod named_key;
mod note;
mod number;
mod openssh;
mod openssh_split;
mod pfx;
mod pkcs12;
mod point;
mod rsa;
mod scheme;
#[cfg(test)]
mod tests;
mod wif;

pub(crate) use self::certificate::subject;
pub(crate) use self::foreign::{Converter, KEY_BLOCK, converter};
pub use self::kind::Container;
pub use self::named_key::NamedKey;
pub(crate) use self::named_key::is_ed25519;
pub use self::note::Note;
pub(crate) use self::openssh_split::{Piece, single_key};
pub(crate) use self::point::may_be_compressed;
use super::Passphrase;
use crate::material::MaterialError;
use crate::secret::{Secret, on_clean_stack};

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
    /// It was encrypted under a passphrase that is not empty.
    pub(crate) encrypted: bool,
}

/// Reads the private key in a container. `bytes` are DER, or the text of the containers that are text: OpenSSH (its binary form is taken
/// too), JWK, and a traditional PEM block that is encrypted.
///
/// The bytes have the last word: what a PEM label says wrongly is noted.
pub(crate) fn read_private_key(
    container: Container,
    bytes: &Secret,
    passphrase: &mut dyn Passphrase,
) -> Result<PrivateKey, MaterialError> {
    on_clean_stack(|| read(container, bytes, passphrase))
}

fn read(claimed: Container, bytes: &Secret, passphrase: &mut dyn Passphrase) -> Result<PrivateKey, MaterialError> {
    let container = if claimed.is_der() { told(claimed, bytes.expose()) } else { claimed };
    let mut notes = Vec::new();
    if claimed.is_der() && !same_label(claimed, container) {
        notes.push(Note::Mislabelled { label: claimed, found: container });
    }
    let mut passphrase = Asked { passphrase, told: false };
    let mut certificate = None;
    let mut encrypted = matches!(container, Container::EncryptedPkcs8 | Container::EncryptedTraditional);
    let pkcs8 = match container {
        Container::Pkcs8 | Container::Pkcs8V2 | Container::Pkcs1 | Container::Sec1 => {
            der_key::read(container, bytes.expose(), &mut notes)?
        }
        Container::EncryptedPkcs8 => encrypted::pkcs8(bytes.expose(), &mut passphrase, &mut notes)?,
        Container::EncryptedTraditional => encrypted::traditional(bytes.expose(), &mut passphrase, &mut notes)?,
        Container::OpenSsh | Container::EncryptedOpenSsh => openssh::read(bytes, &mut notes)?,
        Container::Jwk | Container::JwkSet => jwk::private_key(container, bytes, &mut notes)?,
        Container::Pkcs12 => {
            let found = pkcs12::read(bytes, &mut passphrase, &mut notes)?;
            certificate = found.certificate;
            encrypted = found.encrypted;
            found.pkcs8
        }
        other => return Err(foreign::refusal(other)),
    };
    Ok(PrivateKey { pkcs8, container, notes, certificate, encrypted: encrypted && passphrase.told })
}

/// A passphrase, and whether one was told that is not empty: an empty one keeps nothing secret.
struct Asked<'a> {
    passphrase: &'a mut dyn Passphrase,
    told: bool,
}

impl Passphrase for Asked<'_> {
    fn passphrase(&mut self) -> Result<Option<Secret>, MaterialError> {
        let answer = self.passphrase.passphrase()?;
        self.told |= answer.as_ref().is_some_and(|answer| !answer.is_empty());
        Ok(answer)
    }
}

/// What the bytes are, whatever was claimed; what is not told at all stays what it was called, and is found to be damaged.
fn told(claimed: Container, bytes: &[u8]) -> Container {
    Container::identify(bytes).unwrap_or(claimed)
}

/// Whether one PEM label serves for both.
fn same_label(one: Container, other: Container) -> bool {
    let plain = |container| matches!(container, Container::Pkcs8 | Container::Pkcs8V2);
    one == other || (plain(one) && plain(other))
}

/// The secret bytes (`k`, RFC 7518 §6.4) of a JWK of key type `oct`, or of a JWK Set that has one.
pub(crate) fn read_jwk_oct(bytes: &Secret) -> Result<Secret, MaterialError> {
    jwk::oct(bytes)
}

/// Whether a JWK, or each key of a JWK Set, is of key type `oct`.
pub(crate) fn is_jwk_oct(bytes: &[u8]) -> bool {
    jwk::is_oct(bytes)
}

/// An EC private key as PKCS#8 from its bare number.
pub(crate) fn from_scalar(curve: openssl::nid::Nid, scalar: &[u8]) -> Result<Secret, MaterialError> {
    on_clean_stack(|| ec::pkcs8(Container::Sec1, curve, scalar, None, &mut Vec::new()))
}

/// An Ed25519 private key as PKCS#8 from its seed; `public` is the public half that came with it.
pub(crate) fn from_seed(seed: &[u8], public: Option<&[u8]>) -> Result<Secret, MaterialError> {
    on_clean_stack(|| ec::ed25519(Container::Pkcs8, seed, public))
}

/// Why a container is not read: that it holds the public half only, or what converts it.
pub(crate) fn refusal(container: Container) -> MaterialError {
    foreign::refusal(container)
}
