//! The same bytes for one key after the other: each import has parameters, a wrapping and a token of its own.

use crate::kms::{Imported, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::import::{self, ImportOptions};
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::run::journal::Journal;
use crate::material::KeyMaterial;
use crate::parameters::ParameterSet;
use crate::time::rfc3339;
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

/// How key material is wrapped.
#[derive(Clone, Copy, Debug)]
pub struct Wrapping {
    /// The wrapping algorithm.
    pub algorithm: WrappingAlgorithm,
    /// The size of the wrapping key.
    pub key_spec: WrappingKeySpec,
}

impl Wrapping {
    /// Parameters, wrapping, import. What stands in the key afterwards is for the caller to ask.
    pub(crate) async fn wrap_and_import(
        self,
        material: &KeyMaterial,
        kms: &Kms,
        key: &Vouched,
        options: &ImportOptions,
        journal: &Journal,
    ) -> Result<Imported, Error> {
        let set = ParameterSet::get(kms, key, material.spec(), self.algorithm, self.key_spec, journal).await?;
        let wrapped = set.wrap(material)?;
        let imported = import::hand_over(kms, key, wrapped.encrypted(), wrapped.token(), options, journal).await?;
        let expires =
            options.expires.map_or("it does not expire".to_owned(), |at| format!("it expires {}", rfc3339(at)));
        journal.step(format!("imported the key material into {}, and {expires}", key.arn));
        Ok(imported)
    }
}
