//! New key material in the primary key, where it waits for rotation; also when it is there already.

use crate::kms::ImportType;
use crate::kms::Reason;
use crate::lifecycle::error::Error;
use crate::lifecycle::error::lifecycle::LifecycleError;
use crate::lifecycle::import::ImportOptions;
use crate::lifecycle::import::backup::Stored;
use crate::lifecycle::import::wrap_and_import::Delivery;
use crate::lifecycle::rotate::stage::Reached;
use crate::lifecycle::rotate::work::Work;
use crate::lifecycle::run::ongoing::Ongoing;
use crate::lifecycle::status::materials::KeyMaterials;
use crate::lifecycle::verify::reimport;
use crate::wrap::Held;

/// Where the bytes are after the import.
pub(crate) enum NewMaterial {
    /// They wait for rotation, under this id.
    Pending(String),
    /// They are what the key encrypts with, under this id.
    Current(Option<String>),
}

impl Work<'_> {
    /// Imports bytes as new key material. If the key has them already, because an earlier reply was lost or an earlier run has finished, KMS's
    /// refusal shows it.
    pub(crate) async fn import_new(&self, material: &dyn Held, stored: Option<&Stored>) -> Result<NewMaterial, Error> {
        let Work { kms, key, plan, run } = *self;
        let options = ImportOptions { import_type: Some(ImportType::New), ..plan.options() };
        let delivery = Delivery { material, wrapping: plan.wrapping, options };
        let refusal = match delivery.wrap_and_import(kms, key, run).await {
            Ok(imported) => {
                stored.map_or(Ok(()), |stored| stored.keep_in_place(run.progress()))?;
                return Ok(NewMaterial::Pending(imported.known_id()?));
            }
            Err(error) if matches!(error.reason(), Some(Reason::IncorrectKeyMaterial | Reason::InvalidState)) => error,
            Err(error) => return Err(error),
        };
        run.progress().detail(&format!("{refusal}: looking at what the key has"));
        let materials = KeyMaterials::as_offered(kms, key).await?;
        if let Some(id) = materials.pending().and_then(|material| material.key_material_id.clone()) {
            let placed = self.reimport_pending(material, id).await;
            if let (Err(Error::Lifecycle(LifecycleError::OtherPending { .. })), Some(stored)) = (&placed, stored) {
                let progress = run.progress();
                progress.warn("another run imported its key material first: what was generated here is not in KMS");
                run.advance(Reached::without_bytes);
                stored.put_aside(progress)?;
            }
            return placed;
        }
        if refusal.reason() != Some(Reason::IncorrectKeyMaterial) {
            return Err(refusal);
        }
        self.find(material, &materials).await?.ok_or(refusal)
    }

    /// For a key without rotations left: bytes that are current already need no rotation.
    pub(crate) async fn only_if_current(
        &self,
        material: &dyn Held,
        materials: &KeyMaterials,
    ) -> Result<NewMaterial, Error> {
        let found = self.find(material, materials).await?;
        Ok(found.ok_or_else(|| LifecycleError::NoRotationLeft { arn: self.key.arn.clone() })?)
    }

    /// Which key material of the key these bytes are, if any.
    async fn find(&self, material: &dyn Held, materials: &KeyMaterials) -> Result<Option<NewMaterial>, Error> {
        let Work { kms, key, plan, run } = *self;
        match reimport::find_material(kms, key, materials, material, run).await? {
            Some(found) if found.current => {
                run.progress().note("it is the current key material already: nothing is rotated");
                if !plan.expiry.is_met_by(found.expires, kms.now()) {
                    run.progress().warn("its expiry stays as it is: `kms-byok import` renews it");
                }
                Ok(Some(NewMaterial::Current(found.key_material_id)))
            }
            Some(_) => Err(LifecycleError::EarlierMaterial { arn: key.arn.clone() }.into()),
            None => Ok(None),
        }
    }

    /// Imports bytes that should be those that wait for rotation: KMS refuses any others.
    pub(crate) async fn reimport_pending(&self, material: &dyn Held, id: String) -> Result<NewMaterial, Error> {
        let Work { kms, key, plan, run } = *self;
        run.progress().step(&format!("key material {id} waits for rotation: going on with it"));
        let options = ImportOptions {
            import_type: Some(ImportType::Existing),
            key_material_id: Some(id.clone()),
            ..plan.options()
        };
        let delivery = Delivery { material, wrapping: plan.wrapping, options };
        match delivery.wrap_and_import(kms, key, run).await {
            Ok(_) => Ok(NewMaterial::Pending(id)),
            Err(error) if error.reason() == Some(Reason::IncorrectKeyMaterial) => {
                Err(LifecycleError::OtherPending { arn: key.arn.clone(), id }.into())
            }
            Err(error) => Err(error),
        }
    }
}
