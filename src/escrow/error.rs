//! Recovery certificates that must not receive keys, and escrow files that do not open.

use std::path::PathBuf;

use crate::explain::{Hint, OwnWords, Setting, explain_sum, hint, some};
use crate::files::FileError;
use crate::openssl_probe::OpenSslError;

/// A copy of the key material cannot be kept, or cannot be brought back. `path` is the certificate or the escrow file.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum EscrowError {
    #[error("there is no recovery certificate to encrypt for")]
    NoRecipient,
    #[error(
        "the recovery certificate `{subject}` is that of the key itself: whoever has lost the key cannot open the copy"
    )]
    OwnCertificate { subject: String },
    #[error("`{}` is not a certificate", .path.display())]
    NotACertificate { path: PathBuf },
    #[error("`{}` has {found} certificates, but each recovery certificate needs a file of its own", .path.display())]
    SeveralCertificates { path: PathBuf, found: usize },
    #[error("the key of recovery certificate `{}` is neither RSA nor EC, and CMS has no way to encrypt for it here", .path.display())]
    CannotReceive { path: PathBuf },
    #[error("recovery certificate `{}` is valid from {from} to {to}", .path.display())]
    OutOfDate { path: PathBuf, from: String, to: String },
    #[error("recovery certificate `{}` does not allow {needed}", .path.display())]
    KeyUsage { path: PathBuf, needed: &'static str },
    #[error("recovery certificate `{}` has {found}, and {needed} is needed", .path.display())]
    WeakKey { path: PathBuf, found: String, needed: String },
    #[error("the signature of recovery certificate `{}` uses {digest}, which can be forged", .path.display())]
    WeakSignature { path: PathBuf, digest: &'static str },
    #[error("escrow file `{}` is not authenticated: whoever could write to it may have changed the key in it", .path.display())]
    NotAuthenticated { path: PathBuf },
    #[error("`{}` is not an escrow file", .path.display())]
    NotAnEnvelope { path: PathBuf },
    #[error("escrow file `{}` does not open with this recipient key, or was changed", .path.display())]
    CannotOpen { path: PathBuf },
    #[error("a key whose bytes stay elsewhere cannot be encrypted for a recovery certificate")]
    #[strum(serialize = "escrow_of_bytes_elsewhere")]
    NotHere,
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    OpenSsl(#[from] OpenSslError),
}

explain_sum!(EscrowError { File, OpenSsl } or OwnWords);

impl OwnWords for EscrowError {
    fn own_id(&self) -> &'static str {
        self.into()
    }

    fn own_hint(&self) -> Option<Hint> {
        match self {
            EscrowError::File(_) | EscrowError::OpenSsl(_) => None, // what it holds has its own
            EscrowError::NoRecipient => hint!["add ", Setting::Escrow.to("CERT.pem")],
            EscrowError::OwnCertificate { .. } => {
                some("give the certificate of another key, which is kept elsewhere by whoever recovers this one")
            }
            EscrowError::NotACertificate { .. } => some("give an X.509 certificate, in PEM or DER"),
            EscrowError::SeveralCertificates { .. } => {
                some("put each certificate into a file of its own, and name those that should open the copy")
            }
            EscrowError::CannotReceive { .. } => {
                some("use a certificate with an RSA or EC key; Ed25519 keys only sign")
            }
            EscrowError::OutOfDate { .. } => some("use a certificate that is in date, and check this machine's clock"),
            EscrowError::KeyUsage { needed, .. } => {
                some(format!("use a certificate whose keyUsage has {needed}, or none"))
            }
            EscrowError::WeakKey { .. } => some("make a certificate with a larger key, RSA of 3072 bits or P-256"),
            EscrowError::WeakSignature { .. } => {
                some("use a certificate that is signed with SHA-256, even if it is self-signed")
            }
            EscrowError::NotAuthenticated { .. } => {
                hint![
                    "leave out ",
                    Setting::Strict,
                    " to use it all the same, and compare the proof with what is known of the key",
                ]
            }
            EscrowError::NotAnEnvelope { .. } => hint!["give the file that ", Setting::EscrowOut, " wrote"],
            EscrowError::NotHere => {
                hint!["leave ", Setting::Escrow, " out, and back up what holds the key as its maker says"]
            }
            EscrowError::CannotOpen { .. } => {
                some("give the private key of one of the certificates it was encrypted for")
            }
        }
    }
}
