//! What a proof looked at and what it found, item by item. The outcome follows from the items, so that the report claims no more.

use serde::{Deserialize, Serialize};

/// What cannot be shown about a key that answers no cryptographic call.
pub(crate) const DISABLED: &str = "that the key works: it is disabled";

/// How much is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(rename = "ProofLevel"))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing.
    Off,
    /// Whether KMS says that the key is enabled.
    State,
    /// Whether the key works, and for all but symmetric keys whether it is the key that was sent.
    Use,
    /// For symmetric keys also a second, independent import of the same bytes.
    Full,
}

/// How a proof ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(rename = "ProofOutcome"))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything that was asked was answered as it should be.
    Proven,
    /// As far as it was asked; but the key was there before, and its bytes were not compared with anything.
    NotCompared,
    /// Some calls were not permitted; the others were answered as they should be.
    NotPermitted,
    /// An answer contradicts what was asked for.
    Contradicted,
    /// Nothing was asked.
    Skipped,
}

/// What an item is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(rename = "ProofItemId"))]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// The state that KMS reports.
    State,
    /// When the key material expires.
    Expiry,
    /// Which key material is current.
    MaterialId,
    /// That KMS encrypts, signs, agrees or authenticates with the key.
    Use,
    /// That the key holds the bytes at hand.
    Bytes,
    /// The key policy.
    Policy,
    /// The tags.
    Tags,
    /// The description of the key.
    Description,
    /// The description of the key material.
    MaterialDescription,
}

/// What was found about one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(rename = "ProofItemOutcome"))]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// It is so.
    Proven,
    /// It was not looked at, or cannot be seen.
    NotCompared,
    /// The call that would tell was not permitted.
    NotPermitted,
    /// It is otherwise.
    Contradicted,
}

/// One thing that was looked at, in words. It is part of the JSON of a proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(rename = "ProofItem"))]
pub struct Item {
    /// What it is about.
    pub id: Claim,
    /// What was found.
    pub outcome: Finding,
    /// The sentence for people, without a full stop.
    pub text: String,
}

/// What was proven and what was not. It serializes as `proof` in the JSON answers; the DER of the public key is no part of that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(from = "Written", into = "Written")]
pub struct Proof {
    /// How much was asked.
    pub level: Level,
    items: Vec<Item>,
    /// The permissions that were missing.
    not_permitted: Vec<String>,
    /// The key had its material before this run.
    of_existing: bool,
    /// The public key that was looked at, or is otherwise known to be the key's, in DER; no part of the JSON.
    public_key: Option<Vec<u8>>,
}

impl Proof {
    /// Nothing was asked yet.
    pub(crate) fn empty(level: Level) -> Self {
        Proof { level, items: Vec::new(), not_permitted: Vec::new(), of_existing: false, public_key: None }
    }

    /// About a key that had its material before this run.
    pub(crate) fn of_existing(self) -> Self {
        Proof { of_existing: true, ..self }
    }

    /// How it ended. A contradiction goes before everything, a missing permission before what was not compared.
    pub fn outcome(&self) -> Outcome {
        let bytes_seen = self.items.iter().any(|item| item.id == Claim::Bytes && item.outcome == Finding::Proven);
        if self.contradiction().is_some() {
            Outcome::Contradicted
        } else if !self.not_permitted.is_empty() {
            Outcome::NotPermitted
        } else if self.level == Level::Off {
            Outcome::Skipped
        } else if self.of_existing && !bytes_seen || self.is_use_open() {
            Outcome::NotCompared
        } else {
            Outcome::Proven
        }
    }

    /// Whether nothing has shown that the key works, although it should have: the endpoint does not have the call.
    fn is_use_open(&self) -> bool {
        let open = |item: &Item| item.outcome == Finding::NotCompared && item.text != DISABLED;
        let about_use = || self.items.iter().filter(|item| item.id == Claim::Use);
        let shown = about_use().any(|item| item.outcome == Finding::Proven);
        self.level >= Level::Use && !shown && about_use().any(open)
    }

    /// Everything that was looked at, in order.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The sentence about what contradicts what was asked for: the first, which the others may follow from.
    pub fn contradiction(&self) -> Option<&str> {
        self.sentences(Finding::Contradicted).next()
    }

    /// What that is about.
    pub(crate) fn contradicted(&self) -> Option<Claim> {
        self.items.iter().find(|item| item.outcome == Finding::Contradicted).map(|item| item.id)
    }

