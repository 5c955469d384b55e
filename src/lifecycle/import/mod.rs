//! Step 6 of the recipe: sends the wrapped key material and its token to KMS, and looks at the key afterwards.

pub(crate) mod attempt;
pub(crate) mod backup;
pub(crate) mod bare;
pub(crate) mod bytes;
pub(crate) mod carry_out;
pub(crate) mod expiry;
pub(crate) mod generate;
pub(crate) mod given;
pub(crate) mod history;
pub(crate) mod parameters;
pub(crate) mod plan;
pub(crate) mod sent;
pub(crate) mod stage;
pub(crate) mod wrap_and_import;
pub(crate) mod wrapping;

pub use self::stage::Reached;

use aws_smithy_types::DateTime;

use crate::explain::Setting;
use crate::kms::{Import, ImportType, Imported, KeyDescription, KeyState, Kms};
use crate::kms::{KmsError, Reason};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::error::lifecycle::LifecycleError;
use crate::lifecycle::import::parameters::check_importable;
use crate::lifecycle::import::sent::Difference;
use crate::lifecycle::import::wrapping::Wrapping;
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::run::facts::{Facts, Sent};
use crate::lifecycle::run::ongoing::Ongoing;
use crate::lifecycle::run::stage::News;
use crate::lifecycle::run::wait;
use crate::lifecycle::status::materials::KeyMaterials;
use crate::material::KeySpec;
use crate::parameters::WrappedMaterial;
use crate::time::{rfc3339, seconds};

/// The options of an import.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// When the material expires (UTC, at most 365 days ahead); never if absent.
    pub expires: Option<DateTime>,
    /// New or existing material, for symmetric keys; decided by the key's state if absent.
    pub import_type: Option<ImportType>,
    /// Up to 256 characters, public, for symmetric keys.
    pub description: Option<String>,
    /// The material that these bytes must be, by its id of 64 hex digits, for symmetric keys.
    pub key_material_id: Option<String>,
    /// Where KMS refuses the bytes as existing ones, they are imported as new: it is not known whether an earlier import of them arrived.
    pub or_new: bool,
    /// Not sent again after a lost reply. For bytes said to be new by a caller that cannot look for them: KMS refuses them the second
    /// time, which would read as if nothing had happened.
    pub once: bool,
}

/// A blob and its token on their way to KMS.
pub(crate) struct Parcel<'a> {
    pub(crate) encrypted: &'a [u8],
    pub(crate) token: &'a [u8],
    pub(crate) options: &'a ImportOptions,
    pub(crate) purpose: Purpose,
}

/// What an import is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To bring key material into the key.
    Import,
    /// To see whether KMS takes the same bytes again: once that is answered, nothing has changed.
    Proof,
}

/// Imports what was wrapped for a parameter set. Gives KMS's answer; what DescribeKey shows then is still to be [looked at](settle).
pub(crate) async fn import_set(
    kms: &Kms,
    key: &Vouched,
    wrapped: &WrappedMaterial,
    options: &ImportOptions,
    run: &dyn Ongoing,
) -> Result<Imported, Error> {
    wrapped.check_sendable(kms, key)?;
    let (algorithm, key_spec) = wrapped.wrapping();
    run.note(|facts| facts.wrapping = Some(Wrapping { algorithm, key_spec }));
    run.obtained(wrapped.transfer());
    send(kms, key, &Parcel::new(wrapped, options), run).await
}

impl<'a> Parcel<'a> {
    /// Key material for a key.
    pub(crate) fn new(wrapped: &'a WrappedMaterial, options: &'a ImportOptions) -> Self {
        let (encrypted, token) = (wrapped.encrypted(), wrapped.token());
        Parcel { encrypted, token, options, purpose: Purpose::Import }
    }
}

impl ImportOptions {
    /// Refuses what KMS would refuse for its length.
    ///
    /// # Errors
    /// [`Error::Key`] with [`KeyError::TextTooLong`] for a description of more than 256 characters.
    pub fn check(&self) -> Result<(), Error> {
        match &self.description {
            Some(text) if text.chars().count() > 256 => {
                let found = text.chars().count();
                let given = text.chars().take(20).collect::<String>() + "…";
                Err(KeyError::TextTooLong { what: "the material description", given, found, limit: 256 }.into())
            }
            _ => Ok(()),
        }
    }

