//! What a key is: its spec, its bytes, and whether the two agree.

#[allow(dead_code)] // until the recogniser calls it
mod container;
pub(crate) mod der;
mod encoded;
mod format;
mod generate;
mod private_key;
#[allow(dead_code)] // until all verbs call it
mod recognise;
mod raw;
#[allow(dead_code)] // until the recogniser calls it
mod soundness;
mod spec;

use std::fmt;

use openssl::pkey::{PKey, Private};

pub use self::container::{Container, Note};
pub use self::format::Format;
pub use self::private_key::read_any_private_key;
pub use self::soundness::Weakness;
pub use self::spec::{Curve, HMAC_MAXIMUM, KeySpec, KeyUsage, MaterialKind};
use crate::error::{Error, MaterialError, OpenSslError};
use crate::secret::{Secret, on_clean_stack};

/// Key material that fits its key spec: raw bytes for symmetric and HMAC keys, unencrypted PKCS#8 DER for private keys.
///
/// It exists only checked: length, curve, modulus, named curve and two primes are what KMS wants.
pub struct KeyMaterial {
    spec: KeySpec,
    bytes: Secret,
}

/// Where the passphrase of an encrypted private key comes from. Asked only when there is something to open.
pub trait Passphrase {
    /// The passphrase, or nothing where nobody can be asked.
    fn passphrase(&mut self) -> Result<Option<Secret>, Error>;
}

/// For key material that must not be encrypted.
pub struct NoPassphrase;

impl Passphrase for NoPassphrase {
    fn passphrase(&mut self) -> Result<Option<Secret>, Error> {
        Ok(None)
    }
}

impl KeyMaterial {
    /// The most bytes that are read as material of any key spec, whatever its encoding.
    pub const READ_LIMIT: usize = 16 * 1024;

    /// Makes new key material with OpenSSL's random generator.
    pub fn generate(spec: KeySpec) -> Result<Self, Error> {
        Ok(KeyMaterial { spec, bytes: on_clean_stack(|| generate::generate(spec))? })
    }

    /// Understands `bytes` as key material of `spec`. Without a format, symmetric and HMAC material is raw, and a private key's
    /// container is recognised.
    pub fn read(
        bytes: Secret,
        spec: KeySpec,
        format: Option<Format>,
        passphrase: &mut dyn Passphrase,
    ) -> Result<Self, Error> {
        if bytes.is_empty() {
            return Err(MaterialError::Empty.into());
        }
        let bytes = if spec.is_private_key() {
            on_clean_stack(|| private_key::read(bytes, spec, format, passphrase))?
        } else {
            on_clean_stack(|| raw::read(bytes, spec, format))?
        };
        Ok(KeyMaterial { spec, bytes })
    }

    /// The key spec it fits.
    pub fn spec(&self) -> KeySpec {
        self.spec
    }

    /// How many bytes will be wrapped.
    pub fn byte_count(&self) -> usize {
        self.bytes.len()
    }

    /// Whether the system keeps it out of swap.
    pub fn is_locked(&self) -> bool {
        self.bytes.is_locked()
    }

    /// The bytes that are wrapped.
    pub fn expose(&self) -> &[u8] {
        self.bytes.expose()
    }

    /// The private key, for key specs that have one.
    pub(crate) fn private_key(&self) -> Result<PKey<Private>, Error> {
        Ok(PKey::private_key_from_der(self.expose()).map_err(OpenSslError::step("read the private key back"))?)
    }

    /// The public half as DER SubjectPublicKeyInfo (RFC 5280 §4.1); nothing for symmetric and HMAC keys.
    pub fn public_key(&self) -> Result<Option<Vec<u8>>, Error> {
        if !self.spec.is_private_key() {
            return Ok(None);
        }
        on_clean_stack(|| {
            let der = self.private_key()?.public_key_to_der().map_err(OpenSslError::step("derive the public key"))?;
            Ok(Some(der))
        })
    }
}

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyMaterial({}, {} bytes)", self.spec, self.bytes.len())
    }
}
