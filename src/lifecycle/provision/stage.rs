//! The stages of `provision`: the key, its backup, the import, the proof.

use crate::kms::KeyState;
use crate::lifecycle::import::bytes::{Bytes, GoOn, StoredBackup, Unstored};
use crate::lifecycle::import::stage::{Answer, Proven, Sending};
use crate::lifecycle::key::named::NamedKey;
use crate::lifecycle::key::stage::Reached as Key;
use crate::lifecycle::run::facts::Facts;
use crate::lifecycle::run::next::Next;
use crate::lifecycle::run::report::Report;
use crate::lifecycle::run::stage::{News, Stage};

/// How far `provision` has come.
#[derive(Clone, Debug)]
pub enum Reached {
    /// There are no bytes yet.
    Key(Key),
    /// The bytes are in this file, and were not sent.
    BackupStored {
        /// The key.
        key: NamedKey,
        /// The file.
        backup: StoredBackup,
    },
    /// ImportKeyMaterial is about to be sent, was sent or was answered.
    ImportSent(Sending),
    /// DescribeKey shows that the key has key material.
    Imported(Sending),
    /// KMS does not have the bytes that this run has made, and will not take them: no file bears their name any more.
    Refused(NamedKey),
    /// KMS has key material of another run, and DescribeKey does not show it yet: nothing is generated for this key any more.
    Held(NamedKey),
    /// KMS was asked for proofs.
    Proven(Proven),
}

impl Default for Reached {
    fn default() -> Self {
        Reached::Key(Key::Nothing)
    }
}

impl From<Key> for Reached {
    fn from(key: Key) -> Self {
        Reached::Key(key)
    }
}

impl From<Proven> for Reached {
    fn from(proven: Proven) -> Self {
        Reached::Proven(proven)
    }
}

impl Reached {
    /// The key, if there is one.
    pub fn key(&self) -> Option<&NamedKey> {
        match self {
            Reached::Key(key) => key.key(),
            Reached::BackupStored { key, .. } | Reached::Refused(key) | Reached::Held(key) => Some(key),
            Reached::ImportSent(sending) | Reached::Imported(sending) => Some(&sending.key),
            Reached::Proven(proven) => Some(&proven.named),
        }
    }
}

impl Stage for Reached {
    fn after(self, news: &News<'_>) -> Self {
        match (self, news) {
            (Reached::ImportSent(sending) | Reached::Imported(sending), News::Proved(proof)) => {
                Reached::Proven(sending.proven(proof))
            }
            (Reached::Key(Key::KeyFound(key)) | Reached::Refused(key) | Reached::Held(key), News::Proved(proof)) => {
                Reached::Proven(Sending::new(key, Bytes::NONE).proven(proof))
            }
            (Reached::Key(key), news) => Reached::Key(key.after(news)),
            (Reached::ImportSent(mut sending), news) => {
                sending.hear(news);
                let shown = matches!(news, News::Seen(now) if now.state != KeyState::PendingImport);
                let taken = matches!(sending.answer, Answer::Taken { .. });
                if shown && taken { Reached::Imported(sending) } else { Reached::ImportSent(sending) }
            }
            (Reached::Imported(mut sending), news) => {
                sending.hear(news);
                Reached::Imported(sending)
            }
            (Reached::Refused(mut key), News::Seen(now)) => {
                key.seen(now);
                Reached::Refused(key)
            }
            (Reached::Held(mut key), News::Seen(now)) => {
                key.seen(now);
                Reached::Held(key)
            }
            (reached, _) => reached,
        }
    }

    fn tell(&self, report: &mut Report) {
        match self {
            Reached::Key(key) => key.tell(report),
            Reached::BackupStored { key, backup } => {
                key.tell(report);
                Bytes::Stored(backup.clone()).tell(report);
            }
            Reached::ImportSent(sending) | Reached::Imported(sending) => sending.tell(report),
            Reached::Refused(key) | Reached::Held(key) => key.tell(report),
            Reached::Proven(proven) => proven.tell(report),
        }
    }

    /// Once a file holds the bytes, it is that file which is imported; and once KMS has taken bytes of which no file was written, nothing is
    /// generated before they show.
    fn next(&self, facts: &Facts) -> Next {
        let again = |key: &NamedKey, bytes: &Bytes| match bytes {
            Bytes::Stored(backup) => backup.go_on(&key.key.arn).into(),
            Bytes::Unstored(bytes) => Next::Again { bytes: bytes.clone(), key_arn: Some(key.key.arn.clone()) },
        };
        match self {
            Reached::Key(key) => key.again(facts),
            Reached::BackupStored { key, backup } => backup.go_on(&key.key.arn).into(),
            Reached::ImportSent(Sending {
                key,
                bytes: Bytes::Unstored(Unstored::Discarded),
                answer: Answer::Taken { .. },
            }) if key.key.state == KeyState::PendingImport => GoOn::Status { key_arn: key.key.arn.clone() }.into(),
            Reached::ImportSent(sending) | Reached::Imported(sending) => again(&sending.key, &sending.bytes),
            Reached::Refused(key) => again(key, &Bytes::NONE),
            Reached::Held(key) => GoOn::Status { key_arn: key.key.arn.clone() }.into(),
            Reached::Proven(proven) => again(&proven.named, &proven.bytes),
        }
    }
}