    /// What KMS would refuse for this key.
    pub(crate) fn check_for(&self, key: &KeyDescription) -> Result<(), Error> {
        check_importable(key)?;
        self.check_spec(key.spec.known()?)
    }

    /// Refuses what KMS would refuse for keys of that spec.
    ///
    /// # Errors
    /// [`Error::Key`] with [`KeyError::SymmetricOnly`] for an import type, a description or an id with any but a symmetric key.
    pub fn check_spec(&self, spec: KeySpec) -> Result<(), Error> {
        if spec == KeySpec::SymmetricDefault {
            return Ok(());
        }
        for (given, what) in [
            (self.import_type.is_some(), Setting::ImportType),
            (self.description.is_some(), Setting::MaterialDescription),
            (self.key_material_id.is_some(), Setting::KeyMaterialId),
        ] {
            if given {
                return Err(KeyError::SymmetricOnly { what, spec: spec.into() }.into());
            }
        }
        Ok(())
    }
}

pub(crate) async fn send(kms: &Kms, key: &Vouched, parcel: &Parcel<'_>, run: &dyn Ongoing) -> Result<Imported, Error> {
    let options = parcel.options;
    options.check_for(key)?;
    let handed = match hand_over(kms, key, parcel, run).await {
        Err(error) if options.or_new && error.reason() == Some(Reason::IncorrectKeyMaterial) => {
            run.progress().note("the key does not have this key material: importing it as new");
            let options =
                &ImportOptions { import_type: Some(ImportType::New), or_new: false, once: true, ..options.clone() };
            hand_over(kms, key, &Parcel { options, ..*parcel }, run).await
        }
        handed => handed,
    };
    let imported = match handed {
        Err(error) if error.reason() == Some(Reason::InvalidState) => return Err(explained(kms, key, error).await),
        Err(error) if error.reason() == Some(Reason::IncorrectKeyMaterial) => {
            return Err(not_of_that_type(key, options.import_type.filter(|_| !options.or_new), error));
        }
        Err(error) if error.may_have_changed() => {
            look_once(kms, key, run).await;
            return Err(error);
        }
        handed => handed?,
    };
    let expires = options.expires.map_or("it does not expire".to_owned(), |at| format!("it expires {}", rfc3339(at)));
    run.step(format!("imported the key material; {expires}"));
    Ok(imported)
}

/// Explains KMS's refusal where only the import type, new or existing, is wrong.
fn not_of_that_type(key: &KeyDescription, import_type: Option<ImportType>, error: Error) -> Error {
    let Error::Kms(KmsError::Refused(refusal)) = &error else { return error };
    let (arn, refusal) = (key.arn.clone(), refusal.clone());
    match import_type {
        Some(ImportType::New) if key.current_key_material_id.is_some() => KeyError::NotNew { arn, refusal }.into(),
        Some(ImportType::Existing) if key.current_key_material_id.is_none() => {
            KeyError::NothingExists { arn, refusal }.into()
        }
        _ => error,
    }
}

/// What KMS says about the key after an import whose reply cannot be used: the report tells no older state. No answer is none.
async fn look_once(kms: &Kms, key: &KeyDescription, run: &dyn Ongoing) {
    if let Ok(Ok(now)) = tokio::time::timeout(wait::LOOK_UP, kms.describe(&key.arn)).await {
        run.hear(&News::Seen(&now));
    }
}

/// Why the state of a key does not allow an import: the key is asked once more.
async fn explained(kms: &Kms, key: &KeyDescription, error: Error) -> Error {
    let Error::Kms(KmsError::Refused(refusal)) = &error else { return error };
    let Ok(now) = kms.describe(&key.arn).await else { return error };
    let pending = match KeyMaterials::as_permitted(kms, &now).await {
        Ok(materials) => materials.pending().and_then(|material| material.key_material_id.clone()),
        Err(_) => None,
    };
    let finding = match (now.state, pending) {
        (state, Some(id)) if state.takes_material() => format!("key material {id} waits for rotation in it"),
        (state, None) if state.takes_material() => return error,
        (state, _) => format!("it is {state}"),
    };
    KeyError::NotTaken { arn: now.arn, finding, refusal: refusal.clone() }.into()
}

