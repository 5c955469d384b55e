//! Keys that real tools write, read back: the public key must be the one that the tool says.

mod der;
mod foreign;
mod jwk;
mod passphrases;
mod pkcs12;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use openssl::pkey::{PKey, Private};

use super::{Container, PrivateKey, read_private_key};
use crate::explain::Explain;
use crate::material::MaterialError;
use crate::material::{KeyMaterial, KeySpec, Passphrase};
use crate::secret::Secret;
use crate::words::sentence;

/// Answers with a passphrase, or says that nobody should have been asked.
struct Answer(Option<&'static str>);

impl Passphrase for Answer {
    fn passphrase(&mut self) -> Result<Option<Secret>, MaterialError> {
        self.0.map(|text| Secret::copy(text.as_bytes()).map_err(MaterialError::from)).transpose()
    }
}

fn read(container: Container, bytes: &[u8], passphrase: Option<&'static str>) -> Result<PrivateKey, MaterialError> {
    match read_private_key(container, &Secret::copy(bytes).unwrap(), &mut Answer(passphrase)) {
        Ok(key) => Ok(key),
        Err(error @ (MaterialError::File(_) | MaterialError::OpenSsl(_))) => panic!("{error}: {:?}", error.because()),
        Err(error) => Err(error),
    }
}

/// Reads what the bytes themselves are.
fn read_any(bytes: &[u8], passphrase: Option<&'static str>) -> Result<PrivateKey, MaterialError> {
    read(Container::identify(bytes).expect("a container that is known"), bytes, passphrase)
}

/// The identifier and the words of a refusal.
fn refused(bytes: &[u8], passphrase: Option<&'static str>) -> (&'static str, String) {
    match read_any(bytes, passphrase) {
        Ok(key) => panic!("{:?} was read", key.container),
        Err(error) => (error.id(), error.to_string()),
    }
}

/// The hint as people read it.
fn hint_of(error: &MaterialError) -> Option<String> {
    error.hint().map(|hint| sentence(&hint))
}

fn hint(bytes: &[u8], passphrase: Option<&'static str>) -> Option<String> {
    hint_of(&read_any(bytes, passphrase).err().expect("a refusal"))
}

fn notes(key: &PrivateKey) -> Vec<String> {
    key.notes.iter().map(ToString::to_string).collect()
}

fn public(pkcs8: &[u8]) -> Vec<u8> {
    PKey::private_key_from_der(pkcs8).unwrap().public_key_to_der().unwrap()
}

/// The bytes in a PEM block.
fn der(pem: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(pem.to_vec()).unwrap();
    let body: String =
        text.lines().skip_while(|line| !line.starts_with("-----BEGIN")).skip(1).collect::<Vec<_>>().join("\n");
    let body = body.split("-----END").next().unwrap();
    crate::material::base64::decode(body.as_bytes(), false).unwrap().unwrap().expose().to_vec()
}

fn key(kind: &str) -> PKey<Private> {
    let pem = match kind {
        "rsa" => tool("openssl", &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], b""),
        "ed25519" => tool("openssl", &["genpkey", "-algorithm", "ED25519"], b""),
        curve => {
            let curve = format!("ec_paramgen_curve:{curve}");
            tool("openssl", &["genpkey", "-algorithm", "EC", "-pkeyopt", &curve], b"")
        }
    };
    PKey::private_key_from_pem(&pem).unwrap()
}

fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    tool("openssl", arguments, input)
}

/// What a tool prints; it must end well.
fn tool(name: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(name)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{name} {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}

fn has_tool(name: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}
