//! What was found, and how sure it is.

use serde::Serialize;

use super::causes::Cause;
use super::commands::Commands;
use crate::explain::Hint;

/// How sure it is that something makes an import fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// The bytes, or KMS's own answer, leave no other explanation.
    Certain,
    /// The evidence points to it; something else would have to be strange.
    Likely,
    /// It fits, and cannot be told apart from others with what is at hand.
    Possible,
}

impl Certainty {
    /// The word in JSON and text: `certain`, `likely` or `possible`.
    pub const fn name(self) -> &'static str {
        match self {
            Certainty::Certain => "certain",
            Certainty::Likely => "likely",
            Certainty::Possible => "possible",
        }
    }
}

/// A cause with its evidence and its fix: one imperative sentence, mostly with a command in it. `id` is one of the
/// [table](super#the-ids-of-causes), and `evidence` what was seen, in lower case without a full stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(rename = "Cause"))]
#[allow(missing_docs)] // the contract's own names
pub struct Finding {
    pub id: &'static str,
    pub certainty: Certainty,
    pub evidence: String,
    pub fix: Hint,
}

/// The causes found so far, in the order of the checks.
#[derive(Default)]
pub(crate) struct Findings(Vec<(Certainty, Cause)>);

impl Findings {
    pub(crate) fn certain(&mut self, cause: impl Into<Cause>) {
        self.add(Certainty::Certain, cause);
    }

    pub(crate) fn likely(&mut self, cause: impl Into<Cause>) {
        self.add(Certainty::Likely, cause);
    }

    pub(crate) fn possible(&mut self, cause: impl Into<Cause>) {
        self.add(Certainty::Possible, cause);
    }

    pub(crate) fn add(&mut self, certainty: Certainty, cause: impl Into<Cause>) {
        self.0.push((certainty, cause.into()));
    }

    /// Whether something is sure already: suspicions are of no use then.
    pub(crate) fn is_settled(&self) -> bool {
        self.0.iter().any(|(certainty, _)| *certainty == Certainty::Certain)
    }

    /// Most certain first; among equals the first check that struck, each cause once.
    pub(crate) fn ordered(mut self, commands: &Commands) -> Vec<Finding> {
        self.0.sort_by_key(|(certainty, _)| *certainty);
        let mut ordered: Vec<Finding> = Vec::new();
        for (certainty, cause) in self.0 {
            let (id, evidence, fix) = (cause.id(), cause.to_string(), cause.fix(commands));
            if !ordered.iter().any(|known| known.id == id && known.evidence == evidence) {
                ordered.push(Finding { id, certainty, evidence, fix });
            }
        }
        ordered
    }
}
