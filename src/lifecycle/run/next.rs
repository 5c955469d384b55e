//! What completes a run: a value that follows from the stage that the run has reached, and from nothing else. The caller turns it into a
//! command.

use crate::kms::KeyArn;
use crate::lifecycle::import::bytes::{GoOn, Unstored};

/// What is to be run next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing is left to be done.
    Nothing,
    /// Something that makes no key material.
    GoOn(GoOn),
    /// The same request, for that key where it is known. Only where no file of this run holds its bytes.
    Again {
        /// Where the bytes are, if there are any.
        bytes: Unstored,
        /// The key.
        key_arn: Option<KeyArn>,
    },
    /// The same request, for the key of a CreateKey that was not answered.
    FindLost {
        /// The id that is on the key as a tag: 32 hex digits.
        request: String,
    },
    /// A rotation to the key material that waits for it; where none does, the same request: whether KMS took its import is not known, and
    /// nobody has the bytes.
    ResumeOrAgain {
        /// The key.
        key_arn: KeyArn,
    },
    /// The same import, as existing key material: it is in the key.
    AsExisting {
        /// Whether KMS took the import is not known: where it refuses the bytes as existing, they are imported as new.
        perhaps: bool,
    },
    /// The key material that waits for rotation is deleted, because nobody has its bytes, and the same request made again.
    TakeBack {
        /// The key.
        key_arn: KeyArn,
        /// The key material that waits, by its id of 64 hex digits.
        key_material_id: String,
    },
}

impl Next {
    /// Whether it may read the key material again.
    pub(crate) fn may_need_bytes(&self) -> bool {
        match self {
            Next::GoOn(GoOn::WithBackup { .. })
            | Next::Again { .. }
            | Next::FindLost { .. }
            | Next::ResumeOrAgain { .. }
            | Next::AsExisting { .. }
            | Next::TakeBack { .. } => true,
            Next::Nothing | Next::GoOn(GoOn::Resume { .. } | GoOn::Switch { .. } | GoOn::Status { .. }) => false,
        }
    }
}

impl From<GoOn> for Next {
    fn from(go_on: GoOn) -> Self {
        Next::GoOn(go_on)
    }
}
