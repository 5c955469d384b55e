//! New key material in the primary key, where it waits for rotation; also when it is there already.

use crate::kms::Reason;
use crate::kms::{ImportType, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::lifecycle::LifecycleError;
use crate::lifecycle::import::ImportOptions;
use crate::lifecycle::import::backup::Stored;
use crate::lifecycle::import::expiry::Resolved;
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::rotate::request::Rotate;
use crate::lifecycle::run::journal::Journal;
use crate::lifecycle::status::materials::KeyMaterials;
use crate::lifecycle::verify::reimport;
use crate::material::KeyMaterial;

/// Where the bytes are after the import.
pub(crate) enum NewMaterial {
    /// They wait for rotation, under this id.
    Pending(String),
    /// They are what the key encrypts with.
    Current,
}

/// Imports bytes that the key is not known to have. That it has them after all, because an earlier reply was lost or an earlier run
/// came to its end, shows in KMS's refusal.
pub(crate) async fn import_new(
    kms: &Kms,
    key: &Vouched,
    material: &KeyMaterial,
    plan: &Resolved<'_, Rotate>,
    stored: Option<&Stored>,
    journal: &Journal,
) -> Result<NewMaterial, Error> {
    let options = ImportOptions { import_type: Some(ImportType::New), ..plan.options() };
    let refusal = match plan.wrapping.wrap_and_import(material, kms, key, &options, journal).await {
        Ok(imported) => {
            stored.map_or(Ok(()), |stored| stored.keep_in_place(journal))?;
            return Ok(NewMaterial::Pending(imported.known_id()?));
        }
        Err(error) if matches!(error.reason(), Some(Reason::IncorrectKeyMaterial | Reason::InvalidState)) => error,
        Err(error) => return Err(error),
    };
    journal.detail(format!("{refusal}: looking at what the key has"));
    let materials = KeyMaterials::as_offered(kms, key).await?;
    if let Some(id) = materials.pending().and_then(|material| material.key_material_id.clone()) {
        let placed = reimport_pending(kms, key, material, plan, id, journal).await;
        if let (Err(Error::Lifecycle(LifecycleError::OtherPending { .. })), Some(stored)) = (&placed, stored) {
            journal.warn("another run imported its key material first: what was generated here is not in KMS");
            stored.put_aside(journal)?;
        }
        return placed;
    }
    if refusal.reason() != Some(Reason::IncorrectKeyMaterial) {
        return Err(refusal);
    }
    find(kms, key, material, plan, journal).await?.ok_or(refusal)
}

/// For a key that rotates no more: the bytes that it encrypts with already need no rotation.
pub(crate) async fn only_if_current(
    kms: &Kms,
    key: &Vouched,
    material: Option<&KeyMaterial>,
    plan: &Rotate,
    journal: &Journal,
) -> Result<NewMaterial, Error> {
    let found = match material {
        Some(material) => find(kms, key, material, plan, journal).await?,
        None => None,
    };
    Ok(found.ok_or_else(|| LifecycleError::NoRotationLeft { arn: key.arn.clone() })?)
}

/// Which key material of the key these bytes are; nothing where they are none.
async fn find(
    kms: &Kms,
    key: &Vouched,
    material: &KeyMaterial,
    plan: &Rotate,
    journal: &Journal,
) -> Result<Option<NewMaterial>, Error> {
    match reimport::find_material(kms, key, material, journal).await? {
        Some(found) if found.current => {
            journal.step("it is the current key material already: nothing is rotated");
            if !plan.expiry.is_met_by(found.expires, kms.now()) {
                journal.warn("its expiry stays as it is: `kms-byok import` renews it");
            }
            Ok(Some(NewMaterial::Current))
        }
        Some(_) => Err(LifecycleError::EarlierMaterial { arn: key.arn.clone() }.into()),
        None => Ok(None),
    }
}

/// Imports bytes that should be those that wait for rotation: KMS refuses any others.
pub(crate) async fn reimport_pending(
    kms: &Kms,
    key: &Vouched,
    material: &KeyMaterial,
    plan: &Resolved<'_, Rotate>,
    id: String,
    journal: &Journal,
) -> Result<NewMaterial, Error> {
    journal.step(format!("key material {id} waits for rotation: going on with it"));
    let options =
        ImportOptions { import_type: Some(ImportType::Existing), key_material_id: Some(id.clone()), ..plan.options() };
    match plan.wrapping.wrap_and_import(material, kms, key, &options, journal).await {
        Ok(_) => Ok(NewMaterial::Pending(id)),
        Err(error) if error.reason() == Some(Reason::IncorrectKeyMaterial) => {
            Err(LifecycleError::OtherPending { arn: key.arn.clone(), id }.into())
        }
        Err(error) => Err(error),
    }
}
