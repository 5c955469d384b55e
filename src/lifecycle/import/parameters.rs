//! Import parameters in a run: got from KMS, and noted.

use crate::kms::{KeyDescription, Kms, Origin};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::import::attempt::ImportAttempt;
use crate::lifecycle::import::wrapping::Wrapping;
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::run::ongoing::Ongoing;
use crate::material::KeySpec;
use crate::parameters::{ParameterSet, ParametersFile, WrappedMaterial};
use crate::progress::Progress;
use crate::time::rfc3339;

impl ParameterSet {
    /// Asks KMS for a set (GetParametersForImport) and checks every part of the reply: it is for this key, with a public key of the size
    /// asked for, a token of 1 to 6144 bytes, and 24 hours.
    ///
    /// # Errors
    /// [`Error::Parameters`] or [`Error::Wrap`] for a reply that is no such set, [`Error::Kms`] where KMS refuses, [`Error::Endpoint`]
    /// where it is not reached.
    pub async fn get(
        kms: &Kms,
        key: &Vouched,
        spec: KeySpec,
        wrapping: Wrapping,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let set = ParameterSet::ask(kms, &key.arn, spec, wrapping.algorithm, wrapping.key_spec).await?;
        set.announce(progress);
        Ok(set)
    }

    /// Says that it is there.
    pub(crate) fn announce(&self, progress: &dyn Progress) {
        let (size, until) = (self.file().wrapping_key_spec, rfc3339(self.valid_to()));
        progress.step(&format!("got an {size} wrapping key and an import token, valid until {until}"));
    }

    /// The same in a run, which tells of it.
    pub(crate) async fn obtain(
        kms: &Kms,
        key: &Vouched,
        spec: KeySpec,
        wrapping: Wrapping,
        run: &dyn Ongoing,
    ) -> Result<Self, Error> {
        let set = Self::fetch(kms, key, spec, wrapping, run).await?;
        set.announce(run.progress());
        Ok(set)
    }

    /// The same beside another call, which has its say first.
    pub(crate) async fn fetch(
        kms: &Kms,
        key: &Vouched,
        spec: KeySpec,
        wrapping: Wrapping,
        run: &dyn Ongoing,
    ) -> Result<Self, Error> {
        let set = ParameterSet::ask(kms, &key.arn, spec, wrapping.algorithm, wrapping.key_spec).await?;
        run.obtained(transfer(set.file()));
        Ok(set)
    }
}

impl WrappedMaterial {
    /// What the account tells of the set.
    pub(crate) fn transfer(&self) -> ImportAttempt {
        transfer(self.file())
    }
}

fn transfer(file: &ParametersFile) -> ImportAttempt {
    ImportAttempt {
        key_arn: file.key_arn.to_string(),
        wrapping_algorithm: Some(file.wrapping_algorithm.name().to_owned()),
        wrapping_key_spec: Some(file.wrapping_key_spec.name().to_owned()),
        public_key_sha256: Some(file.public_key_sha256.clone()),
        valid_to: Some(rfc3339(file.valid_to)),
        import_token_sha256: file.import_token_sha256.clone(),
        ..ImportAttempt::default()
    }
}

/// Refuses a key whose key material KMS made or keeps elsewhere.
pub(crate) fn check_external(key: &KeyDescription) -> Result<(), Error> {
    if key.origin != Origin::External {
        return Err(KeyError::NotExternal { arn: key.arn.clone(), origin: key.origin }.into());
    }
    Ok(())
}

/// Refuses a key that cannot take key material now.
pub fn check_importable(key: &KeyDescription) -> Result<(), Error> {
    check_external(key)?;
    if !key.state.takes_material() {
        return Err(KeyError::WrongState { arn: key.arn.clone(), state: key.state }.into());
    }
    Ok(())
}
