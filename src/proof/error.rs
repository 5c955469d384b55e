//! What keeps a proof from being made.

use crate::explain::{Explain, explain_sum};
use crate::files::FileError;
use crate::kms::KmsError;
use crate::material::MaterialError;
use crate::openssl_probe::OpenSslError;
use crate::public_key::PublicKeyError;

/// A question to KMS has no answer, or its answer cannot be checked. An answer that contradicts is no error: it is in the
/// [`Proof`](super::Proof).
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
    #[error(transparent)]
    PublicKey(#[from] PublicKeyError),
    /// What holds the key has failed, in its own words.
    #[error("{0}")]
    Elsewhere(Box<dyn Explain + Send + Sync>),
}

explain_sum!(ProofError { Kms, Material, File, OpenSsl, PublicKey, Elsewhere });
