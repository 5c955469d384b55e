//! What the walks have in common: a run that is broken off, and which calls change something.

use super::in_runtime::StopPoint;

/// A run that is broken off at a call.
#[derive(Clone, Debug)]
pub struct Cell<R> {
    /// What is run.
    pub row: R,
    pub operation: String,
    pub stop: StopPoint,
    /// The process was killed: nobody has seen a report, and the user types the same again.
    pub killed: bool,
}

/// Whether a call changes something in KMS.
pub fn changes(operation: &str) -> bool {
    let changing = [
        "CreateKey",
        "CreateAlias",
        "UpdateAlias",
        "ReplicateKey",
        "ImportKeyMaterial",
        "RotateKeyOnDemand",
        "DeleteImportedKeyMaterial",
        "TagResource",
        "UntagResource",
        "DisableKey",
    ];
    changing.contains(&operation)
}
