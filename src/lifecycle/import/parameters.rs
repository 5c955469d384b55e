//! Import parameters in a run: got from KMS, and noted.

use crate::kms::{KeyDescription, Kms, Origin};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::import::attempt::ImportAttempt;
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::run::journal::Journal;
use crate::material::KeySpec;
use crate::parameters::{ParameterSet, ParametersFile, WrappedMaterial};
use crate::time::rfc3339;
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

impl ParameterSet {
    /// Asks KMS for a set and checks every part of the reply.
    pub async fn get(
        kms: &Kms,
        key: &Vouched,
        spec: KeySpec,
        algorithm: WrappingAlgorithm,
        wrapping: WrappingKeySpec,
        journal: &Journal,
    ) -> Result<Self, Error> {
        let set = ParameterSet::ask(kms, &key.arn, spec, algorithm, wrapping).await?;
        let until = rfc3339(set.valid_to());
        journal.step(format!("got a {wrapping} wrapping key and an import token, valid until {until}"));
        journal.note(|report| {
            report.wrapping_algorithm = Some(algorithm.name());
            report.wrapping_key_spec = Some(wrapping.name());
        });
        journal.obtained(transfer(set.file()));
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
