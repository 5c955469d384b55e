//! The key material, by the product's own checks: as a file, or as it came out of the wrapped key material.

use super::causes::{FileCause, MaterialCause};
use super::encodings::{Encoding, newline_after};
use super::finding::{Certainty, Findings};
use super::hand::Hand;
use super::item::Item;
use super::name::Name;
use super::wrapped_length;
use crate::error::{Error, FileError, MaterialError, WrapError};
use crate::material::der;
use crate::material::{Format, KeyMaterial, KeySpec, NoPassphrase};
use crate::secret::Secret;
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

pub(super) fn examine(hand: &Hand, modulus: Option<usize>, findings: &mut Findings) -> Result<(), FileError> {
    let length = match &hand.material {
        Some(item) => match hand.spec() {
            Some(spec) => examine_file(hand, item, spec, modulus, findings)?,
            None => guess(item, findings)?,
        },
        None => None,
    };
    if let Some(length) = length {
        examine_length(hand, length, findings);
    }
    Ok(())
}

/// The length of what is to be wrapped, if it is fit.
fn examine_file(
    hand: &Hand,
    item: &Item,
    spec: KeySpec,
    modulus: Option<usize>,
    findings: &mut Findings,
) -> Result<Option<usize>, FileError> {
    let format = hand.named.material_format;
    let mut judge = Judge { name: &item.name, spec, as_it_is: None, container: None, findings };
    if let Some(format) = format {
        return judge.read(item.raw(), Some(format));
    }
    // What is inside the blob decides, where it can be opened.
    if hand.private_key.is_none() || hand.encrypted.is_none() {
        judge.as_it_is = Some(Certainty::Likely);
        judge.container = container_certainty(hand, item, spec, modulus)?;
    }
    judge.judge(item.raw(), item)
}

/// Whether the file went into the blob as it is. A tool such as this one may have converted it.
fn container_certainty(
    hand: &Hand,
    item: &Item,
    spec: KeySpec,
    modulus: Option<usize>,
) -> Result<Option<Certainty>, FileError> {
    let key_wrap = hand.algorithm().is_some_and(WrappingAlgorithm::uses_aes_key_wrap);
    let carried = match (&hand.encrypted, modulus) {
        (Some(blob), Some(modulus)) if key_wrap => wrapped_length::carried(blob.content().len(), modulus),
        _ => None,
    };
    let Some(carried) = carried else { return Ok(Some(Certainty::Possible)) };
    let converted = KeyMaterial::read(Secret::copy(item.raw().expose())?, spec, None, &mut NoPassphrase);
    Ok(match converted {
        Ok(material) if carried.contains(&material.byte_count()) => None,
        _ if carried.contains(&item.raw().len()) => Some(Certainty::Certain),
        _ => Some(Certainty::Possible),
    })
}

/// Without a key spec only what is strange for every key is said.
fn guess(item: &Item, findings: &mut Findings) -> Result<Option<usize>, FileError> {
    let spec = KeySpec::SymmetricDefault;
    let read = KeyMaterial::read(Secret::copy(item.raw().expose())?, spec, None, &mut NoPassphrase);
    let (name, found) = (item.name.clone(), item.raw().len());
    match read {
        Err(Error::Material(MaterialError::TrailingNewline { .. })) => {
            let wanted = 32;
            findings.likely(FileCause::TrailingNewline { name, found, extra: found - wanted, wanted });
        }
        _ if item.encoding().is_some_and(|encoding| !encoding.is_pem()) && item.is_decoded() => {
            let encoding = item.encoding().cloned().unwrap_or(Encoding(Vec::new()));
            findings.likely(FileCause::Encoded { name, encoding });
        }
        _ => {}
    }
    Ok(None)
}

/// The algorithm against the key spec, before any file is looked at.
pub(super) fn examine_algorithm(hand: &Hand, findings: &mut Findings) {
    let (Some(algorithm), Some(spec)) = (hand.algorithm(), hand.spec()) else { return };
    let wrapping = hand.wrapping().unwrap_or(WrappingKeySpec::Rsa4096);
    match algorithm.check(spec, wrapping, None) {
        // The key material itself says so, where it is at hand.
        Err(WrapError::DoesNotFit { .. }) if hand.material.is_some() => {}
        Err(error) => findings.certain(MaterialCause::Unwrappable { error }),
        Ok(()) => {}
    }
}

/// The algorithm against the length.
fn examine_length(hand: &Hand, length: usize, findings: &mut Findings) {
    let (Some(algorithm), Some(spec), Some(material)) = (hand.algorithm(), hand.spec(), &hand.material) else { return };
    let wrapping = hand.wrapping().unwrap_or(WrappingKeySpec::Rsa4096);
    if let Err(error @ WrapError::DoesNotFit { .. }) = algorithm.check(spec, wrapping, Some(length)) {
        findings.certain(MaterialCause::TooLong { name: material.name.clone(), error });
    }
}

