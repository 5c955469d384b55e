//! The Regions of a multi-Region key: its replicas, each with a client of its own Region.

use crate::kms::{ImportType, KeyDescription, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::lifecycle::LifecycleError;
use crate::lifecycle::import::ImportOptions;
use crate::lifecycle::import::expiry::Resolved;
use crate::lifecycle::import::parameters::check_importable;
use crate::lifecycle::key::multi_region::until_made;
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::rotate::request::Rotate;
use crate::lifecycle::run::journal::Journal;
use crate::lifecycle::status::materials::KeyMaterials;
use crate::material::KeyMaterial;

/// The replicas of a key; none for a single-Region key.
pub(crate) struct Regions(Vec<(Kms, Vouched)>);

impl Regions {
    /// Looks at every replica, and refuses one that cannot take key material, or for which nobody vouches, before anything is changed.
    pub(crate) async fn of(
        kms: &Kms,
        primary: &KeyDescription,
        plan: &Rotate,
        journal: &Journal,
    ) -> Result<Self, Error> {
        let mut replicas = Vec::new();
        for arn in primary.multi_region.iter().flat_map(|relatives| &relatives.replica_arns) {
            let kms = kms.for_region(arn.region());
            let replica = until_made(&kms, arn, journal).await?;
            check_importable(&replica)?;
            let replica = plan.trust.vouch(&kms, &replica, arn, journal).await?;
            replicas.push((kms, replica));
        }
        Ok(Regions(replicas))
    }

    pub(crate) fn replicas(&self) -> impl Iterator<Item = (&Kms, &Vouched)> {
        self.0.iter().map(|(kms, replica)| (kms, replica))
    }

    /// Brings the material that waits for rotation into every replica. Without its bytes at hand, all must have it.
    pub(crate) async fn fill(
        &self,
        id: &str,
        material: Option<&KeyMaterial>,
        plan: &Resolved<'_, Rotate>,
        journal: &Journal,
    ) -> Result<(), Error> {
        let names = || self.replicas().map(|(_, replica)| replica.arn.region().to_string());
        let Some(material) = material else { return self.check_filled(id, journal).await };
        journal.note_rotation(|rotation| rotation.missing_in = names().collect());
        for (kms, replica) in self.replicas() {
            let options = ImportOptions {
                import_type: Some(ImportType::Existing),
                key_material_id: Some(id.to_owned()),
                description: None, // only the primary key keeps one
                ..plan.options()
            };
            plan.wrapping.wrap_and_import(material, kms, replica, &options, journal).await?;
            journal.note_replica(replica, |report| report.imported = true);
            journal.note_rotation(|rotation| rotation.missing_in.retain(|region| *replica.arn.region() != *region));
        }
        Ok(())
    }

    pub(crate) async fn check_filled(&self, id: &str, journal: &Journal) -> Result<(), Error> {
        let mut missing = Vec::new();
        for (kms, replica) in self.replicas() {
            let materials = KeyMaterials::as_offered(kms, replica).await?;
            if materials.is_complete() && materials.find(id).is_none_or(|material| material.is_missing()) {
                missing.push(replica.arn.region().to_string());
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        journal.note_rotation(|rotation| rotation.missing_in.clone_from(&missing));
        Err(LifecycleError::MissingInRegions { id: id.to_owned(), regions: missing.join(", ") }.into())
    }
}
