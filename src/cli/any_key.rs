//! A private key of any type, with the passphrase that opens it: of recovery certificates, of custodians, of the other side.

use std::path::Path;

use kms_byok::for_the_binary::{Choice, choices_of_any_key, naming, read_any_private_key};
use kms_byok::material::{KeyMaterial, Passphrase};
use kms_byok::{Error, MaterialError, Secret};
use openssl::pkey::{PKey, Private};

use super::context::Context;
use super::key_file::{KeyFile, is_stdin};

/// A passphrase from `--passphrase-file`, or from the terminal.
pub(super) struct Asking<'a> {
    file: Option<&'a Path>,
    key: &'a Path,
    context: &'a Context,
}

impl<'a> Asking<'a> {
    /// `file` is what `--passphrase-file` names, `key` what the passphrase opens.
    pub(super) fn new(file: Option<&'a KeyFile>, key: &'a Path, context: &'a Context) -> Result<Self, Error> {
        let file = file.map(|file| file.file("--passphrase-file")).transpose()?;
        Ok(Asking { file, key, context })
    }
}

impl Passphrase for Asking<'_> {
    fn passphrase(&mut self) -> Result<Option<Secret>, MaterialError> {
        let Some(path) = self.file else { return Ok(super::terminal::ask_passphrase(self.key)?) };
        let mut secret = self.context.read_secret("passphrase file", path, 4096)?;
        let line = secret.expose().iter().position(|byte| *byte == b'\n').unwrap_or(secret.len());
        let end = if line > 0 && secret.expose()[line - 1] == b'\r' { line - 1 } else { line };
        secret.truncate(end);
        Ok(Some(secret))
    }
}

/// A private key of any type, as one that opens what was encrypted for it.
pub(super) struct AnyKey<'a> {
    pub(super) path: &'a Path,
    pub(super) what: &'static str,
    /// The flag that names the file, and the one with its passphrase.
    pub(super) flag: &'static str,
    pub(super) passphrase: Option<&'a KeyFile>,
}

impl AnyKey<'_> {
    /// Reads it. Where the file holds several keys, those that fit are offered, each by the command that takes it.
    pub(super) fn read(
        &self,
        passphrase: &mut dyn Passphrase,
        context: &Context,
        fits: impl Fn(&PKey<Private>) -> bool,
    ) -> Result<PKey<Private>, Error> {
        let bytes = context.read_secret(self.what, self.path, KeyMaterial::READ_LIMIT)?;
        let error = match read_any_private_key(&bytes, passphrase) {
            Ok(key) => return Ok(key),
            Err(error) => error,
        };
        let choices = choices_of_any_key(&bytes, &error, self.passphrase.and_then(KeyFile::known), fits)?;
        let again = |file: &Path| context.invocation().again().with_other(self.flag, self.path, file);
        let command = |choice: &Choice| {
            let command = choice.command(self.path, |file, _| Some(again(file).to_string()));
            Some((command?, choice.meaning().to_owned()))
        };
        let commands: Vec<(String, String)> = choices.iter().filter_map(command).collect();
        let error = if is_stdin(self.path) { error } else { naming(error, self.path) };
        Err(error.with_choices(&commands).into())
    }
}
