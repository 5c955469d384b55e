//! The Regions of a multi-Region key: its replicas, each with a client of its own Region.

use crate::kms::{ImportType, KeyDescription, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::lifecycle::LifecycleError;
use crate::lifecycle::import::ImportOptions;
use crate::lifecycle::import::parameters::check_importable;
use crate::lifecycle::import::wrap_and_import::Delivery;
use crate::lifecycle::key::multi_region::until_made;
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::rotate::request::Rotate;
use crate::lifecycle::rotate::stage::Reached;
use crate::lifecycle::rotate::work::Work;
use crate::lifecycle::run::ongoing::Ongoing;
use crate::lifecycle::status::materials::KeyMaterials;
use crate::progress::Progress;
use crate::wrap::Held;

/// The replicas of a key; none for a single-Region key.
pub(crate) struct Regions(Vec<(Kms, Vouched)>);

impl Regions {
    /// Looks at every replica, and refuses one that cannot take key material, or for which nobody vouches, before anything is changed.
    pub(crate) async fn of(
        kms: &Kms,
        primary: &KeyDescription,
        plan: &Rotate,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let mut replicas = Vec::new();
        for arn in primary.multi_region.iter().flat_map(|relatives| &relatives.replica_arns) {
            let kms = kms.for_region(arn.region());
            let replica = until_made(&kms, arn, progress).await?;
            check_importable(&replica)?;
            let replica = plan.trust.vouch(&kms, &replica, arn, progress).await?;
            replicas.push((kms, replica));
        }
        Ok(Regions(replicas))
    }

    pub(crate) fn replicas(&self) -> impl Iterator<Item = (&Kms, &Vouched)> {
        self.0.iter().map(|(kms, replica)| (kms, replica))
    }

    /// Their names.
    pub(crate) fn names(&self) -> Vec<String> {
        self.replicas().map(|(_, replica)| replica.arn.region().to_string()).collect()
    }

    /// Brings the material that waits for rotation into every replica. Without its bytes at hand, all must have it.
    pub(crate) async fn fill(&self, id: &str, material: Option<&dyn Held>, work: Work<'_>) -> Result<(), Error> {
        let Work { plan, run, .. } = work;
        let Some(material) = material else {
            let missing = self.missing(id).await?;
            run.advance(|reached| reached.waits(id, missing.clone()));
            if plan.or_resume && !missing.is_empty() {
                run.advance(Reached::abandoned);
                // What an earlier run has begun cannot be finished, and is to be taken back.
                let all: &dyn Ongoing = run;
                all.awaiting_earlier(true);
            }
            return check(id, &missing);
        };
        run.advance(|reached| reached.waits(id, self.names()));
        for (kms, replica) in self.replicas() {
            let options = ImportOptions {
                import_type: Some(ImportType::Existing),
                key_material_id: Some(id.to_owned()),
                description: None, // only the primary key keeps one
                ..plan.options()
            };
            let delivery = Delivery { material, wrapping: plan.wrapping, options };
            if let Err(error) = delivery.wrap_and_import(kms, replica, run).await {
                if error.reason().is_some() && !is_listed(id, work).await {
                    run.advance(Reached::unnamed);
                }
                return Err(error);
            }
            run.advance(|reached| reached.delivered(replica));
        }
        Ok(())
    }

    /// Refuses a rotation to key material that is missing in a Region.
    pub(crate) async fn check_filled(&self, id: &str) -> Result<(), Error> {
        check(id, &self.missing(id).await?)
    }

    async fn missing(&self, id: &str) -> Result<Vec<String>, Error> {
        let mut missing = Vec::new();
        for (kms, replica) in self.replicas() {
            let materials = KeyMaterials::as_offered(kms, replica).await?;
            if materials.is_complete() && materials.find(id).is_none_or(|material| material.is_missing()) {
                missing.push(replica.arn.region().to_string());
            }
        }
        Ok(missing)
    }
}

/// Whether KMS knows key material by the id that the import was answered with: what it is taken back by. Where KMS does not tell, the answer
/// to the import stands.
async fn is_listed(id: &str, Work { kms, key, .. }: Work<'_>) -> bool {
    match KeyMaterials::as_offered(kms, key).await {
        Ok(materials) if materials.is_complete() => materials.find(id).is_some(),
        _ => true,
    }
}

fn check(id: &str, missing: &[String]) -> Result<(), Error> {
    if missing.is_empty() {
        return Ok(());
    }
    Err(LifecycleError::MissingInRegions { id: id.to_owned(), regions: missing.join(", ") }.into())
}
