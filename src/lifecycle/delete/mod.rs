//! Deleting imported key material (DeleteImportedKeyMaterial). The run says before what becomes unusable, and afterwards how to bring it
//! back.

pub(crate) mod plan;
pub(crate) mod stage;

pub use self::stage::{KeyAndMaterial, Reached};

use crate::explain::Setting;
use crate::kms::{KeyArn, KeyState, KmsName, Reason, Region};
use crate::kms::{KeyDescription, Kms, Operation};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::error::lifecycle::LifecycleError;
use crate::lifecycle::import::parameters::check_external;
use crate::lifecycle::key::last_usage::{self, LastUse};
use crate::lifecycle::key::named::NamedKey;
use crate::lifecycle::run::ongoing::{Ongoing, Run};
use crate::lifecycle::run::stage::{Done, Interrupted, News};
use crate::lifecycle::run::wait;
use crate::lifecycle::status::materials::{KeyMaterials, MaterialStatus};
use crate::lifecycle::status::not_seen;
use crate::material::{KeySpec, KeyUsage};

/// Everything that decides which key material is deleted: `delete-material`. Nobody is asked: the caller has asked already, or is sure.
#[derive(Clone, Debug)]
pub struct DeleteMaterial {
    /// Key id, ARN or alias.
    pub key: String,
    /// Which key material, by its id of 64 hex digits; needed where the key has more than one. Symmetric keys only.
    pub key_material_id: Option<String>,
}

impl DeleteMaterial {
    /// The key material of the key of that id, ARN or alias.
    pub fn new(key: impl Into<String>) -> Self {
        DeleteMaterial { key: key.into(), key_material_id: None }
    }

    /// That key material, by its id of 64 hex digits; needed where the key has more than one.
    pub fn key_material_id(self, id: Option<String>) -> Self {
        DeleteMaterial { key_material_id: id, ..self }
    }

    /// Deletes it, and says nothing meanwhile. Where KMS lacks its bytes already, nothing changes.
    ///
    /// # Errors
    /// As [`plan_deletion`] and [`delete_material`].
    pub async fn run(&self, kms: &Kms) -> Result<Deleted, Interrupted<Reached>> {
        let run = Run::default();
        let key = kms.describe(&self.key).await.map_err(Error::from)?;
        match plan_deletion(kms, &key, self.key_material_id.as_deref()).await? {
            Some(deletion) => delete_material(kms, &deletion, &run).await,
            None => {
                let material_id = self.key_material_id.clone();
                run.outcome(Ok(KeyAndMaterial { named: NamedKey::new(&key), material_id }))
            }
        }
    }
}

/// One key material that is to be deleted, and what depends on it.
pub struct Deletion {
    /// The key, before.
    pub key: KeyDescription,
    /// The material; without an id for keys that have one only.
    pub material: MaterialStatus,
    /// The aliases that name the key, with their `alias/`; `None` where KMS does not tell them.
    pub aliases: Option<Vec<String>>,
    /// The key's last use; nothing where KMS does not tell it, or the material was never used.
    pub last_use: Option<LastUse>,
    /// What becomes unusable, one sentence each, without a full stop.
    pub consequences: Vec<String>,
}

/// Finds the key material that is meant. Nothing where KMS lacks its bytes already.
///
/// # Errors
/// [`Error::Key`] for a key that holds no imported key material, [`Error::Lifecycle`] where the key material is not there, is not the only
/// one or cannot be seen, [`Error::Kms`] where KMS refuses, [`Error::Endpoint`] where it is not reached.
pub async fn plan_deletion(kms: &Kms, key: &KeyDescription, id: Option<&str>) -> Result<Option<Deletion>, Error> {
    check_external(key)?;
    let (arn, spec) = (key.arn.clone(), key.spec.clone());
    if id.is_some() && spec != KeySpec::SymmetricDefault {
        return Err(KeyError::SymmetricOnly { what: Setting::KeyMaterialId, spec }.into());
    }
    if matches!(key.state, KeyState::Creating | KeyState::Updating | KeyState::Unavailable) {
        return Err(LifecycleError::NotNow { arn, state: key.state }.into());
    }
    let materials = KeyMaterials::as_permitted(kms, key).await?;
    let Some(material) = choose(key, &materials, id)? else { return Ok(None) };
    let aliases = match kms.aliases(Some(&key.arn)).await {
        Ok(aliases) => Ok(aliases.into_iter().map(|alias| alias.name).collect::<Vec<_>>()),
        Err(error) if error.is_never_answered() => Err(not_seen::why(Operation::ListAliases, &error)),
        Err(error) => return Err(error.into()),
    };
    let mut consequences = consequences(key, &materials, &material, &aliases);
    let mut last_use = None;
    if !material.is_pending() {
        let (found, sentence) = last_usage::look(kms, &key.arn).await;
        last_use = found;
        consequences.insert(consequences.len() - 1, sentence);
    }
    Ok(Some(Deletion { key: key.clone(), material, aliases: aliases.ok(), last_use, consequences }))
}

