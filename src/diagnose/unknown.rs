//! What cannot be known from what is at hand, said plainly, with the way to find out.

use serde::Serialize;

use super::answer::Key;
use super::commands::word;
use super::hand::Hand;
use crate::error::Reason;
use crate::wrap::WrappingAlgorithm;

/// Something that no look at the files can tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Unknown {
    /// `oaep_hash`, `public_key`, `key_wrap`, `import_token`, `key_spec`, `key_state` or `endpoint`.
    pub id: &'static str,
    pub what: String,
    pub find_out: String,
}

pub(super) fn list(hand: &Hand, opened: bool) -> Vec<Unknown> {
    let mut unknown = Vec::new();
    let mut add = |id, what: &str, find_out: &str| {
        unknown.push(Unknown { id, what: what.to_owned(), find_out: find_out.to_owned() });
    };
    let sealed = hand.encrypted.is_some() && !opened && !hand.wrapped_here;
    if sealed {
        let command = match &hand.openssl {
            Some(command) => match command.default_oaep_hash() {
                Some(hash) => format!(
                    ": the `openssl` on PATH, `{}`, uses {hash} unless rsa_oaep_md says otherwise",
                    command.version
                ),
                None => String::new(),
            },
            None => String::new(),
        };
        add(
            "oaep_hash",
            &format!(
                "which padding and which hashes the wrapped key material was made with, which only its private key could show{command}"
            ),
            "wrap for a throw-away key in the same way and look at that: `kms-byok diagnose --private-key KEY --encrypted FILE`",
        );
        add(
            "public_key",
            "whether the wrapped key material was made for this public key",
            &format!("wrap it again, which takes seconds: `{}`", hand.commands().wrap()),
        );
    }
    if sealed && hand.algorithm().is_some_and(WrappingAlgorithm::uses_aes_key_wrap) {
        add(
            "key_wrap",
            "whether its second half is AES-KWP (RFC 5649), and which container the key in it has",
            "wrap for a throw-away key in the same way and look at that: `kms-byok diagnose --private-key KEY --encrypted FILE`",
        );
    }
    if hand.wrapped_here && hand.said.as_ref().is_some_and(|said| said.reason == Reason::InvalidCiphertext) {
        add(
            "endpoint",
            "why KMS could not unwrap what this program has wrapped, with both hashes set, for the public key of the same parameters",
            "check the endpoint, and the OpenSSL that is loaded: `kms-byok doctor`",
        );
    }
    if hand.token.is_some() && hand.claims.is_none() {
        add(
            "import_token",
            "whether the import token belongs to the public key and to the KMS key, which only KMS can read",
            "get both as one set: `kms-byok get-parameters --key-id KEY --dir DIR`",
        );
    }
    if hand.material.is_some() && hand.spec().is_none() {
        add("key_spec", "whether the key material fits the key", "add --key-spec, or --key-id to ask KMS");
    }
    match &hand.key {
        Key::NotAsked if hand.has_files() => {
            add(
                "key_state",
                "whether the KMS key waits for key material, which nobody was asked",
                "run `kms-byok status --key-id KEY`",
            );
        }
        Key::Elsewhere { endpoint } => add(
            "key_state",
            &format!(
                "whether the KMS key waits for key material: the parameters came from `{endpoint}`, which was not asked"
            ),
            &format!("add `--endpoint-url {}`", word(endpoint)),
        ),
        Key::Unreachable(error) => {
            let because = error.because().map(|because| format!(" ({because})")).unwrap_or_default();
            let hint = error.hint().unwrap_or_else(|| "run `kms-byok status --key-id KEY`".to_owned());
            add("key_state", &format!("whether the KMS key waits for key material: {error}{because}"), &hint);
        }
        _ => {}
    }
    unknown
}
