//! Key material that fits its key spec.

use std::fmt;

use openssl::pkey::{PKey, Private};

use super::{Format, KeySpec, MaterialError, Passphrase, Places, Reading, generate, private_key, raw};
use crate::openssl_probe::OpenSslError;
use crate::secret::{Secret, on_clean_stack};

/// Key material that fits its key spec: raw bytes for symmetric and HMAC keys, unencrypted PKCS#8 DER for private keys.
///
/// It exists only checked: length, curve, modulus, named curve and two primes are what KMS wants.
pub struct KeyMaterial {
    spec: KeySpec,
    bytes: Secret,
    reading: Option<Reading>,
    places: Places,
}

impl KeyMaterial {
    /// The most bytes that are read as material of any key spec, whatever its encoding. An RSA_4096 key has 2.4 KB and a certificate
    /// 2 KB, so that this is a PKCS#12 file with a chain of twenty, in lines of base64.
    pub const READ_LIMIT: usize = 64 * 1024;

    /// Makes new key material with OpenSSL's random generator: 32 bytes for symmetric keys, as many as the digest has for HMAC keys, a key
    /// pair in PKCS#8 otherwise.
    ///
    /// # Errors
    /// [`MaterialError::OpenSsl`] where OpenSSL fails or has no Ed25519, [`MaterialError::File`] where there is no memory for secrets.
    pub fn generate(spec: KeySpec) -> Result<Self, MaterialError> {
        Ok(KeyMaterial {
            spec,
            bytes: on_clean_stack(|| generate::generate(spec))?,
            reading: None,
            places: Places::default(),
        })
    }

    /// Understands `bytes` as key material of `spec`: what they are recognised as, if there is no doubt, or what `format` says. `None` is
    /// [`Format::Auto`]. The passphrase is asked for only where something is encrypted.
    ///
    /// # Errors
    /// Each reason not to take the bytes has its variant of [`MaterialError`], the most usual ones being [`MaterialError::WrongLength`]
    /// with both lengths, [`MaterialError::NotEncodedText`] and [`MaterialError::Ambiguous`] where only the user can tell what the key is,
    /// [`MaterialError::WrongKeyType`], [`MaterialError::WrongModulus`] and [`MaterialError::WrongCurve`] for a key of another spec,
    /// [`MaterialError::PassphraseNeeded`] and [`MaterialError::WrongPassphrase`]. The passphrase's own error comes through unchanged.
    pub fn read(
        bytes: Secret,
        spec: KeySpec,
        format: Option<Format>,
        passphrase: &mut dyn Passphrase,
    ) -> Result<Self, MaterialError> {
        KeyMaterial::read_from(&bytes, spec, format, passphrase)
    }

    /// The same as [`KeyMaterial::read`], of bytes that are still needed where they are refused: to print the ways in which they may be
    /// read.
    ///
    /// # Errors
    /// As [`KeyMaterial::read`].
    pub fn read_from(
        bytes: &Secret,
        spec: KeySpec,
        format: Option<Format>,
        passphrase: &mut dyn Passphrase,
    ) -> Result<Self, MaterialError> {
        if bytes.expose().trim_ascii().is_empty() && (bytes.is_empty() || format != Some(Format::Raw)) {
            return Err(MaterialError::Empty);
        }
        let format = format.unwrap_or_default();
        let (bytes, reading) = on_clean_stack(|| match spec.is_private_key() {
            true => private_key::read(bytes, spec, format, passphrase),
            false => raw::read(bytes, spec, format),
        })?;
        Ok(KeyMaterial { spec, bytes, reading: Some(reading), places: Places::default() })
    }

    /// How it was read; `None` for what was generated.
    pub fn reading(&self) -> Option<&Reading> {
        self.reading.as_ref()
    }

    /// The same key material, with where it was read from: reports say which files hold it.
    pub fn found_in(self, places: Places) -> Self {
        KeyMaterial { places, ..self }
    }

    /// Where it was read from, as far as [`KeyMaterial::found_in`] was told.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// The key spec it fits.
    pub fn spec(&self) -> KeySpec {
        self.spec
    }

    /// How many bytes will be wrapped.
    pub fn byte_count(&self) -> usize {
        self.bytes.len()
    }

    /// Whether the system keeps it out of swap: see [`Secret::is_locked`].
    pub fn is_locked(&self) -> bool {
        self.bytes.is_locked()
    }

    /// The bytes that are wrapped. Whoever asks must not keep a copy that is not wiped.
    pub fn expose(&self) -> &[u8] {
        self.bytes.expose()
    }

    /// The private key, for key specs that have one.
    pub(crate) fn private_key(&self) -> Result<PKey<Private>, MaterialError> {
        Ok(PKey::private_key_from_der(self.expose()).map_err(OpenSslError::step("read the private key back"))?)
    }

    /// The public half as DER SubjectPublicKeyInfo (RFC 5280 §4.1); `None` for symmetric and HMAC keys.
    ///
    /// # Errors
    /// [`MaterialError::OpenSsl`] where OpenSSL fails.
    pub fn public_key(&self) -> Result<Option<Vec<u8>>, MaterialError> {
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
