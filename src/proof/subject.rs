//! The key that is looked at, and how it is asked.

use super::error::ProofError;
use super::outcome::{Claim, Proof};
use crate::kms::{KeyDescription, Kms, KmsError, Reason};
use crate::material::{KeySpec, KeyUsage};
use crate::openssl_probe::OpenSslError;
use crate::wrap::Held;

/// The key that is looked at, and what is known about it.
pub struct Subject<'a> {
    pub(crate) kms: &'a Kms,
    pub(crate) key: &'a KeyDescription,
    pub(super) spec: KeySpec,
    pub(super) usage: KeyUsage,
    /// The material at hand, to compare with.
    pub(super) material: Option<&'a dyn Held>,
    /// What ImportKeyMaterial answered.
    pub(crate) imported_id: Option<&'a str>,
    /// What DescribeKey answered after the import.
    pub(super) now: Option<KeyDescription>,
}

impl<'a> Subject<'a> {
    /// Puts together what is known: the key as DescribeKey told it before, the key material at hand if there is any, and the id that
    /// ImportKeyMaterial answered with (64 hex digits; symmetric keys only).
    ///
    /// # Errors
    /// [`ProofError::Material`] for a key spec or usage that this crate does not know.
    pub fn new(
        kms: &'a Kms,
        key: &'a KeyDescription,
        material: Option<&'a dyn Held>,
        imported_id: Option<&'a str>,
    ) -> Result<Self, ProofError> {
        Ok(Subject { kms, key, spec: key.spec.known()?, usage: key.usage.known()?, material, imported_id, now: None })
    }

    /// With what DescribeKey has answered by now, which is not asked again.
    pub(crate) fn seen(self, now: KeyDescription) -> Self {
        Subject { now: Some(now), ..self }
    }
}

/// The answer; nothing where the call is not permitted, or the endpoint does not have it.
pub(super) fn permitted<T>(
    proof: &mut Proof,
    id: Claim,
    permission: &str,
    answer: Result<T, KmsError>,
) -> Result<Option<T>, ProofError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_access_denied() => {
            proof.refuse(id, permission);
            Ok(None)
        }
        Err(error) if error.reason() == Some(Reason::NotImplemented) => {
            proof.leave(id, format!("what {} would show: {error}", permission.trim_start_matches("kms:")));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Fresh random bytes that no earlier answer can contain.
pub(super) fn nonce() -> Result<[u8; 32], ProofError> {
    let mut nonce = [0; 32];
    openssl::rand::rand_bytes(&mut nonce).map_err(OpenSslError::step("draw random bytes"))?;
    Ok(nonce)
}
