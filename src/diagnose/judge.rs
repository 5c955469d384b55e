//! Bytes as key material of a key spec, by the product's own reader.

use std::path::PathBuf;

use super::causes::{FileCause, MaterialCause, Otherwise};
use super::finding::{Certainty, Findings};
use super::item::Item;
use super::name::{Name, Role};
use crate::files::FileError;
use crate::files::damage::newline_after;
use crate::material::MaterialError;
use crate::material::choice::{Choice, choices};
use crate::material::der;
use crate::material::encoding::Encoding;
use crate::material::recognise::is_text;
use crate::material::{Format, KeyMaterial, KeySpec, Passphrase, Reading};
use crate::parameters;
use crate::secret::Secret;

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
        choices(bytes, self.spec, said, error, passphrase)
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
    pub(super) fn raw_text(&mut self, item: &Item) -> Result<(), FileError> {
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

    pub(super) fn read(&mut self, bytes: &Secret, format: Option<Format>) -> Result<Option<usize>, FileError> {
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
                    Some(path) if name.role == Role::Material => parameters::as_material::naming(error, path),
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
