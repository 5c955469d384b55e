//! `--generate`, `--material` and what goes with them: exactly one source, and an explicit choice about the backup.

use std::path::{Path, PathBuf};

use clap::Args;
use kms_byok::escrow::Recipient;
use kms_byok::for_the_binary::files;
use kms_byok::lifecycle::{Backup, Given, Material};
use kms_byok::material::KeySpec;
use kms_byok::{Error, EscrowError};

use super::context::Context;
use super::given_args::GivenArgs;
use super::key_file::{KeyFile, is_stdin};
use super::token_args::TokenArgs;
use super::usage_error::UsageError;

#[derive(Args)]
#[command(next_help_heading = "Key material")]
pub(crate) struct MaterialArgs {
    /// Make new key material with OpenSSL's random generator
    #[arg(long, conflicts_with_all = ["material", "material_from_escrow", "component", "show_kcv", "passphrase_file"])]
    pub(crate) generate: bool,
    #[command(flatten)]
    pub(crate) given: GivenArgs,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// Encrypt a copy for this recovery certificate (PEM or DER); may be repeated
    #[arg(long, value_name = "CERT", num_args = 1.., conflicts_with_all = ["keep", "discard"], requires = "escrow_out")]
    pub(crate) escrow: Vec<PathBuf>,
    /// Where the encrypted copy goes
    #[arg(long, value_name = "FILE", requires = "escrow")]
    pub(crate) escrow_out: Option<PathBuf>,
    /// With --generate: keep the plaintext in FILE (new, mode 0600)
    #[arg(long, value_name = "FILE", conflicts_with = "discard")]
    pub(crate) keep: Option<PathBuf>,
    /// With --generate: keep no copy outside KMS
    #[arg(long)]
    pub(crate) discard: bool,
}

impl MaterialArgs {
    /// The one source that the flags name; a file is read and checked right away.
    pub(crate) fn source(&self, spec: KeySpec, context: &Context) -> Result<Material, Error> {
        self.check_token()?;
        if self.generate {
            return match self.token.maker(spec, context)? {
                Some(maker) => Ok(Material::generate_in(maker)),
                None => Ok(Material::Generate(self.backup()?)),
            };
        }
        // The certificates are read before the key is.
        let backup = self.given_backup()?;
        if let Some(key) = self.token.key(spec, false, context)? {
            return Ok(Material::held(key));
        }
        let material = self.given.read(spec, context)?.ok_or_else(Self::missing)?;
        Ok(Material::Given(match backup {
            Some((recipients, out)) => Given::new(material).escrow(recipients, out),
            None => Given::new(material),
        }))
    }

    /// Whether key material is named.
    pub(crate) fn is_given(&self) -> bool {
        self.generate || self.given.is_given() || self.token.is_given()
    }

    /// Refuses what does not go with a token: it is the backup of the key that it makes.
    pub(crate) fn check_token(&self) -> Result<(), UsageError> {
        self.given.check_token(&self.token)?;
        let others = [
            (self.generate && self.keep.is_some(), "--keep"),
            (self.generate && self.discard, "--discard"),
            (self.generate && !self.escrow.is_empty(), "--escrow"),
        ];
        match others.into_iter().find(|(given, _)| *given && self.token.is_given()) {
            Some((_, second)) => Err(UsageError::Conflict { first: "--pkcs11-uri", second }),
            None => Ok(()),
        }
    }

    /// For key material that is not generated: the certificates of its encrypted copy, and where that goes. No other copy is made of it.
    pub(super) fn given_backup(&self) -> Result<Option<(Vec<Recipient>, PathBuf)>, Error> {
        let without = [(self.keep.is_some(), "--keep"), (self.discard, "--discard")];
        if let Some((_, flag)) = without.into_iter().find(|(given, _)| *given) {
            return Err(UsageError::WithoutGenerate { flag }.into());
        }
        let Some(out) = &self.escrow_out else { return Ok(None) };
        if self.token.is_given() {
            return Err(EscrowError::NotHere.into());
        }
        if !self.given.is_given() {
            return Err(UsageError::WithoutMaterial { flag: "--escrow" }.into());
        }
        self.escrow_to(out).map(Some)
    }

    /// The recovery certificates, and the file, which is none of those that are read.
    fn escrow_to(&self, out: &Path) -> Result<(Vec<Recipient>, PathBuf), Error> {
        if is_stdin(out) {
            return Err(UsageError::CopyToStdout { flag: "--escrow-out" }.into());
        }
        files::check_distinct(&self.inputs(), &[out])?;
        let recipients = self.escrow.iter().map(|path| Recipient::read(path)).collect::<Result<_, _>>()?;
        Ok((recipients, out.to_owned()))
    }

    /// The files that are read.
    pub(crate) fn inputs(&self) -> Vec<&Path> {
        let given = &self.given;
        let several = given.recipient_key.iter().chain(&given.components.component);
        let secret = given.material.iter().chain(&given.passphrase_file).chain(several);
        let secret = secret.filter_map(KeyFile::known);
        let others = self.escrow.iter().chain(&given.material_from_escrow).map(PathBuf::as_path);
        secret.chain(others).collect()
    }

    /// The files that are written.
    pub(crate) fn outputs(&self) -> Vec<&Path> {
        [&self.keep, &self.escrow_out].into_iter().filter_map(Option::as_deref).collect()
    }

    /// Whether something is said about a copy of generated material.
    pub(crate) fn has_copy(&self) -> bool {
        !self.escrow.is_empty() || self.keep.is_some() || self.discard
    }

    pub(super) fn missing() -> Error {
        let hint = "add --generate, or --material FILE (`-` for standard input)";
        UsageError::Missing { what: "the key material", hint }.into()
    }

    /// What happens to a copy of generated material: exactly one of three, unless a token makes it.
    pub(super) fn check_backup(&self) -> Result<(), Error> {
        self.check_token()?;
        if self.token.is_given() { Ok(()) } else { self.backup().map(drop) }
    }

    pub(super) fn backup(&self) -> Result<Backup, Error> {
        match (&self.escrow_out, &self.keep, self.discard) {
            (_, Some(path), _) if is_stdin(path) => Err(UsageError::CopyToStdout { flag: "--keep" }.into()),
            (Some(out), _, _) => {
                let (recipients, out) = self.escrow_to(out)?;
                Ok(Backup::Escrow { recipients, out })
            }
            (None, Some(path), false) => Ok(Backup::Keep(path.clone())),
            (None, None, true) => Ok(Backup::Discard),
            _ => Err(UsageError::NoCopy.into()),
        }
    }
}
