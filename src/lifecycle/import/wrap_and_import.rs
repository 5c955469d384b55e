//! The same bytes for one key after the other: each import has parameters, a wrapping and a token of its own.

use crate::kms::{Imported, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::import::wrapping::Wrapping;
use crate::lifecycle::import::{self, ImportOptions, Parcel};
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::run::ongoing::Ongoing;
use crate::parameters::ParameterSet;
use crate::time::rfc3339;
use crate::wrap::Held;

/// Key material, and how it is imported.
pub(crate) struct Delivery<'a> {
    pub(crate) material: &'a dyn Held,
    pub(crate) wrapping: Wrapping,
    pub(crate) options: ImportOptions,
}

impl Delivery<'_> {
    /// Fetches parameters, wraps and imports. The caller asks for the key's state afterwards.
    pub(crate) async fn wrap_and_import(self, kms: &Kms, key: &Vouched, run: &dyn Ongoing) -> Result<Imported, Error> {
        let Delivery { material, wrapping, options } = self;
        let set = ParameterSet::obtain(kms, key, material.spec(), wrapping, run).await?;
        run.note(|facts| facts.wrapping = Some(wrapping));
        let wrapped = set.wrap(material)?;
        material.caveat().into_iter().for_each(|caveat| run.warn(caveat));
        let imported = import::hand_over(kms, key, &Parcel::new(&wrapped, &options), run).await?;
        let expires =
            options.expires.map_or("it does not expire".to_owned(), |at| format!("it expires {}", rfc3339(at)));
        run.step(format!("imported the key material into {}; {expires}", key.arn));
        Ok(imported)
    }
}
