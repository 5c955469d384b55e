//! Spoils a reply after the operation was carried out.

use std::io;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use openssl::bn::{BigNum, MsbOption};
use openssl::error::ErrorStack;
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
        What::Latency(_) | What::Reset { after: false } | What::Error { after: false, .. } => {}
    }
    Ok(answer)
}

/// A public key of 1024 bits that nobody has the private key of.
fn small_public_key() -> Result<Vec<u8>, ErrorStack> {
    let mut modulus = BigNum::new()?;
    modulus.rand(1024, MsbOption::TWO_ONES, true)?;
    Rsa::from_public_components(modulus, BigNum::from_u32(65_537)?)?.public_key_to_der()
}