    /// Whether something has shown that, and nothing contradicts.
    pub(crate) fn has_shown(&self, claim: Claim) -> bool {
        self.contradiction().is_none()
            && self.items.iter().any(|item| item.id == claim && item.outcome == Finding::Proven)
    }

    /// The sentences about what is known now.
    pub fn proven(&self) -> impl Iterator<Item = &str> {
        self.sentences(Finding::Proven)
    }

    /// The sentences about what is still not known, and why.
    pub fn not_proven(&self) -> impl Iterator<Item = &str> {
        let open = |item: &&Item| matches!(item.outcome, Finding::NotCompared | Finding::NotPermitted);
        self.items.iter().filter(open).map(|item| &*item.text)
    }

    /// The permissions that were missing, as in `kms:Sign`, or `kms:Decrypt in eu-west-1` for another Region than the run's.
    pub fn not_permitted(&self) -> &[String] {
        &self.not_permitted
    }

    /// Adds what another proof has found.
    pub(super) fn append(&mut self, other: Proof) {
        self.items.extend(other.items);
        self.not_permitted.extend(other.not_permitted);
        self.public_key = other.public_key.or(self.public_key.take());
    }

    /// The public key of an asymmetric key, where it is known and nothing contradicts it: DER SubjectPublicKeyInfo.
    pub fn public_key(&self) -> Option<&[u8]> {
        self.public_key.as_deref().filter(|_| self.contradiction().is_none())
    }

    pub(crate) fn has_looked_at_public_key(&self) -> bool {
        self.public_key.is_some()
    }

    pub(crate) fn looked_at(&mut self, public_key: &[u8]) {
        self.public_key = Some(public_key.to_vec());
    }

    pub(crate) fn prove(&mut self, id: Claim, text: impl Into<String>) {
        self.items.push(Item { id, outcome: Finding::Proven, text: text.into() });
    }

    pub(crate) fn leave(&mut self, id: Claim, text: impl Into<String>) {
        self.items.push(Item { id, outcome: Finding::NotCompared, text: text.into() });
    }

    pub(crate) fn contradict(&mut self, id: Claim, text: impl Into<String>) {
        self.items.push(Item { id, outcome: Finding::Contradicted, text: text.into() });
    }

    /// Notes a question that was not permitted.
    pub(crate) fn refuse(&mut self, id: Claim, permission: impl Into<String>) {
        let permission = permission.into();
        let text = format!("what {permission} would show: it was not permitted");
        self.items.push(Item { id, outcome: Finding::NotPermitted, text });
        self.not_permitted.push(permission);
    }

    /// The same in words of its own; a permission that was missing before is noted once.
    pub(crate) fn refuse_that(&mut self, id: Claim, permission: &str, text: String) {
        self.items.push(Item { id, outcome: Finding::NotPermitted, text });
        if !self.not_permitted.iter().any(|known| known == permission) {
            self.not_permitted.push(permission.to_owned());
        }
    }

    pub(crate) fn expect(&mut self, id: Claim, holds: bool, proven: &str, contradiction: String) {
        if holds {
            self.prove(id, proven);
        } else {
            self.contradict(id, contradiction);
        }
    }

    fn sentences(&self, outcome: Finding) -> impl Iterator<Item = &str> {
        self.items.iter().filter(move |item| item.outcome == outcome).map(|item| &*item.text)
    }
}

/// The form in JSON.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(rename = "Proof"))]
struct Written {
    level: Level,
    outcome: Outcome,
    items: Vec<Item>,
    proven: Vec<String>,
    not_proven: Vec<String>,
    not_permitted: Vec<String>,
    contradiction: Option<String>,
}

impl From<Proof> for Written {
    fn from(proof: Proof) -> Self {
        let owned = |text: &str| text.to_owned();
        Written {
            level: proof.level,
            outcome: proof.outcome(),
            proven: proof.proven().map(owned).collect(),
            not_proven: proof.not_proven().map(owned).collect(),
            contradiction: proof.contradiction().map(owned),
            not_permitted: proof.not_permitted,
            items: proof.items,
        }
    }
}

impl From<Written> for Proof {
    fn from(written: Written) -> Self {
        Proof {
            level: written.level,
            of_existing: written.outcome == Outcome::NotCompared,
            items: written.items,
            not_permitted: written.not_permitted,
            public_key: None,
        }
    }
}