fn choose(key: &KeyDescription, materials: &KeyMaterials, id: Option<&str>) -> Result<Option<MaterialStatus>, Error> {
    let arn = key.arn.clone();
    let known =
        || -> Vec<String> { materials.materials.iter().filter_map(|one| one.key_material_id.clone()).collect() };
    let chosen = match id {
        Some(id) => match materials.find(id) {
            Some(material) => Some(material.clone()),
            None if materials.is_complete() => {
                return Err(LifecycleError::NoSuchMaterial { arn, id: id.to_owned(), ids: known().join(", ") }.into());
            }
            // KMS will say whether there is such a material.
            None => Some(MaterialStatus::unlisted(id)),
        },
        // Of a KMS that has no such list, the one that DescribeKey tells is meant.
        None if let Some(why) = materials.why_incomplete().filter(|_| !materials.is_listless()) => {
            return Err(LifecycleError::MaterialsUnknown { arn, why }.into());
        }
        None => match materials.materials.as_slice() {
            [] if matches!(key.state, KeyState::Enabled | KeyState::Disabled) => {
                let why = format!("KMS lists none, and says that the key is {}", key.state);
                return Err(LifecycleError::MaterialsUnknown { arn, why }.into());
            }
            [] => None,
            [only] => Some(only.clone()),
            several => {
                return Err(
                    LifecycleError::SeveralMaterials { arn, count: several.len(), ids: known().join(", ") }.into()
                );
            }
        },
    };
    Ok(chosen.filter(|material| !material.is_missing()))
}

/// What the user should know before it is done.
fn consequences(
    key: &KeyDescription,
    materials: &KeyMaterials,
    material: &MaterialStatus,
    aliases: &Result<Vec<String>, String>,
) -> Vec<String> {
    let mut sentences = Vec::new();
    let replicas = key.multi_region.as_ref().map(|relatives| (relatives.primary, relatives.replica_arns.as_slice()));
    if material.is_pending() {
        sentences.push("it waits for rotation: the key goes on with its current key material".to_owned());
        match replicas {
            Some((true, [_, ..])) => sentences.push("KMS removes it in every Region".to_owned()),
            Some((false, _)) => {
                sentences.push("the primary key cannot rotate before it is imported here again".to_owned());
            }
            _ => {}
        }
        return sentences;
    }
    if !key.state.is_deletion() {
        let does = match key.usage {
            KmsName::Known(KeyUsage::EncryptDecrypt) => "encrypts or decrypts anything",
            KmsName::Known(KeyUsage::GenerateVerifyMac) => "makes or verifies any HMAC",
            KmsName::Known(KeyUsage::KeyAgreement) => "derives any shared secret",
            KmsName::Known(KeyUsage::SignVerify) | KmsName::Other(_) => "signs or verifies anything",
        };
        sentences.push(format!(
            "the key, now {}, becomes PendingImport: it no longer {does} until the same bytes are imported again",
            key.state
        ));
    }
    let others = materials.permanent().filter(|other| other.key_material_id != material.key_material_id).count();
    match others {
        0 => {}
        1 => sentences.push("its other key material stays, but cannot be used until then".to_owned()),
        _ => sentences.push(format!("its {others} other key materials stay, but cannot be used until then")),
    }
    if let Some(why) = materials.why_incomplete() {
        sentences.push(format!("its other key materials are not known: {why}"));
    }
    match aliases {
        Ok(aliases) if aliases.is_empty() => {}
        Ok(aliases) => sentences.push(format!("calls that use {} are refused", aliases.join(", "))),
        Err(why) => sentences.push(format!("it is not known which aliases point to it: {why}")),
    }
    if let Some((primary, arns @ [_, ..])) = replicas {
        let regions = arns.iter().map(KeyArn::region).filter(|region| *region != key.arn.region());
        let regions: Vec<&str> = regions.map(Region::as_str).collect();
        let also = if primary { String::new() } else { "the primary key and ".to_owned() };
        if !regions.is_empty() || !primary {
            sentences.push(format!(
                "it is deleted only in {}: {also}the replicas in {} keep their own imports",
                key.arn.region(),
                if regions.is_empty() { "other Regions".to_owned() } else { regions.join(", ") }
            ));
        }
    }
    sentences.push("KMS keeps no copy: without yours, what was protected with it is lost".to_owned());
    sentences
}

