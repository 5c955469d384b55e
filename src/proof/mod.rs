//! What KMS is asked after an import, and what its answers prove. No sentence here claims more than was seen.

mod across;
mod asymmetric;
mod mac;
mod symmetric;

use serde::{Deserialize, Serialize};

pub(crate) use self::across::across;
use crate::error::Error;
use crate::kms::{KeyDescription, Kms};
use crate::material::{KeyMaterial, KeySpec, KeyUsage, MaterialKind};

/// What cannot be shown about a key that answers no cryptographic call.
pub(crate) const DISABLED: &str = "that the key works: it is disabled";

/// How much is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything that was asked was answered as it should be.
    Proven,
    /// Some calls were not permitted; the others were answered as they should be.
    NotPermitted,
    /// An answer contradicts the import.
    Contradicted,
    /// Nothing was asked.
    Off,
}

/// What was proven and what was not, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// How much was asked.
    pub level: Level,
    /// How it ended.
    pub outcome: Outcome,
    /// What is known now.
    pub proven: Vec<String>,
    /// What is still not known, and why.
    pub not_proven: Vec<String>,
    /// The permissions that were missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_permitted: Vec<String>,
    /// What contradicts the import.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contradiction: Option<String>,
}

impl Proof {
    /// Nothing was asked yet.
    pub(crate) fn empty(level: Level) -> Self {
        Findings::default().into_proof(level)
    }

    pub(crate) fn contradict(&mut self, contradiction: String) {
        self.outcome = Outcome::Contradicted;
        self.contradiction = Some(contradiction);
    }

    /// Notes a question that was not permitted.
    pub(crate) fn refuse(&mut self, permission: String) {
        if self.outcome != Outcome::Contradicted {
            self.outcome = Outcome::NotPermitted;
        }
        self.not_proven.push(format!("what {permission} would show: it was not permitted"));
        self.not_permitted.push(permission);
    }
}

/// The key that is looked at, and what is known about it.
pub struct Subject<'a> {
    pub(crate) kms: &'a Kms,
    pub(crate) key: &'a KeyDescription,
    spec: KeySpec,
    usage: KeyUsage,
    /// The material at hand, to compare with.
    material: Option<&'a KeyMaterial>,
    /// What ImportKeyMaterial answered.
    pub(crate) imported_id: Option<&'a str>,
    /// What DescribeKey answered after the import.
    now: Option<KeyDescription>,
}

impl<'a> Subject<'a> {
    /// Puts together what is known.
    pub fn new(
        kms: &'a Kms,
        key: &'a KeyDescription,
        material: Option<&'a KeyMaterial>,
        imported_id: Option<&'a str>,
    ) -> Result<Self, Error> {
        Ok(Subject { kms, key, spec: key.spec.parse()?, usage: key.usage.parse()?, material, imported_id, now: None })
    }

    /// With what DescribeKey has answered by now, which is not asked again.
    pub(crate) fn seen(self, now: KeyDescription) -> Self {
        Subject { now: Some(now), ..self }
    }
}

/// Asks KMS as much as `level` says.
pub async fn prove(subject: &Subject<'_>, level: Level) -> Result<Proof, Error> {
    let mut findings = Findings::default();
    if level == Level::Off {
        return Ok(findings.into_proof(level));
    }
    let now = match &subject.now {
        Some(now) => now.clone(),
        None => subject.kms.describe(&subject.key.arn).await?,
    };
    // A disabled key stays disabled when its material is renewed.
    let disabled = subject.key.state == "Disabled" && now.state == "Disabled";
    if disabled {
        findings.proven("KMS says that the key is disabled, as it was before");
        findings.not_proven(DISABLED);
    } else {
        findings.expect(
            now.state == "Enabled",
            "KMS says that the key is enabled",
            format!("KMS says that the key is {}", now.state),
        );
    }
    if let Some(imported) = subject.imported_id
        && subject.spec == KeySpec::SymmetricDefault
    {
        findings.expect(
            now.current_key_material_id.as_deref() == Some(imported),
            "the current key material is the one imported",
            format!(
                "the import was answered with key material {imported}, and {} is current",
                now.current_key_material_id.as_deref().unwrap_or("none")
            ),
        );
    }
    if disabled {
        return Ok(findings.into_proof(level));
    }
    if level >= Level::Use && findings.contradiction.is_none() {
        match subject.spec.kind() {
            MaterialKind::Symmetric => symmetric::prove(subject, &now, &mut findings).await?,
            MaterialKind::Hmac { .. } => mac::prove(subject, &mut findings).await?,
            _ => asymmetric::prove(subject, &mut findings).await?,
        }
    } else if level == Level::State {
        findings.not_proven("that the key works: --verify state asks for its state only");
    }
    Ok(findings.into_proof(level))
}

/// What is gathered while asking.
#[derive(Default)]
struct Findings {
    proven: Vec<String>,
    not_proven: Vec<String>,
    not_permitted: Vec<String>,
    contradiction: Option<String>,
}

impl Findings {
    fn proven(&mut self, sentence: impl Into<String>) {
        self.proven.push(sentence.into());
    }

    fn not_proven(&mut self, sentence: impl Into<String>) {
        self.not_proven.push(sentence.into());
    }

    fn expect(&mut self, holds: bool, proven: &str, contradiction: String) {
        if holds {
            self.proven.push(proven.to_owned());
        } else if self.contradiction.is_none() {
            self.contradiction = Some(contradiction);
        }
    }

    /// The answer, or nothing where it was not permitted to ask.
    fn permitted<T>(&mut self, permission: &str, answer: Result<T, Error>) -> Result<Option<T>, Error> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.is_access_denied() => {
                self.not_permitted.push(permission.to_owned());
                self.not_proven.push(format!("what {permission} would show: it was not permitted"));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn into_proof(self, level: Level) -> Proof {
        let outcome = match (&self.contradiction, level) {
            (Some(_), _) => Outcome::Contradicted,
            (None, Level::Off) => Outcome::Off,
            (None, _) if !self.not_permitted.is_empty() => Outcome::NotPermitted,
            (None, _) => Outcome::Proven,
        };
        let Findings { proven, not_proven, not_permitted, contradiction } = self;
        Proof { level, outcome, proven, not_proven, not_permitted, contradiction }
    }
}

/// Fresh random bytes that no earlier answer can contain.
fn nonce() -> Result<[u8; 32], Error> {
    let mut nonce = [0; 32];
    openssl::rand::rand_bytes(&mut nonce).map_err(crate::error::OpenSslError::step("draw random bytes"))?;
    Ok(nonce)
}
