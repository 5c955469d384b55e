//! Spoils a reply after the operation was carried out.

use std::io;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;
use http::header::{DATE, LOCATION};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey};
use openssl::rsa::Rsa;
use serde_json::{Value, json};

use super::answer::Answer;
use super::faults::{Forgery, What};
use crate::rehearsal::state::clock::{Clock, http_date};
use crate::wrap::weakness;

/// What `huge` adds: more than any reply of KMS, and more than a client should read.
const HUGE: usize = 64 << 20;

pub(crate) fn inject_fault(fault: &What, mut answer: Answer) -> Result<Answer, io::Error> {
    match fault {
        What::Reset { after: true } => return Err(io::ErrorKind::ConnectionReset.into()),
        What::Error { status, code, message, after: true } => {
            let Answer { status, code, body, .. } = error(*status, code, message.as_deref());
            (answer.status, answer.code, answer.body) = (status, code, body);
        }
        What::Deliver(delivery) => answer.delivery = *delivery,
        What::Html(status) => {
            answer.status = *status;
            answer.content_type = "text/html";
            answer.body = b"<!doctype html><html><body><h1>Something is in the way</h1></body></html>".to_vec();
        }
        What::Truncated => answer.body.truncate(answer.body.len() / 2),
        What::EmptyObject => answer.body = b"{}".to_vec(),
        What::Drop(field) => edit(&mut answer, |reply| {
            let (parent, name) = parent(reply, field)?;
            parent.as_object_mut()?.remove(name)
        }),
        What::Set(field, value) => edit(&mut answer, |reply| {
            let (parent, name) = parent(reply, field)?;
            parent.as_object_mut()?.insert(name.to_owned(), value.clone())
        }),
        What::Change(field, value) => edit(&mut answer, |reply| {
            let (parent, name) = parent(reply, field)?;
            parent.as_object_mut()?.get_mut(name).map(|there| *there = value.clone())
        }),
        What::Lie => {
            if let Ok(mut reply) = serde_json::from_slice::<Value>(&answer.body) {
                forge_reply(&mut reply)?;
                answer.body = reply.to_string().into_bytes();
            }
        }
        What::Huge => {
            edit(&mut answer, |reply| reply.as_object_mut()?.insert("Padding".into(), "x".repeat(HUGE).into()))
        }
        What::Date(setting) => {
            let date = HeaderValue::try_from(http_date(Clock::new(*setting).now()));
            answer.headers.extend(date.map(|date| (DATE, date)));
        }
        What::Key(forgery) => edit(&mut answer, |reply| {
            let real = reply.get("PublicKey")?.as_str()?;
            let forged = forged(*forgery, &BASE64_STANDARD.decode(real).ok()?).ok()?;
            reply.as_object_mut()?.insert("PublicKey".into(), BASE64_STANDARD.encode(forged).into())
        }),
        What::Latency { .. }
        | What::Lag(_)
        | What::Redirect(_)
        | What::Reply(_)
        | What::Reset { after: false }
        | What::Error { after: false, .. } => {}
    }
    Ok(answer)
}

/// An error reply of KMS.
pub(crate) fn error(status: u16, code: &str, message: Option<&str>) -> Answer {
    match message {
        None => Answer::error(status, code),
        Some(message) => {
            Answer { status, code: code.to_owned(), ..Answer::success(&json!({ "__type": code, "message": message })) }
        }
    }
}

/// This, as something else than KMS would say it.
pub(crate) fn instead(body: &str) -> Answer {
    let page = body.starts_with('<').then_some("text/html");
    Answer::new(200, page.unwrap_or("application/x-amz-json-1.1"), body.as_bytes().to_vec(), "-")
}

/// Status 307, which a client would follow with the same body.
pub(crate) fn redirect(url: &HeaderValue) -> Answer {
    let mut answer = Answer::error(307, "redirect");
    answer.headers.push((LOCATION, url.clone()));
    answer
}

/// Changes the JSON of a reply; one without such a field stays as it is.
fn edit<T>(answer: &mut Answer, change: impl FnOnce(&mut Value) -> Option<T>) {
    if let Ok(mut reply) = serde_json::from_slice(&answer.body) {
        change(&mut reply);
        answer.body = reply.to_string().into_bytes();
    }
}

/// What holds the field, and the field's own name: `Rotations.0.KeyMaterialId` is in the first of the `Rotations`.
fn parent<'v, 'f>(reply: &'v mut Value, field: &'f str) -> Option<(&'v mut Value, &'f str)> {
    match field.rsplit_once('.') {
        None => Some((reply, field)),
        Some((path, name)) => Some((reply.pointer_mut(&format!("/{}", path.replace('.', "/")))?, name)),
    }
}

/// What the same operation would answer about another key.
fn forge_reply(reply: &mut Value) -> io::Result<()> {
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
            ("KeyMetadata", None) => forge_reply(value)?,
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

/// A public key that nobody has the private key of.
fn forged(forgery: Forgery, real: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let bits = match forgery {
        Forgery::Small => 1024,
        Forgery::AnotherModulus => PKey::public_key_from_der(real)?.bits() as i32,
        Forgery::NotRsa => {
            let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
            return PKey::from_ec_key(EcKey::generate(&group)?)?.public_key_to_der();
        }
    };
    let mut modulus = BigNum::new()?;
    // Nothing that can be seen from outside is wrong with it.
    loop {
        modulus.rand(bits, MsbOption::TWO_ONES, true)?;
        let key = Rsa::from_public_components(modulus.to_owned()?, BigNum::from_u32(65_537)?)?;
        if weakness(&key)?.is_none() {
            return key.public_key_to_der();
        }
    }
}
