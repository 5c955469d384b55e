//! `--material` and what says how it is read.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, ValueHint};
use kms_byok::components::CheckValue;
use kms_byok::escrow::EscrowFile;
use kms_byok::for_the_binary::{Choice, choices, files, naming};
use kms_byok::material::{Container, Format, KeyMaterial, KeySpec, NoPassphrase, Places, Reading};
use kms_byok::{Error, EscrowError, FileError, MaterialError, Progress, Secret};
use openssl::pkey::{PKey, Private};

use super::any_key::{AnyKey, Asking};
use super::component_args::{ComponentArgs, Openers};
use super::context::Context;
use super::key_file::{self, KeyFile, is_stdin};
use super::terminal;
use super::token_args::TokenArgs;
use super::usage_error::UsageError;
use super::values;

/// Key material from a file or standard input.
#[derive(Args)]
#[command(
    next_help_heading = "Key material",
    group = ArgGroup::new("sealed").args(["material_from_escrow", "component"]),
    group = ArgGroup::new("read").args(["material", "material_from_escrow", "component"]).multiple(true),
)]
pub(crate) struct GivenArgs {
    /// Read the key material from FILE, or from standard input with `-`
    #[arg(long, visible_alias = "in", value_name = "FILE", value_parser = key_file::parser(), value_hint = ValueHint::FilePath, allow_hyphen_values = true)]
    pub(crate) material: Option<KeyFile>,
    /// How it is written [default: auto, which recognises the format]
    #[arg(long, value_name = "F", requires = "material", value_parser = values::format())]
    pub(crate) material_format: Option<Format>,
    /// Bring the key material back from an escrow file
    #[arg(long, value_name = "F", conflicts_with_all = ["material", "component"], requires = "recipient_key")]
    pub(crate) material_from_escrow: Option<PathBuf>,
    /// The private key of one of its recovery certificates, or of a component's custodian; for components it may be repeated
    #[arg(long, value_name = "K", requires = "sealed", value_parser = key_file::parser(), value_hint = ValueHint::FilePath, allow_hyphen_values = true)]
    pub(crate) recipient_key: Vec<KeyFile>,
    /// Read the passphrase of an encrypted private key from FILE
    #[arg(long, value_name = "FILE", value_parser = key_file::parser(), value_hint = ValueHint::FilePath, allow_hyphen_values = true)]
    pub(crate) passphrase_file: Option<KeyFile>,
    /// Show the check value of a symmetric or HMAC key in the answer and in the record
    #[arg(long, requires = "read")]
    pub(crate) show_kcv: bool,
    #[command(flatten)]
    pub(crate) components: ComponentArgs,
}

impl GivenArgs {
    /// Refuses what names no file, where the files themselves are read later: it may be the secret itself.
    pub(crate) fn check_names(&self) -> Result<(), FileError> {
        let all = [
            (self.material.as_slice(), "--material"),
            (&self.recipient_key, "--recipient-key"),
            (self.passphrase_file.as_slice(), "--passphrase-file"),
            (&self.components.component, "--component"),
        ];
        all.into_iter().flat_map(|(files, flag)| files.iter().map(move |file| file.path(flag).map(drop))).collect()
    }

    /// Refuses components beside a token.
    pub(crate) fn check_token(&self, token: &TokenArgs) -> Result<(), UsageError> {
        match self.components.is_given() && token.is_given() {
            true => Err(UsageError::Conflict { first: "--pkcs11-uri", second: "--component" }),
            false => Ok(()),
        }
    }

    /// Whether key material is named.
    pub(crate) fn is_given(&self) -> bool {
        self.material.is_some() || self.material_from_escrow.is_some() || self.components.is_given()
    }

    /// Reads what `--material`, `--material-from-escrow` or `--component` name.
    pub(crate) fn read(&self, spec: KeySpec, context: &Context) -> Result<Option<KeyMaterial>, Error> {
        let material = self.read_material(spec, context)?;
        if let Some(material) = material.as_ref().filter(|_| self.show_kcv) {
            context.show_check_value(CheckValue::of(material)?);
        }
        Ok(material)
    }

