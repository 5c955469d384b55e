//! Proving that KMS holds given key material. For symmetric keys no answer of KMS depends on the bytes but one: a second import of
//! the same material is taken, and one of other bytes is refused.

use aws_smithy_types::DateTime;

use crate::kms::{ExpirationModel, KeyState, Reason};
use crate::kms::{ImportType, KeyDescription, Kms, Operation};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::error::lifecycle::LifecycleError;
use crate::lifecycle::import::wrapping::Wrapping;
use crate::lifecycle::import::{self, ImportOptions, Parcel, Purpose};
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::run::ongoing::Ongoing;
use crate::lifecycle::status::materials::{KeyMaterials, MaterialStatus};
use crate::parameters::ParameterSet;
use crate::proof::{Claim, Proof};
use crate::time::rfc3339;
use crate::wrap::Held;

/// An import within this many seconds of ValidTo could come after it, and leave the key without material.
const TOO_CLOSE: i64 = 10 * 60;

/// The second import of what this run has just imported, into the key that DescribeKey has just shown.
pub(crate) async fn import_again(
    kms: &Kms,
    key: &Vouched,
    material: &dyn Held,
    proof: &mut Proof,
    run: &dyn Ongoing,
) -> Result<(), Error> {
    check_reimportable(kms, key)?;
    prove_again(kms, key, material, proof, run).await
}

/// Which of the key's materials these bytes are, found by importing them again as each of them.
pub(crate) async fn find_material(
    kms: &Kms,
    key: &Vouched,
    materials: &KeyMaterials,
    material: &dyn Held,
    run: &dyn Ongoing,
) -> Result<Option<MaterialStatus>, Error> {
    check_reimportable(kms, key)?;
    for candidate in candidates(materials) {
        let known = (candidate.key_material_id.as_deref(), candidate.expires);
        if take_back(kms, key, material, known, run).await?.is_some() {
            return Ok(Some(candidate.clone()));
        }
    }
    Ok(None)
}

fn announce(run: &dyn Ongoing) {
    run.step(
        "importing the same bytes a second time, as existing key material with unchanged expiry: no other check looks at the bytes",
    );
}

pub(super) fn check_reimportable(kms: &Kms, key: &KeyDescription) -> Result<(), Error> {
    let (arn, state) = (key.arn.clone(), key.state);
    if !matches!(key.state, KeyState::Enabled | KeyState::Disabled) {
        return Err(LifecycleError::NotVerifiable { arn, state }.into());
    }
    if key.expires.is_some_and(|at| is_too_close(kms, at)) {
        let at = key.expires.map(rfc3339).unwrap_or_default();
        return Err(KeyError::ExpiresSoon { arn, at }.into());
    }
    Ok(())
}

fn is_too_close(kms: &Kms, expires: DateTime) -> bool {
    expires.secs() - kms.now().secs() < TOO_CLOSE
}

pub(super) async fn prove_again(
    kms: &Kms,
    key: &Vouched,
    material: &dyn Held,
    proof: &mut Proof,
    run: &dyn Ongoing,
) -> Result<(), Error> {
    match try_again(kms, key, material, proof, run).await {
        Err(error) if error.is_access_denied() => {
            let operation = error.refused_operation().map_or("ImportKeyMaterial", Operation::name);
            proof.refuse(Claim::Bytes, format!("kms:{operation}"));
            Ok(())
        }
        Err(error) => Err(error),
        Ok(()) => compare(&kms.describe(&key.arn).await?, key, proof),
    }
}

