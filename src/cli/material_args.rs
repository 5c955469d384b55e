//! `--generate`, `--material` and what goes with them: exactly one source, and nobody loses the only copy by silence.

use std::path::{Path, PathBuf};

use clap::Args;
use kms_byok::ceremony::Source;
use kms_byok::material::{Format, KeyMaterial, KeySpec, Passphrase};
use kms_byok::{Error, FileError, Secret, Talk, UsageError, files};

use super::Context;

#[derive(Args)]
#[command(next_help_heading = "Key material")]
pub(crate) struct MaterialArgs {
    /// Make new key material with OpenSSL's random generator
    #[arg(long, conflicts_with = "material")]
    pub(crate) generate: bool,
    #[command(flatten)]
    pub(crate) given: GivenArgs,
    /// With --generate: keep the plaintext in FILE (new, mode 0600)
    #[arg(long, value_name = "FILE", conflicts_with = "discard")]
    pub(crate) keep: Option<PathBuf>,
    /// With --generate: keep no copy outside KMS
    #[arg(long)]
    pub(crate) discard: bool,
}

/// Key material from a file or standard input.
#[derive(Args)]
#[command(next_help_heading = "Key material")]
pub(crate) struct GivenArgs {
    /// Read the key material from FILE, or from standard input with `-`
    #[arg(long, visible_alias = "in", value_name = "FILE")]
    pub(crate) material: Option<PathBuf>,
    /// raw, hex, base64, pem or der [default: raw; private keys: pem or der, recognised]
    #[arg(long, value_name = "F", requires = "material")]
    pub(crate) material_format: Option<Format>,
    /// Read the passphrase of an encrypted private key from FILE
    #[arg(long, value_name = "FILE", requires = "material")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

impl MaterialArgs {
    /// The one source that the flags name; a file is read and checked right away.
    pub(crate) fn source(&self, spec: KeySpec, context: &Context) -> Result<Source, Error> {
        if self.generate {
            return match (&self.keep, self.discard) {
                (Some(path), false) => Ok(Source::Generate { keep: Some(path.clone()) }),
                (None, true) => Ok(Source::Generate { keep: None }),
                _ => Err(UsageError::Missing {
                    what: "where the generated key material is kept",
                    hint: "add --keep FILE for a plaintext copy, or --discard if KMS shall hold the only one",
                }
                .into()),
            };
        }
        for (given, first) in [(self.keep.is_some(), "--keep"), (self.discard, "--discard")] {
            if given {
                return Err(UsageError::Conflict { first, second: "--material" }.into());
            }
        }
        match self.given.read(spec, context)? {
            Some(material) => Ok(Source::Given(material)),
            None => Err(UsageError::Missing {
                what: "the key material",
                hint: "add --generate, or --material FILE (`-` for standard input)",
            }
            .into()),
        }
    }
}

impl GivenArgs {
    /// Reads what `--material` names.
    pub(crate) fn read(&self, spec: KeySpec, context: &Context) -> Result<Option<KeyMaterial>, Error> {
        let Some(path) = &self.material else { return Ok(None) };
        let what = "key material file";
        let bytes = if is_stdin(path) {
            Secret::read_stdin("key material", KeyMaterial::READ_LIMIT)?
        } else {
            let bytes = Secret::read_file(what, path, KeyMaterial::READ_LIMIT)?;
            context.mind_permissions(path)?;
            bytes
        };
        let mut passphrase = Asking { file: self.passphrase_file.as_deref(), key: path, context };
        KeyMaterial::read(bytes, spec, self.material_format, &mut passphrase).map(Some)
    }
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A passphrase from `--passphrase-file`, or from the terminal.
struct Asking<'a> {
    file: Option<&'a Path>,
    key: &'a Path,
    context: &'a Context,
}

impl Passphrase for Asking<'_> {
    fn passphrase(&mut self) -> Result<Option<Secret>, Error> {
        let Some(path) = self.file else { return Ok(super::terminal::ask_passphrase(self.key)?) };
        let mut secret = Secret::read_file("passphrase file", path, 4096)?;
        self.context.mind_permissions(path)?;
        let line = secret.expose().iter().position(|byte| *byte == b'\n').unwrap_or(secret.len());
        let end = if line > 0 && secret.expose()[line - 1] == b'\r' { line - 1 } else { line };
        secret.truncate(end);
        Ok(Some(secret))
    }
}

impl Context {
    /// Warns about a secret file that others can read; refuses it with `--strict`.
    pub(crate) fn mind_permissions(&self, path: &Path) -> Result<(), FileError> {
        let Some(mode) = files::open_to_others(path) else { return Ok(()) };
        let error = FileError::OpenToOthers { path: path.to_owned(), mode };
        if self.global.strict {
            return Err(error);
        }
        self.talk.warn(&error.to_string());
        Ok(())
    }
}
