//! What is said of weak key material.

use std::fmt;

/// Something about key material that makes it weak, or that a standard forbids. `Display` says it in a sentence. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weakness {
    pub(super) id: &'static str,
    pub(super) cause: String,
}

impl Weakness {
    /// Its stable name for machines: `weak_material` or `forbidden_key`.
    pub const fn id(&self) -> &'static str {
        self.id
    }

    pub(super) fn weak(what: &str, pattern: &str) -> Self {
        Weakness { id: "weak_material", cause: format!("{what} {pattern}, and whoever guesses that has the key") }
    }

    /// Of a private key that breaks FIPS 186-5.
    pub(super) fn forbidden(cause: &str, section: &str) -> Self {
        let cause = format!("{cause}, which FIPS 186-5 §{section} forbids: KMS may refuse it, and others may break it");
        Weakness { id: "forbidden_key", cause }
    }
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)
    }
}
