//! The key material, by the product's own checks: as a file, or as it came out of the wrapped key material.

use std::path::PathBuf;

use super::causes::{FileCause, MaterialCause, Otherwise};
use super::finding::{Certainty, Findings};
use super::hand::Hand;
use super::item::Item;
use super::name::{Name, Role};
use crate::file_checks::damage::newline_after;
use crate::file_checks::wrapped_blob;
use crate::files::FileError;
use crate::material::MaterialError;
use crate::material::der;
use crate::material::encoding::Encoding;
use crate::material::recognise::is_text;
use crate::material::{self, Choice, Format, KeyMaterial, KeySpec, NoPassphrase, Passphrase, Reading};
use crate::parameters;
use crate::secret::Secret;
use crate::wrap::WrapError;
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

pub(super) fn examine(hand: &Hand, modulus: Option<usize>, findings: &mut Findings) -> Result<(), FileError> {
    let length = match &hand.material {
        Some(item) => match hand.spec() {
            Some(spec) => examine_file(hand, item, spec, modulus, findings)?,
            None => guess(hand, item, findings)?,
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
    let mut judge = Judge {
        name: &item.name,
        spec,
        passphrase: hand.passphrase.as_ref(),
        as_it_is: None,
        container: None,
        findings,
    };
    if let Some(format) = format {
        if format == Format::Raw && !spec.is_private_key() {
            judge.raw_text(item)?;
        }
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
        (Some(blob), Some(modulus)) if key_wrap => wrapped_blob::carried(blob.content().len(), modulus),
        _ => None,
    };
    let Some(carried) = carried else { return Ok(Some(Certainty::Possible)) };
    let mut passphrase = Given(hand.passphrase.as_ref().map(|(_, passphrase)| passphrase));
    let converted = KeyMaterial::read(Secret::copy(item.raw().expose())?, spec, None, &mut passphrase);
    Ok(match converted {
        Ok(material) if carried.contains(&material.byte_count()) => None,
        _ if carried.contains(&item.raw().len()) => Some(Certainty::Certain),
        _ => Some(Certainty::Possible),
    })
}

/// Without a key spec only what is strange for every key is said.
fn guess(hand: &Hand, item: &Item, findings: &mut Findings) -> Result<Option<usize>, FileError> {
    let mut passphrase = Given(hand.passphrase.as_ref().map(|(_, passphrase)| passphrase));
    if let Err(error @ MaterialError::TypeNotTaken { .. }) = material::read_any_private_key(item.raw(), &mut passphrase)
    {
        findings.certain(MaterialCause::Wrong { name: item.name.clone(), error, otherwise: None });
        return Ok(None);
    }
    let spec = KeySpec::SymmetricDefault;
    let read = KeyMaterial::read(Secret::copy(item.raw().expose())?, spec, None, &mut NoPassphrase);
    let (name, found) = (item.name.clone(), item.raw().len());
    match read {
        Err(MaterialError::TrailingNewline { .. }) => {
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

/// A passphrase that was given before anything asked for it.
pub(super) struct Given<'a>(pub(super) Option<&'a Secret>);

impl Passphrase for Given<'_> {
    fn passphrase(&mut self) -> Result<Option<Secret>, MaterialError> {
        Ok(self.0.map(|secret| Secret::copy(secret.expose())).transpose()?)
    }
}

/// Judges bytes as key material of a key spec.
pub(super) struct Judge<'a> {
    pub(super) name: &'a Name,
    pub(super) spec: KeySpec,
    /// What opens it, and the file that it came from.
    pub(super) passphrase: Option<&'a (PathBuf, Secret)>,
    /// How sure it is that text was wrapped without being decoded; nothing if it was.
    pub(super) as_it_is: Option<Certainty>,
    /// How sure it is that a private key was wrapped without being converted; nothing if it was.
    pub(super) container: Option<Certainty>,
    pub(super) findings: &'a mut Findings,
}

impl Judge<'_> {
    /// The length in bytes of the key material in `bytes`, if it is fit.
    pub(super) fn judge(&mut self, bytes: &Secret, item: &Item) -> Result<Option<usize>, FileError> {
        if let Some(whole) = self.without_newline(bytes) {
            return self.read(&whole?, Some(Format::Der));
        }
        let read = self.understand(bytes, None)?;
        match &read {
            Err(error @ MaterialError::TrailingNewline { .. }) => {
                // Where the length is not fixed, a key may end with any byte.
                let fixed = self.spec == KeySpec::SymmetricDefault;
                self.newline(bytes, None, error, if fixed { Certainty::Certain } else { Certainty::Likely })?;
                return Ok(None);
            }
            Ok(material) => self.written(material, item),
            Err(_) => {}
        }
        self.outcome(read, bytes, None)
    }

    fn understand(
        &self,
        bytes: &Secret,
        format: Option<Format>,
    ) -> Result<Result<KeyMaterial, MaterialError>, FileError> {
        let bytes = Secret::copy(bytes.expose())?;
        Ok(KeyMaterial::read(bytes, self.spec, format, &mut Given(self.passphrase.map(|(_, passphrase)| passphrase))))
    }

    /// How it fits that does not fit as it was given.
    fn otherwise(
        &self,
        bytes: &Secret,
        said: Option<Format>,
        error: &MaterialError,
    ) -> Result<Option<Otherwise>, FileError> {
        if let MaterialError::WrongKeyType { .. }
        | MaterialError::WrongModulus { .. }
        | MaterialError::WrongCurve { .. } = error
        {
            for spec in KeySpec::ALL.into_iter().filter(|spec| spec.is_private_key()) {
                if (Judge { spec, findings: &mut Findings::default(), ..*self }).understand(bytes, None)?.is_ok() {
                    return Ok(Some(Otherwise::Spec(spec)));
                }
            }
        }
        let choices = self.choices(bytes, said, error)?;
        Ok((!choices.is_empty()).then_some(Otherwise::Choices(choices)))
    }

    /// Those that `wrap` has for the file. What came out of wrapped key material is no file.
    fn choices(&self, bytes: &Secret, said: Option<Format>, error: &MaterialError) -> Result<Vec<Choice>, FileError> {
        if self.name.role != Role::Material {
            return Ok(Vec::new());
        }
        let passphrase = self.passphrase.map(|(path, _)| path.as_path());
        material::choices(bytes, self.spec, said, error, passphrase)
    }

    /// A line end that `error` finds, or that stands behind text.
    fn newline(
        &mut self,
        bytes: &Secret,
        said: Option<Format>,
        error: &MaterialError,
        certainty: Certainty,
    ) -> Result<(), FileError> {
        let MaterialError::TrailingNewline { found, .. } = error else { return Ok(()) };
        let choices = self.choices(bytes, said, error)?;
        let (name, found) = (self.name.clone(), *found);
        let extra = if bytes.expose().ends_with(b"\r\n") { 2 } else { 1 };
        let cause = FileCause::TrailingNewline { name: name.clone(), found, extra, wanted: found - extra };
        self.findings.add(certainty, MaterialCause::InDoubt { name, cause, choices });
        Ok(())
    }

    /// Text that was said to be the key as it stands: other systems may well have the bytes that it stands for.
    fn raw_text(&mut self, item: &Item) -> Result<(), FileError> {
        let text = item.raw().expose();
        let name = self.name.clone();
        match self.understand(item.raw(), None)? {
            Ok(material) if material.expose() == text => {}
            Ok(material) if material.reading().is_some_and(|reading| reading.container().is_some()) => {
                let found = material.reading().map(Reading::found).unwrap_or_default();
                self.findings.likely(FileCause::KeyAsText { name, found });
            }
            Ok(_) => self.as_text(item),
            Err(error @ MaterialError::EncodedLength { .. }) => {
                let otherwise = self.otherwise(item.raw(), Some(Format::Raw), &error)?;
                self.findings.likely(MaterialCause::Wrong { name, error, otherwise });
            }
            Err(MaterialError::ContainerForRaw { .. }) => {
                let encoding = item.encoding().map_or_else(|| "text of another key".to_owned(), Encoding::to_string);
                self.findings.likely(FileCause::KeyAsText { name, found: encoding });
            }
            Err(_) if is_text(text) && text.ends_with(b"\n") => {
                let (spec, found) = (self.spec, text.len());
                let error = MaterialError::TrailingNewline { spec, found, wanted: String::new() };
                self.newline(item.raw(), Some(Format::Raw), &error, Certainty::Likely)?;
            }
            Err(error @ MaterialError::NotEncodedText { .. }) => {
                let choices = self.choices(item.raw(), Some(Format::Raw), &error)?;
                self.findings.likely(MaterialCause::TextItself { name, characters: text.len(), choices });
            }
            Err(_) => {}
        }
        Ok(())
    }

    fn as_text(&mut self, item: &Item) {
        if let Some(encoding) = item.encoding() {
            self.findings.likely(FileCause::Encoded { name: self.name.clone(), encoding: encoding.clone() });
        }
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
        // This program leaves it out when it wraps; others wrap it too.
        if let Some(certainty) = self.container {
            let cause = FileCause::TrailingNewline { name: self.name.clone(), found: der.len(), extra, wanted };
            self.findings.add(certainty, cause);
        }
        Some(Secret::copy(&der[..wanted]))
    }

    fn read(&mut self, bytes: &Secret, format: Option<Format>) -> Result<Option<usize>, FileError> {
        let read = self.understand(bytes, format)?;
        self.outcome(read, bytes, format)
    }

    fn outcome(
        &mut self,
        read: Result<KeyMaterial, MaterialError>,
        bytes: &Secret,
        said: Option<Format>,
    ) -> Result<Option<usize>, FileError> {
        match read {
            Ok(material) => Ok(Some(material.byte_count())),
            Err(MaterialError::File(error)) => Err(error),
            // OpenSSL itself cannot look at the key here: nothing is said about it.
            Err(MaterialError::OpenSsl(_)) => Ok(None),
            Err(error) => {
                let (name, otherwise) = (self.name.clone(), self.otherwise(bytes, said, &error)?);
                let error = match &name.path {
                    Some(path) if name.role == Role::Material => parameters::naming(error, path),
                    _ => error,
                };
                match (&error, self.container) {
                    // An encrypted key is decrypted by whoever converts it.
                    (MaterialError::PassphraseNeeded, Some(certainty)) => {
                        self.findings.add(certainty, MaterialCause::Wrong { name, error, otherwise });
                    }
                    (MaterialError::PassphraseNeeded, None) => {}
                    _ => self.findings.certain(MaterialCause::Wrong { name, error, otherwise }),
                }
                Ok(None)
            }
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