/// Judges bytes as key material of a key spec.
pub(super) struct Judge<'a> {
    pub(super) name: &'a Name,
    pub(super) spec: KeySpec,
    /// How sure it is that text was wrapped without being decoded; nothing if it was.
    pub(super) as_it_is: Option<Certainty>,
    /// How sure it is that a private key was wrapped without being converted; nothing if it was.
    pub(super) container: Option<Certainty>,
    pub(super) findings: &'a mut Findings,
}

impl Judge<'_> {
    /// The length in bytes of the key material in `bytes`, if it is fit.
    pub(super) fn judge(&mut self, bytes: &Secret, item: &Item) -> Result<Option<usize>, FileError> {
        self.as_found(bytes, item)
    }

    fn as_found(&mut self, bytes: &Secret, item: &Item) -> Result<Option<usize>, FileError> {
        if let Some(whole) = self.without_newline(bytes) {
            return self.read(&whole?, Some(Format::Der));
        }
        let read = KeyMaterial::read(Secret::copy(bytes.expose())?, self.spec, None, &mut NoPassphrase);
        match &read {
            Err(Error::Material(MaterialError::TrailingNewline { found, .. })) => {
                let (name, found) = (self.name.clone(), *found);
                let extra = if bytes.expose().ends_with(b"\r\n") { 2 } else { 1 };
                let cause = FileCause::TrailingNewline { name, found, extra, wanted: found - extra };
                // Where the length is not fixed, a key may end with any byte.
                let fixed = self.spec == KeySpec::SymmetricDefault;
                self.findings.add(if fixed { Certainty::Certain } else { Certainty::Likely }, cause);
                return Ok(None);
            }
            Ok(material) => self.written(material, item),
            Err(_) if item.is_decoded() && item.encoding().is_some_and(|encoding| !encoding.is_pem()) => {
                self.encoded(item);
            }
            Err(_) => {}
        }
        self.outcome(read)
    }

    /// What was taken off key material that is fit for its spec, and may have been wrapped with it.
    fn written(&mut self, material: &KeyMaterial, item: &Item) {
        let Some(reading) = material.reading() else { return };
        match reading.container() {
            None if reading.encoding() != "raw" => self.encoded(item),
            Some("pkcs8") if reading.encoding() == "der" && material.expose() == item.raw().expose() => {}
            Some("pkcs8") if reading.encoding() == "der" => self.container("that others write differently".to_owned()),
            Some(_) if self.spec.is_private_key() && item.encoding().is_none_or(Encoding::is_pem) => {
                self.container(reading.found());
            }
            Some(_) => self.encoded(item),
            None => {}
        }
    }

    /// A DER key with nothing but a line end behind it.
    fn without_newline(&mut self, bytes: &Secret) -> Option<Result<Secret, FileError>> {
        let der = bytes.expose();
        if !self.spec.is_private_key() || der.first() != Some(&der::SEQUENCE) {
            return None;
        }
        let wanted = der.len() - der::element(der)?.rest.len();
        let extra = newline_after(der, wanted)?;
        self.findings.certain(FileCause::TrailingNewline { name: self.name.clone(), found: der.len(), extra, wanted });
        Some(Secret::copy(&der[..wanted]))
    }

    fn read(&mut self, bytes: &Secret, format: Option<Format>) -> Result<Option<usize>, FileError> {
        let read = KeyMaterial::read(Secret::copy(bytes.expose())?, self.spec, format, &mut NoPassphrase);
        self.outcome(read)
    }

    fn outcome(&mut self, read: Result<KeyMaterial, Error>) -> Result<Option<usize>, FileError> {
        match read {
            Ok(material) => Ok(Some(material.byte_count())),
            Err(Error::Material(error)) => {
                let name = self.name.clone();
                match (&error, self.container) {
                    // An encrypted key is decrypted by whoever converts it.
                    (MaterialError::PassphraseNeeded, Some(certainty)) => {
                        self.findings.add(certainty, MaterialCause::Wrong { name, error });
                    }
                    (MaterialError::PassphraseNeeded, None) => {}
                    _ => self.findings.certain(MaterialCause::Wrong { name, error }),
                }
                Ok(None)
            }
            Err(Error::File(error)) => Err(error),
            // OpenSSL itself cannot look at the key here: nothing is said about it.
            Err(_) => Ok(None),
        }
    }

    fn encoded(&mut self, item: &Item) {
        if let Some(certainty) = self.as_it_is {
            let name = self.name.clone();
            match item.encoding() {
                Some(encoding) => self.findings.add(certainty, FileCause::Encoded { name, encoding: encoding.clone() }),
                None => self.findings.add(certainty, MaterialCause::Container { name, found: "in a JWK".to_owned() }),
            }
        }
    }

    fn container(&mut self, found: String) {
        if let Some(certainty) = self.container {
            self.findings.add(certainty, MaterialCause::Container { name: self.name.clone(), found });
        }
    }
}
