//! Flags that do not go together. Exit code 2.

use kms_byok::{Error, Explain, Hint};

/// The command line asks for something that cannot be meant.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum UsageError {
    #[error("{first} and {second} exclude each other")]
    #[strum(serialize = "flags_conflict")]
    Conflict { first: &'static str, second: &'static str },
    #[error("the generated key material would have no copy outside KMS")]
    NoCopy,
    #[error("{flag} `-` is not a file, and a copy of a key needs one")]
    CopyToStdout { flag: &'static str },
    #[error("{flag} is for generated key material")]
    WithoutGenerate { flag: &'static str },
    #[error("{flag} is for a copy of key material, and there is none")]
    WithoutMaterial { flag: &'static str },
    #[error("{flag} has no equivalent in the shell")]
    NotInShell { flag: &'static str },
    #[error("{what} is missing")]
    #[strum(serialize = "flag_missing")]
    Missing { what: &'static str, hint: &'static str },
    #[error("`{given}` is not a verb of kms-byok")]
    UnknownVerb { given: String },
    #[error("the key policy `{path}` is not JSON")]
    PolicyNotJson { path: String, problem: String },
}

/// A hint in words of the command line.
fn some(hint: impl Into<String>) -> Option<Hint> {
    Some(hint.into().into())
}

impl From<UsageError> for Error {
    fn from(error: UsageError) -> Self {
        Error::Caller(Box::new(error))
    }
}

impl Explain for UsageError {
    fn id(&self) -> &'static str {
        self.into()
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            UsageError::Conflict { .. } => some("leave one of them out"),
            UsageError::NoCopy => some(
                "add --escrow CERT --escrow-out FILE, --keep FILE for plaintext, or --discard if KMS is to hold the only one",
            ),
            UsageError::CopyToStdout { .. } => some("name a file; write ./- for one with that name"),
            UsageError::WithoutGenerate { flag } => some(format!("leave {flag} out, or add --generate")),
            UsageError::WithoutMaterial { flag } => {
                some(format!("leave {flag} out, or add --material FILE (`-` for standard input)"))
            }
            UsageError::NotInShell { flag: "--rehearse" } => {
                some("leave it out, and run the script on `kms-byok rehearsal serve` with --endpoint-url")
            }
            UsageError::NotInShell { .. } => some("leave it out"),
            UsageError::Missing { hint, .. } => some(*hint),
            UsageError::UnknownVerb { .. } => some("see `kms-byok --help` for all of them"),
            UsageError::PolicyNotJson { .. } => some("check the file: a key policy is one JSON object"),
        }
    }

    fn because(&self) -> Option<String> {
        match self {
            UsageError::PolicyNotJson { problem, .. } => Some(problem.clone()),
            _ => None,
        }
    }
}
