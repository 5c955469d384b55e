//! Every key material of a key, as far as KMS shows it.

use aws_smithy_types::DateTime;
use serde::{Serialize, Serializer};

use crate::kms::{
    ImportState, KeyDescription, KeyState, Kms, KmsError, MaterialState, Operation, Origin, Rotation, RotationType,
};
use crate::lifecycle::error::Error;
use crate::lifecycle::status::not_seen::why;
use crate::material::KeySpec;
use crate::time::rfc3339;

/// On-demand rotations in the life of a key (API reference, `RotateKeyOnDemand`).
pub const MOST_ROTATIONS: usize = 25;

/// The key materials of one key in one Region.
pub struct KeyMaterials {
    /// In KMS's order, the newest first.
    pub materials: Vec<MaterialStatus>,
    /// Why ListKeyRotations did not tell them: only what DescribeKey tells is here.
    pub unseen: Option<KmsError>,
    on_demand: usize,
}

/// One key material. Its serialized form is part of the JSON answer of `status`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct MaterialStatus {
    /// 64 hex digits; symmetric keys only.
    pub key_material_id: Option<String>,
    /// What the importer wrote to it.
    pub description: Option<String>,
    /// KMS's CURRENT, NON_CURRENT, PENDING_ROTATION or PENDING_MULTI_REGION_IMPORT_AND_ROTATION; symmetric keys only.
    pub state: Option<MaterialState>,
    /// KMS's IMPORTED or PENDING_IMPORT; nothing where it is not known.
    pub import_state: Option<ImportState>,
    /// When it expires; nothing for material that does not.
    #[serde(serialize_with = "as_rfc3339")]
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>", extend("format" = "date-time")))]
    pub expires: Option<DateTime>,
    /// Whether the key encrypts, signs and authenticates with it.
    pub current: bool,
    /// When it became current by rotation.
    #[serde(serialize_with = "as_rfc3339")]
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>", extend("format" = "date-time")))]
    pub rotated: Option<DateTime>,
}

fn as_rfc3339<S: Serializer>(time: &Option<DateTime>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(rfc3339).serialize(serializer)
}

impl KeyMaterials {
    /// Asks KMS for every key material: ListKeyRotations for symmetric keys. Other keys have one, which DescribeKey has told, and KMS is
    /// not asked.
    ///
    /// # Errors
    /// [`Error::Kms`] where KMS refuses, also for want of kms:ListKeyRotations, [`Error::Endpoint`] where it is not reached.
    pub async fn of(kms: &Kms, key: &KeyDescription) -> Result<Self, Error> {
        if key.spec != KeySpec::SymmetricDefault {
            return Ok(Self::from_description(key, None));
        }
        let rotations = kms.rotations(&key.arn).await?;
        let on_demand =
            rotations.iter().filter(|entry| entry.rotation_type == Some(RotationType::OnDemand.into())).count();
        let materials = rotations.into_iter().map(MaterialStatus::of).collect();
        Ok(KeyMaterials { materials, unseen: None, on_demand })
    }

    /// The same, content with what DescribeKey told where kms:ListKeyRotations is not permitted, or not there: [`KeyMaterials::unseen`]
    /// says so.
    ///
    /// # Errors
    /// [`Error::Kms`] where KMS refuses for another reason, [`Error::Endpoint`] where it is not reached.
    pub async fn as_permitted(kms: &Kms, key: &KeyDescription) -> Result<Self, Error> {
        Self::as_told(kms, key, KmsError::is_never_answered).await
    }

    /// The same where the call is not there; the permission is needed.
    ///
    /// # Errors
    /// [`Error::Kms`] where KMS refuses, also for want of kms:ListKeyRotations, [`Error::Endpoint`] where it is not reached.
    pub async fn as_offered(kms: &Kms, key: &KeyDescription) -> Result<Self, Error> {
        Self::as_told(kms, key, |error| error.is_never_answered() && !error.is_access_denied()).await
    }

    /// The same, content with what DescribeKey told after such an error.
    pub(crate) async fn as_told(
        kms: &Kms,
        key: &KeyDescription,
        does_without: impl Fn(&KmsError) -> bool,
    ) -> Result<Self, Error> {
        match Self::of(kms, key).await {
            Err(Error::Kms(error)) if does_without(&error) => Ok(Self::from_description(key, Some(error))),
            result => result,
        }
    }

