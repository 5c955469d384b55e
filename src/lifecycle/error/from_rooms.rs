//! What another room has said keeps its own kind, however far up it came.

use std::sync::Arc;

use super::Error;
use crate::components::ComponentError;
use crate::escrow::EscrowError;
use crate::kms::KmsError;
use crate::material::MaterialError;
use crate::parameters::ParametersError;
#[cfg(feature = "pkcs11")]
use crate::pkcs11::Pkcs11Error;
use crate::proof::ProofError;
use crate::public_key::PublicKeyError;
#[cfg(feature = "rehearsal")]
use crate::rehearsal::RehearsalError;
use crate::wrap::WrapError;

impl From<WrapError> for Error {
    fn from(error: WrapError) -> Self {
        match error {
            WrapError::File(error) => error.into(),
            WrapError::OpenSsl(error) => error.into(),
            WrapError::Elsewhere(error) => Error::Caller(error),
            error => Error::Wrap(error),
        }
    }
}

impl From<MaterialError> for Error {
    fn from(error: MaterialError) -> Self {
        match error {
            MaterialError::File(error) => error.into(),
            MaterialError::OpenSsl(error) => error.into(),
            error => Error::Material(error),
        }
    }
}

impl From<ParametersError> for Error {
    fn from(error: ParametersError) -> Self {
        match error {
            ParametersError::File(error) => error.into(),
            ParametersError::OpenSsl(error) => error.into(),
            ParametersError::Material(error) => error.into(),
            ParametersError::Wrap(error) => error.into(),
            ParametersError::Kms(error) => error.into(),
            ParametersError::Expiry(error) => error.into(),
            error => Error::Parameters(error),
        }
    }
}

impl From<ProofError> for Error {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::File(error) => error.into(),
            ProofError::OpenSsl(error) => error.into(),
            ProofError::Material(error) => error.into(),
            ProofError::Kms(error) => error.into(),
            ProofError::PublicKey(error) => error.into(),
            ProofError::Elsewhere(error) => Error::Caller(error),
        }
    }
}

impl From<PublicKeyError> for Error {
    fn from(error: PublicKeyError) -> Self {
        match error {
            PublicKeyError::File(error) => error.into(),
            PublicKeyError::OpenSsl(error) => error.into(),
            PublicKeyError::Material(error) => error.into(),
            error => Error::PublicKey(error),
        }
    }
}

impl From<KmsError> for Error {
    fn from(error: KmsError) -> Self {
        match error {
            KmsError::Endpoint(error) => error.into(),
            KmsError::File(error) => {
                Arc::try_unwrap(error).map_or_else(|shared| Error::Kms(KmsError::File(shared)), Error::File)
            }
            error => Error::Kms(error),
        }
    }
}

#[cfg(feature = "rehearsal")]
impl From<RehearsalError> for Error {
    fn from(error: RehearsalError) -> Self {
        match error {
            RehearsalError::OpenSsl(error) => error.into(),
            error => Error::Rehearsal(error),
        }
    }
}

impl From<EscrowError> for Error {
    fn from(error: EscrowError) -> Self {
        match error {
            EscrowError::File(error) => error.into(),
            EscrowError::OpenSsl(error) => error.into(),
            error => Error::Escrow(error),
        }
    }
}

#[cfg(feature = "pkcs11")]
impl From<Pkcs11Error> for Error {
    fn from(error: Pkcs11Error) -> Self {
        match error {
            Pkcs11Error::File(error) => error.into(),
            Pkcs11Error::OpenSsl(error) => error.into(),
            Pkcs11Error::Wrap(error) => error.into(),
            error => Error::Pkcs11(Box::new(error)),
        }
    }
}

impl From<ComponentError> for Error {
    fn from(error: ComponentError) -> Self {
        match error {
            ComponentError::Material(error) => error.into(),
            ComponentError::Escrow(error) => error.into(),
            ComponentError::File(error) => error.into(),
            ComponentError::OpenSsl(error) => error.into(),
            error => Error::Component(error),
        }
    }
}
