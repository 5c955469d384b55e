//! What is proven after an import by itself, with no key material at hand.

use super::{Inventory, Journal, conclude, wait};
use crate::error::Error;
use crate::kms::{Imported, KeyDescription, Kms};
use crate::proof::{self, Level, Proof, Subject};

/// The proofs that `level` asks for. `key` is the key before the import.
pub async fn prove_imported(
    kms: &Kms,
    key: &KeyDescription,
    imported: &Imported,
    level: Level,
    journal: &Journal,
) -> Result<(), Error> {
    let expected = expected_to_be_current(kms, key, imported, journal).await?;
    let subject = Subject::new(kms, key, None, expected)?;
    conclude(prove_settled(subject, level, journal).await?, journal)
}

/// The same proofs as `proof::prove`, about a key that DescribeKey may still show as it was before the import.
pub(super) async fn prove_settled(subject: Subject<'_>, level: Level, journal: &Journal) -> Result<Proof, Error> {
    if level == Level::Off {
        return proof::prove(&subject, level).await;
    }
    let now = wait::settled(subject.kms, subject.key, subject.imported_id, journal).await?;
    proof::prove(&subject.seen(now), level).await
}

/// The imported material is the current one, unless KMS knows it as earlier material or as one that waits for rotation.
pub(super) async fn expected_to_be_current<'a>(
    kms: &Kms,
    key: &KeyDescription,
    imported: &'a Imported,
    journal: &Journal,
) -> Result<Option<&'a str>, Error> {
    let id = imported.key_material_id.as_deref();
    let (Some(id), Some(current)) = (id, key.current_key_material_id.as_deref()) else { return Ok(id) };
    if id == current {
        return Ok(Some(id));
    }
    let inventory = Inventory::as_permitted(kms, key).await?;
    match inventory.find(id) {
        Some(material) if material.is_pending() => {
            let resume = format!("`kms-byok rotate --key-id {} --resume`", key.arn);
            journal.step(format!("it waits for rotation: {resume} makes it current"));
            Ok(None)
        }
        Some(material) if !material.current => {
            journal.step("it is earlier key material of the key, which decrypts only");
            Ok(None)
        }
        None if !inventory.complete => {
            journal.step("it is other key material than the current: which, kms:ListKeyRotations would tell");
            Ok(None)
        }
        _ => Ok(Some(id)),
    }
}
