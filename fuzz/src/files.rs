//! Bytes from files and standard input.

use std::path::Path;
use std::sync::OnceLock;

use kms_byok::material::{self, Format, KeyMaterial, KeySpec, Passphrase};
use kms_byok::parameters::ParameterSet;
use kms_byok::wrap::WrappingKey;
use kms_byok::{Error, Explain, Secret, escrow as vault};
use openssl::pkey::{PKey, Private};

/// Raw key material in any layers of text.
pub fn material(data: &[u8]) {
    let Some((choice, bytes)) = data.split_first() else { return };
    let specs = [KeySpec::SymmetricDefault, KeySpec::Hmac224, KeySpec::Hmac512];
    let formats = [None, Some(Format::Raw), Some(Format::Hex), Some(Format::Base64), Some(Format::Jwk)];
    let (spec, format) = (specs[usize::from(choice % 3)], formats[usize::from(choice / 3 % 5)]);
    let length = match read(bytes, spec, format) {
        Ok(material) => material.byte_count(),
        Err(error) => return said(&error),
    };
    assert!(length <= 128 && (spec != KeySpec::SymmetricDefault || length == 32));
}

/// Private keys in any layers of text and any container, encrypted or not, and bare numbers.
pub fn private_key(data: &[u8]) {
    let Some((choice, bytes)) = data.split_first() else { return };
    let specs = [
        KeySpec::EccNistP256,
        KeySpec::EccNistP384,
        KeySpec::EccSecgP256k1,
        KeySpec::EccNistEdwards25519,
        KeySpec::Rsa2048,
    ];
    let formats = [
        None,
        Some(Format::Pem),
        Some(Format::Der),
        Some(Format::Hex),
        Some(Format::Base64),
        Some(Format::Scalar),
        Some(Format::Seed),
        Some(Format::Jwk),
        Some(Format::OpenSsh),
        Some(Format::Pkcs12),
    ];
    let (spec, format) = (specs[usize::from(choice % 5)], formats[usize::from(choice / 5 % 10)]);
    match read(bytes, spec, format) {
        Ok(key) => {
            // What was accepted is what KMS takes: it can be read again as it is, and has a public half.
            assert!(read(key.expose(), spec, Some(Format::Der)).is_ok());
            assert!(key.public_key().is_ok_and(|public| public.is_some()));
        }
        Err(error) => said(&error),
    }
    if let Ok(secret) = Secret::copy(bytes)
        && let Err(error) = material::read_any_private_key(&secret, &mut Open)
    {
        said(&error);
    }
}

/// The wrapping public key.
pub fn public_key(data: &[u8]) {
    match WrappingKey::from_der(data) {
        // Only one encoding of a key is accepted.
        Ok(key) => assert!(key.der() == data && key.fingerprint().is_ok()),
        Err(error) => said(&error),
    }
}

/// `parameters.json`.
pub fn parameters(data: &[u8]) {
    if let Err(error) = ParameterSet::check_json(data, Path::new("parameters.json")) {
        said(&error);
    }
}

/// Escrow files, opened with the key of one of their recipients.
pub fn escrow(data: &[u8]) {
    static RECIPIENT: OnceLock<PKey<Private>> = OnceLock::new();
    let pem = include_bytes!("../recipient.pem");
    let recipient = RECIPIENT.get_or_init(|| PKey::private_key_from_pem(pem).expect("a key that is ours"));
    if let Err(error) = vault::open_bytes(data, Path::new("escrow.cms"), recipient) {
        said(&error);
    }
}

fn read(bytes: &[u8], spec: KeySpec, format: Option<Format>) -> Result<KeyMaterial, Error> {
    KeyMaterial::read(Secret::copy(bytes)?, spec, format, &mut Open)
}

struct Open;

impl Passphrase for Open {
    fn passphrase(&mut self) -> Result<Option<Secret>, Error> {
        Ok(Some(Secret::copy(b"open sesame")?))
    }
}

/// Every error has words, and they stay on their line.
pub(crate) fn said(error: &dyn Explain) {
    let texts = [Some(error.to_string()), error.hint(), error.because()];
    assert!(!error.to_string().is_empty());
    for text in texts.into_iter().flatten() {
        assert!(text.chars().all(|c| !c.is_control()), "{text:?}");
    }
}
