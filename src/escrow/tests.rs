//! What is sealed here opens with the `openssl` command, for RSA and EC recipients, with the parameters that were meant.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::process::{Command, Output};

use openssl::hash::MessageDigest;
use openssl::x509::X509;

use super::*;

struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        Bench(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn try_openssl(&self, line: &str) -> Output {
        Command::new("openssl").args(line.split_whitespace()).current_dir(self.0.path()).output().unwrap()
    }

    fn openssl(&self, line: &str) -> String {
        let output = self.try_openssl(line);
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// A self-signed certificate NAME.pem with its key NAME.key.
    fn certificate(&self, name: &str, algorithm: &str, extension: &str) -> Result<Recipient, EscrowError> {
        self.openssl(&format!("genpkey {algorithm} -out {name}.key"));
        self.openssl(&format!("req -x509 -new -key {name}.key -subj /CN={name} -days 2 {extension} -out {name}.pem"));
        Recipient::read(&self.path(&format!("{name}.pem")))
    }
}

const RSA: &str = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
const EC: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";

#[test]
fn every_recipient_opens_it_with_the_openssl_command_and_here() {
    let bench = Bench::new();
    let recipients = [
        bench.certificate("rsa", RSA, "").unwrap(),
        bench.certificate("ec", EC, "-addext keyUsage=keyAgreement").unwrap(),
    ];
    let material: Vec<u8> = (0..241).collect();
    std::fs::write(bench.path("escrow"), seal(&material, &recipients).unwrap()).unwrap();
    for name in ["rsa", "ec"] {
        bench.openssl(&format!("cms -decrypt -inform DER -in escrow -inkey {name}.key -recip {name}.pem -out opened"));
        assert_eq!(std::fs::read(bench.path("opened")).unwrap(), material, "{name}");
        let key = PKey::private_key_from_pem(&std::fs::read(bench.path(&format!("{name}.key"))).unwrap()).unwrap();
        assert_eq!(open(&bench.path("escrow"), &key).unwrap().expose(), material, "{name}");
    }
}

#[test]
fn the_envelope_names_oaep_with_sha_256_a_sha_256_kdf_and_gcm() {
    let bench = Bench::new();
    let recipients = [bench.certificate("rsa", RSA, "").unwrap(), bench.certificate("ec", EC, "").unwrap()];
    std::fs::write(bench.path("escrow"), seal(&[7; 32], &recipients).unwrap()).unwrap();
    let text = bench.openssl("cms -cmsout -print -noout -inform DER -in escrow");
    for needed in ["rsaesOaep", "dhSinglePass-stdDH-sha256kdf-scheme"] {
        assert!(text.contains(needed), "{needed} in {text}");
    }
    assert!(!text.contains("sha1"), "{text}");
    if cfg!(openssl_has_providers) {
        assert!(text.contains("aes-256-gcm") && text.contains("authEnvelopedData"), "{text}");
    }
}

#[test]
fn a_changed_envelope_and_a_wrong_key_open_nothing() {
    let bench = Bench::new();
    let recipient = bench.certificate("ec", EC, "").unwrap();
    let mut sealed = seal(&[7; 32], &[recipient]).unwrap();
    let key = PKey::private_key_from_pem(&std::fs::read(bench.path("ec.key")).unwrap()).unwrap();
    bench.certificate("other", EC, "").unwrap();
    let other = PKey::private_key_from_pem(&std::fs::read(bench.path("other.key")).unwrap()).unwrap();
    std::fs::write(bench.path("escrow"), &sealed).unwrap();
    assert!(open(&bench.path("escrow"), &key).is_ok());
    assert!(matches!(open(&bench.path("escrow"), &other), Err(EscrowError::CannotOpen { .. })));
    let last = sealed.len() - 1;
    sealed[last] ^= 1;
    std::fs::write(bench.path("escrow"), &sealed).unwrap();
    assert!(matches!(open(&bench.path("escrow"), &key), Err(EscrowError::CannotOpen { .. })));
}

#[test]
fn certificates_that_must_not_receive_keys_are_refused() {
    let bench = Bench::new();
    let cause =
        |recipient: Result<Recipient, EscrowError>| recipient.err().map(|error| error.to_string()).unwrap_or_default();
    let refused = cause(bench.certificate("sign", RSA, "-addext keyUsage=digitalSignature"));
    assert!(refused.ends_with("does not allow keyEncipherment"), "{refused}");
    let refused = cause(bench.certificate("sign-ec", EC, "-addext keyUsage=digitalSignature"));
    assert!(refused.ends_with("does not allow keyAgreement"), "{refused}");
    let refused = cause(bench.certificate("ed", "-algorithm ED25519", ""));
    assert!(refused.contains("neither RSA nor EC"), "{refused}");
    std::fs::write(bench.path("old.der"), expired()).unwrap();
    let refused = cause(Recipient::read(&bench.path("old.der")));
    assert!(refused.contains("is valid from"), "{refused}");
    let refused = cause(Recipient::read(&bench.path("sign.key")));
    assert!(refused.ends_with("is not a certificate"), "{refused}");
}

/// A certificate of 1970, which the openssl command refuses to make.
fn expired() -> Vec<u8> {
    use openssl::asn1::Asn1Time;
    let key = PKey::from_rsa(openssl::rsa::Rsa::generate(2048).unwrap()).unwrap();
    let mut builder = X509::builder().unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(1000).unwrap()).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    builder.build().to_der().unwrap()
}

/// Without authentication only the key transport tells a wrong key. OpenSSL hides its failure unless it is told not to, and then one
/// wrong key in 256 gives random bytes with a padding that looks right.
#[test]
fn a_wrong_rsa_key_opens_no_unauthenticated_envelope_however_often_it_is_tried() {
    let bench = Bench::new();
    bench.certificate("rsa", RSA, "").unwrap();
    bench.certificate("other", RSA, "").unwrap();
    std::fs::write(bench.path("key"), [7; 32]).unwrap();
    let key = |name: &str| PKey::private_key_from_pem(&std::fs::read(bench.path(name)).unwrap()).unwrap();
    let (right, wrong) = (key("rsa.key"), key("other.key"));
    for padding in ["-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256", ""] {
        bench.openssl(&format!(
            "cms -encrypt -binary -aes-256-cbc -outform DER -in key -out escrow -recip rsa.pem {padding}"
        ));
        assert_eq!(open(&bench.path("escrow"), &right).unwrap().expose(), [7; 32]);
        let opened = (0..1500).filter(|_| open(&bench.path("escrow"), &wrong).is_ok()).count();
        assert_eq!(opened, 0, "{padding}");
    }
}
