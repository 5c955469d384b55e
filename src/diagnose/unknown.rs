//! What cannot be known from what is at hand, said plainly, with the way to find out.

use serde::Serialize;

use super::answer::Key;
use super::commands::word;
use super::hand::Hand;
use crate::explain::{Explain, Hint};
use crate::kms::Reason;
use crate::wrap::WrappingAlgorithm;

/// Something that no look at the files can tell: `what` in words, and `find_out`, the sentence that says how to know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Unknown {
    /// `oaep_hash`, `public_key`, `key_wrap`, `import_token`, `key_spec`, `key_state` or `endpoint`.
    pub id: &'static str,
    pub what: String,
    pub find_out: Hint,
}

/// How to look into a blob that was made in the same way.
const REHEARSE: &str = "wrap for a throw-away key in the same way and look at that: `kms-byok diagnose --private-key KEY --encrypted FILE`";
const STATUS: &str = "run `kms-byok status --key-id KEY`";

pub(super) fn list(hand: &Hand, opened: bool) -> Vec<Unknown> {
    let mut unknown = Vec::new();
    if hand.wrapped_here {
        unknown.extend(unwrappable(hand));
    } else if hand.encrypted.is_some() && !opened {
        unknown.extend(wrapping(hand));
    }
    if hand.token.is_some() && hand.claims.is_none() {
        unknown.push(unknown_as(
            "import_token",
            "whether the import token belongs to the public key and to the KMS key: only KMS can read the token",
            "get both as one set: `kms-byok get-parameters --key-id KEY --dir DIR`",
        ));
    }
    if hand.material.is_some() && hand.spec().is_none() {
        let find_out = "add --key-spec, or --key-id to ask KMS";
        unknown.push(unknown_as("key_spec", "whether the key material fits the key", find_out));
    }
    unknown.extend(key_state(hand));
    unknown
}

fn unknown_as(id: &'static str, what: impl Into<String>, find_out: impl Into<Hint>) -> Unknown {
    Unknown { id, what: what.into(), find_out: find_out.into() }
}

/// What is hidden in a finished blob.
fn wrapping(hand: &Hand) -> Vec<Unknown> {
    let mut padding =
        "which padding and which hashes the wrapped key material was made with, which only its private key could show"
            .to_owned();
    if let Some(command) = &hand.openssl
        && let Some(hash) = command.oaep_hash_by_default
    {
        let version = &command.version;
        padding
            .push_str(&format!(": the `openssl` on PATH, `{version}`, uses {hash} unless rsa_oaep_md says otherwise"));
    }
    let mut unknown = vec![
        unknown_as("oaep_hash", padding, REHEARSE),
        unknown_as(
            "public_key",
            "whether the wrapped key material was made for this public key",
            format!("wrap it again, which takes seconds: `{}`", hand.commands().wrap()),
        ),
    ];
    if hand.algorithm().is_some_and(WrappingAlgorithm::uses_aes_key_wrap) {
        let second = "whether its second half is AES-KWP (RFC 5649), and which container the key in it has";
        unknown.push(unknown_as("key_wrap", second, REHEARSE));
    }
    unknown
}

/// InvalidCiphertext for what was made by this process is not explained by anything that this process knows.
fn unwrappable(hand: &Hand) -> Option<Unknown> {
    let said = hand.said.as_ref().filter(|said| said.reason == Reason::InvalidCiphertext);
    said.map(|_| {
        unknown_as(
            "endpoint",
            "why KMS could not unwrap what this program has wrapped, with both hashes set, for the public key of the same parameters",
            "check the endpoint, and the OpenSSL that is loaded: `kms-byok doctor`",
        )
    })
}

fn key_state(hand: &Hand) -> Option<Unknown> {
    let what = "whether the KMS key waits for key material";
    match &hand.key {
        Key::NotAsked if hand.has_files() => {
            Some(unknown_as("key_state", format!("{what}: KMS was not asked"), STATUS))
        }
        Key::Elsewhere { endpoint } => Some(unknown_as(
            "key_state",
            format!("{what}: the parameters came from `{endpoint}`, which was not asked"),
            format!("add `--endpoint-url {}`", word(endpoint)),
        )),
        Key::Unreachable(error) => {
            let because = error.because().map(|because| format!(" ({because})")).unwrap_or_default();
            let hint = error.hint().unwrap_or_else(|| STATUS.into());
            Some(unknown_as("key_state", format!("{what}: {error}{because}"), hint))
        }
        _ => None,
    }
}
