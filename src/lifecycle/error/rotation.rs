//! Rotation by alias.

use crate::explain::{Explain, Hint, Setting, Step, hint, some};
use crate::kms::{KeyArn, KeyState, KmsName};
use crate::lifecycle::error::lifecycle::into_use;
use crate::material::KeySpec;

/// The alias cannot move to another key as asked. `arn` is the key that the alias names or that it would move to, and `waited` how long in
/// words.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum RotationError {
    #[error("key {arn} is {spec}: it is rotated by moving an alias to a new key, but no alias is named")]
    #[strum(serialize = "rotation_without_alias")]
    NoAlias { arn: KeyArn, spec: KmsName<KeySpec>, aliases: Vec<String> },
    #[error("KMS knows no alias `{alias}`")]
    #[strum(serialize = "rotation_alias_unknown")]
    NoSuchAlias { alias: String },
    #[error("`{alias}` points to key {arn}, not to {named}")]
    #[strum(serialize = "rotation_alias_elsewhere")]
    NamesOther { alias: String, arn: KeyArn, named: KeyArn },
    #[error("`{alias}` points to key {theirs} by now, but this run moves it to {ours}")]
    #[strum(serialize = "rotation_overtaken")]
    Overtaken { alias: String, ours: KeyArn, theirs: KeyArn },
    #[error("KMS has answered that `{alias}` points to key {arn}, but after {waited} it still points to {named}")]
    #[strum(serialize = "rotation_not_shown")]
    NotShown { alias: String, arn: KeyArn, named: KeyArn, waited: String },
    #[error("key {arn} is symmetric: KMS rotates it, and no alias moves")]
    #[strum(serialize = "rotation_of_symmetric")]
    Symmetric { arn: KeyArn },
    #[error("an alias moves only between keys of one kind, but {arn} is {spec} and {asked} is another kind")]
    #[strum(serialize = "rotation_to_other_kind")]
    OtherKind { arn: KeyArn, spec: KmsName<KeySpec>, asked: KeySpec },
    #[error("key {arn} cannot take the place of key {old}: {}", differences.join("; "))]
    #[strum(serialize = "rotation_unfit_key")]
    UnfitKey { arn: KeyArn, old: KeyArn, differences: Vec<String> },
    #[error("key {arn} waits for key material, but none is given")]
    #[strum(serialize = "rotation_key_empty")]
    KeyEmpty { arn: KeyArn },
    #[error("nothing has shown that key {arn} works, but an alias moves only to a key that does")]
    #[strum(serialize = "rotation_unproven")]
    Unproven { arn: KeyArn },
    #[error("the key policy of {arn} names principals that were deleted: {}", principals.join(", "))]
    #[strum(serialize = "rotation_deleted_principals")]
    DeletedPrincipals { arn: KeyArn, principals: Vec<String> },
    #[error("the new key would have {count} tags, but KMS takes 50")]
    #[strum(serialize = "rotation_too_many_tags")]
    TooManyTags { count: usize },
    #[error("key {arn} has 50 tags, but one more is needed to say which key has superseded it")]
    #[strum(serialize = "rotation_no_room_for_tag")]
    NoRoomForTag { arn: KeyArn },
    #[error("key {arn}, to which `{alias}` points, has no tag that says which key was there before")]
    #[strum(serialize = "rotation_nothing_before")]
    NothingBefore { alias: String, arn: KeyArn },
    #[error(
        "`{alias}` points to key {arn}, which key {by} has superseded: somebody has moved the alias back, or has rotated another alias of that key"
    )]
    #[strum(serialize = "rotation_back_already")]
    BackAlready { alias: String, arn: KeyArn, by: String },
    #[error("key {id}, which key {arn} has superseded, does not exist any more")]
    #[strum(serialize = "rotation_previous_gone")]
    PreviousGone { arn: KeyArn, id: String },
    #[error("key {arn} is {state}, but an alias goes back only to a key that is Enabled")]
    #[strum(serialize = "rotation_previous_not_enabled")]
    PreviousNotEnabled { arn: KeyArn, state: KeyState },
    #[error("only a tag of key {arn} says that {old} is the key before it, and that is too little to disable it")]
    #[strum(serialize = "rotation_only_tagged")]
    OnlyTagged { arn: KeyArn, old: KeyArn },
    #[error("what was typed is not the id of key {arn}: it stays enabled")]
    #[strum(serialize = "rotation_not_confirmed")]
    NotConfirmed { arn: KeyArn },
    #[error("KMS has answered that key {arn} is disabled, but after {waited} it is still enabled")]
    #[strum(serialize = "rotation_still_enabled")]
    StillEnabled { arn: KeyArn, waited: String },
    #[error("another run on this machine still rotates `{alias}` after {waited}")]
    #[strum(serialize = "rotation_running")]
    Running { alias: String, waited: String },
}

