//! Key material as people have it: private keys made by the `openssl` command in every container, read, checked and converted.

use std::path::{Path, PathBuf};
use std::process::Command;

use kms_byok::material::{Format, KeyMaterial, KeySpec, NoPassphrase, Passphrase};
use kms_byok::{MaterialError, Secret};
use openssl::pkey::PKey;

struct Answer(&'static str);

impl Passphrase for Answer {
    fn passphrase(&mut self) -> Result<Option<Secret>, MaterialError> {
        Ok(Some(Secret::copy(self.0.as_bytes())?))
    }
}

struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        Bench(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs `openssl` with words in which `@name` is a file of this bench.
    fn openssl(&self, words: &str) {
        let words = words.split(' ').map(|word| match word.strip_prefix('@') {
            Some(name) => self.path(name).display().to_string(),
            None => word.to_owned(),
        });
        let output = Command::new("openssl").args(words).output().expect("the openssl command is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn read(&self, name: &str, spec: KeySpec) -> Result<KeyMaterial, MaterialError> {
        read(&self.path(name), spec, None, &mut NoPassphrase)
    }

    fn cause(&self, name: &str, spec: KeySpec) -> String {
        match self.read(name, spec) {
            Ok(material) => format!("accepted: {material:?}"),
            Err(error) => error.to_string(),
        }
    }
}

fn read(
    path: &Path,
    spec: KeySpec,
    format: Option<Format>,
    passphrase: &mut dyn Passphrase,
) -> Result<KeyMaterial, MaterialError> {
    KeyMaterial::read(Secret::read_file("test key", path, 16 * 1024)?, spec, format, passphrase)
}

#[test]
fn every_container_of_a_private_key_becomes_the_same_pkcs8() {
    let bench = Bench::new();
    bench.openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out @rsa.pem");
    bench.openssl("pkey -in @rsa.pem -traditional -out @rsa.pkcs1.pem");
    bench.openssl("pkey -in @rsa.pem -traditional -outform DER -out @rsa.pkcs1.der");
    bench.openssl("pkcs8 -topk8 -nocrypt -in @rsa.pem -outform DER -out @rsa.pkcs8.der");
    bench.openssl("ecparam -name prime256v1 -genkey -out @ec.sec1.pem"); // with its EC PARAMETERS block in front
    bench.openssl("pkcs8 -topk8 -nocrypt -in @ec.sec1.pem -out @ec.pem");
    bench.openssl("ec -in @ec.pem -outform DER -out @ec.sec1.der");
    bench.openssl("pkcs8 -topk8 -nocrypt -in @ec.sec1.pem -outform DER -out @ec.pkcs8.der");
    for (kind, spec, names) in [
        ("rsa", KeySpec::Rsa2048, ["pem", "pkcs1.pem", "pkcs1.der"]),
        ("ec", KeySpec::EccNistP256, ["pem", "sec1.pem", "sec1.der"]),
    ] {
        let expected = std::fs::read(bench.path(&format!("{kind}.pkcs8.der"))).unwrap();
        for name in names {
            let material = bench.read(&format!("{kind}.{name}"), spec).unwrap();
            assert_eq!(material.expose(), expected, "{kind}.{name}");
        }
        assert_eq!(bench.read(&format!("{kind}.pkcs8.der"), spec).unwrap().expose(), expected);
    }
}

#[test]
fn private_keys_are_read_from_hex_and_base64() {
    let bench = Bench::new();
    bench.openssl("genpkey -algorithm ED25519 -outform DER -out @key.der");
    bench.openssl("base64 -in @key.der -out @key.base64");
    let der = std::fs::read(bench.path("key.der")).unwrap();
    std::fs::write(bench.path("key.hex"), hex::encode(&der)).unwrap();
    let spec = KeySpec::EccNistEdwards25519;
    for (name, format) in [("key.base64", Format::Base64), ("key.hex", Format::Hex), ("key.der", Format::Der)] {
        assert_eq!(read(&bench.path(name), spec, Some(format), &mut NoPassphrase).unwrap().expose(), der);
    }
    for name in ["key.base64", "key.hex"] {
        assert_eq!(bench.read(name, spec).unwrap().expose(), der, "{name}");
    }
    let contradicted = read(&bench.path("key.hex"), spec, Some(Format::Base64), &mut NoPassphrase);
    assert_eq!(contradicted.unwrap_err().to_string(), "the key material is hex, but it should be read as base64");
}

#[test]
fn an_encrypted_private_key_needs_the_right_passphrase() {
    let bench = Bench::new();
    bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out @plain.pem");
    bench.openssl("pkcs8 -topk8 -v2 aes-256-cbc -passout pass:swordfish -in @plain.pem -out @new.pem");
    bench.openssl("pkcs8 -topk8 -v2 aes-256-cbc -passout pass:swordfish -in @plain.pem -outform DER -out @new.der");
    bench.openssl("ec -aes256 -passout pass:swordfish -in @plain.pem -out @old.pem");
    let spec = KeySpec::EccNistP384;
    let plain = bench.read("plain.pem", spec).unwrap();
    for name in ["new.pem", "new.der", "old.pem"] {
        let path = bench.path(name);
        assert_eq!(read(&path, spec, None, &mut Answer("swordfish")).unwrap().expose(), plain.expose(), "{name}");
        assert_eq!(
            read(&path, spec, None, &mut Answer("herring")).unwrap_err().to_string(),
            "the passphrase does not open the private key",
            "{name}"
        );
        assert_eq!(bench.cause(name, spec), "the private key is encrypted, but there is no passphrase", "{name}");
    }
}

#[test]
fn what_is_no_private_key_is_named() {
    let bench = Bench::new();
    bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out @key.pem");
    bench.openssl("pkey -in @key.pem -pubout -out @public.pem");
    bench.openssl("pkey -in @key.pem -pubout -outform DER -out @public.der");
    bench.openssl("req -x509 -new -key @key.pem -subj /CN=test -days 1 -out @certificate.pem");
    bench.openssl("x509 -in @certificate.pem -outform DER -out @certificate.der");
    let whole = std::fs::read(bench.path("key.pem")).unwrap();
    std::fs::write(bench.path("cut.pem"), &whole[..whole.len() / 2]).unwrap();
    bench.openssl("pkcs8 -topk8 -nocrypt -in @key.pem -outform DER -out @key.der");
    let mut der = std::fs::read(bench.path("key.der")).unwrap();
    std::fs::write(bench.path("cut.der"), &der[..100]).unwrap();
    der.push(b'\n');
    std::fs::write(bench.path("newline.der"), &der).unwrap();
    for (name, cause) in [
        ("public.pem", "the key material is a public key, but the private half is needed"),
        ("public.der", "the key material is a public key, but the private half is needed"),
        ("certificate.pem", "the key material is a certificate, but the private half is needed"),
        ("certificate.der", "the key material is a certificate, but the private half is needed"),
        ("cut.pem", "the key material is PEM that is damaged: its `-----END` line is missing"),
        ("cut.der", "the PKCS#8 private key is damaged: it is cut off"),
    ] {
        assert_eq!(bench.cause(name, KeySpec::EccNistP256), cause, "{name}");
    }
    assert_eq!(
        bench.cause("key.pem", KeySpec::SymmetricDefault),
        "the key material is a PKCS#8 private key, but SYMMETRIC_DEFAULT needs raw bytes"
    );
}

#[test]
fn a_private_key_of_another_spec_is_refused_with_what_it_is() {
    let bench = Bench::new();
    bench.openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out @rsa.pem");
    bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out @p256.pem");
    bench.openssl("genpkey -algorithm ED25519 -out @ed.pem");
    bench.openssl("genpkey -algorithm X25519 -out @x.pem");
    bench.openssl("genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out @pss.pem");
    for (name, spec, cause) in [
        ("rsa.pem", KeySpec::Rsa3072, "the RSA private key has a modulus of 2048 bits, but the key spec is RSA_3072"),
        (
            "rsa.pem",
            KeySpec::EccNistP256,
            "the private key is an RSA key of 2048 bits, but the key spec is ECC_NIST_P256",
        ),
        (
            "p256.pem",
            KeySpec::EccNistP384,
            "the EC private key is on curve prime256v1, but the key spec is ECC_NIST_P384",
        ),
        ("p256.pem", KeySpec::Rsa2048, "the private key is an EC key, but the key spec is RSA_2048"),
        ("ed.pem", KeySpec::EccNistP256, "the private key is an Ed25519 key, but the key spec is ECC_NIST_P256"),
        (
            "x.pem",
            KeySpec::EccNistEdwards25519,
            "the private key is an X25519 key, but KMS imports no keys of that type",
        ),
        (
            "pss.pem",
            KeySpec::Rsa2048,
            "the private key is an RSA-PSS key, which only signs with PSS, but the key spec is RSA_2048",
        ),
    ] {
        assert_eq!(bench.cause(name, spec), cause, "{name} as {spec}");
    }
}

#[test]
fn three_primes_are_refused_and_a_curve_that_is_spelled_out_is_named() {
    let bench = Bench::new();
    bench.openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_primes:3 -out @three.pem");
    bench.openssl("ecparam -name prime256v1 -param_enc explicit -genkey -noout -out @explicit.pem");
    assert_eq!(
        bench.cause("three.pem", KeySpec::Rsa2048),
        "the RSA private key has more than two primes, but KMS takes only two"
    );
    let read = bench.read("explicit.pem", KeySpec::EccNistP256).unwrap();
    assert_eq!(
        read.reading().unwrap().sentences().last().unwrap(),
        "the curve was spelled out; its parameters are those of prime256v1, which is now named"
    );
}

#[test]
fn a_key_that_contradicts_itself_is_refused() {
    let bench = Bench::new();
    bench.openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out @rsa.pem");
    bench.openssl("pkey -in @rsa.pem -traditional -outform DER -out @rsa.der");
    let mut der = std::fs::read(bench.path("rsa.der")).unwrap();
    let last = der.len() - 1;
    der[last] ^= 1; // the CRT coefficient
    std::fs::write(bench.path("rsa.der"), der).unwrap();
    assert_eq!(
        bench.cause("rsa.der", KeySpec::Rsa2048),
        "the private key contradicts itself: its RSA numbers do not belong together"
    );
}

#[test]
fn generated_material_is_accepted_as_material_of_its_spec() {
    for spec in KeySpec::ALL {
        let material = KeyMaterial::generate(spec).unwrap();
        let again = KeyMaterial::read(Secret::copy(material.expose()).unwrap(), spec, None, &mut NoPassphrase).unwrap();
        assert_eq!(again.expose(), material.expose(), "{spec}");
        if spec.is_private_key() {
            let public = PKey::private_key_from_der(material.expose()).unwrap().public_key_to_der().unwrap();
            assert_eq!(material.public_key().unwrap(), Some(public));
        } else {
            assert_eq!(material.byte_count(), spec.usual_length());
        }
        assert_ne!(material.expose(), KeyMaterial::generate(spec).unwrap().expose());
    }
}

#[test]
fn key_specs_that_take_no_import_are_refused_with_the_reason() {
    for (name, reason) in [
        ("SM2", "China Regions only"),
        ("ML_DSA_44", "does not support importing"),
        ("ML_KEM_768", "no import of key material is documented"),
        ("AES_256", "`AES_256` is not a key spec of KMS"),
    ] {
        let error = name.parse::<KeySpec>().unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
}
