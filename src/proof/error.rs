//! What keeps a proof from being made.

use crate::explain::Explain;
use crate::files::FileError;
use crate::kms::KmsError;
use crate::material::MaterialError;
use crate::openssl_probe::OpenSslError;

/// A question to KMS has no answer, or its answer cannot be checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // each variant is documented by the type it holds
pub enum ProofError {
    #[error(transparent)]
    Kms(#[from] KmsError),
    #[error(transparent)]
    Material(#[from] MaterialError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    OpenSsl(#[from] OpenSslError),
}

impl ProofError {
    fn explain(&self) -> &dyn Explain {
        match self {
            ProofError::Kms(error) => error,
            ProofError::Material(error) => error,
            ProofError::File(error) => error,
            ProofError::OpenSsl(error) => error,
        }
    }
}

impl Explain for ProofError {
    fn id(&self) -> &'static str {
        self.explain().id()
    }

    fn hint(&self) -> Option<String> {
        self.explain().hint()
    }

    fn because(&self) -> Option<String> {
        self.explain().because()
    }
}