impl RotationError {
    /// Whether the flags alone were wrong.
    pub(crate) fn is_usage(&self) -> bool {
        matches!(self, RotationError::NoAlias { .. } | RotationError::Symmetric { .. })
    }
}

impl Explain for RotationError {
    fn id(&self) -> &'static str {
        self.into()
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            RotationError::NoAlias { aliases, .. } if aliases.is_empty() => {
                hint!["give the key an alias first, and name it with ", Setting::Alias]
            }
            RotationError::NoAlias { aliases, .. } => {
                hint!["name it with ", Setting::Alias, format!(": {}", aliases.join(", "))]
            }
            RotationError::NoSuchAlias { .. } => hint!["name the alias that is to move with ", Setting::Alias],
            RotationError::NamesOther { .. } => {
                some("find out who moved the alias, and name the key that it points to now")
            }
            RotationError::Overtaken { alias, ours, .. } => {
                hint![
                    "find out who moved the alias; if it is to point to this run's key, run ",
                    Step::Rotate.with(Setting::KeyId.to(alias)).with(Setting::Switch.to(ours)),
                ]
            }
            RotationError::NoRoomForTag { .. } => some("remove a tag from the key first"),
            RotationError::NothingBefore { .. } => {
                hint!["name the key that the alias is to point to: ", Setting::Switch.to("KEY_ARN")]
            }
            RotationError::BackAlready { .. } => {
                hint!["if the alias is to point to yet another key, name that: ", Setting::Switch.to("KEY_ARN")]
            }
            RotationError::PreviousGone { .. } => {
                hint!["name another key that the alias is to point to: ", Setting::Switch.to("KEY_ARN")]
            }
            RotationError::PreviousNotEnabled { arn, state } => into_use(arn, *state),
            RotationError::OnlyTagged { old, .. } => hint!["if it is, add ", Setting::Adopt.to(old)],
            RotationError::NotConfirmed { .. } => hint!["type it as it is shown, or add ", Setting::Yes],
            RotationError::StillEnabled { .. } | RotationError::NotShown { .. } => {
                some("run the same command again in a minute")
            }
            RotationError::Symmetric { .. } => hint![
                "leave out ",
                Setting::Prepare,
                ", ",
                Setting::Switch,
                ", ",
                Setting::Rollback,
                ", ",
                Setting::DisableOld,
                ", ",
                Setting::Jwks,
                ", ",
                Setting::NewKey,
                " and ",
                Setting::Alias
            ],
            RotationError::OtherKind { .. } => hint!["choose a ", Setting::KeySpec, " of the same kind, or none"],
            RotationError::UnfitKey { .. } => some("name a key that was made for this rotation"),
            RotationError::KeyEmpty { arn } => {
                hint!["give its key material: ", Setting::NewKey.to(arn), " ", Setting::Material.to("FILE")]
            }
            RotationError::Unproven { .. } => {
                hint!["choose ", Setting::Verify.to("state"), " if you know that it does"]
            }
            RotationError::DeletedPrincipals { .. } => {
                hint!["give the new key's policy with ", Setting::Policy.to("FILE")]
            }
            RotationError::TooManyTags { .. } => some("remove tags from the old key first"),
            RotationError::Running { .. } => some("run the same command again when it is over"),
        }
    }
}