/// The call itself, and that its reply is about this key.
pub(crate) async fn hand_over(
    kms: &Kms,
    key: &Vouched,
    parcel: &Parcel<'_>,
    run: &dyn Ongoing,
) -> Result<Imported, Error> {
    let options = parcel.options;
    let symmetric = key.spec == KeySpec::SymmetricDefault;
    let import = Import {
        encrypted: parcel.encrypted,
        token: parcel.token,
        expires: options.expires,
        import_type: options.import_type.or_else(|| usual_type(key)).filter(|_| symmetric),
        description: options.description.as_deref(),
        key_material_id: options.key_material_id.as_deref(),
        once: options.once,
    };
    let sent = run.sending(&key.arn, &import, kms.import(&key.arn, &import)).await;
    let imported = sent.map_err(|error| with_history(error, key))?;
    let (key_arn, id) = (key.arn.clone(), imported.key_material_id.clone());
    let sent = Sent { key_arn, id, expires: options.expires };
    let changes = parcel.purpose == Purpose::Import;
    let answered = |facts: &mut Facts| {
        facts.settle(changes);
        facts.sent.push(sent.clone());
    };
    run.publish(&mut { answered }, changes.then_some(&News::Taken(&sent)));
    if key.arn != imported.key_arn {
        let (asked, found) = (key.arn.clone(), imported.key_arn);
        return Err(KeyError::ImportedElsewhere { asked, found }.into());
    }
    Ok(imported)
}

/// Adds what is known of the key to KMS's refusal: IncorrectKeyMaterial is another thing for a first import.
fn with_history(mut error: Error, key: &KeyDescription) -> Error {
    let had_material = match (key.spec == KeySpec::SymmetricDefault, &key.multi_region) {
        // A replica takes what its primary key has.
        (_, Some(relatives)) if !relatives.primary => Some(true),
        (true, _) => Some(key.current_key_material_id.is_some()),
        // Other keys do not show whether they had material before.
        (false, _) => (key.state != KeyState::PendingImport).then_some(true),
    };
    if let Error::Kms(KmsError::Refused(refusal)) = &mut error {
        refusal.had_material = had_material;
    }
    error
}

/// A key that had material takes that back. For the first import the type is left out: KMS then takes the bytes as new if there
/// are none yet and as existing otherwise (API reference, `ImportKeyMaterial`). Said expressly, NEW_KEY_MATERIAL would turn a
/// repetition after a lost reply into an error, and the bytes of a second run into pending material.
fn usual_type(key: &KeyDescription) -> Option<ImportType> {
    key.current_key_material_id.is_some().then_some(ImportType::Existing)
}

/// What KMS says about the key now: the first part of every proof.
pub(crate) async fn settle(
    kms: &Kms,
    before: &KeyDescription,
    imported: &Imported,
    run: &dyn Ongoing,
) -> Result<KeyDescription, Error> {
    let after = wait::settled(kms, before, imported.key_material_id.as_deref(), run).await?;
    run.hear(&News::Seen(&after));
    // A disabled key stays disabled when its material is renewed.
    if after.state == KeyState::Enabled || after.state == before.state && before.state == KeyState::Disabled {
        Difference::refuse(kms, before, &after, run).await?;
        return Ok(after);
    }
    if after.state == KeyState::PendingImport {
        let missing = KeyMaterials::as_permitted(kms, &after).await?.missing();
        if !missing.is_empty() {
            return Err(LifecycleError::Incomplete { arn: after.arn, missing: missing.join(", ") }.into());
        }
        return Err(KeyError::NotShown { arn: after.arn, waited: seconds(kms.wait()) }.into());
    }
    Err(KeyError::NotEnabled { arn: after.arn, state: after.state }.into())
}

/// A description of key material is short, and of symmetric keys.
pub(crate) fn check_description(description: Option<&String>, spec: KeySpec) -> Result<(), Error> {
    if description.is_some() && spec != KeySpec::SymmetricDefault {
        return Err(KeyError::DescriptionNotTaken { spec }.into());
    }
    ImportOptions { description: description.cloned(), ..ImportOptions::default() }.check()
}
