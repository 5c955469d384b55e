//! What stands between a run and a token: a name that cannot be read, a module that does not answer. What the token itself says is a
//! [`TokenError`].

use std::io;
use std::path::PathBuf;

use super::token_error::TokenError;
use crate::explain::{Hint, OwnWords, Setting, explain_sum, hint, some};
use crate::files::FileError;
use crate::openssl_probe::OpenSslError;
use crate::wrap::WrapError;

/// A key in a token cannot be named, reached or used. `call` is a function of PKCS#11, as in `C_WrapKey`. No variant holds a PIN.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Pkcs11Error {
    #[error("the PKCS#11 URI cannot be read: {problem}")]
    #[strum(serialize = "not_a_pkcs11_uri")]
    NotAUri { problem: String },
    #[error("the PKCS#11 URI has an attribute `{name}`, which RFC 7512 does not have{}", if *.known { " before the `?`" } else { "" })]
    #[strum(serialize = "unknown_pkcs11_attribute")]
    UnknownAttribute { name: String, known: bool },
    #[error("the PKCS#11 URI has a PIN in it, which everybody on this machine can read in the list of processes")]
    PinInUri,
    #[error("the `pin-source` of the PKCS#11 URI is no file")]
    PinSource,
    #[error("the PKCS#11 URI names another module than `{}`: `{}`", .given.display(), .named.display())]
    #[strum(serialize = "two_pkcs11_modules")]
    TwoModules { given: PathBuf, named: PathBuf },
    #[error("the PKCS#11 URI gives the new key no name")]
    #[strum(serialize = "no_pkcs11_label")]
    NoLabel,
    #[error("no PKCS#11 module is named")]
    #[strum(serialize = "no_pkcs11_module")]
    NoModule,
    #[error("there is no PKCS#11 module at `{}`", .module.display())]
    #[strum(serialize = "pkcs11_module_missing")]
    ModuleMissing { module: PathBuf, source: io::Error },
    #[error("the process for the PKCS#11 module does not start")]
    #[strum(serialize = "pkcs11_not_started")]
    NotStarted { source: io::Error },
    #[error("the PKCS#11 module `{}` has crashed in {call}: its process ended with {how}", .module.display())]
    #[strum(serialize = "pkcs11_crashed")]
    Crashed { module: PathBuf, call: String, how: String },
    #[error("the PKCS#11 module `{}` has not come back from {call} within {seconds} seconds, and was ended", .module.display())]
    #[strum(serialize = "pkcs11_hung")]
    Hung { module: PathBuf, call: String, seconds: u64 },
    #[error("the process for the PKCS#11 module has not answered what it was asked")]
    #[strum(serialize = "pkcs11_nonsense")]
    Nonsense,
    #[error("there is no terminal to type the PIN of token `{token}` on")]
    NoPin { token: String },
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    OpenSsl(#[from] OpenSslError),
    #[error(transparent)]
    Wrap(WrapError),
}

impl From<WrapError> for Pkcs11Error {
    fn from(error: WrapError) -> Self {
        match error {
            WrapError::File(error) => error.into(),
            WrapError::OpenSsl(error) => error.into(),
            error => Pkcs11Error::Wrap(error),
        }
    }
}

explain_sum!(Pkcs11Error { Token, File, OpenSsl, Wrap } or OwnWords);

impl Pkcs11Error {
    /// Whether the arguments alone were wrong, whatever the token holds.
    pub(crate) fn is_usage(&self) -> bool {
        matches!(
            self,
            Pkcs11Error::NotAUri { .. }
                | Pkcs11Error::UnknownAttribute { .. }
                | Pkcs11Error::PinInUri
                | Pkcs11Error::PinSource
                | Pkcs11Error::TwoModules { .. }
                | Pkcs11Error::NoLabel
                | Pkcs11Error::NoModule
                | Pkcs11Error::Token(TokenError::PrivateKeyOverOaep { .. })
        )
    }
}

impl OwnWords for Pkcs11Error {
    fn own_id(&self) -> &'static str {
        self.into()
    }

    fn own_hint(&self) -> Option<Hint> {
        match self {
            Pkcs11Error::Token(_) | Pkcs11Error::File(_) | Pkcs11Error::OpenSsl(_) | Pkcs11Error::Wrap(_) => None,
            Pkcs11Error::NotAUri { .. } => some("write it as in `pkcs11:token=TOKEN;object=LABEL?pin-source=file:PIN`"),
            Pkcs11Error::UnknownAttribute { name, known: true } => {
                some(format!("put `{name}` behind a `?`, as in `pkcs11:object=LABEL?{name}=…`"))
            }
            Pkcs11Error::UnknownAttribute { .. } => some("name the key by token, serial, object, id or type"),
            Pkcs11Error::PinInUri => some(
                "change that PIN, put the new one into a file that only you can read, and name it with `pin-source=file:PATH`; or leave it out, and type the PIN",
            ),
            Pkcs11Error::PinSource => {
                some("name a file, as in `pin-source=file:/run/secrets/pin`, or leave it out and type the PIN")
            }
            Pkcs11Error::NoLabel => some("add `object=LABEL` to it, as in `pkcs11:token=TOKEN;object=LABEL`"),
            Pkcs11Error::TwoModules { .. } => some("leave one of them out"),
            Pkcs11Error::NoModule | Pkcs11Error::ModuleMissing { .. } => {
                hint![
                    "give the file of the token's maker with ",
                    Setting::Pkcs11Module.to("PATH"),
                    ", as in `/usr/lib/softhsm/libsofthsm2.so`"
                ]
            }
            Pkcs11Error::NotStarted { .. } => None,
            Pkcs11Error::Crashed { .. } => {
                some("try the same with `pkcs11-tool --module`, and tell the module's maker; the key was not sent")
            }
            Pkcs11Error::Hung { .. } => {
                hint![
                    "see whether the token is reached and waits for somebody, or allow it more with ",
                    Setting::ReadTimeout
                ]
            }
            Pkcs11Error::Nonsense => some("see on standard error what the module printed"),
            Pkcs11Error::NoPin { .. } => {
                some("add `?pin-source=file:PATH` to the PKCS#11 URI, or run it on a terminal")
            }
        }
    }

    fn own_because(&self) -> Option<String> {
        match self {
            Pkcs11Error::ModuleMissing { source, .. } | Pkcs11Error::NotStarted { source } => Some(source.to_string()),
            _ => None,
        }
    }
}
