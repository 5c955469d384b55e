//! New components of a new key.

use std::path::{Path, PathBuf};

use super::check_value::CheckValue;
use super::combine::whole;
use super::component::{Component, check};
use super::composition::{Composition, Custodian, MOST, Membership};
use super::error::ComponentError;
use super::text::write;
use crate::escrow::{self, Recipient};
use crate::files;
use crate::material::{KeyMaterial, KeySpec};
use crate::openssl_probe::OpenSslError;

/// The components of a new key. The key itself is nowhere any more.
pub struct Made {
    /// In the order of their numbers.
    pub components: Vec<Component>,
    /// The set.
    pub composition: Composition,
    /// The check value of the key.
    pub check_value: CheckValue,
}

/// How components are kept.
pub enum Custody {
    /// Each encrypted for its custodian's certificate, in the order of their numbers.
    Custodians(Vec<Recipient>),
    /// In plaintext, in files of mode 0600.
    Plain,
}

/// A component's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number.
    pub number: u8,
    /// The file.
    pub path: PathBuf,
}

/// Makes a new key as `count` components, each drawn by OpenSSL's random generator. Only their check value is computed of the whole, and
/// that is wiped.
///
/// # Errors
/// [`ComponentError::NoComponents`] for a key spec with private keys, [`ComponentError::Count`] for fewer than 2 or more than 9,
/// [`ComponentError::Custodians`] and [`ComponentError::SameCustodian`] for certificates that are not one for each,
/// [`ComponentError::Material`] and [`ComponentError::OpenSsl`] where OpenSSL fails.
pub fn make(spec: KeySpec, count: u8, custodians: &[Recipient]) -> Result<Made, ComponentError> {
    check(spec)?;
    if !(2..=MOST).contains(&count) {
        return Err(ComponentError::Count { found: count.into() });
    }
    check_custodians(count, custodians)?;
    let values = (0..count).map(|_| KeyMaterial::generate(spec)).collect::<Result<Vec<_>, _>>()?;
    let mut components: Vec<Component> = (1..)
        .zip(values)
        .map(|(number, value)| Component { name: format!("component {number}"), membership: None, value })
        .collect();
    let check_value = CheckValue::of(&whole(&components, spec)?)?;
    let mut id = [0; 16];
    openssl::rand::rand_bytes(&mut id).map_err(OpenSslError::step("draw random bytes"))?;
    let set = hex::encode(id);
    let identity = |number: u8| custodians.get(usize::from(number) - 1).map(|one| one.identity().clone());
    for (number, component) in (1..).zip(&mut components) {
        component.membership =
            Some(Membership { set: set.clone(), number, count, spec, whole: check_value, custodian: identity(number) });
    }
    let custodians =
        (1..=count).filter_map(|component| Some(Custodian { component, certificate: identity(component)? }));
    let composition = Composition { set: Some(set), count, custodians: custodians.collect() };
    Ok(Made { components, composition, check_value })
}

fn check_custodians(count: u8, custodians: &[Recipient]) -> Result<(), ComponentError> {
    if !custodians.is_empty() && custodians.len() != usize::from(count) {
        return Err(ComponentError::Custodians { count, found: custodians.len() });
    }
    for (place, one) in custodians.iter().enumerate() {
        if let Some(other) = custodians[..place].iter().find(|other| other.has_key_of(one)) {
            let (name, other) = (other.identity().subject.clone(), one.identity().subject.clone());
            return Err(ComponentError::SameCustodian { name, other });
        }
    }
    Ok(())
}

impl Made {
    /// How many bytes the key has.
    pub fn byte_count(&self) -> usize {
        self.components.first().map_or(0, |component| component.value.byte_count())
    }
}

impl Custody {
    /// The files of `count` components, one for each: `PREFIX-1-of-3.cms`, or `.txt` for those in plaintext.
    pub fn paths(&self, prefix: &Path, count: u8) -> Vec<Part> {
        let ending = match self {
            Custody::Custodians(_) => "cms",
            Custody::Plain => "txt",
        };
        let path = |number| {
            let mut name = prefix.as_os_str().to_owned();
            name.push(format!("-{number}-of-{count}.{ending}"));
            Part { number, path: name.into() }
        };
        (1..=count).map(path).collect()
    }

    /// Refuses early what [`Custody::store`] would refuse at the end. Nothing is ever replaced.
    ///
    /// # Errors
    /// [`ComponentError::Exists`] for a file that is there, [`ComponentError::File`] for one that cannot be written.
    pub fn check(&self, parts: &[Part]) -> Result<(), ComponentError> {
        for Part { path, .. } in parts {
            if path.symlink_metadata().is_ok() {
                return Err(ComponentError::Exists { path: path.clone() });
            }
            files::check_output(WHAT, path)?;
        }
        Ok(())
    }

    /// Writes each component to its file, new and synced. Where one fails, those before it are removed: they are of no use.
    ///
    /// # Errors
    /// [`ComponentError::File`] where a file cannot be written or is there by now, [`ComponentError::OpenSsl`] where OpenSSL has no CMS.
    pub fn store(&self, made: &Made, parts: &[Part]) -> Result<(), ComponentError> {
        let mut stored = files::Undone::default();
        for (component, part) in made.components.iter().zip(parts) {
            let Some(membership) = &component.membership else { continue };
            let text = write(&component.value, membership)?;
            let id = match self {
                Custody::Plain => files::put_plaintext_file(&part.path, text.expose())?,
                Custody::Custodians(all) => {
                    let recipient =
                        all.get(usize::from(part.number) - 1).ok_or(ComponentError::Count { found: all.len() })?;
                    let sealed = escrow::seal(text.expose(), std::slice::from_ref(recipient))?;
                    files::put_durable_file(WHAT, &part.path, &sealed)?
                }
            };
            stored.add(&part.path, id);
        }
        stored.keep();
        Ok(())
    }
}

const WHAT: &str = "key component";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::FileError;

    #[test]
    fn where_one_file_cannot_be_written_none_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let made = make(KeySpec::Hmac256, 3, &[]).unwrap();
        let parts = Custody::Plain.paths(&directory.path().join("p"), 3);
        std::fs::write(&parts[2].path, "of another").unwrap();
        let refused = Custody::Plain.store(&made, &parts);
        assert!(matches!(refused, Err(ComponentError::File(FileError::PlaintextExists { .. }))));
        let left: Vec<_> = std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(left, [parts[2].path.clone()]);
    }
}
