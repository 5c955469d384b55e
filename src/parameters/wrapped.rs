//! What wrapping makes of a parameter set: a blob that still knows which key it is for.

use std::path::Path;

use super::blob_file::{self, BLOB};
use super::error::ParametersError;
use super::file::{ParametersFile, read_set};
use super::names::{ENCRYPTED_FILE, TOKEN_LIMIT};
use crate::file_checks::fixes::Place;
use crate::file_checks::wrapped_blob::Making;
use crate::files::{self, Moved, Output};
use crate::kms::{KeyArn, KeyDescription, Kms};
use crate::material::KeySpec;
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

/// Key material wrapped for a parameter set, with the token and the key that it is for; nothing in it is secret.
pub struct WrappedMaterial {
    pub(super) file: ParametersFile,
    pub(super) encrypted: Vec<u8>,
    pub(super) token: Vec<u8>,
}

impl WrappedMaterial {
    /// Reads a directory in which `wrap`, `openssl pkeyutl` or an HSM has left `EncryptedKeyMaterial.bin`: the raw bytes, of a length that
    /// the set's algorithm gives.
    ///
    /// # Errors
    /// As [`ParameterSet::load`](super::ParameterSet::load), [`ParametersError::NotWrapped`] where there is no blob, and for a file that is
    /// no blob [`ParametersError::IsPublicKey`], [`ParametersError::IsPrivateKey`], [`ParametersError::Encoded`],
    /// [`ParametersError::TooLong`] or [`ParametersError::Wrap`].
    pub fn load(directory: &Path) -> Result<Self, ParametersError> {
        let (file, wrapping_key, token) = read_set(directory)?;
        let path = directory.join(ENCRYPTED_FILE);
        if !path.exists() {
            return Err(ParametersError::NotWrapped { directory: directory.to_owned() });
        }
        let encrypted = files::read(BLOB, &path, 4 * TOKEN_LIMIT)?;
        blob_file::check_kind(BLOB, &path, &encrypted, Place::Fixed)?;
        let (spec, algorithm) = (Some(file.key_spec), Some(file.wrapping_algorithm));
        let making = Making { spec, algorithm, wrapping: Some(wrapping_key.spec()), modulus: None };
        blob_file::check(&path, &encrypted, &making, Place::Fixed)?;
        Ok(WrappedMaterial { file, encrypted, token })
    }

    /// Adds the blob to the directory its set came from, as `EncryptedKeyMaterial.bin`. With `force` an earlier blob is replaced, and any
    /// other file moved aside and told in the answer.
    ///
    /// # Errors
    /// [`ParametersError::File`] where the file cannot be written, and without `force` where it is there.
    pub fn save(&self, directory: &Path, force: bool) -> Result<Option<Moved>, ParametersError> {
        Ok(files::put(&Output::Blob, &directory.join(ENCRYPTED_FILE), &self.encrypted, force)?)
    }

    /// The blob that `ImportKeyMaterial` takes as `EncryptedKeyMaterial`: raw bytes, at most 6144.
    pub fn encrypted(&self) -> &[u8] {
        &self.encrypted
    }

    /// The import token that goes with it: opaque bytes.
    pub fn token(&self) -> &[u8] {
        &self.token
    }

    /// The key it is for.
    pub fn key_arn(&self) -> &KeyArn {
        &self.file.key_arn
    }

    /// The key spec of that key.
    pub fn key_spec(&self) -> KeySpec {
        self.file.key_spec
    }

    /// The wrapping algorithm and the size of the wrapping key.
    pub fn wrapping(&self) -> (WrappingAlgorithm, WrappingKeySpec) {
        (self.file.wrapping_algorithm, self.file.wrapping_key_spec)
    }

    /// What `parameters.json` says of the set.
    pub(crate) fn file(&self) -> &ParametersFile {
        &self.file
    }

    /// The same as JSON.
    pub(crate) fn parameters(&self) -> serde_json::Value {
        serde_json::to_value(&self.file).unwrap_or_default()
    }

    /// Refuses a set whose token has expired by this machine's clock.
    ///
    /// # Errors
    /// [`ParametersError::Expired`].
    pub fn check_fresh(&self) -> Result<(), ParametersError> {
        self.file.check_fresh()
    }

    /// Everything that must hold before it is sent: the key, the KMS and the time are those of the set.
    pub(crate) fn check_sendable(&self, kms: &Kms, key: &KeyDescription) -> Result<(), ParametersError> {
        self.check_target(key, kms.endpoint())?;
        self.check_fresh()?;
        // By KMS's clock, once it has told its time: this machine's may be wrong.
        if kms.clock_ahead().is_some() { self.file.check_validity(kms.now()).map(drop) } else { Ok(()) }
    }

    /// What is to be said of a set that is valid for longer than KMS gives, where that is no reason to refuse it: the set of an endpoint
    /// that stands in for KMS.
    ///
    /// # Errors
    /// [`ParametersError::ValidTooLong`] for a set of AWS.
    pub fn long_validity(&self, kms: &Kms) -> Result<Option<String>, ParametersError> {
        self.file.check_validity(kms.now())
    }

    /// Refuses to send the set of a rehearsal to AWS, which has no such account, and any set to another KMS than it came from. `endpoint`
    /// is the URL; `None` is AWS's own.
    ///
    /// # Errors
    /// [`ParametersError::OfARehearsal`] or [`ParametersError::OtherEndpoint`].
    pub fn check_endpoint(&self, endpoint: Option<&str>) -> Result<(), ParametersError> {
        if endpoint.is_none() && self.file.is_of_rehearsal_account() {
            return Err(ParametersError::OfARehearsal);
        }
        if self.file.endpoint.as_deref() != endpoint {
            let name = |endpoint: Option<&str>| endpoint.map_or("of AWS".to_owned(), |url| format!("`{url}`"));
            let (found, asked) = (name(self.file.endpoint.as_deref()), name(endpoint));
            return Err(ParametersError::OtherEndpoint { found, asked });
        }
        Ok(())
    }

    /// Refuses what must not be sent there: another key, one of another spec, or through another endpoint.
    ///
    /// # Errors
    /// [`ParametersError::OtherKey`], [`ParametersError::KeyIsOther`] for the same key with another key spec, and as
    /// [`WrappedMaterial::check_endpoint`].
    pub fn check_target(&self, key: &KeyDescription, endpoint: Option<&str>) -> Result<(), ParametersError> {
        self.check_endpoint(endpoint)?;
        if self.file.key_arn != key.arn {
            let (found, asked) = (self.file.key_arn.clone(), key.arn.clone());
            return Err(ParametersError::OtherKey { found, asked });
        }
        if key.spec != self.file.key_spec {
            let (found, is) = (self.file.key_spec, key.spec.clone());
            return Err(ParametersError::KeyIsOther { arn: key.arn.clone(), found, is });
        }
        Ok(())
    }
}
