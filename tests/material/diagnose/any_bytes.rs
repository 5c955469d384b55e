//! Whatever the files hold, `diagnose` ends with words: damaged, cut, swapped and hostile bytes, for every file and both kinds of wrapping.

use std::path::PathBuf;

use kms_byok::Secret;
use kms_byok::diagnose::{Hand, Named, Said};
use kms_byok::for_the_binary::{DIAGNOSE_LIMIT, read_any_private_key};
use kms_byok::material::NoPassphrase;
use openssl::pkey::{PKey, Private};

use crate::support::Bench;
use crate::support::seeded::Workshop;

/// Xorshift: the same damage in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }

    fn damaged(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.roll(3) {
            let at = self.roll(bytes.len());
            match self.roll(9) {
                0 => bytes.truncate(at),
                1 => bytes.splice(at..at, b"\r\n".iter().copied()).for_each(drop),
                2 => bytes.extend([0xef, 0xbf, 0xbd].repeat(self.roll(40))),
                3 => bytes = vec![[0, 0x30, 0xff, b'A', b'{', b'-', b' '][self.roll(7)]; self.roll(3000)],
                4 => bytes = openssl::base64::encode_block(&bytes).into_bytes(),
                5 => bytes = String::from_utf8_lossy(&bytes).into_owned().into_bytes(),
                6 => bytes = [&b"-----BEGIN PRIVATE KEY-----\n"[..], &bytes].concat(),
                7 => bytes.rotate_left(at),
                _ => bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << self.roll(8)),
            }
        }
        bytes
    }
}

fn diagnose(bench: &Bench, key: &PKey<Private>, dice: &mut Dice) {
    let path = |name: &str| Some(bench.path(name));
    let private = dice.roll(2) == 0;
    let spec = ["SYMMETRIC_DEFAULT", "RSA_2048", "ECC_NIST_P256", "HMAC_384"][dice.roll(4)].parse().ok();
    let named = match dice.roll(2) {
        0 => Named { directory: Some(bench.directory().to_owned()), ..Named::default() },
        _ => Named {
            public_key: path("PublicKey.bin"),
            import_token: path("ImportToken.bin"),
            encrypted: path("EncryptedKeyMaterial.bin"),
            spec: spec.filter(|_| private),
            ..Named::default()
        },
    };
    let material = bench.path(if named.directory.is_some() { "key" } else { "rsa.der" });
    let mut hand = Hand::gather(named).unwrap();
    hand.set_material(&material, Secret::read_file("key", &material, DIAGNOSE_LIMIT)).unwrap();
    if private {
        hand.set_private_key(&PathBuf::from("wrapping.pem"), key.clone());
    }
    if let Some(said) = Said::from_code("InvalidCiphertextException").filter(|_| dice.roll(2) == 0) {
        hand.set_said(said);
    }
    let diagnosis = hand.diagnose().unwrap();
    for cause in &diagnosis.causes {
        assert!(
            !cause.evidence.is_empty()
                && !cause.fix.to_string().is_empty()
                && !cause.evidence.contains(['\n', '\u{1b}']),
            "{cause:?}"
        );
    }
    assert!(diagnosis.causes.is_sorted_by_key(|cause| cause.certainty), "{diagnosis:?}");
}

#[test]
fn any_bytes_in_any_file_end_with_words() {
    let workshop = Workshop::open();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for made in [
        "symmetric",
        "parameters RSA_2048 RSA_AES_KEY_WRAP_SHA_256 RSA_2048; key_wrap rsa.der EncryptedKeyMaterial.bin",
    ] {
        let bench = workshop.bench(made);
        let pem = Secret::read_file("key", &bench.path("wrapping.pem"), 10_000).unwrap();
        let key = read_any_private_key(&pem, &mut NoPassphrase).unwrap();
        let names =
            ["PublicKey.bin", "ImportToken.bin", "EncryptedKeyMaterial.bin", "parameters.json", "key", "rsa.der"];
        let originals: Vec<Vec<u8>> = names.iter().map(|name| bench.read(name)).collect();
        for _ in 0..300 {
            let (file, source) = (dice.roll(names.len()), dice.roll(names.len()));
            // One in four takes the bytes of another file.
            let source = if dice.roll(4) == 0 { source } else { file };
            bench.write(names[file], dice.damaged(&originals[source]));
            diagnose(&bench, &key, &mut dice);
            if dice.roll(3) != 0 {
                bench.write(names[file], &originals[file]);
            }
        }
    }
}