    fn read_material(&self, spec: KeySpec, context: &Context) -> Result<Option<KeyMaterial>, Error> {
        if self.components.is_given() {
            let openers = Openers { keys: &self.recipient_key, passphrase: self.passphrase_file.as_ref() };
            let material = self.components.read(&openers, spec, context)?;
            context.account_for(&material)?;
            return Ok(Some(material));
        }
        if let (Some(file), [key]) = (&self.material_from_escrow, &*self.recipient_key) {
            return self.recover(file, key, spec, context).map(Some);
        }
        if self.recipient_key.len() > 1 {
            return Err(
                UsageError::Conflict { first: "--recipient-key", second: "another one of an escrow file" }.into()
            );
        }
        let Some(file) = &self.material else { return Ok(None) };
        let bytes = match file.path("--material")? {
            None => terminal::read_stdin("key material", KeyMaterial::READ_LIMIT)?,
            Some(path) => context.read_secret("key material file", path, KeyMaterial::READ_LIMIT)?,
        };
        let path = file.file("--material")?;
        let read = KeyMaterial::read_from(&bytes, spec, self.material_format, &mut self.asking(path, context)?);
        let material = match read {
            Err(error) => return Err(self.in_doubt(&bytes, spec, error, context)?.into()),
            read => read?,
        };
        context.account_for(&material)?;
        let holder = (!is_stdin(path)).then(|| files::holder(path)).flatten();
        let encrypted = material.reading().is_some_and(Reading::is_encrypted);
        let (encrypted, plaintext) = holder.into_iter().partition::<Vec<_>, _>(|_| encrypted);
        Ok(Some(material.found_in(Places { plaintext, encrypted: encrypted.into_iter().next() })))
    }

    /// The error with the commands that end the doubt, if it is one, and with the file's name.
    fn in_doubt(
        &self,
        bytes: &Secret,
        spec: KeySpec,
        error: MaterialError,
        context: &Context,
    ) -> Result<MaterialError, Error> {
        let path = self.material.as_ref().map_or(Ok(Path::new("-")), |file| file.file("--material"))?;
        let passphrase = self.passphrase_file.as_ref().and_then(KeyFile::known);
        let choices = choices(bytes, spec, self.material_format, &error, passphrase)?;
        let again = context.invocation().again();
        let command = |choice: &Choice| {
            let command = choice.command(path, |file, format| again.other_material(path, file, format));
            Some((command?, choice.meaning().to_owned()))
        };
        let commands: Vec<(String, String)> = choices.iter().filter_map(command).collect();
        Ok(if is_stdin(path) { error } else { naming(error, path) }.with_choices(&commands))
    }

    fn recover(&self, file: &Path, key: &KeyFile, spec: KeySpec, context: &Context) -> Result<KeyMaterial, Error> {
        let path = key.file("--recipient-key")?;
        let any =
            AnyKey { path, what: "recipient key", flag: "--recipient-key", passphrase: self.passphrase_file.as_ref() };
        let opens = |key: &PKey<Private>| EscrowFile::read(file).is_ok_and(|escrow| escrow.open(key).is_ok());
        let recipient = any.read(&mut self.asking(path, context)?, context, opens)?;
        let format = if spec.is_private_key() { Format::Der } else { Format::Raw };
        let escrow = EscrowFile::read(file)?;
        let material = escrow.open(&recipient)?;
        if Container::identify(material.expose()) == Some(Container::KeyComponent) {
            return Err(MaterialError::ForeignContainer { container: Container::KeyComponent, command: None }.into());
        }
        self.say_what_is_known(file, escrow.is_authenticated(), context)?;
        let material = KeyMaterial::read(material, spec, Some(format), &mut NoPassphrase)?;
        Ok(material.found_in(Places { plaintext: Vec::new(), encrypted: Some(file.to_owned()) }))
    }

    /// What an escrow file does not vouch for: warned about, and refused with `--strict` where anybody may have changed it.
    fn say_what_is_known(&self, file: &Path, authenticated: bool, context: &Context) -> Result<(), Error> {
        let shown = file.display();
        if !authenticated {
            let error = EscrowError::NotAuthenticated { path: file.to_owned() };
            if context.global.strict {
                return Err(error.into());
            }
            context.talk.warn(&error.to_string());
        }
        context
            .talk
            .note(&format!("`{shown}` does not say who made it: anybody with the certificate can make such a file"));
        context.opened_escrow(file, authenticated);
        Ok(())
    }

    fn asking<'a>(&'a self, key: &'a Path, context: &'a Context) -> Result<Asking<'a>, Error> {
        Asking::new(self.passphrase_file.as_ref(), key, context)
    }
}
