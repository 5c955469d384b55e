//! Private keys in any usual container, checked and converted to the unencrypted PKCS#8 DER that KMS wants.

use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Private};

use super::der::{self, Container};
use super::encoded::{decode, looks_encoded};
use super::{Format, KeySpec, MaterialKind, Passphrase};
use crate::error::{Error, MaterialError, OpenSslError};
use crate::secret::Secret;

pub(super) fn read(
    bytes: Secret,
    spec: KeySpec,
    format: Option<Format>,
    passphrase: &mut dyn Passphrase,
) -> Result<Secret, Error> {
    let key = match format {
        Some(Format::Pem) => from_pem(&bytes, passphrase)?,
        Some(Format::Hex | Format::Base64) => {
            let der = decode(&bytes, format.unwrap_or(Format::Hex))?;
            from_der(&der, passphrase)?
        }
        Some(Format::Der) => from_der(&bytes, passphrase)?,
        Some(Format::Raw) | None if is_pem(bytes.expose()) => from_pem(&bytes, passphrase)?,
        Some(Format::Raw) | None => {
            if let Some((found, encoding)) = looks_encoded(bytes.expose(), |decoded| decoded > 40) {
                return Err(MaterialError::LooksEncoded { found, encoding }.into());
            }
            from_der(&bytes, passphrase)?
        }
    };
    check(&key, spec)?;
    let pkcs8 =
        Secret::take(key.private_key_to_pkcs8().map_err(OpenSslError::step("write the private key as PKCS#8"))?)?;
    check_encoding(pkcs8.expose(), spec)?;
    Ok(pkcs8)
}

/// Reads a private key of whatever type, for uses other than import: PEM or DER, encrypted or not.
pub fn read_any_private_key(bytes: &Secret, passphrase: &mut dyn Passphrase) -> Result<PKey<Private>, Error> {
    if is_pem(bytes.expose()) { from_pem(bytes, passphrase) } else { from_der(bytes, passphrase) }
}

fn is_pem(bytes: &[u8]) -> bool {
    has(bytes, b"-----BEGIN ")
}

