//! What KMS is asked after an import, and what its answers prove.
//!
//! [`prove`] compares a key with the key material at hand, [`prove_for`] with the public key that the other side has. Both give a
//! [`Proof`]: each thing that was looked at is an [`Item`], and [`Proof::outcome`] follows from the items.

mod across;
mod agreement;
mod asymmetric;
mod consumer;
mod error;
mod forms;
mod mac;
mod outcome;
#[cfg(test)]
mod page;
mod signing;
mod subject;
mod symmetric;

pub(crate) use self::across::across;
pub use self::consumer::prove_for;
pub use self::error::ProofError;
pub(crate) use self::outcome::DISABLED;
pub use self::outcome::{Claim, Finding, Item, Level, Outcome, Proof};
pub use self::subject::Subject;
use crate::kms::{KeyDescription, KeyState};
use crate::material::{KeySpec, MaterialKind};

/// What a key did when it was used, before it is compared with what DescribeKey says.
pub(crate) struct Used {
    items: Proof,
    /// The key material that a symmetric key has decrypted with, where it has, and where KMS tells.
    decrypted_with: Option<Option<String>>,
}

/// Asks KMS as much as `level` says: DescribeKey, and from [`Level::Use`] on what the key is for (Encrypt and Decrypt, GenerateMac,
/// GetPublicKey with Sign, Decrypt or DeriveSharedSecret) over a nonce of 32 random bytes. It imports nothing: the second import of
/// [`Level::Full`] belongs to the operations of `lifecycle`.
///
/// # Errors
/// [`ProofError::Kms`] where KMS refuses for another reason than a missing permission or call, or is not reached; [`ProofError::Material`],
/// [`ProofError::PublicKey`] or [`ProofError::OpenSsl`] where an answer cannot be checked.
pub async fn prove(subject: &Subject<'_>, level: Level) -> Result<Proof, ProofError> {
    if level == Level::Off {
        return Ok(Proof::empty(level));
    }
    let now = match &subject.now {
        Some(now) => now.clone(),
        None => subject.kms.describe(&subject.key.arn).await?,
    };
    let mut proof = look_at(subject, &now, level);
    if is_to_be_used(subject, &now, &proof) {
        used(subject, level).await?.tell(&now, &mut proof);
    }
    Ok(proof)
}

/// The same of answers that are there already.
pub(crate) fn conclude(subject: &Subject<'_>, now: &KeyDescription, level: Level, used: Option<Used>) -> Proof {
    if level == Level::Off {
        return Proof::empty(level);
    }
    let mut proof = look_at(subject, now, level);
    if let Some(used) = used.filter(|_| is_to_be_used(subject, now, &proof)) {
        used.tell(now, &mut proof);
    }
    proof
}

/// Lets the key do what it is for. Whether it may be asked is for the caller to know.
pub(crate) async fn used(subject: &Subject<'_>, level: Level) -> Result<Used, ProofError> {
    let (mut items, mut decrypted_with) = (Proof::empty(level), None);
    match subject.spec.kind() {
        MaterialKind::Symmetric => decrypted_with = symmetric::prove(subject, &mut items).await?,
        MaterialKind::Hmac { .. } => mac::prove(subject, &mut items).await?,
        _ => asymmetric::prove(subject, &mut items).await?,
    }
    Ok(Used { items, decrypted_with })
}

impl Used {
    fn tell(self, now: &KeyDescription, proof: &mut Proof) {
        proof.append(self.items);
        if let Some(decrypted_with) = self.decrypted_with {
            symmetric::compare(decrypted_with.as_deref(), now, proof);
        }
    }
}

/// A key that DescribeKey contradicts is not asked, and what it has answered proves nothing.
fn is_to_be_used(subject: &Subject<'_>, now: &KeyDescription, proof: &Proof) -> bool {
    proof.level >= Level::Use && !is_disabled(subject, now) && proof.contradiction().is_none()
}

/// A disabled key stays disabled when its material is renewed.
fn is_disabled(subject: &Subject<'_>, now: &KeyDescription) -> bool {
    subject.key.state == KeyState::Disabled && now.state == KeyState::Disabled
}

/// What DescribeKey proves.
fn look_at(subject: &Subject<'_>, now: &KeyDescription, level: Level) -> Proof {
    let mut proof = Proof::empty(level);
    let disabled = is_disabled(subject, now);
    if disabled {
        proof.prove(Claim::State, "KMS says that the key is disabled, as it was before");
        proof.leave(Claim::Use, DISABLED);
    } else {
        proof.expect(
            Claim::State,
            now.state == KeyState::Enabled,
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
                "the import was answered with key material {imported}, but {} is current",
                now.current_key_material_id.as_deref().unwrap_or("none")
            ),
        );
    }
    if level == Level::State && !disabled {
        proof.leave(Claim::Use, "that the key works: --verify state asks for its state only");
    }
    proof
}
