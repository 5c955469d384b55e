//! The whole recipe for one key: create or adopt, parameters, generate or read, wrap, import, prove.

pub(crate) mod import_failed;
pub(crate) mod plan;
pub(crate) mod request;
pub(crate) mod unchanged;

use std::fs;
use tokio::time::Instant;

use crate::kms::{KeyDescription, KeyState, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::import::backup::Backup;
use crate::lifecycle::import::expiry::Resolved;
use crate::lifecycle::import::generate::{Source, generate};
use crate::lifecycle::import::history::{self, History};
use crate::lifecycle::import::{ImportOptions, check_description, import_set};
use crate::lifecycle::key::alias::AliasName;
use crate::lifecycle::key::create::{self, Created};
use crate::lifecycle::key::existing::{self, Compared, Decision};
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::provision::request::Provision;
use crate::lifecycle::provision::unchanged::prove_unchanged;
use crate::lifecycle::recipe::quoted;
use crate::lifecycle::run::journal::Journal;
use crate::lifecycle::verify::imported::{expected_to_be_current, prove_in};
use crate::lifecycle::verify::verdict::conclude;
use crate::parameters::ParameterSet;
use crate::time::seconds;
use crate::{diagnose, time};

/// Runs the recipe. Whatever happens, `journal` says what stands in AWS.
pub async fn provision(kms: &Kms, plan: &Provision, journal: &Journal) -> Result<(), Error> {
    check_locally(plan)?;
    journal.note_kms(kms);
    if let Some(found) = find(kms, plan).await? {
        return resume(kms, plan, &found, journal).await;
    }
    // Now that KMS has told its time, and before there is a key.
    let resolved = Resolved::of(plan, kms, journal)?;
    match create::make(kms, &plan.request, &plan.pending, journal).await? {
        Created::New(key) => import_material(kms, &resolved, &key, None, journal).await,
        Created::ByOtherRun => match &plan.request.alias {
            Some(alias) => {
                let found = wait_for_other_run(kms, alias, journal).await?;
                resume(kms, plan, &found, journal).await
            }
            None => Ok(()),
        },
    }
}

/// The run that got the alias first is about to import: it is given as long as KMS itself before this one takes over.
async fn wait_for_other_run(kms: &Kms, alias: &AliasName, journal: &Journal) -> Result<KeyDescription, Error> {
    let patience = kms.max_wait();
    let end = Instant::now() + patience;
    journal.step(format!("waiting up to {} for the other run to import its key material", seconds(patience)));
    let mut pause = patience / 240;
    loop {
        let found = create::find_other_run(kms, alias).await?;
        if found.state != KeyState::PendingImport || Instant::now() > end {
            return Ok(found);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(patience / 15);
    }
}

/// Everything that can be refused without asking anybody.
pub(crate) fn check_locally(plan: &Provision) -> Result<(), Error> {
    plan.request.check()?;
    check_description(plan.material_description.as_ref(), plan.request.spec)?;
    plan.expiry.resolve(time::now())?;
    let length = match &plan.source {
        Source::Given(material) => Some(material.byte_count()),
        Source::Generate(backup) => {
            backup.check()?;
            None
        }
    };
    plan.algorithm.check(plan.request.spec, plan.wrapping, length)?;
    Ok(())
}

/// The key that the alias names, or that is to be adopted.
pub(crate) async fn find(kms: &Kms, plan: &Provision) -> Result<Option<KeyDescription>, Error> {
    if let Some(alias) = &plan.request.alias
        && let Some(found) = kms.find_alias(alias.as_str()).await?
    {
        create::check_adopts(plan.adopt.as_ref(), alias, &found)?;
        return Ok(Some(found));
    }
    match &plan.adopt {
        Some(arn) => Ok(Some(kms.describe(arn).await?)),
        None => Ok(None),
    }
}

async fn resume(kms: &Kms, plan: &Provision, found: &KeyDescription, journal: &Journal) -> Result<(), Error> {
    // An adopted key may have no alias yet.
    let alias = plan.request.alias.as_ref().filter(|_| plan.adopt.as_ref() != Some(&found.arn));
    let name = alias.map_or(found.arn.as_str(), |alias| alias.as_str());
    journal.note_kms(kms);
    journal.note_key(found);
    if let Some(alias) = &plan.request.alias {
        create::name_lost_keys(kms, alias, found, &plan.pending, journal).await;
    }
    let compared = existing::compare(kms, found, &plan.asked(), name).await?;
    match compared.decision {
        Decision::Unchanged => resume_unchanged(kms, plan, (found, &compared), name, journal).await,
        Decision::Complete => {
            let key = plan.trust().vouch(kms, found, name, journal).await?;
            if check_source(kms, plan, found).await? == History::Holds {
                journal.step(format!("{name} has key material, and DescribeKey does not show it yet: {}", found.arn));
                let shown = history::until_shown(kms, &found.arn, journal).await?;
                let compared = existing::check_unchanged(kms, &shown, &plan.asked(), name).await?;
                journal.note_key(&shown);
                return resume_unchanged(kms, plan, (&shown, &compared), name, journal).await;
            }
            journal.step(format!("{name} exists and waits for key material: {}", found.arn));
            compared.unseen().for_each(|unseen| journal.warn(unseen));
            create::name_it(kms, plan.request.alias.as_ref(), found, journal).await?;
            let plan = &Resolved::of(plan, kms, journal)?;
            import_material(kms, plan, &key, Some(&compared), journal).await
        }
    }
}

async fn resume_unchanged(
    kms: &Kms,
    plan: &Provision,
    (found, compared): (&KeyDescription, &Compared),
    name: &str,
    journal: &Journal,
) -> Result<(), Error> {
    let as_far = if compared.unseen().next().is_some() { ", as far as it may be seen" } else { "" };
    journal.step(format!("{name} exists and is what was asked for{as_far}: {}", found.arn));
    if plan.adopt.is_some() {
        create::name_it(kms, plan.request.alias.as_ref(), found, journal).await?;
    }
    journal.note(|report| report.alias = plan.request.alias.as_ref().map(ToString::to_string));
    prove_unchanged(kms, plan, (found, compared), name, journal).await
}

/// Generated bytes cannot be those that the key had before: nothing is generated unless KMS says that it had none, and where KMS
/// does not tell, no file that may be their copy is touched.
pub(crate) async fn check_source(kms: &Kms, plan: &Provision, found: &KeyDescription) -> Result<History, Error> {
    let Source::Generate(backup) = &plan.source else { return Ok(History::Unknown) };
    let arn = found.arn.clone();
    match (History::of(kms, found).await?, backup.path()) {
        (History::Had, _) => Err(KeyError::TakesOnlyOriginal { arn }.into()),
        (History::Unknown, Some(path)) if fs::symlink_metadata(path).is_ok() => {
            let path_word = quoted(path);
            let give = match backup {
                Backup::Escrow { .. } => format!("--material-from-escrow {path_word} --recipient-key KEY"),
                _ => format!("--material {path_word}"),
            };
            Err(KeyError::MayHaveCopy { arn, path: path.display().to_string(), give }.into())
        }
        (history, _) => Ok(history),
    }
}

/// Parameters, material, wrap, import, proof.
async fn import_material(
    kms: &Kms,
    plan: &Resolved<'_, Provision>,
    key: &Vouched,
    compared: Option<&Compared>,
    journal: &Journal,
) -> Result<(), Error> {
    let set = ParameterSet::get(kms, key, plan.request.spec, plan.algorithm, plan.wrapping, journal).await?;
    let made;
    let (material, stored) = match &plan.source {
        Source::Given(material) => (material, None),
        Source::Generate(backup) => {
            made = generate(plan.request.spec, backup, journal)?;
            (&made.0, Some(&made.1))
        }
    };
    let wrapped = set.wrap(material)?;
    journal.step(format!(
        "wrapped {} bytes of key material with {}: {} bytes",
        material.byte_count(),
        plan.algorithm,
        wrapped.encrypted().len()
    ));
    let options = ImportOptions {
        expires: plan.expires,
        import_type: None, // follows from whether the key had material before
        description: plan.material_description.clone(),
        key_material_id: None, // after rotations any of them may be what is missing: KMS knows its bytes
        once: false,
    };
    let imported = import_set(kms, key, &wrapped, &options, journal).await;
    // Also where DescribeKey does not show it yet.
    if let Some(stored) = stored.filter(|_| !journal.sent_to(&key.arn).is_empty()) {
        stored.keep_in_place(journal)?;
    }
    let imported = match (imported, stored) {
        (Ok(imported), _) => imported,
        (Err(error), stored) => {
            let ended = match stored {
                Some(stored) => import_failed::ended(kms, plan, key, (stored, error), journal).await,
                None => Err(error),
            };
            return ended.inspect_err(|error| {
                journal.explain(error.kms().and_then(|error| diagnose::refused_here(&wrapped, material, key, error)));
            });
        }
    };
    let id = expected_to_be_current(kms, key, &imported, journal).await?;
    let mut proof = prove_in(kms, key, Some(material), id, plan.level, journal).await?;
    if let Some(compared) = compared {
        compared.tell(&mut proof);
    }
    conclude(proof, journal)
}
