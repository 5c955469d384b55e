//! OpenSSL refused a step that should have worked.

use openssl::error::ErrorStack;

use crate::explain::{Explain, Hint, Step, hint, some};

/// A call into OpenSSL failed, or the OpenSSL at hand cannot do what is asked of it. `found` is its version text, as in `OpenSSL 3.0.19 27
/// Jan 2026`.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum OpenSslError {
    #[error("OpenSSL cannot {step}")]
    Step { step: &'static str, source: ErrorStack },
    #[error("the OpenSSL loaded at run time is `{found}`, which this program does not accept")]
    Unfit { found: String, needed: String },
    #[error("the OpenSSL self-test fails: {what}")]
    SelfTest { what: &'static str },
    #[error("`{found}` has no AES key wrap with padding (RFC 5649), which {algorithm} needs")]
    NoKeyWrap { algorithm: &'static str, found: String },
    #[error("`{found}` does not run with a FIPS provider as its default, but FIPS is required")]
    NotFips { found: String },
    #[error("`{found}` has no CMS (RFC 5652) that this program can use, which escrow files need")]
    NoCms { found: String },
    #[error("`{found}` has no Ed25519")]
    NoEd25519 { found: String },
}

impl OpenSslError {
    /// For `map_err`: names the step that failed, as the end of "OpenSSL cannot …".
    pub fn step(step: &'static str) -> impl FnOnce(ErrorStack) -> OpenSslError {
        move |source| OpenSslError::Step { step, source }
    }
}

impl Explain for OpenSslError {
    fn id(&self) -> &'static str {
        self.into()
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            OpenSslError::Step { .. } => hint!["run ", Step::Doctor, " to see what the loaded OpenSSL can do"],
            OpenSslError::Unfit { needed, .. } => some(format!("load {needed}, for example through LD_LIBRARY_PATH")),
            OpenSslError::SelfTest { .. } => hint!["run ", Step::Doctor, " and replace the OpenSSL it names"],
            OpenSslError::NotFips { .. } => some(
                "activate the FIPS provider in openssl.cnf (`openssl fipsinstall`, `default_properties = fips=yes`)",
            ),
            OpenSslError::NoCms { .. } => some("build kms-byok with OpenSSL, or keep the copy another way"),
            OpenSslError::NoEd25519 { .. } => some("build kms-byok with OpenSSL 1.1.1 or newer"),
            OpenSslError::NoKeyWrap { .. } => {
                some("build kms-byok with OpenSSL 1.1.0 or newer, or choose RSAES_OAEP_SHA_256 if the key fits into it")
            }
        }
    }

    fn because(&self) -> Option<String> {
        match self {
            // The stack may be empty; its entries end in C file names, so only the reasons are kept.
            OpenSslError::Step { source, .. } => {
                let reasons: Vec<&str> = source.errors().iter().filter_map(|error| error.reason()).collect();
                (!reasons.is_empty()).then(|| format!("OpenSSL: {}", reasons.join(", ")))
            }
            _ => None,
        }
    }
}