    /// Whether these are all: ListKeyRotations has told them, or the key does not rotate.
    pub fn is_complete(&self) -> bool {
        self.unseen.is_none()
    }

    /// Whether the endpoint is not KMS itself and has no list of key materials.
    pub(crate) fn is_listless(&self) -> bool {
        self.unseen.as_ref().is_some_and(|error| !error.is_access_denied())
    }

    /// Why others are not known.
    pub(crate) fn why_incomplete(&self) -> Option<String> {
        self.unseen.as_ref().map(|error| why(Operation::ListKeyRotations, error))
    }

    /// A key that does not rotate has one material; of any other this is the current one.
    fn from_description(key: &KeyDescription, unseen: Option<KmsError>) -> Self {
        let empty = key.state == KeyState::PendingImport;
        let known = key.origin == Origin::External && (!empty || key.current_key_material_id.is_some());
        // With several materials PendingImport does not tell which of them is missing.
        let import_state = match (empty, unseen.is_none()) {
            (false, _) => Some(ImportState::Imported),
            (true, true) => Some(ImportState::PendingImport),
            (true, false) => None,
        };
        let material = known.then(|| MaterialStatus {
            key_material_id: key.current_key_material_id.clone(),
            description: None,
            state: key.current_key_material_id.is_some().then_some(MaterialState::Current),
            import_state,
            expires: key.expires,
            current: true,
            rotated: None,
        });
        KeyMaterials { materials: material.into_iter().collect(), unseen, on_demand: 0 }
    }

    /// The material that waits for rotation; KMS keeps at most one.
    pub fn pending(&self) -> Option<&MaterialStatus> {
        self.materials.iter().find(|material| material.is_pending())
    }

    /// The materials that belong to the key for ever: without any of them it is PendingImport.
    pub fn permanent(&self) -> impl Iterator<Item = &MaterialStatus> {
        self.materials.iter().filter(|material| !material.is_pending())
    }

    /// The ids of permanent materials that KMS lacks, as far as it shows them.
    pub(crate) fn missing(&self) -> Vec<String> {
        let missing = self.permanent().filter(|material| material.is_missing());
        missing.filter_map(|material| material.key_material_id.clone()).collect()
    }

    /// How many on-demand rotations KMS still allows; nothing where that cannot be seen.
    pub fn rotations_left(&self) -> Option<usize> {
        self.is_complete().then(|| MOST_ROTATIONS.saturating_sub(self.on_demand))
    }

    /// The material of that id (64 hex digits).
    pub fn find(&self, id: &str) -> Option<&MaterialStatus> {
        self.materials.iter().find(|material| material.key_material_id.as_deref() == Some(id))
    }
}

impl MaterialStatus {
    fn of(entry: Rotation) -> Self {
        MaterialStatus {
            current: entry.state == Some(MaterialState::Current),
            key_material_id: entry.key_material_id,
            description: entry.description,
            state: entry.state,
            import_state: entry.import_state,
            expires: entry.expires,
            rotated: entry.rotated,
        }
    }

    /// Key material of which only the id is known.
    pub(crate) fn unlisted(id: &str) -> Self {
        MaterialStatus {
            key_material_id: Some(id.to_owned()),
            description: None,
            state: None,
            import_state: None,
            expires: None,
            current: false,
            rotated: None,
        }
    }

    /// Whether it waits for rotation, and can still be deleted for good.
    pub fn is_pending(&self) -> bool {
        matches!(self.state, Some(MaterialState::PendingRotation | MaterialState::PendingMultiRegionImportAndRotation))
    }

    /// Whether KMS lacks its bytes: never imported in this Region, expired or deleted.
    pub fn is_missing(&self) -> bool {
        self.import_state == Some(ImportState::PendingImport)
    }

    /// Whether KMS has its bytes, for sure.
    pub fn is_imported(&self) -> bool {
        self.import_state == Some(ImportState::Imported)
    }

    /// Whether every Region has it, so that the primary key can rotate to it.
    pub fn is_ready(&self) -> bool {
        self.state == Some(MaterialState::PendingRotation) && !self.is_missing()
    }
}
