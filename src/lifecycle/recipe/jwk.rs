//! How a shell takes the key out of a JWK (RFC 7517), which `openssl` does not read.

use super::form::{Form, bare};
use crate::material::recognise::Way;
use crate::material::{Container, KeySpec, MaterialKind};
use crate::posix::FROM_BASE64;

/// The numbers of RSAPrivateKey (RFC 8017 §A.1.2), in its order, by their names in a JWK (RFC 7518 §6.3).
const RSA: [&str; 8] = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];

/// What is in a JWK of that key spec, or in a JWK Set that has one; `last` are the filters that take it out.
pub(super) fn form(json: &[u8], spec: KeySpec, last: &mut Vec<String>) -> Form {
    let is_plain = |name: &&str| Way::of(json, name, b"", false) == Way::Plain;
    let mut take = |name: &'static str| {
        last.push(Way::Plain.filter(name));
        last.push(FROM_BASE64.to_owned());
    };
    match spec.kind() {
        MaterialKind::Rsa { .. } if RSA.iter().all(is_plain) => Form::RsaJwk,
        MaterialKind::Symmetric | MaterialKind::Hmac { .. } if is_plain(&"k") => {
            take("k");
            Form::Raw
        }
        MaterialKind::Ec(curve) if is_plain(&"d") => {
            take("d");
            bare(curve.order_bytes(), spec, true)
        }
        MaterialKind::Ed25519 if is_plain(&"d") => {
            take("d");
            bare(32, spec, true)
        }
        _ => Form::Unreadable(Container::Jwk.with_article()),
    }
}

/// Makes RSAPrivateKey of a JWK, at `$work/key`. The numbers go through pipes and a file of the work directory.
pub(super) fn rsa(input: &str) -> String {
    let member = Way::Plain.filter("'\"$name\"'");
    let names = RSA.join(" ");
    format!(
        "(printf 'asn1=SEQUENCE:key\\n[key]\\nversion=INTEGER:0\\n'\n\
         for name in {names}; do\n  \
         printf '%s=INTEGER:0x' \"$name\"\n  \
         <{input} {member} | {FROM_BASE64} | od -An -v -tx1 | tr -d '[:space:]'\n  \
         printf '\\n'\n\
         done) >\"$work/numbers\"\n\
         openssl asn1parse -genconf \"$work/numbers\" -noout -out \"$work/key\"\n"
    )
}