async fn try_again(
    kms: &Kms,
    key: &Vouched,
    material: &dyn Held,
    proof: &mut Proof,
    run: &dyn Ongoing,
) -> Result<(), Error> {
    let materials = match KeyMaterials::of(kms, key).await {
        Ok(materials) => materials,
        Err(error) if expires_never(key) && cannot_be_listed(&error) => {
            return try_unlisted(kms, key, material, proof, run).await;
        }
        Err(error) if error.reason() == Some(Reason::NotImplemented) => {
            let why = "a second import must keep the expiry of each key material";
            proof.leave(Claim::Bytes, format!("that the key holds these bytes: {why}, and {error}"));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let mut skipped = None;
    let mut announced = false;
    for candidate in candidates(&materials) {
        let id = candidate.key_material_id.as_deref();
        if let Some(at) = candidate.expires.filter(|at| is_too_close(kms, *at)) {
            run.progress()
                .note(&format!("not proven: whether it is key material {}: that expires too soon", id.unwrap_or("?")));
            skipped = Some(at);
            continue;
        }
        if !announced {
            announce(run);
            announced = true;
        }
        if let Some(id) = take_back(kms, key, material, (id, candidate.expires), run).await? {
            let which = match candidate {
                candidate if candidate.current => "the current key material",
                candidate if candidate.is_pending() => "the key material that waits for rotation",
                _ => "earlier key material, which decrypts only",
            };
            proof.prove(Claim::Bytes, format!("KMS took a second import of the same bytes as {which}, {id}"));
            return Ok(());
        }
    }
    // The bytes may be those that were not tried.
    if let Some(at) = skipped {
        return Err(KeyError::ExpiresSoon { arn: key.arn.clone(), at: rfc3339(at) }.into());
    }
    proof.contradict(
        Claim::Bytes,
        "KMS refuses these bytes as key material of the key: it holds other bytes".to_owned(),
    );
    Ok(())
}

/// The key materials cannot be listed. As none of them expires, one import without an id is enough: KMS finds the key material that has
/// these bytes.
async fn try_unlisted(
    kms: &Kms,
    key: &Vouched,
    material: &dyn Held,
    proof: &mut Proof,
    run: &dyn Ongoing,
) -> Result<(), Error> {
    announce(run);
    match take_back(kms, key, material, (None, None), run).await? {
        Some(id) if key.current_key_material_id.as_deref() == Some(&*id) => {
            proof.prove(
                Claim::Bytes,
                format!("KMS took a second import of the same bytes as the current key material, {id}"),
            );
        }
        Some(id) => {
            proof.prove(
                Claim::Bytes,
                format!("KMS took a second import of the same bytes as other key material than the current, {id}"),
            );
        }
        None => proof.contradict(
            Claim::Bytes,
            "KMS refuses these bytes as key material of the key: it holds other bytes".to_owned(),
        ),
    }
    Ok(())
}

/// The list is not permitted, or the endpoint has no such call.
fn cannot_be_listed(error: &Error) -> bool {
    error.is_never_answered()
}

fn expires_never(key: &KeyDescription) -> bool {
    key.expires.is_none() && key.expiration_model == Some(ExpirationModel::KeyMaterialDoesNotExpire.into())
}

/// What the bytes may be: the current material first. What KMS lacks is left out, because importing it would bring it back.
fn candidates(materials: &KeyMaterials) -> Vec<&MaterialStatus> {
    let mut candidates: Vec<&MaterialStatus> = materials
        .materials
        .iter()
        .filter(|material| material.key_material_id.is_some() && !material.is_missing())
        .collect();
    candidates.sort_by_key(|material| !material.current);
    candidates
}

/// Imports bytes as existing key material, with the expiry that it has. Returns its id, or nothing where KMS says that the bytes differ.
async fn take_back(
    kms: &Kms,
    key: &Vouched,
    material: &dyn Held,
    (id, expires): (Option<&str>, Option<DateTime>),
    run: &dyn Ongoing,
) -> Result<Option<String>, Error> {
    let usual = Wrapping::OF_PROOFS;
    let wrapping = Wrapping { algorithm: material.proving_algorithm(usual.algorithm), ..usual };
    let set = ParameterSet::obtain(kms, key, material.spec(), wrapping, run).await?;
    let wrapped = set.wrap(material)?;
    let options = ImportOptions {
        expires,
        import_type: Some(ImportType::Existing),
        description: None, // KMS keeps the one it has
        key_material_id: id.map(str::to_owned),
        or_new: false,
        once: false,
    };
    // The report tells how the key was imported, not how it was proven.
    let parcel = Parcel { purpose: Purpose::Proof, ..Parcel::new(&wrapped, &options) };
    let result = import::hand_over(kms, key, &parcel, run).await;
    match result {
        Ok(imported) => Ok(Some(imported.known_id()?)),
        Err(error) if error.reason() == Some(Reason::IncorrectKeyMaterial) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Contradicts the proof if the key is not what it was before.
fn compare(after: &KeyDescription, before: &KeyDescription, proof: &mut Proof) -> Result<(), Error> {
    let time = |key: &KeyDescription| key.expires.map_or("never".to_owned(), rfc3339);
    let id = |key: &KeyDescription| key.current_key_material_id.clone().unwrap_or_default();
    let pairs = [
        ("its state", before.state.to_string(), after.state.to_string()),
        ("its current key material", id(before), id(after)),
        ("its expiry", time(before), time(after)),
    ];
    if let Some((what, was, is)) = pairs.into_iter().find(|(_, was, is)| was != is) {
        proof.contradict(Claim::State, format!("the key is not what it was: {what} was {was}, and is {is}"));
    }
    Ok(())
}
