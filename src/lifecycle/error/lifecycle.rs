//! Rotation, replication and the end of key material.

use crate::explain::{Explain, Hint, Part, Setting, Step, hint, some};
use crate::kms::{KeyArn, KeyState, KmsError, KmsName, Region};
use crate::material::KeySpec;

/// Rotation, replication, verification, status or the deletion of key material cannot go on as asked. `arn` is the key, `id` the key
/// material, and `waited` how long in words.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum LifecycleError {
    #[error("key {arn} is {spec}, but KMS rotates only symmetric keys")]
    NotSymmetric { arn: KeyArn, spec: KmsName<KeySpec> },
    #[error("key {arn} is a replica, and {what} begins at the primary key {primary}")]
    Replica { arn: KeyArn, primary: KeyArn, what: &'static str },
    #[error("key {arn} is {state}, and {what} needs it Enabled")]
    #[strum(serialize = "key_not_enabled")]
    NotEnabled { arn: KeyArn, state: KeyState, what: &'static str },
    #[error("key {arn} is {state}, but only Enabled and Disabled keys can be verified")]
    NotVerifiable { arn: KeyArn, state: KeyState },
    #[error("the file is not key material for {spec} key {arn}: {problem}")]
    UnfitMaterial { arn: KeyArn, spec: KmsName<KeySpec>, problem: String },
    #[error("key {arn} was rotated on demand 25 times, and KMS allows no more")]
    NoRotationLeft { arn: KeyArn },
    #[error("key material {id} waits for rotation in key {arn}, and until it is current KMS takes no other")]
    PendingExists { arn: KeyArn, id: String },
    #[error("key material {id} waits for rotation in key {arn}, and it is not the one given")]
    OtherPending { arn: KeyArn, id: String },
    #[error("no key material waits for rotation in key {arn}")]
    NothingPending { arn: KeyArn },
    #[error("key material {id} is not in {regions}, but a multi-Region key rotates only when every Region has it")]
    MissingInRegions { id: String, regions: String },
    #[error("a rotation of key {arn} is in progress")]
    InProgress { arn: KeyArn },
    #[error("the bytes given are an earlier key material of key {arn}, and KMS does not rotate back")]
    EarlierMaterial { arn: KeyArn },
    #[error("key material {id} is not ready for rotation after {waited}: KMS does not see it in every Region")]
    NotReady { id: String, waited: String },
    #[error("the rotation of key {arn} began, and key material {id} is not current after {waited}")]
    StillWaiting { arn: KeyArn, id: String, waited: String },
    #[error("the rotation of key {arn} that was under way has not ended after {waited}")]
    StillInProgress { arn: KeyArn, waited: String },

    #[error("key {arn} is a single-Region key, but KMS replicates only multi-Region keys")]
    SingleRegion { arn: KeyArn },
    #[error("`{region}` is the Region of the primary key {arn}")]
    PrimaryRegion { region: Region, arn: KeyArn },
    #[error("`{alias}` in {region} points to another key, {arn}")]
    AliasElsewhere { alias: String, region: Region, arn: KeyArn },
    #[error("the key material given is not that of key {arn}: {contradiction}")]
    OtherMaterial { arn: KeyArn, contradiction: String },
    #[error("the adopted key {adopt} is not a replica of this key in a requested Region")]
    AdoptsNoReplica { adopt: KeyArn },
    #[error("key {arn} has {needed} key materials, a replica needs all of them, but the command gives only {given}")]
    TooFewMaterials { arn: KeyArn, needed: usize, given: usize },
    #[error("replica {arn} still waits for key material: {missing}")]
    ReplicaIncomplete { arn: KeyArn, missing: String },
    #[error("the import succeeded, but key {arn} still waits for other key material: {missing}")]
    Incomplete { arn: KeyArn, missing: String },
    #[error("replica {arn} is still being made after {waited}")]
    StillCreating { arn: KeyArn, waited: String },

    #[error("{permission} is not permitted{subject}, so what it would show is missing here")]
    NotSeen { permission: String, subject: String },
    #[error("{subject} cannot be seen: {cause}")]
    Unseen { subject: String, cause: KmsError },
    #[error("key {arn} is {state}, and KMS deletes no key material in that state")]
    NotNow { arn: KeyArn, state: KeyState },
    #[error("key {arn} has {count} key materials")]
    SeveralMaterials { arn: KeyArn, count: usize, ids: String },
    #[error("it is not known how many key materials key {arn} has: {why}")]
    MaterialsUnknown { arn: KeyArn, why: String },
    #[error("key {arn} has no key material {id}")]
    NoSuchMaterial { arn: KeyArn, id: String, ids: String },
    #[error("what was typed is not the id of the key: nothing was deleted")]
    ConfirmationDiffers,
    #[error("key material {id} is still there after it was deleted")]
    StillThere { id: String },
}

impl Explain for LifecycleError {
    fn aws_code(&self) -> Option<&str> {
        match self {
            LifecycleError::Unseen { cause, .. } => cause.aws_code(),
            _ => None,
        }
    }

    fn id(&self) -> &'static str {
        self.into()
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            LifecycleError::NotSymmetric { .. } => hint![
                "give new key material with ",
                Setting::Material.to("FILE"),
                " or ",
                Setting::Generate,
                ": the alias moves to a new key",
            ],
            LifecycleError::Replica { primary, .. } => {
                hint!["name the primary key: ", Setting::KeyId.to(primary), " ", Setting::Region.to(primary.region()),]
            }
            LifecycleError::NotEnabled { arn, state, .. } | LifecycleError::NotVerifiable { arn, state } => {
                into_use(arn, *state)
            }
            LifecycleError::UnfitMaterial { .. } => some("give a file with key material for this key"),
            LifecycleError::NoRotationLeft { .. } => some("provision another key, and point your alias to it"),
            LifecycleError::PendingExists { arn, id } => hint![
                "rotate to it with ",
                Setting::Resume,
                " or with its own bytes, or take it back: ",
                take_back(arn, id),
            ],
            LifecycleError::OtherPending { arn, id } => hint![
                "give its own bytes, rotate to it with ",
                Setting::Resume,
                ", or take it back: ",
                take_back(arn, id),
            ],
            LifecycleError::NothingPending { .. } => {
                hint!["begin a rotation with ", Setting::Generate, " or ", Setting::Material.to("FILE"),]
            }
            LifecycleError::MissingInRegions { .. } => {
                hint![
                    "give its bytes with ",
                    Setting::Material.to("FILE"),
                    ", or with ",
                    Setting::MaterialFromEscrow.to("F"),
                    " ",
                    Setting::RecipientKey.to("K"),
                ]
            }
            LifecycleError::InProgress { .. } => hint!["wait for it with ", Setting::Resume],
            LifecycleError::EarlierMaterial { .. } => hint!["give other bytes, or ", Setting::Generate],
            LifecycleError::NotReady { .. }
            | LifecycleError::StillWaiting { .. }
            | LifecycleError::StillInProgress { .. } => hint!["keep waiting with ", Setting::Resume],
            LifecycleError::SingleRegion { .. } => {
                hint!["provision another key with ", Setting::MultiRegion, ": KMS converts none"]
            }
            LifecycleError::PrimaryRegion { .. } => hint!["name other Regions with ", Setting::To],
            LifecycleError::AliasElsewhere { .. } => some("choose another alias for the replicas"),
            LifecycleError::OtherMaterial { .. } => some("give the key material that the key was imported with"),
            LifecycleError::AdoptsNoReplica { .. } => some("give the ARN of the replica that you trust"),
            LifecycleError::TooFewMaterials { .. } => {
                hint!["give each with a ", Setting::Material, " of its own: ", Step::Status, " lists them",]
            }
            LifecycleError::ReplicaIncomplete { .. } => {
                hint!["give those bytes too, each with a ", Setting::Material, " of its own"]
            }
            LifecycleError::Incomplete { .. } => some("import those bytes too, each with its own parameters"),
            LifecycleError::StillCreating { .. } => some("run the same command again in a minute"),
            LifecycleError::NotSeen { permission, .. } => {
                some(format!("allow {permission} in the key policy or the caller's IAM policy"))
            }
            LifecycleError::Unseen { cause, .. } => cause.hint(),
            LifecycleError::NotNow { .. } => some("try again in a minute"),
            LifecycleError::SeveralMaterials { ids, .. } => {
                hint!["name one with ", Setting::KeyMaterialId, format!(": {ids}")]
            }
            LifecycleError::MaterialsUnknown { .. } => hint!["name the one you mean with ", Setting::KeyMaterialId],
            LifecycleError::NoSuchMaterial { ids, .. } if ids.is_empty() => None,
            LifecycleError::NoSuchMaterial { ids, .. } => some(format!("name one of these: {ids}")),
            LifecycleError::ConfirmationDiffers => hint!["type it as it is shown, or add ", Setting::Yes],
            LifecycleError::StillThere { .. } => hint!["look at the key with ", Step::Status],
        }
    }
}

/// Deletes key material that waits for rotation.
fn take_back(arn: &KeyArn, id: &str) -> Part {
    Step::DeleteMaterial.with(Setting::KeyId.to(arn)).with(Setting::KeyMaterialId.to(id))
}

/// How a key that is in another state than Enabled gets there.
pub(super) fn into_use(arn: &KeyArn, state: KeyState) -> Option<Hint> {
    let region = arn.region();
    match state {
        KeyState::Disabled => some(format!("enable it: `aws kms enable-key --region {region} --key-id {arn}`")),
        KeyState::PendingImport => hint!["import its key material first: ", Step::Status, " shows what is missing"],
        // Whether it is Disabled or PendingImport then, the same command tells, and each has another remedy.
        KeyState::PendingDeletion | KeyState::PendingReplicaDeletion => some(format!(
            "run `aws kms cancel-key-deletion --region {region} --key-id {arn}` and then the same command again, or use another key"
        )),
        KeyState::Enabled | KeyState::Creating | KeyState::Updating | KeyState::Unavailable => {
            some("try again in a minute")
        }
    }
}
