//! One of several private keys in a file, as far as it is told from the others.

use std::fmt;

use openssl::pkey::{Id, PKey, Private};

use crate::material::{KeySpec, MaterialKind};
use crate::secret::Secret;

/// What a private key in a file of several is called there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedKey {
    /// A name in backticks, or its place in the file, as in "number 2".
    pub name: String,
    /// The key spec that it fits, where it was looked at and there is one.
    pub spec: Option<KeySpec>,
}

impl NamedKey {
    /// A key that was not looked at.
    pub(crate) fn new(name: String) -> Self {
        NamedKey { name, spec: None }
    }

    /// A key in PKCS#8.
    pub(crate) fn of(name: String, pkcs8: &Secret) -> Self {
        let key = PKey::private_key_from_der(pkcs8.expose()).ok();
        let spec = |key: PKey<Private>| KeySpec::ALL.into_iter().find(|spec| fits(&key, *spec));
        NamedKey { name, spec: key.and_then(spec) }
    }
}

impl fmt::Display for NamedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.spec.map_or(Ok(()), |spec| write!(f, " ({spec})"))
    }
}

/// Whether a private key has the type, size and curve of a key spec.
fn fits(key: &PKey<Private>, spec: KeySpec) -> bool {
    match spec.kind() {
        MaterialKind::Rsa { bits } => key.id() == Id::RSA && key.bits() == bits,
        MaterialKind::Ec(curve) => key.ec_key().is_ok_and(|ec| ec.group().curve_name() == Some(curve.nid())),
        MaterialKind::Symmetric | MaterialKind::Hmac { .. } => false,
        _ => is_ed25519(key.id()),
    }
}

#[cfg(openssl_has_ed25519)]
pub(crate) fn is_ed25519(id: Id) -> bool {
    id == Id::ED25519
}

#[cfg(not(openssl_has_ed25519))]
pub(crate) fn is_ed25519(_: Id) -> bool {
    false
}