/// Key material that is gone from its key.
pub type Deleted = Done<KeyAndMaterial>;

/// Deletes the key material, and looks whether it is gone, also after a lost reply.
///
/// # Errors
/// [`Interrupted`] holds the error and whether the key material may be gone: [`Error::Lifecycle`] where it is still there, [`Error::Kms`]
/// where KMS refuses, [`Error::Endpoint`] where it is not reached.
pub async fn delete_material(
    kms: &Kms,
    deletion: &Deletion,
    run: &Run<Reached>,
) -> Result<Deleted, Interrupted<Reached>> {
    let found =
        KeyAndMaterial { named: NamedKey::new(&deletion.key), material_id: deletion.material.key_material_id.clone() };
    run.reach(Reached::MaterialFound(found.clone()));
    let gone = carry_out(kms, deletion, run).await;
    run.outcome(gone.map(|now| KeyAndMaterial { named: NamedKey::new(&now), ..found }))
}

async fn carry_out(kms: &Kms, deletion: &Deletion, run: &dyn Ongoing) -> Result<KeyDescription, Error> {
    let (key, id) = (&deletion.key, deletion.material.key_material_id.as_deref());
    let call = kms.delete_material(&key.arn, id.filter(|_| key.spec == KeySpec::SymmetricDefault));
    let failure = match run.changing(Operation::DeleteImportedKeyMaterial, call).await {
        Ok(()) => None,
        // Repeated after a lost reply, KMS may not know it any more.
        Err(error) if error.may_have_changed() || error.reason() == Some(Reason::NotFound) => Some(error),
        Err(error) => return Err(error),
    };
    let patience = if failure.is_some() { wait::LOOK_UP } else { kms.wait() };
    let gone = wait::until("KMS to forget the key material", patience, run.progress(), || async {
        let now = kms.describe(&key.arn).await?;
        Ok(is_gone(kms, &now, deletion, failure.is_some()).await?.then_some(now))
    });
    let Some(now) = gone.await? else {
        let still_there = || LifecycleError::StillThere { id: id.unwrap_or("of the key").to_owned() }.into();
        return Err(failure.unwrap_or_else(still_there));
    };
    run.settle(true, Some(&News::Seen(&now)));
    run.step("deleted the key material");
    Ok(now)
}

/// Whether the key material is gone. Where KMS does not show it, its answer to the call is believed, if there was one.
async fn is_gone(kms: &Kms, now: &KeyDescription, deletion: &Deletion, doubtful: bool) -> Result<bool, Error> {
    // A key that was PendingImport before may have lacked another key material.
    let emptied = now.state == KeyState::PendingImport && deletion.key.state != KeyState::PendingImport;
    if emptied && !deletion.material.is_pending() {
        return Ok(true);
    }
    let Some(id) = deletion.material.key_material_id.as_deref() else {
        return Ok(!doubtful && now.state == deletion.key.state && now.state.is_pending());
    };
    match KeyMaterials::as_permitted(kms, now).await? {
        materials if materials.is_complete() => Ok(materials.find(id).is_none_or(MaterialStatus::is_missing)),
        _ => Ok(!doubtful),
    }
}
