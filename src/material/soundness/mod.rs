//! Key material that is complete and fits its key spec, and that nobody should use.

use std::fmt;

use super::KeyMaterial;

/// Something about key material that makes it weak, or that a standard forbids. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weakness {
    id: &'static str,
    cause: String,
}

impl Weakness {
    /// Its stable name for machines: `weak_material` or `forbidden_key`.
    pub const fn id(&self) -> &'static str {
        self.id
    }
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)
    }
}

/// What is weak about `material`; usually nothing.
pub(crate) fn weaknesses(material: &KeyMaterial) -> Vec<Weakness> {
    let _ = material;
    Vec::new()
}
