//! Every failure is a cause (`Display`), a fix ([`Error::hint`]) and what lay beneath ([`Error::because`]).
//!
//! [`Error`] is the sum of what the rooms below return; each room's own errors lie with what fails. A cause is lower case, in the present
//! tense, without a full stop, with the user's values in backticks; a hint is one imperative sentence, or nothing; the texts of AWS and
//! OpenSSL appear only as the inner "because".

mod from_rooms;
pub(crate) mod key;
pub(crate) mod lifecycle;
pub(crate) mod rotation;
#[cfg(test)]
mod words;

pub use self::key::KeyError;
pub use self::lifecycle::LifecycleError;
pub use self::rotation::RotationError;
use crate::components::ComponentError;
use crate::escrow::EscrowError;
use crate::explain::{Explain, Hint, explain_sum};
use crate::files::FileError;
use crate::kms::{EndpointError, KmsError, Reason};
use crate::material::MaterialError;
use crate::openssl_probe::OpenSslError;
use crate::parameters::ParametersError;
#[cfg(feature = "pkcs11")]
use crate::pkcs11::Pkcs11Error;
use crate::public_key::PublicKeyError;
#[cfg(feature = "rehearsal")]
use crate::rehearsal::RehearsalError;
use crate::time::ExpiryError;
use crate::wrap::WrapError;

/// Anything that can go wrong, sorted by the module it happens in. What a module has met in another one keeps its own kind: a file that
/// cannot be read is [`Error::File`], whoever was reading it, and a KMS that is not reached is [`Error::Endpoint`].
/// `docs/reference/errors.md` shows every error with its id, its cause and its hint.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // each variant is documented by the type it holds
pub enum Error {
    #[error(transparent)]
    Material(MaterialError),
    #[error(transparent)]
    Wrap(WrapError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    OpenSsl(#[from] OpenSslError),
    #[error(transparent)]
    Expiry(#[from] ExpiryError),
    #[error(transparent)]
    Parameters(ParametersError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Lifecycle(#[from] LifecycleError),
    #[error(transparent)]
    Rotation(#[from] RotationError),
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    #[error(transparent)]
    Kms(KmsError),
    #[error(transparent)]
    Escrow(EscrowError),
    #[error(transparent)]
    Component(ComponentError),
    #[error(transparent)]
    PublicKey(PublicKeyError),
    #[cfg(feature = "pkcs11")]
    #[error(transparent)]
    Pkcs11(Box<Pkcs11Error>),
    /// What the program that uses this library broke a run off with.
    #[error("{0}")]
    Caller(Box<dyn Explain + Send + Sync>),
    #[cfg(feature = "rehearsal")]
    #[error(transparent)]
    Rehearsal(RehearsalError),
}

impl Error {
    /// The cause's stable name for machines, as in `access_denied`.
    pub fn id(&self) -> &'static str {
        Explain::id(self)
    }

    /// The error code of KMS's answer, as in `InvalidCiphertextException`, if KMS refused.
    pub fn aws_code(&self) -> Option<&str> {
        Explain::aws_code(self)
    }

    /// The fix: one imperative sentence, or nothing where there is none to give.
    pub fn hint(&self) -> Option<Hint> {
        Explain::hint(self)
    }

    /// What OpenSSL, AWS or the operating system said.
    pub fn because(&self) -> Option<String> {
        Explain::because(self)
    }

    /// Whether the arguments alone were wrong, whatever AWS or the files hold: the command line ends with 2.
    pub fn is_usage(&self) -> bool {
        match self {
            Error::Expiry(_) => true,
            Error::Endpoint(
                EndpointError::NotAUrl { .. }
                | EndpointError::FipsAndCustom { .. }
                | EndpointError::FipsMissing
                | EndpointError::PlainHttp { .. },
            ) => true,
            Error::Parameters(ParametersError::NotAFingerprint { .. }) => true,
            Error::File(FileError::SameFile { .. } | FileError::TwoOutputs { .. }) => true,
            Error::Key(
                KeyError::SymmetricOnly { .. }
                | KeyError::DescriptionNotTaken { .. }
                | KeyError::TextTooLong { .. }
                | KeyError::Tag { .. },
            ) => true,
            Error::PublicKey(PublicKeyError::NoSuchForm { .. }) => true,
            Error::Component(error) => error.is_usage(),
            #[cfg(feature = "pkcs11")]
            Error::Pkcs11(error) => error.is_usage(),
            Error::Rotation(error) => error.is_usage(),
            #[cfg(feature = "rehearsal")]
            Error::Rehearsal(RehearsalError::NotLoopback { .. }) => true,
            Error::Kms(KmsError::NotARegion { .. } | KmsError::SettingUnusable { .. }) => true,
            Error::Material(error) => {
                matches!(error, MaterialError::UsageNotAllowed { .. } | MaterialError::FormatNotForSpec { .. })
            }
            Error::Wrap(error) => matches!(
                error,
                WrapError::NotForRawMaterial { .. }
                    | WrapError::RsaKeyOverOaep { .. }
                    | WrapError::DoesNotFit { .. }
                    | WrapError::Sha1NotAllowed { .. }
            ),
            _ => false,
        }
    }

    /// Whether something may have changed in AWS although the call failed.
    pub fn may_have_changed(&self) -> bool {
        matches!(self, Error::Kms(error) if error.may_have_changed())
    }

    /// Whether KMS refused for want of a permission.
    pub fn is_access_denied(&self) -> bool {
        self.reason() == Some(Reason::AccessDenied)
    }

    /// Whether this question stays without an answer, however often it is asked.
    pub(crate) fn is_never_answered(&self) -> bool {
        self.reason().is_some_and(Reason::is_lasting)
    }

    /// What KMS's refusal means, if this is one.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Error::Kms(error) => error.refusal().map(|refusal| refusal.reason),
            Error::Key(error) => error.refusal().map(|refusal| refusal.reason),
            _ => None,
        }
    }

    /// The call that KMS refused, if this is a refusal.
    pub(crate) fn refused_operation(&self) -> Option<crate::kms::Operation> {
        match self {
            Error::Kms(error) => error.refusal().map(|refusal| refusal.operation),
            Error::Key(error) => error.refusal().map(|refusal| refusal.operation),
            _ => None,
        }
    }

    /// The error of the call to KMS, if this is an [`Error::Kms`].
    pub fn kms(&self) -> Option<&KmsError> {
        match self {
            Error::Kms(error) => Some(error),
            _ => None,
        }
    }
}

explain_sum!(Error {
    Material,
    Wrap,
    File,
    OpenSsl,
    Expiry,
    Parameters,
    Key,
    Lifecycle,
    Rotation,
    Endpoint,
    Kms,
    Escrow,
    Component,
    PublicKey,
    #[cfg(feature = "pkcs11")]
    Pkcs11,
    Caller,
    #[cfg(feature = "rehearsal")]
    Rehearsal,
});

/// The fix for an error of this crate that comes as somebody else's source, as from a command-line parser.
pub fn hint_of(error: &(dyn std::error::Error + 'static)) -> Option<Hint> {
    fn of<E: Explain + std::error::Error + 'static>(error: &(dyn std::error::Error + 'static)) -> Option<Hint> {
        error.downcast_ref::<E>()?.hint()
    }
    let hint = of::<MaterialError>(error).or_else(|| of::<WrapError>(error)).or_else(|| of::<KeyError>(error));
    let hint = hint.or_else(|| of::<ExpiryError>(error)).or_else(|| of::<ComponentError>(error));
    #[cfg(feature = "rehearsal")]
    let hint = hint.or_else(|| of::<RehearsalError>(error));
    hint
}
