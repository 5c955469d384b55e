//! Key material that a test knows, in every form in which people bring it, and what of it is secret.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rand::rand_bytes;
use openssl::rsa::Rsa;
use openssl::symm::Cipher;

use super::Bench;
use super::memory::Shapes;

pub const PASSPHRASE: &[u8] = b"correct-horse-battery-staple";

/// One form of one key.
pub struct Planted {
    pub spec: &'static str,
    /// As `--material-format` names it; nothing where it is recognised.
    pub format: Option<&'static str>,
    pub name: &'static str,
    pub bytes: Vec<u8>,
    pub shapes: Shapes,
    pub has_passphrase: bool,
}

impl Planted {
    /// Puts it on the bench, and gives the flags that name it.
    pub fn place(&self, bench: &Bench, by_stdin: bool) -> String {
        bench.write_private("material", &self.bytes);
        bench.write_private("passphrase", PASSPHRASE);
        let file = if by_stdin { "-" } else { "material" };
        let format = self.format.map(|format| format!(" --material-format {format}")).unwrap_or_default();
        let passphrase = if self.has_passphrase { " --passphrase-file passphrase" } else { "" };
        format!("--material {file}{format}{passphrase}")
    }

    /// What stands on standard input.
    pub fn stdin(&self, by_stdin: bool) -> &[u8] {
        if by_stdin { &self.bytes } else { b"" }
    }

    pub fn title(&self, by_stdin: bool) -> String {
        format!("{}, {} {}", self.spec, self.name, if by_stdin { "on standard input" } else { "in a file" })
    }
}

/// Every key spec that differs in how its material is read, in every format that is taken for it.
pub fn all() -> Vec<Planted> {
    let mut all = Vec::new();
    for (spec, length) in [("SYMMETRIC_DEFAULT", 32), ("HMAC_256", 32), ("HMAC_512", 128)] {
        let key = random(length);
        let shapes = Shapes::of(&[&key]);
        let form = |name, format, bytes: Vec<u8>| Planted {
            spec,
            format,
            name,
            bytes,
            shapes: shapes.clone(),
            has_passphrase: false,
        };
        all.push(form("raw", None, key.clone()));
        all.push(form("hex", Some("hex"), (hex::encode(&key) + "\n").into_bytes()));
        all.push(form("base64", Some("base64"), (BASE64_STANDARD.encode(&key) + "\n").into_bytes()));
    }
    let rsa = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let ec = PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(Nid::SECP384R1).unwrap()).unwrap()).unwrap();
    for (spec, key) in
        [("RSA_2048", rsa), ("ECC_NIST_P384", ec), ("ECC_NIST_EDWARDS25519", PKey::generate_ed25519().unwrap())]
    {
        all.extend(private_key_forms(spec, &key));
    }
    all
}

fn private_key_forms(spec: &'static str, key: &PKey<Private>) -> Vec<Planted> {
    let numbers = secret_numbers(key);
    let shapes = Shapes::of(&numbers.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let pkcs8 = key.private_key_to_pkcs8().unwrap();
    let encrypted = key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), PASSPHRASE).unwrap();
    let mut forms = vec![
        ("PKCS#8 DER", None, pkcs8.clone()),
        ("PKCS#8 PEM", None, key.private_key_to_pem_pkcs8().unwrap()),
        ("encrypted PKCS#8 PEM", Some("pem"), encrypted),
        ("hex of DER", Some("hex"), hex::encode(&pkcs8).into_bytes()),
        ("base64 of DER", Some("base64"), BASE64_STANDARD.encode(&pkcs8).into_bytes()),
    ];
    if let Ok(rsa) = key.rsa() {
        forms.push(("PKCS#1 DER", Some("der"), rsa.private_key_to_der().unwrap()));
        forms.push(("PKCS#1 PEM", None, rsa.private_key_to_pem().unwrap()));
        let cipher = Cipher::aes_128_cbc();
        forms.push(("encrypted PKCS#1 PEM", None, rsa.private_key_to_pem_passphrase(cipher, PASSPHRASE).unwrap()));
    }
    if let Ok(ec) = key.ec_key() {
        forms.push(("SEC1 DER", Some("der"), ec.private_key_to_der().unwrap()));
        forms.push(("SEC1 PEM", None, ec.private_key_to_pem().unwrap()));
    }
    forms
        .into_iter()
        .map(|(name, format, bytes)| {
            let has_passphrase = name.starts_with("encrypted");
            let shapes = if has_passphrase { shapes.clone().and("passphrase", PASSPHRASE) } else { shapes.clone() };
            Planted { spec, format, name, bytes, shapes, has_passphrase }
        })
        .collect()
}

/// The numbers of a private key that nobody else may know; the rest of its file is public.
pub fn secret_numbers(key: &PKey<Private>) -> Vec<Vec<u8>> {
    if let Ok(rsa) = key.rsa() {
        let numbers = [Some(rsa.d()), rsa.p(), rsa.q(), rsa.dmp1(), rsa.dmq1(), rsa.iqmp()];
        return numbers.into_iter().flatten().map(|number| number.to_vec()).collect();
    }
    match key.ec_key() {
        Ok(ec) => vec![ec.private_key().to_vec()],
        Err(_) => vec![key.raw_private_key().unwrap()],
    }
}

pub fn random(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rand_bytes(&mut bytes).unwrap();
    bytes
}
