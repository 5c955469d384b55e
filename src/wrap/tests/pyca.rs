//! The vectors in the Python package `cryptography-vectors`: NIST's of AES-256 key wrap with padding, and RSA's of OAEP.
#![allow(clippy::print_stdout)] // what is skipped and counted is printed

use std::path::PathBuf;
use std::process::Command;

use openssl::bn::BigNum;
use openssl::pkey::Public;
use openssl::rsa::Rsa;

use super::*;

/// The directory of the vectors, if there is the Python that scripts/python-env makes.
fn vectors() -> Option<PathBuf> {
    let usual = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/python/bin");
    let programs = std::env::var_os("KMS_BYOK_PYTHON").map_or_else(usual, PathBuf::from);
    let script = "import cryptography_vectors as v; print(v.__path__[0], end='')";
    let asked = Command::new(programs.join("python")).args(["-c", script]).output();
    let Some(found) = asked.ok().filter(|asked| asked.status.success()) else {
        println!("skipped: no cryptography_vectors in {}; scripts/python-env makes it", programs.display());
        return None;
    };
    Some(PathBuf::from(String::from_utf8(found.stdout).unwrap()))
}

#[cfg(openssl_has_key_wrap)]
#[test]
fn the_thousand_trials_of_nist_for_aes_256_key_wrap_with_padding_come_out() {
    let Some(vectors) = vectors() else { return };
    let (mut wrapped, mut opened, mut refused) = (0, 0, 0);
    for name in ["KWP_AE_256", "KWP_AD_256"] {
        let text = std::fs::read_to_string(vectors.join(format!("keywrap/kwtestvectors/{name}.txt"))).unwrap();
        for trial in text.split("COUNT = ").skip(1) {
            let field = |name: &str| {
                let value = trial.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
                value.map(|value| hex::decode(value.trim()).unwrap())
            };
            let (key, ciphertext) = (field("K").unwrap(), field("C").unwrap());
            match field("P") {
                Some(plaintext) if name == "KWP_AE_256" => {
                    assert_eq!(key_wrap(&plaintext, &key).unwrap(), ciphertext, "{name} {trial}");
                    wrapped += 1;
                }
                Some(plaintext) => {
                    assert_eq!(key_wrap_vectors::unwrap(&ciphertext, &key), Some(plaintext.clone()), "{name} {trial}");
                    assert_eq!(key_wrap(&plaintext, &key).unwrap(), ciphertext, "{name} {trial}");
                    opened += 1;
                }
                None => {
                    assert!(trial.contains("FAIL"), "{trial}");
                    assert_eq!(key_wrap_vectors::unwrap(&ciphertext, &key), None, "{name} {trial}");
                    refused += 1;
                }
            }
        }
    }
    assert_eq!((wrapped, opened, refused), (500, 400, 100));
}

/// A key pair and its messages with their ciphertexts.
struct Example {
    private: PKey<Private>,
    public: PKey<Public>,
    messages: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Headings begin with `#`; the lines of hex below belong to the last of them.
fn examples(text: &str) -> Vec<Example> {
    let mut fields: Vec<(&str, String)> = Vec::new();
    let mut open = false;
    for line in text.lines().map(str::trim) {
        if let Some(heading) = line.strip_prefix('#') {
            fields.push((heading.trim().trim_end_matches(':'), String::new()));
            open = true;
        } else if line.starts_with('=') {
            open = false;
        } else if open {
            fields.last_mut().unwrap().1.extend(line.split_whitespace());
        }
    }
    let starts: Vec<usize> = (0..fields.len()).filter(|&at| fields[at].0 == "Prime 1").collect();
    let ends = starts.iter().skip(1).copied().chain([fields.len()]);
    starts.iter().zip(ends).map(|(&start, end)| example(&fields, start, end)).collect()
}

fn number(field: &(&str, String)) -> BigNum {
    BigNum::from_hex_str(&field.1).unwrap()
}

fn example(fields: &[(&str, String)], start: usize, end: usize) -> Example {
    // The modulus and the exponents stand before the primes, the public key's before the private one's.
    let before = |name: &str| number(fields[..start].iter().rev().find(|field| field.0 == name).unwrap());
    let after = |name: &str| number(fields[start..end].iter().find(|field| field.0 == name).unwrap());
    let (modulus, exponent) = (before("Modulus"), before("Public exponent"));
    let public =
        Rsa::from_public_components(modulus.as_ref().to_owned().unwrap(), exponent.as_ref().to_owned().unwrap())
            .unwrap();
    let private = Rsa::from_private_components(
        modulus,
        exponent,
        before("Exponent"),
        after("Prime 1"),
        after("Prime 2"),
        after("Prime exponent 1"),
        after("Prime exponent 2"),
        after("Coefficient"),
    );
    let private = private.unwrap();
    assert!(private.check_key().unwrap());
    let all = |name: &str| {
        let found = fields[start..end].iter().filter(|field| field.0 == name);
        found.map(|field| hex::decode(&field.1).unwrap()).collect::<Vec<_>>()
    };
    Example {
        private: PKey::from_rsa(private).unwrap(),
        public: PKey::from_rsa(public).unwrap(),
        messages: all("Message").into_iter().zip(all("Encryption")).collect(),
    }
}

#[test]
fn the_oaep_examples_of_rsa_and_of_pyca_open_and_their_messages_come_back() {
    let Some(vectors) = vectors() else { return };
    let rsa = vectors.join("asymmetric/RSA");
    for (file, digest, expected) in [
        ("pkcs-1v2-1d2-vec/oaep-vect.txt", OaepDigest::Sha1, (10, 60)),
        ("oaep-custom/oaep-sha256-sha256.txt", OaepDigest::Sha256, (10, 60)),
    ] {
        let text = String::from_utf8_lossy(&std::fs::read(rsa.join(file)).unwrap()).into_owned();
        let examples = examples(&text);
        let mut tried = 0;
        for (number, example) in examples.iter().enumerate() {
            for (message, ciphertext) in &example.messages {
                let opened = decrypt(ciphertext, &example.private, digest);
                assert_eq!(opened.as_ref(), Some(message), "{file} key {number}");
                let again = oaep::encrypt(message, &example.public, digest).unwrap();
                assert_eq!(decrypt(&again, &example.private, digest).as_ref(), Some(message), "{file} key {number}");
                tried += 1;
            }
        }
        assert_eq!((examples.len(), tried), expected, "{file}");
    }
}
