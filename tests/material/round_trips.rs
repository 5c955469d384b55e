//! Whatever goes in comes out: random key material through wrapping and an unwrapping without OpenSSL, through every way of writing it
//! down, and through escrow.
//!
//! The seed is printed and can be given: KMS_BYOK_SEED=….

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kms_byok::Secret;
use kms_byok::material::{Format, KeyMaterial, KeySpec, NoPassphrase, Passphrase};
use kms_byok::wrap::{self, WrappingAlgorithm, WrappingKeySpec};
use openssl::pkey::PKey;
use openssl::symm::Cipher;

use crate::support::independent::{KeyPair, unwrap};
use crate::support::seed::seed;

/// xorshift64*: enough to choose by, and repeatable.
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        Dice(seed() | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| (self.next() >> 32) as u8).collect()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

const RAW: [KeySpec; 5] =
    [KeySpec::SymmetricDefault, KeySpec::Hmac224, KeySpec::Hmac256, KeySpec::Hmac384, KeySpec::Hmac512];
const SMALL: [KeySpec; 5] = [
    KeySpec::EccNistP256,
    KeySpec::EccNistP384,
    KeySpec::EccNistP521,
    KeySpec::EccSecgP256k1,
    KeySpec::EccNistEdwards25519,
];

/// Raw bytes of any length that KMS takes, also such that look like text or end in a newline.
fn raw(dice: &mut Dice, spec: KeySpec) -> Vec<u8> {
    let length = match spec {
        KeySpec::SymmetricDefault => 32,
        _ => spec.usual_length() + dice.below(129 - spec.usual_length()),
    };
    let mut bytes = match dice.below(4) {
        0 => dice.bytes(length).iter().map(|byte| b"0123456789abcdef"[usize::from(byte % 16)]).collect(),
        1 => [&dice.bytes(length - 1)[..], b"\n"].concat(),
        _ => dice.bytes(length),
    };
    // So begins what zlib writes, which is in doubt.
    if bytes[0] == 0x78 {
        bytes[0] = 0x79;
    }
    bytes
}

fn read(bytes: &[u8], spec: KeySpec, format: Format) -> Vec<u8> {
    let bytes = Secret::copy(bytes).unwrap();
    let material = KeyMaterial::read(bytes, spec, Some(format), &mut NoPassphrase);
    material.unwrap_or_else(|error| panic!("{spec} as {format}: {error}")).expose().to_vec()
}

#[test]
fn wrapped_material_comes_out_of_another_implementation_as_it_went_in() {
    let mut dice = Dice::new();
    let pairs = WrappingKeySpec::ALL.map(KeyPair::generate);
    let (mut jobs, mut expected) = (Vec::new(), Vec::new());
    while jobs.len() < 150 {
        let (spec, pair) = (dice.pick(&[&RAW[..], &SMALL].concat()), &pairs[dice.below(3)]);
        let algorithm = dice.pick(&WrappingAlgorithm::ALL);
        let material = match spec.is_private_key() {
            true => KeyMaterial::generate(spec).unwrap(),
            false => {
                let bytes = raw(&mut dice, spec);
                KeyMaterial::read(Secret::copy(&bytes).unwrap(), spec, Some(Format::Raw), &mut NoPassphrase).unwrap()
            }
        };
        if let Ok(blob) = wrap::wrap(&material, &pair.public, algorithm) {
            jobs.push(pair.job(algorithm, &blob));
            expected.push(hex::encode(material.expose()));
        }
    }
    let Some(unwrapped) = unwrap(&jobs) else { return };
    assert_eq!(unwrapped, expected);
}

#[test]
fn raw_material_is_the_same_however_it_is_written_down() {
    let mut dice = Dice::new();
    for _ in 0..2000 {
        let spec = dice.pick(&RAW);
        let bytes = raw(&mut dice, spec);
        let hex: String =
            hex::encode(&bytes).chars().map(|c| if dice.below(2) == 0 { c.to_ascii_uppercase() } else { c }).collect();
        assert_eq!(read(&bytes, spec, Format::Raw), bytes);
        // Text in text, and bytes with a line end behind them, are a key only if the user says so.
        if bytes.is_ascii() || bytes.ends_with(b"\n") {
            continue;
        }
        assert_eq!(read(folded(&mut dice, &hex).as_bytes(), spec, Format::Auto), bytes);
        assert_eq!(read(folded(&mut dice, &hex).as_bytes(), spec, Format::Hex), bytes);
        assert_eq!(read(folded(&mut dice, &BASE64_STANDARD.encode(&bytes)).as_bytes(), spec, Format::Base64), bytes);
    }
}

/// With white space wherever a tool or an editor may put it.
fn folded(dice: &mut Dice, text: &str) -> String {
    let between = dice.pick(&["\n", "\r\n", " "]);
    // A line may end anywhere; an odd number of digits between spaces may be a number.
    let width = if between == " " { 2 * (1 + dice.below(40)) } else { 1 + dice.below(80) };
    let lines: Vec<&str> = text.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let end = dice.pick(&["", "\n", "\r\n", " \n\n"]);
    dice.pick(&["", " ", "\n"]).to_owned() + &lines.join(between) + end
}

struct Answer(&'static [u8]);

impl Passphrase for Answer {
    fn passphrase(&mut self) -> Result<Option<Secret>, kms_byok::MaterialError> {
        Ok(Some(Secret::copy(self.0)?))
    }
}

#[test]
fn a_private_key_is_the_same_however_it_is_written_down() {
    let mut dice = Dice::new();
    for round in 0..60 {
        let spec = if round == 0 { KeySpec::Rsa2048 } else { dice.pick(&SMALL) };
        let pkcs8 = KeyMaterial::generate(spec).unwrap().expose().to_vec();
        let key = PKey::private_key_from_pkcs8(&pkcs8).unwrap();
        let mut forms = vec![
            (Format::Der, pkcs8.clone()),
            (Format::Hex, folded(&mut dice, &hex::encode(&pkcs8)).into_bytes()),
            (Format::Base64, folded(&mut dice, &BASE64_STANDARD.encode(&pkcs8)).into_bytes()),
            (Format::Pem, key.private_key_to_pem_pkcs8().unwrap()),
        ];
        if let Ok(rsa) = key.rsa() {
            forms.push((Format::Der, rsa.private_key_to_der().unwrap()));
            forms.push((Format::Pem, rsa.private_key_to_pem().unwrap()));
        }
        if let Ok(ec) = key.ec_key() {
            forms.push((Format::Der, ec.private_key_to_der().unwrap()));
            forms.push((Format::Pem, ec.private_key_to_pem().unwrap()));
        }
        for (format, bytes) in forms {
            assert_eq!(read(&bytes, spec, format), pkcs8, "{spec} as {format}");
        }
        let encrypted = key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"open sesame").unwrap();
        let opened = KeyMaterial::read(Secret::copy(&encrypted).unwrap(), spec, None, &mut Answer(b"open sesame"));
        assert_eq!(opened.unwrap().expose(), pkcs8);
        let kept_shut = KeyMaterial::read(Secret::copy(&encrypted).unwrap(), spec, None, &mut Answer(b"sesame"));
        assert!(kept_shut.is_err());
    }
}
