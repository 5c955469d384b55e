//! What is in AWS after a run that did not come to its end: the lines of the text, and `exists` in JSON.

use serde::{Deserialize, Serialize};

use crate::kms::KeyState;
use crate::lifecycle::run::report::Report;

/// Something that is in AWS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Exists {
    /// What it is.
    pub what: ExistsWhat,
    /// The ARN of the key.
    pub key_arn: String,
    /// Its state, where it is known.
    pub key_state: Option<KeyState>,
    /// The id of the key material (64 hex digits), where it is about one.
    pub key_material_id: Option<String>,
    /// The sentence for people, without a full stop.
    pub text: String,
}

/// What is in AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ExistsWhat {
    /// The key that the run is about.
    Key,
    /// The key that the alias named before.
    PreviousKey,
    /// A replica in another Region.
    Replica,
    /// Key material that waits for rotation.
    KeyMaterial,
}

impl Report {
    /// What is in AWS, as far as the run knows it.
    pub fn exists(&self) -> Vec<Exists> {
        let replicas = self.replicas.iter().map(|replica| {
            let made = if replica.created { "made by this run" } else { "that was there" };
            Exists {
                what: ExistsWhat::Replica,
                key_arn: replica.key_arn.to_string(),
                key_state: Some(replica.key_state),
                key_material_id: None,
                text: format!("replica {}, {}, {made}", replica.key_arn, replica.key_state),
            }
        });
        self.key().into_iter().chain(self.previous_key()).chain(replicas).chain(self.waiting_material()).collect()
    }

    fn key(&self) -> Option<Exists> {
        let arn = self.key_arn.as_ref()?;
        let state = self.key_state.map_or("in an unknown state", Into::into);
        let alias = self.alias.as_ref().map(|alias| format!(", named by {alias}")).unwrap_or_default();
        Some(Exists {
            what: ExistsWhat::Key,
            key_arn: arn.to_string(),
            key_state: self.key_state,
            key_material_id: None,
            text: format!("key {arn}, {state}{alias}"),
        })
    }

    fn previous_key(&self) -> Option<Exists> {
        let (rotation, previous) = (self.alias_rotation.as_ref()?, self.previous_key_arn.as_ref()?);
        let named = match (&rotation.alias_names, self.in_doubt) {
            _ if rotation.moved => "no longer the key of",
            (Some(_), _) => "no longer the key of",
            (None, Some("UpdateAlias")) => "perhaps still the key of",
            (None, _) => "the key of",
        };
        Some(Exists {
            what: ExistsWhat::PreviousKey,
            key_arn: previous.to_string(),
            key_state: rotation.previous_key_state,
            key_material_id: None,
            text: format!("previous key {previous}, {named} {}", rotation.alias),
        })
    }

    fn waiting_material(&self) -> Option<Exists> {
        let rotation = self.rotation.as_ref().filter(|rotation| !rotation.rotated)?;
        let id = rotation.new_key_material_id.as_ref()?;
        let begun = if rotation.begun { "and its rotation has begun" } else { "and waits for rotation" };
        Some(Exists {
            what: ExistsWhat::KeyMaterial,
            key_arn: self.key_arn.as_ref().map(ToString::to_string).unwrap_or_default(),
            key_state: self.key_state,
            key_material_id: Some(id.clone()),
            text: format!("key material {id} in the key, {begun}"),
        })
    }
}
