//! Spoils a reply after the operation was carried out.

use std::io;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::EcKey;
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey};
use openssl::rsa::Rsa;
use serde_json::{Value, json};

use super::faults::What;
use super::http::Answer;

pub(super) fn spoil(fault: &What, mut answer: Answer) -> Result<Answer, io::Error> {
    match fault {
        What::Reset { after: true } => return Err(io::ErrorKind::ConnectionReset.into()),
        What::Error { status, code, after: true } => {
            answer.status = *status;
            answer.code = code.clone();
            answer.body = json!({ "__type": code }).to_string().into_bytes();
        }
        What::Html(status) => {
            answer.status = *status;
            answer.content_type = "text/html";
            answer.body = b"<!doctype html><html><body><h1>Something is in the way</h1></body></html>".to_vec();
        }
        What::Truncated => answer.body.truncate(answer.body.len() / 2),
        What::EmptyObject => answer.body = b"{}".to_vec(),
        What::WrongKeySize => {
            if let (Ok(mut reply), Ok(key)) = (serde_json::from_slice::<Value>(&answer.body), small_public_key())
                && reply.get("PublicKey").is_some()
            {
                reply["PublicKey"] = BASE64_STANDARD.encode(key).into();
                answer.body = reply.to_string().into_bytes();
            }
        }
        What::Lie => {
            if let Ok(mut reply) = serde_json::from_slice::<Value>(&answer.body) {
                lie(&mut reply)?;
                answer.body = reply.to_string().into_bytes();
            }
        }
        What::Latency { .. } | What::Reset { after: false } | What::Error { after: false, .. } => {}
    }
    Ok(answer)
}

/// What the same operation would answer about another key.
fn lie(reply: &mut Value) -> io::Result<()> {
    let Some(fields) = reply.as_object_mut() else { return Ok(()) };
    for (name, value) in fields {
        match (name.as_str(), value.as_str()) {
            ("PublicKey", Some(key)) => *value = BASE64_STANDARD.encode(another_of_its_kind(key)?).into(),
            ("Signature" | "Mac" | "Plaintext" | "SharedSecret", Some(text)) => {
                let mut bytes = BASE64_STANDARD.decode(text).unwrap_or_default();
                if let Some(last) = bytes.last_mut() {
                    *last ^= 1;
                }
                *value = BASE64_STANDARD.encode(bytes).into();
            }
            ("KeyMaterialId" | "CurrentKeyMaterialId", Some(_)) => *value = "0".repeat(64).into(),
            ("KeyMetadata", None) => lie(value)?,
            _ => {}
        }
    }
    Ok(())
}

/// A fresh public key as DER, of the kind of the one that is given.
fn another_of_its_kind(key: &str) -> io::Result<Vec<u8>> {
    let key = PKey::public_key_from_der(&BASE64_STANDARD.decode(key).unwrap_or_default())?;
    let other = match key.id() {
        Id::RSA => PKey::from_rsa(Rsa::generate(key.bits())?)?,
        Id::EC => PKey::from_ec_key(EcKey::generate(key.ec_key()?.group())?)?,
        _ => PKey::generate_ed25519()?,
    };
    Ok(other.public_key_to_der()?)
}

/// A public key of 1024 bits that nobody has the private key of.
fn small_public_key() -> Result<Vec<u8>, ErrorStack> {
    let mut modulus = BigNum::new()?;
    modulus.rand(1024, MsbOption::TWO_ONES, true)?;
    Rsa::from_public_components(modulus, BigNum::from_u32(65_537)?)?.public_key_to_der()
}
