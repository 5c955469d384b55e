//! The wrapping public key, checked when it is received.

use std::fmt;

use openssl::bn::{BigNum, BigNumRef};
use openssl::error::ErrorStack;
use openssl::hash::{MessageDigest, hash};
use openssl::pkey::{HasPublic, Id, PKey, PKeyRef, Public};
use openssl::rsa::{Rsa, RsaRef};

use super::WrappingKeySpec;
use super::error::WrapError;
use crate::material::encoding::{Wanted, taken_off};
use crate::openssl_probe::OpenSslError;

/// The public exponent of every wrapping key of KMS. With 1 the "wrapped" bytes are the padded key material itself, with a small one or
/// an even one they may be opened without the private key.
const EXPONENT: u32 = 65_537;

/// What KMS's reply has the key under.
const FIELD: Wanted = Wanted::Field("PublicKey");

/// A wrapping public key as `GetParametersForImport` gives it: DER SubjectPublicKeyInfo (RFC 5280 §4.1), RSA of 2048, 3072 or 4096 bits,
/// with the public exponent 65537.
pub struct WrappingKey {
    key: PKey<Public>,
    spec: WrappingKeySpec,
    der: Vec<u8>,
}

impl WrappingKey {
    /// The most bytes that are read as a public key file; the DER of an RSA_4096 key has 550.
    pub const READ_LIMIT: usize = 16 * 1024;

    /// Reads the key from its DER, of which nothing may follow.
    ///
    /// # Errors
    /// Each problem has its variant of [`WrapError`]: `EmptyPublicKey`, `PublicKeyEncoded` for base64, hex or PEM text, `PublicKeyNotDer`,
    /// `PublicKeyNotRsa`, `PublicKeyBits` for a size that KMS does not make, `PublicKeyExponent`, and `PublicKeyFactor` for a modulus with
    /// a prime factor below 752.
    pub fn from_der(der: &[u8]) -> Result<Self, WrapError> {
        if der.is_empty() {
            return Err(WrapError::EmptyPublicKey);
        }
        // Through `Rsa`, not `PKey`: OpenSSL 3's general decoder and encoder cost more than the wrapping itself.
        let rsa = Rsa::public_key_from_der(der).map_err(|_| refusal(der))?;
        // Only this exact encoding: a key with bytes behind it parses too.
        if rsa.public_key_to_der().map_or(true, |canonical| canonical != der) {
            return Err(WrapError::PublicKeyNotDer);
        }
        let key = PKey::from_rsa(rsa.clone()).map_err(|_| WrapError::PublicKeyNotDer)?;
        let spec = WrappingKeySpec::of_bits(key.bits()).ok_or(WrapError::PublicKeyBits { bits: key.bits() })?;
        match weakness(&rsa).map_err(|_| WrapError::PublicKeyNotDer)? {
            None => Ok(WrappingKey { key, spec, der: der.to_vec() }),
            Some(Weakness::Exponent(exponent)) => Err(WrapError::PublicKeyExponent { exponent }),
            Some(Weakness::Factor(factor)) => Err(WrapError::PublicKeyFactor { factor }),
        }
    }

    /// Reads the key and refuses another size than was asked for.
    ///
    /// # Errors
    /// As [`WrappingKey::from_der`], and [`WrapError::PublicKeySize`].
    pub fn from_reply(der: &[u8], asked: WrappingKeySpec) -> Result<Self, WrapError> {
        let key = Self::from_der(der)?;
        if key.spec != asked {
            return Err(WrapError::PublicKeySize { found: key.spec, asked });
        }
        Ok(key)
    }

    /// The size of its modulus.
    pub fn spec(&self) -> WrappingKeySpec {
        self.spec
    }

    /// The DER that it was made from.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of the DER, as 64 lower-case hex digits: what two people compare over another channel.
    ///
    /// # Errors
    /// [`OpenSslError::Step`] where OpenSSL does not hash.
    pub fn fingerprint(&self) -> Result<String, OpenSslError> {
        let digest = hash(MessageDigest::sha256(), &self.der).map_err(OpenSslError::step("hash the public key"))?;
        Ok(hex::encode(digest))
    }

    /// Its two numbers.
    #[cfg(feature = "pkcs11")]
    pub(crate) fn rsa(&self) -> Result<Rsa<Public>, OpenSslError> {
        self.key.rsa().map_err(OpenSslError::step("look at the wrapping key"))
    }

    pub(super) fn public(&self) -> &PKeyRef<Public> {
        &self.key
    }
}

/// What makes an RSA key no protection, whatever its size.
pub(crate) enum Weakness {
    /// The public exponent, in words for a message.
    Exponent(String),
    /// A small prime that divides the modulus.
    Factor(u32),
}

/// The checks of a public key that need no private half (NIST SP 800-89 §5.3.3): the exponent that KMS uses, and a modulus without a
/// prime factor below 752.
pub(crate) fn weakness<T: HasPublic>(key: &RsaRef<T>) -> Result<Option<Weakness>, ErrorStack> {
    if *key.e() != *BigNum::from_u32(EXPONENT)? {
        return Ok(Some(Weakness::Exponent(number(key.e())?)));
    }
    Ok(small_factor(key)?.map(Weakness::Factor))
}

/// A prime below 752 that divides the modulus.
pub(crate) fn small_factor<T: HasPublic>(key: &RsaRef<T>) -> Result<Option<u32>, ErrorStack> {
    let small = (2..752).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0));
    for prime in small {
        if key.n().mod_word(prime)? == 0 {
            return Ok(Some(prime));
        }
    }
    Ok(None)
}

/// A number of any size, short enough for a line.
fn number(value: &BigNumRef) -> Result<String, ErrorStack> {
    match value.num_bits() {
        ..=64 => Ok(value.to_dec_str()?.to_string()),
        bits => Ok(format!("a number of {bits} bits")),
    }
}

/// Why these bytes are no RSA public key.
fn refusal(der: &[u8]) -> WrapError {
    match PKey::public_key_from_der(der) {
        Ok(key) if key.id() != Id::RSA => WrapError::PublicKeyNotRsa,
        _ => encoded(der).unwrap_or(WrapError::PublicKeyNotDer),
    }
}

/// Names the text around bytes that should have been DER, with the command that takes it off.
fn encoded(bytes: &[u8]) -> Option<WrapError> {
    let (Some(encoding), _) = taken_off(bytes, FIELD).ok()? else { return None };
    let decode = match encoding.is_pem() {
        true => "openssl pkey -pubin -in FILE -outform DER -out PublicKey.bin".to_owned(),
        false => format!("< FILE {} > PublicKey.bin", encoding.filters()),
    };
    Some(WrapError::PublicKeyEncoded { found: encoding.to_string(), decode })
}

impl fmt::Debug for WrappingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrappingKey({})", self.spec)
    }
}
