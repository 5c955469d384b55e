//! What becomes of generated key material whose import did not come to its end.

use crate::kms::{KeyState, Reason};
use crate::kms::{Kms, Operation};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::import::backup::{Backup, Stored};
use crate::lifecycle::import::generate::Source;
use crate::lifecycle::import::history::{self, History};
use crate::lifecycle::key::existing;
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::provision::request::Provision;
use crate::lifecycle::provision::unchanged::prove_unchanged;
use crate::lifecycle::run::journal::Journal;
use crate::lifecycle::run::wait;
use crate::lifecycle::verify::reimport;
use crate::material::{Format, KeyMaterial, KeySpec, NoPassphrase};
use crate::proof::{self, Level, Outcome, Subject};
use crate::secret::Secret;

/// Bytes that KMS does not have do not stay under the name that the user gave: what had that name before gets it back. Bytes that KMS
/// has, may have or may still take do.
pub(crate) async fn ended(
    kms: &Kms,
    plan: &Provision,
    key: &Vouched,
    (stored, error): (&Stored, Error),
    journal: &Journal,
) -> Result<(), Error> {
    let refused = error.refused_operation() == Some(Operation::ImportKeyMaterial) && !error.may_have_changed();
    if !refused {
        if journal.has_imported() && History::of(kms, key).await.is_ok_and(|history| history == History::Never) {
            journal.note_empty();
        }
        return Err(error);
    }
    match error.reason() {
        Some(Reason::IncorrectKeyMaterial) => other_run_won(kms, plan, key, (stored, error), journal).await,
        Some(Reason::InvalidCiphertext) => stored.put_aside(journal).and(Err(error)),
        _ if !journal.may_have_changed() => stored.put_aside(journal).and(Err(error)),
        // The key is this run's, and the bytes are fit for it: the next run imports them.
        _ => Err(error),
    }
}

/// The key has had other bytes, although nothing showed that before. Where it has them still, it is taken as it is.
async fn other_run_won(
    kms: &Kms,
    plan: &Provision,
    key: &Vouched,
    (stored, error): (&Stored, Error),
    journal: &Journal,
) -> Result<(), Error> {
    let given_back = stored.put_aside(journal)?;
    let now = kms.describe(&key.arn).await?;
    let only_original = || KeyError::TakesOnlyOriginal { arn: key.arn.clone() }.into();
    let found = match now.state {
        KeyState::PendingImport => match History::of(kms, &now).await? {
            // It is these bytes that KMS does not like.
            History::Never => return Err(error),
            History::Had => return Err(only_original()),
            History::Unknown if !journal.may_have_changed() => return Err(only_original()),
            // This run has made the key: another one has given it its bytes just now.
            History::Unknown => {
                history::shown_within(kms, &now.arn, wait::LOOK_UP, journal).await?.ok_or_else(only_original)?
            }
            History::Holds => history::until_shown(kms, &now.arn, journal).await?,
        },
        _ => now,
    };
    journal.warn("another run imported its key material first: what was generated here is not in KMS");
    let compared = existing::check_unchanged(kms, &found, &plan.asked(), &found.arn).await?;
    journal.note_key(&found);
    prove_unchanged(kms, plan, (&found, &compared), &found.arn, journal).await?;
    if let (Some(path), Source::Generate(Backup::Keep(_))) = (given_back, &plan.source) {
        match is_its(kms, plan, &key.seen(found.clone()), path, journal).await? {
            Some(true) => {
                journal.note(|report| report.kept = Some(path.to_owned()));
                journal.step(format!("proven: `{}` holds the key material of the key", path.display()));
            }
            Some(false) => journal.warn(format!("`{}` holds other key material than the key", path.display())),
            None => {
                journal.step(format!("not proven: whether `{}` holds the key material of the key", path.display()));
            }
        }
    }
    Ok(())
}

/// Whether a file is the copy of the key's material; nothing where that was not asked, or no answer tells.
async fn is_its(
    kms: &Kms,
    plan: &Provision,
    key: &Vouched,
    path: &std::path::Path,
    journal: &Journal,
) -> Result<Option<bool>, Error> {
    let spec = plan.request.spec;
    let format = if spec.is_private_key() { Format::Der } else { Format::Raw };
    let Ok(bytes) = Secret::read_file("key material file", path, KeyMaterial::READ_LIMIT) else { return Ok(None) };
    let Ok(material) = KeyMaterial::read(bytes, spec, Some(format), &mut NoPassphrase) else { return Ok(Some(false)) };
    if spec == KeySpec::SymmetricDefault {
        if plan.level < Level::Full {
            return Ok(None);
        }
        return Ok(Some(reimport::find_material(kms, key, &material, journal).await?.is_some()));
    }
    if plan.level < Level::Use {
        return Ok(None);
    }
    let proof = proof::prove(&Subject::new(kms, key, Some(&material), None)?, Level::Use).await?;
    Ok(match proof.outcome() {
        Outcome::Proven => Some(true),
        Outcome::Contradicted => Some(false),
        _ => None,
    })
}
