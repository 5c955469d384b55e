//! The stages of an import: sent, answered, proven.

use std::ops::Deref;

use crate::lifecycle::import::bytes::Bytes;
use crate::lifecycle::key::named::NamedKey;
use crate::lifecycle::run::facts::Facts;
use crate::lifecycle::run::next::Next;
use crate::lifecycle::run::report::Report;
use crate::lifecycle::run::stage::{News, Stage};
use crate::proof::Proof;

/// The stages of `import`.
#[derive(Clone, Debug, Default)]
pub enum Reached {
    /// The key is not known yet.
    #[default]
    Nothing,
    /// Nothing was sent.
    KeyFound(NamedKey),
    /// ImportKeyMaterial is about to be sent, was sent or was answered.
    ImportSent(Sending),
    /// KMS was asked for proofs.
    Proven(Proven),
}

/// Key material on its way into a key.
#[derive(Clone, Debug)]
pub struct Sending {
    /// The key.
    pub key: NamedKey,
    /// The bytes.
    pub bytes: Bytes,
    /// What KMS has answered.
    pub answer: Answer,
}

/// What KMS has answered to an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing, or a refusal.
    None,
    /// It has taken the key material.
    Taken {
        /// Its id; symmetric keys only.
        material_id: Option<String>,
    },
    /// KMS says now that nothing was ever imported into the key, although it has answered that it took the key material.
    Disowned,
}

/// A key with key material, and what was proven about it.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The key and its alias.
    pub named: NamedKey,
    /// Where the bytes are outside KMS.
    pub bytes: Bytes,
    /// The id that the import was answered with (64 hex digits); symmetric keys only.
    pub material_id: Option<String>,
    /// What was proven, and what was not. Where it contradicts, the run has failed.
    pub proof: Proof,
}

impl Sending {
    /// Nothing is answered yet.
    pub(crate) fn new(key: NamedKey, bytes: Bytes) -> Self {
        Sending { key, bytes, answer: Answer::None }
    }

    pub(crate) fn hear(&mut self, news: &News<'_>) {
        match news {
            News::Seen(now) => self.key.seen(now),
            News::Named(alias) => self.key.alias = Some((*alias).clone()),
            News::Taken(sent) if sent.key_arn == self.key.key.arn => {
                self.answer = Answer::Taken { material_id: sent.id.clone() };
            }
            News::Disowned => self.answer = Answer::Disowned,
            News::Taken(_) | News::Proved(_) => {}
        }
    }

    /// With what was proven about it.
    pub(crate) fn proven(self, proof: &Proof) -> Proven {
        let material_id = match self.answer {
            Answer::Taken { material_id } => material_id,
            Answer::None | Answer::Disowned => None,
        };
        Proven { named: self.key, bytes: self.bytes, material_id, proof: proof.clone() }
    }

    pub(crate) fn tell(&self, report: &mut Report) {
        self.key.tell(report);
        self.bytes.tell(report);
        if let Answer::Taken { material_id: Some(id) } = &self.answer {
            report.key_material_id = Some(id.clone());
        }
    }
}

impl Proven {
    pub(crate) fn tell(&self, report: &mut Report) {
        self.named.tell(report);
        self.bytes.tell(report);
        if let Some(id) = &self.material_id {
            report.key_material_id = Some(id.clone());
        }
        report.proof = Some(self.proof.clone());
    }
}

/// The key and its alias are part of it: `proven.key.state`, `proven.alias`.
impl Deref for Proven {
    type Target = NamedKey;

    fn deref(&self) -> &NamedKey {
        &self.named
    }
}

impl From<Proven> for Reached {
    fn from(proven: Proven) -> Self {
        Reached::Proven(proven)
    }
}

impl Stage for Reached {
    fn after(self, news: &News<'_>) -> Self {
        match (self, news) {
            (Reached::ImportSent(sending), News::Proved(proof)) => Reached::Proven(sending.proven(proof)),
            (Reached::ImportSent(mut sending), news) => {
                sending.hear(news);
                Reached::ImportSent(sending)
            }
            (Reached::Nothing, News::Seen(key)) => Reached::KeyFound(NamedKey::new(key)),
            (reached, _) => reached,
        }
    }

    fn tell(&self, report: &mut Report) {
        match self {
            Reached::Nothing => {}
            Reached::KeyFound(key) => key.tell(report),
            Reached::ImportSent(sending) => sending.tell(report),
            Reached::Proven(proven) => proven.tell(report),
        }
    }

    fn next(&self, facts: &Facts) -> Next {
        Next::AsExisting { perhaps: facts.in_doubt.is_some() }
    }
}
