//! One component, wherever it came from.

use std::path::Path;

use openssl::pkey::{PKey, Private};

use super::check_value::{CheckValue, of_bytes};
use super::composition::Membership;
use super::error::ComponentError;
use super::text;
use crate::escrow::{self, EscrowError};
use crate::material::{Container, Format, KeyMaterial, KeySpec, NoPassphrase};
use crate::secret::Secret;

/// A component of a key: bytes that say nothing about the key without all others.
pub struct Component {
    /// How a sentence names it: its file in backticks, or its place among those that are typed.
    pub(super) name: String,
    pub(super) membership: Option<Membership>,
    pub(super) value: KeyMaterial,
}

impl Component {
    /// Whether a component's file is encrypted for a custodian, as CMS in DER or PEM.
    pub fn is_sealed(bytes: &Secret) -> bool {
        let pem = bytes.expose().trim_ascii_start();
        Container::identify(bytes.expose()) == Some(Container::Cms) || pem.starts_with(b"-----BEGIN CMS-----")
    }

    /// Opens one that is encrypted with the first key that does it.
    ///
    /// # Errors
    /// [`ComponentError::Sealed`] where there is no key, [`ComponentError::DoesNotOpen`] where none is the right one,
    /// [`ComponentError::OpenSsl`] where OpenSSL has no CMS.
    pub fn open(sealed: &Secret, path: &Path, keys: &[PKey<Private>]) -> Result<Secret, ComponentError> {
        let name = || in_backticks(path);
        if keys.is_empty() {
            return Err(ComponentError::Sealed { name: name() });
        }
        for key in keys {
            match escrow::open_bytes(sealed.expose(), path, key) {
                Err(EscrowError::CannotOpen { .. }) => {}
                opened => return Ok(opened?),
            }
        }
        Err(ComponentError::DoesNotOpen { name: name() })
    }

    /// Reads what a file holds: a component that [`make`](super::make) has made, or one of another maker as bytes, hex or base64.
    ///
    /// # Errors
    /// [`ComponentError::OtherSpec`] and [`ComponentError::Damaged`] for one of ours, [`ComponentError::Material`] for bytes that are no
    /// component of a key of `spec`, [`ComponentError::NoComponents`] for a key spec with private keys.
    pub fn read(bytes: &Secret, path: &Path, spec: KeySpec) -> Result<Self, ComponentError> {
        check(spec)?;
        let name = in_backticks(path);
        if Container::identify_text(bytes.expose().trim_ascii()) == Some(Container::KeyComponent) {
            let (membership, value) = text::read(bytes, &name, spec)?;
            return Ok(Component { name, membership: Some(membership), value });
        }
        let value = KeyMaterial::read_from(bytes, spec, None, &mut NoPassphrase).map_err(|error| error.naming(path))?;
        Ok(Component { name, membership: None, value })
    }

    /// Reads the hex digits that somebody has typed, with white space where they like; `place` counts from 1.
    ///
    /// # Errors
    /// [`ComponentError::Material`] for what are no hex digits of a component of a key of `spec`, [`ComponentError::NoComponents`] for a
    /// key spec with private keys.
    pub fn typed(digits: &Secret, place: usize, spec: KeySpec) -> Result<Self, ComponentError> {
        check(spec)?;
        let value = KeyMaterial::read_from(digits, spec, Some(Format::Hex), &mut NoPassphrase)?;
        Ok(Component { name: format!("component {place}, which was typed,"), membership: None, value })
    }

    /// Its own check value, by which its custodian knows it.
    ///
    /// # Errors
    /// [`ComponentError::OpenSsl`] where OpenSSL fails.
    pub fn check_value(&self) -> Result<CheckValue, ComponentError> {
        of_bytes(self.value.expose(), self.value.spec())
    }

    /// How a sentence names it.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Only bytes have components.
pub(super) fn check(spec: KeySpec) -> Result<(), ComponentError> {
    if spec.is_private_key() { Err(ComponentError::NoComponents { spec }) } else { Ok(()) }
}

fn in_backticks(path: &Path) -> String {
    format!("`{}`", path.display())
}
