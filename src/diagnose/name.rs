//! What the files of an import are called, wherever they lie.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::material::encoding::Wanted;

/// The part a file plays in an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    PublicKey,
    ImportToken,
    Encrypted,
    Material,
    /// What came out of the wrapped key material.
    Inside,
    Parameters,
    PrivateKey,
}

impl Role {
    /// As errors name it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Role::PublicKey => "wrapping public key",
            Role::ImportToken => "import token",
            Role::Encrypted => "wrapped key material",
            Role::Material => "key material",
            Role::Inside => "key material inside the wrapped key material",
            Role::Parameters => "parameter file",
            Role::PrivateKey => "private key",
        }
    }

    /// The flag that names such a file.
    pub(crate) fn flag(self) -> &'static str {
        match self {
            Role::PublicKey => "--public-key",
            Role::ImportToken => "--import-token",
            Role::Encrypted | Role::Inside => "--encrypted",
            Role::Material => "--material",
            Role::Parameters => "--dir",
            Role::PrivateKey => "--private-key",
        }
    }

    /// The field of KMS's reply or request that holds it in base64.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Role::PublicKey => "PublicKey",
            Role::ImportToken => "ImportToken",
            _ => "EncryptedKeyMaterial",
        }
    }

    /// What is looked for where such a file is text.
    pub(crate) fn wanted(self) -> Wanted {
        if self.is_secret() { Wanted::Secret } else { Wanted::Field(self.field()) }
    }

    /// Whether the bytes are a secret when all is well.
    pub(crate) fn is_secret(self) -> bool {
        matches!(self, Role::Material | Role::Inside | Role::PrivateKey)
    }
}

/// A file in its role; without a path, bytes that were never in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) role: Role,
    pub(crate) path: Option<PathBuf>,
}

impl Name {
    pub(crate) fn of(role: Role, path: &Path) -> Self {
        Name { role, path: Some(path.to_owned()) }
    }

    pub(crate) fn unnamed(role: Role) -> Self {
        Name { role, path: None }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "the {} `{}`", self.role.words(), path.display()),
            None => write!(f, "the {}", self.role.words()),
        }
    }
}
