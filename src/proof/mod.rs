//! What KMS is asked after an import, and what its answers prove. No sentence here claims more than was seen.

mod across;
mod asymmetric;
mod mac;
mod outcome;
mod symmetric;

use serde::{Deserialize, Serialize};

pub(crate) use self::across::across;
pub use self::outcome::{Claim, Finding, Item, Outcome, Proof};
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
    let mut proof = Proof::empty(level);
    if level == Level::Off {
        return Ok(proof);
    }
    let now = match &subject.now {
        Some(now) => now.clone(),
        None => subject.kms.describe(&subject.key.arn).await?,
    };
    // A disabled key stays disabled when its material is renewed.
    let disabled = subject.key.state == "Disabled" && now.state == "Disabled";
    if disabled {
        proof.prove(Claim::State, "KMS says that the key is disabled, as it was before");
        proof.leave(Claim::Use, DISABLED);
    } else {
        proof.expect(
            Claim::State,
            now.state == "Enabled",
            "KMS says that the key is enabled",
            format!("KMS says that the key is {}", now.state),
        );
    }
    if let Some(imported) = subject.imported_id
        && subject.spec == KeySpec::SymmetricDefault
    {
        proof.expect(
            Claim::MaterialId,
            now.current_key_material_id.as_deref() == Some(imported),
            "the current key material is the one imported",
            format!(
                "the import was answered with key material {imported}, and {} is current",
                now.current_key_material_id.as_deref().unwrap_or("none")
            ),
        );
    }
    if disabled {
        return Ok(proof);
    }
    if level >= Level::Use && proof.contradiction().is_none() {
        match subject.spec.kind() {
            MaterialKind::Symmetric => symmetric::prove(subject, &now, &mut proof).await?,
            MaterialKind::Hmac { .. } => mac::prove(subject, &mut proof).await?,
            _ => asymmetric::prove(subject, &mut proof).await?,
        }
    } else if level == Level::State {
        proof.leave(Claim::Use, "that the key works: --verify state asks for its state only");
    }
    Ok(proof)
}

/// The answer, or nothing where it was not permitted to ask.
fn permitted<T>(proof: &mut Proof, id: Claim, permission: &str, answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_access_denied() => {
            proof.refuse(id, permission);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Fresh random bytes that no earlier answer can contain.
fn nonce() -> Result<[u8; 32], Error> {
    let mut nonce = [0; 32];
    openssl::rand::rand_bytes(&mut nonce).map_err(crate::error::OpenSslError::step("draw random bytes"))?;
    Ok(nonce)
}
