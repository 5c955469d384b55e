//! What components know about their set: which they are, how many there are, and who has them.

use serde::{Deserialize, Serialize};

use super::check_value::CheckValue;
use crate::escrow::RecipientIdentity;
use crate::material::KeySpec;

/// The most components of a key.
pub const MOST: u8 = 9;

/// The set that components belong to, for reports and records. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Composition {
    /// The set's random id, as 32 lower-case hex digits; `None` for components that know no set.
    pub set: Option<String>,
    /// How many components the key has.
    pub count: u8,
    /// Whose certificates the components are or were encrypted for.
    pub custodians: Vec<Custodian>,
}

/// Who has a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Custodian {
    /// The number of the component.
    pub component: u8,
    /// The certificate that it is encrypted for.
    #[serde(flatten)]
    pub certificate: RecipientIdentity,
}

/// What one component of a set knows about the set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Membership {
    pub(super) set: String,
    pub(super) number: u8,
    pub(super) count: u8,
    pub(super) spec: KeySpec,
    /// The check value of the key.
    pub(super) whole: CheckValue,
    pub(super) custodian: Option<RecipientIdentity>,
}
