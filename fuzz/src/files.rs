//! Bytes from files and standard input.

use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use kms_byok::for_the_binary::read_any_private_key;
use kms_byok::for_the_binary::recipe::Conversion;
use kms_byok::material::{Container, Format, KeyMaterial, KeySpec, Passphrase};
use kms_byok::parameters::ParameterSet;
use kms_byok::wrap::WrappingKey;
use kms_byok::{Explain, MaterialError, Secret, escrow as vault};
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

/// What the recogniser makes of any bytes, and of bytes in layers of text that it must take off again.
pub fn recognise(data: &[u8]) {
    let Some((choice, bytes)) = data.split_first() else { return };
    let Ok(secret) = Secret::copy(bytes) else { return };
    let began = Instant::now();
    Container::identify(bytes);
    for spec in [KeySpec::SymmetricDefault, KeySpec::Hmac384, KeySpec::EccNistP256, KeySpec::EccNistEdwards25519] {
        match read(bytes, spec, None) {
            // Text is never a key as it stands.
            Ok(key) => assert!(spec.is_private_key() || !is_text(bytes) || key.expose() != bytes),
            Err(error) => said(&error),
        }
        if let Err(error) = Conversion::of(&secret, spec, None) {
            said(&error);
        }
    }
    assert!(began.elapsed() < Duration::from_secs(10), "{} bytes", bytes.len());
    if (48..=128).contains(&bytes.len()) && !is_text(bytes) {
        let written = layered(bytes, *choice);
        // Bytes that look like a container, or like UTF-16, are refused with the choices; other bytes they never become.
        match (read(bytes, KeySpec::Hmac384, None), read(&written, KeySpec::Hmac384, None)) {
            (Ok(plain), Ok(key)) if plain.expose() == bytes => assert!(key.expose() == bytes),
            (_, Err(error)) => said(&error),
            (_, Ok(_)) => {}
        }
    }
}

fn is_text(bytes: &[u8]) -> bool {
    let control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}');
    std::str::from_utf8(bytes).is_ok_and(|text| !text.contains(control))
}

/// Two layers of text at most, and what people and their programs put around it.
fn layered(bytes: &[u8], choice: u8) -> Vec<u8> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut text = match choice % 5 {
        0 => hex(bytes),
        1 => hex(bytes).to_uppercase(),
        2 => format!("0x{}", hex(bytes)),
        3 => openssl::base64::encode_block(bytes),
        _ => openssl::base64::encode_block(bytes).replace('+', "-").replace('/', "_").replace('=', ""),
    };
    match choice / 5 % 5 {
        0 => {}
        1 => text = openssl::base64::encode_block(text.as_bytes()),
        2 => text = format!("\"{text}\""),
        3 => text = text.as_bytes().chunks(60).map(|line| String::from_utf8_lossy(line) + "\r\n").collect(),
        _ => text.push('\n'),
    }
    match choice / 25 % 3 {
        0 => text.into_bytes(),
        1 => [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat(),
        _ => [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect(),
    }
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
        && let Err(error) = read_any_private_key(&secret, &mut Open)
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

fn read(bytes: &[u8], spec: KeySpec, format: Option<Format>) -> Result<KeyMaterial, MaterialError> {
    KeyMaterial::read(Secret::copy(bytes)?, spec, format, &mut Open)
}

struct Open;

impl Passphrase for Open {
    fn passphrase(&mut self) -> Result<Option<Secret>, MaterialError> {
        Ok(Some(Secret::copy(b"open sesame")?))
    }
}

/// Every error has words, and they stay on their line.
pub(crate) fn said(error: &dyn Explain) {
    let texts = [Some(error.to_string()), error.hint().map(|hint| hint.to_string()), error.because()];
    assert!(!error.to_string().is_empty());
    for text in texts.into_iter().flatten() {
        assert!(text.chars().all(|c| !c.is_control()), "{text:?}");
    }
}
