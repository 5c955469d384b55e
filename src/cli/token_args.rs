//! `--pkcs11-module`, `--pkcs11-uri`: a key that a token holds. The token wraps it, and nobody here sees its bytes.

use std::env;
use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use kms_byok::material::KeySpec;
pub(crate) use kms_byok::pkcs11::Abilities;
use kms_byok::pkcs11::{Launch, Login, Pkcs11Error, TokenKey, TokenMaker, Uri};
use kms_byok::wrap::{Held, MakesKey, WrappingAlgorithm};
use kms_byok::{Error, FileError, Progress, Secret};

use super::context::Context;
use super::terminal;

/// The first argument of the process that a PKCS#11 module is loaded in. It is no verb for people.
const MODULE_PROCESS: &str = "pkcs11-module-process";

const HEADING: &str = "Key in a token";

#[derive(Args, Default)]
pub(crate) struct TokenArgs {
    /// PKCS#11 module of the token that holds the key, or makes it with --generate, as in /usr/lib/softhsm/libsofthsm2.so
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, requires = "pkcs11_uri", help_heading = HEADING)]
    pkcs11_module: Option<PathBuf>,
    /// The key in the token (RFC 7512), as in 'pkcs11:token=T;object=LABEL?pin-source=file:PIN'; without pin-source the PIN is asked for
    #[arg(long, value_name = "URI", conflicts_with_all = ["material", "material_from_escrow", "passphrase_file"], help_heading = HEADING)]
    pkcs11_uri: Option<String>,
}

impl TokenArgs {
    /// Whether the key is in a token.
    pub(crate) fn is_given(&self) -> bool {
        self.pkcs11_uri.is_some()
    }

    /// Opens the key, if it is in a token.
    pub(super) fn key(
        &self,
        spec: KeySpec,
        allow_sha1: bool,
        context: &Context,
    ) -> Result<Option<Box<dyn Held>>, Error> {
        let Some(uri) = self.uri(context)? else { return Ok(None) };
        let key = TokenKey::open(
            Login { launch: &launch(context)?, module: self.pkcs11_module.as_deref(), uri: &uri, pin: &mut ask },
            spec,
        )?;
        let key = key.allow_sha1(allow_sha1);
        if let Some(object) = key.token() {
            context.talk.note(&format!("the key is {object}, and its bytes stay there"));
            context.found_in_token(object.clone());
        }
        Ok(Some(Box::new(key)))
    }

    /// Logs into the token that is to make the key, if one is.
    pub(super) fn maker(&self, spec: KeySpec, context: &Context) -> Result<Option<Box<dyn MakesKey>>, Error> {
        let Some(uri) = self.uri(context)? else { return Ok(None) };
        let maker = TokenMaker::open(
            Login { launch: &launch(context)?, module: self.pkcs11_module.as_deref(), uri: &uri, pin: &mut ask },
            spec,
        )?;
        Ok(Some(Box::new(maker)))
    }

    fn uri(&self, context: &Context) -> Result<Option<Uri>, Error> {
        let Some(uri) = &self.pkcs11_uri else { return Ok(None) };
        let uri: Uri = uri.parse()?;
        mind(&uri, self.pkcs11_module.as_deref(), context)?;
        Ok(Some(uri))
    }

    /// What wraps a key of that spec where nothing else is said: a token wraps private keys under an AES key only.
    pub(super) fn algorithm(&self, spec: KeySpec) -> Option<WrappingAlgorithm> {
        (self.is_given() && spec.is_private_key()).then_some(WrappingAlgorithm::RsaAesKeyWrapSha256)
    }
}

/// A PIN that others can read, and a module that others can replace: warned about, and refused with `--strict`.
fn mind(uri: &Uri, module: Option<&Path>, context: &Context) -> Result<(), Error> {
    for name in uri.ignored() {
        context.talk.warn(&format!("the PKCS#11 URI has `{name}` behind its `?`, which means nothing here"));
    }
    if let Some(path) = uri.pin_source()
        && let Ok(found) = path.metadata()
        && found.is_file()
        && found.mode() & 0o044 != 0
    {
        context.mind("PIN file", path, found.mode() & 0o777)?;
    }
    let module = module.map(Path::to_owned).or_else(|| uri.module());
    Ok(module.map_or(Ok(()), |module| context.mind_writers(&[("PKCS#11 module", &module)]))?)
}

fn ask(token: &str) -> Result<Option<Secret>, FileError> {
    terminal::ask_unseen(&format!("PIN of token `{token}`: "), "PIN")
}

/// The token that `doctor` examines.
#[derive(Args, Default)]
pub(crate) struct ExaminedArgs {
    /// Try what the token of this PKCS#11 module can do for each wrapping algorithm, with a key that guards nothing
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, help_heading = "Token")]
    pkcs11_module: Option<PathBuf>,
    /// Which token (RFC 7512), as in 'pkcs11:token=T?pin-source=file:PIN' [default: the only one]
    #[arg(long, value_name = "URI", requires = "pkcs11_module", help_heading = "Token")]
    pkcs11_uri: Option<String>,
}

impl ExaminedArgs {
    /// What the token can do, if there is one to be examined.
    pub(super) fn examine(&self, context: &Context) -> Option<Result<Abilities, Error>> {
        let module = self.pkcs11_module.as_deref()?;
        let examine = || {
            let uri: Uri = self.pkcs11_uri.as_deref().unwrap_or("pkcs11:").parse()?;
            mind(&uri, Some(module), context)?;
            Ok(Abilities::of(Login { launch: &launch(context)?, module: Some(module), uri: &uri, pin: &mut ask })?)
        };
        Some(examine())
    }
}

/// This program once more.
fn launch(context: &Context) -> Result<Launch, Pkcs11Error> {
    let program = env::current_exe().map_err(|source| Pkcs11Error::NotStarted { source })?;
    let limit = context.global.read_timeout.unwrap_or(Launch::LIMIT);
    Ok(Launch { program, arguments: vec![MODULE_PROCESS.into()], limit })
}

/// Whether this is the process that a module is loaded in.
pub(crate) fn is_module_process() -> bool {
    env::args_os().nth(1).as_deref() == Some(OsStr::new(MODULE_PROCESS)) && env::args_os().len() == 2
}
