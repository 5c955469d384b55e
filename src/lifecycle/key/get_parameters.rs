//! Step 2 of the recipe: the wrapping key and the import token for a key that waits for key material.

use crate::kms::{KeyDescription, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::import::parameters::check_importable;
use crate::lifecycle::import::wrapping::Wrapping;
use crate::lifecycle::key::trust::Trust;
use crate::parameters::ParameterSet;
use crate::progress::{Progress, Silent};

/// Everything that decides which import parameters are fetched: `get-parameters`. [`GetParameters::new`] begins it with the defaults of
/// the command line.
#[derive(Clone, Debug)]
pub struct GetParameters {
    /// How the key material will be wrapped; what is usual for the key spec if absent.
    pub wrapping: Option<Wrapping>,
    /// The key, and what the user said about it.
    pub trust: Trust,
}

impl GetParameters {
    /// For the key of that id, ARN or alias.
    pub fn new(key: impl Into<String>) -> Self {
        GetParameters { wrapping: None, trust: Trust::of(key) }
    }

    /// For key material that will be wrapped so.
    pub fn wrapping(self, wrapping: Wrapping) -> Self {
        GetParameters { wrapping: Some(wrapping), ..self }
    }

    /// With what the user said about the key.
    pub fn trust(self, trust: Trust) -> Self {
        GetParameters { trust: trust.or_named(self.trust.key), ..self }
    }

    /// Fetches the parameters, and says nothing meanwhile. They are valid for 24 hours; [`ParameterSet::save`] writes them into a
    /// directory.
    ///
    /// # Errors
    /// As [`get_parameters`], and what KMS answers to DescribeKey.
    pub async fn run(&self, kms: &Kms) -> Result<ParameterSet, Error> {
        let key = kms.describe(self.trust.name()).await?;
        get_parameters(kms, &key, self, &Silent).await
    }
}

/// Fetches the import parameters of `key`. Nothing in AWS changes.
///
/// # Errors
/// [`Error::Key`] for a key that takes no key material now or that nobody vouches for, [`Error::Wrap`] for an algorithm that does not fit
/// the key spec, [`Error::Kms`] where KMS refuses, [`Error::Endpoint`] where it is not reached.
pub async fn get_parameters(
    kms: &Kms,
    key: &KeyDescription,
    plan: &GetParameters,
    progress: &dyn Progress,
) -> Result<ParameterSet, Error> {
    check_importable(key)?;
    let spec = key.spec.known()?;
    let wrapping = plan.wrapping.unwrap_or_else(|| Wrapping::default_for(spec));
    wrapping.algorithm.check(spec, wrapping.key_spec, None)?;
    let key = plan.trust.vouch(kms, key, plan.trust.name(), progress).await?;
    ParameterSet::get(kms, &key, spec, wrapping, progress).await
}