fn has(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

fn from_pem(bytes: &Secret, passphrase: &mut dyn Passphrase) -> Result<PKey<Private>, Error> {
    let text = bytes.expose();
    if !is_pem(text) {
        let problem = "there is no `-----BEGIN` line".to_owned();
        return Err(MaterialError::NotDecodable { format: Format::Pem, problem }.into());
    }
    if !has(text, b"PRIVATE KEY-----") {
        let found = [
            (&b"-----BEGIN CERTIFICATE-----"[..], "a certificate"),
            (b"PUBLIC KEY-----", "a public key"),
            (b"-----BEGIN CERTIFICATE REQUEST-----", "a certificate request"),
            (b"-----BEGIN EC PARAMETERS-----", "a set of curve parameters"),
        ];
        let found = found.into_iter().find(|(label, _)| has(text, label)).map_or("PEM text of another kind", |f| f.1);
        return Err(MaterialError::NotAPrivateKey { found }.into());
    }
    if has(text, b"-----BEGIN OPENSSH PRIVATE KEY-----") {
        let found = "a private key in OpenSSH's own format";
        return Err(MaterialError::NotAPrivateKey { found }.into());
    }
    let encrypted = has(text, b"-----BEGIN ENCRYPTED PRIVATE KEY-----") || has(text, b"Proc-Type: 4,ENCRYPTED");
    open(encrypted, passphrase, Format::Pem, |answer| PKey::private_key_from_pem_callback(text, answer))
}

fn from_der(bytes: &Secret, passphrase: &mut dyn Passphrase) -> Result<PKey<Private>, Error> {
    let der = bytes.expose();
    match der::container(der) {
        Some(Container::PublicKey) => Err(MaterialError::NotAPrivateKey { found: "a public key" }.into()),
        Some(Container::Certificate) => Err(MaterialError::NotAPrivateKey { found: "a certificate" }.into()),
        Some(Container::EncryptedPkcs8) => {
            open(true, passphrase, Format::Der, |answer| PKey::private_key_from_pkcs8_callback(der, answer))
        }
        Some(Container::Pkcs8 | Container::Pkcs1 | Container::Sec1) => {
            let extra = der::element(der).map_or(0, |element| element.rest.len());
            if extra > 0 {
                return Err(not_der(format!("{extra} bytes follow the key")).into());
            }
            let key = PKey::private_key_from_der(der);
            key.map_err(|_| not_der("OpenSSL cannot read a private key from it".to_owned()).into())
        }
        None => Err(not_der("it does not begin like a private key, or is cut off".to_owned()).into()),
    }
}

fn not_der(problem: String) -> MaterialError {
    MaterialError::NotDecodable { format: Format::Der, problem }
}

/// Runs one of OpenSSL's parsers with the passphrase at hand, and tells a missing one from a wrong one.
fn open(
    encrypted: bool,
    passphrase: &mut dyn Passphrase,
    format: Format,
    parse: impl FnOnce(&mut dyn FnMut(&mut [u8]) -> Result<usize, ErrorStack>) -> Result<PKey<Private>, ErrorStack>,
) -> Result<PKey<Private>, Error> {
    let answer = if encrypted { passphrase.passphrase()? } else { None };
    if encrypted && answer.is_none() {
        return Err(MaterialError::PassphraseNeeded.into());
    }
    let parsed = parse(&mut |buffer: &mut [u8]| match &answer {
        Some(answer) if answer.len() <= buffer.len() => {
            buffer[..answer.len()].copy_from_slice(answer.expose());
            Ok(answer.len())
        }
        _ => Err(ErrorStack::get()),
    });
    parsed.map_err(|_| {
        if encrypted {
            MaterialError::WrongPassphrase.into()
        } else {
            let problem = "OpenSSL cannot read a private key from it".to_owned();
            MaterialError::NotDecodable { format, problem }.into()
        }
    })
}

/// The key's type, size and curve against the key spec, and the key against itself.
fn check(key: &PKey<Private>, spec: KeySpec) -> Result<(), Error> {
    match spec.kind() {
        MaterialKind::Rsa { bits } => {
            if key.id() != Id::RSA {
                return Err(wrong_type(key, spec).into());
            }
            let rsa = key.rsa().map_err(OpenSslError::step("look at the RSA key"))?;
            let found = rsa.n().num_bits().unsigned_abs();
            if found != bits {
                return Err(MaterialError::WrongModulus { spec, found }.into());
            }
            let multi_prime = || {
                let pkcs8 = key.private_key_to_pkcs8().ok().and_then(|der| Secret::take(der).ok());
                pkcs8.and_then(|der| der::has_two_primes(der.expose())) == Some(false)
            };
            match rsa.check_key() {
                _ if multi_prime() => Err(MaterialError::MultiPrime.into()),
                Ok(true) => Ok(()),
                _ => Err(MaterialError::Inconsistent { problem: "its RSA numbers do not belong together" }.into()),
            }
        }
        MaterialKind::Ec(curve) => {
            if key.id() != Id::EC {
                return Err(wrong_type(key, spec).into());
            }
            let ec = key.ec_key().map_err(OpenSslError::step("look at the EC key"))?;
            let found = ec.group().curve_name();
            if found != Some(curve.nid()) {
                let name = found.and_then(|nid| nid.short_name().ok());
                let found = name.unwrap_or("of its own parameters").to_owned();
                return Err(MaterialError::WrongCurve { spec, found }.into());
            }
            let inconsistent = MaterialError::Inconsistent { problem: "its public point is not its private number's" };
            ec.check_key().map_err(|_| inconsistent.into())
        }
        _ if is_ed25519(key.id()) => Ok(()),
        _ => Err(wrong_type(key, spec).into()),
    }
}

/// What OpenSSL accepts but KMS does not: a curve spelled out.
fn check_encoding(pkcs8: &[u8], spec: KeySpec) -> Result<(), MaterialError> {
    match spec.kind() {
        MaterialKind::Ec(_) if der::names_its_curve(pkcs8) != Some(true) => Err(MaterialError::ExplicitCurve),
        _ => Ok(()),
    }
}

fn wrong_type(key: &PKey<Private>, spec: KeySpec) -> MaterialError {
    let found = match key.id() {
        Id::RSA => format!("an RSA key of {} bits", key.bits()),
        Id::RSA_PSS => "an RSA-PSS key, which only signs with PSS".to_owned(),
        Id::EC => "an EC key".to_owned(),
        id if is_ed25519(id) => "an Ed25519 key".to_owned(),
        Id::DSA => "a DSA key".to_owned(),
        Id::DH => "a DH key".to_owned(),
        _ => "a key of another type".to_owned(),
    };
    MaterialError::WrongKeyType { spec, found }
}

#[cfg(openssl_has_ed25519)]
fn is_ed25519(id: Id) -> bool {
    id == Id::ED25519
}

#[cfg(not(openssl_has_ed25519))]
fn is_ed25519(_: Id) -> bool {
    false
}
