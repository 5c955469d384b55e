//! Where the bytes are that a run imports. What is known of them decides what may be run next: once a file holds them, nothing is
//! generated any more, and [`GoOn`] has no word for it.

use std::path::PathBuf;

use crate::escrow::RecipientIdentity;
use crate::kms::KeyArn;
use crate::lifecycle::run::report::Report;
use crate::material::TokenObject;

/// The bytes of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bytes {
    /// This run made them, and a file or a token holds them.
    Stored(StoredBackup),
    /// There is no file that this run has written.
    Unstored(Unstored),
}

/// Bytes of which this run has written no file: the same command may be run again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unstored {
    /// There are none yet.
    Nothing,
    /// They are the user's, who can give them again.
    Given,
    /// This run made them, and only KMS can have them.
    Discarded,
    /// An earlier run made them, and only KMS can have them.
    Abandoned,
    /// Another run made them: this file, which was there before, holds them.
    Found(PathBuf),
}

/// The file that holds what a run has generated: on disk before KMS gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBackup {
    /// The file; of a key in a token, its PKCS#11 URI.
    pub path: PathBuf,
    /// What is in it.
    pub form: BackupForm,
}

/// What the file of a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackupForm {
    /// The plaintext.
    Plaintext,
    /// An envelope for these recovery certificates.
    Escrow(Vec<RecipientIdentity>),
    /// The key itself: this one of a token.
    Token(TokenObject),
}

/// What completes a run without making key material.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GoOn {
    /// The same request for that key, with the bytes of this file.
    WithBackup {
        /// The file.
        backup: StoredBackup,
        /// The key.
        key_arn: KeyArn,
    },
    /// A rotation to the key material that waits for it, or is being rotated to.
    Resume {
        /// The key.
        key_arn: KeyArn,
    },
    /// The move of the alias to that key, which has its key material, and what is left to be done after it.
    Switch {
        /// The new key.
        key_arn: KeyArn,
        /// The old key, where it is to be disabled: the user vouches for it.
        old: Option<KeyArn>,
    },
    /// Nothing but a look at the key: KMS has the bytes, and does not show them yet.
    Status {
        /// The key.
        key_arn: KeyArn,
    },
}

impl StoredBackup {
    /// Who can open it; nobody needs to where it is plaintext.
    pub fn recipients(&self) -> &[RecipientIdentity] {
        match &self.form {
            BackupForm::Plaintext | BackupForm::Token(_) => &[],
            BackupForm::Escrow(recipients) => recipients,
        }
    }

    /// What completes a run whose bytes are stored: the import of this file into that key.
    pub fn go_on(&self, key_arn: &KeyArn) -> GoOn {
        GoOn::WithBackup { backup: self.clone(), key_arn: key_arn.clone() }
    }
}

impl Bytes {
    /// Nothing was made or read.
    pub(crate) const NONE: Bytes = Bytes::Unstored(Unstored::Nothing);

    /// Adds what is known to a report.
    pub(crate) fn tell(&self, report: &mut Report) {
        match self {
            Bytes::Stored(backup) => {
                report.generated = true;
                match &backup.form {
                    // The facts of the run say which key of which token it is.
                    BackupForm::Token(object) => report.generated = object.made,
                    BackupForm::Plaintext => report.kept = Some(backup.path.clone()),
                    BackupForm::Escrow(recipients) => {
                        report.escrow = Some(backup.path.clone());
                        report.escrow_recipients.clone_from(recipients);
                    }
                }
            }
            Bytes::Unstored(Unstored::Discarded) => report.generated = true,
            Bytes::Unstored(Unstored::Found(path)) => report.kept = Some(path.clone()),
            Bytes::Unstored(Unstored::Nothing | Unstored::Given | Unstored::Abandoned) => {}
        }
    }
}
