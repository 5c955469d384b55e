//! The whole recipe for one key: create or adopt, parameters, generate or read, wrap, import, prove.

pub(crate) mod held;
pub(crate) mod import_failed;
pub(crate) mod plan;
pub(crate) mod request;
pub(crate) mod stage;
pub(crate) mod unchanged;

pub use self::stage::Reached;
use std::fs;

use crate::explain::Setting;
use crate::kms::{KeyDescription, KeyState, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::import::backup::{Backup, Stored};
use crate::lifecycle::import::bytes::{Bytes, Unstored};
use crate::lifecycle::import::expiry::Resolved;
use crate::lifecycle::import::generate::{Material, generate};
use crate::lifecycle::import::given::settle;
use crate::lifecycle::import::history::History;
use crate::lifecycle::import::stage::{Proven, Sending};
use crate::lifecycle::import::{ImportOptions, check_description, import_set};
use crate::lifecycle::key::alias::AliasName;
use crate::lifecycle::key::create::{self, Created};
use crate::lifecycle::key::existing::{self, Compared, Decision};
use crate::lifecycle::key::named::NamedKey;
use crate::lifecycle::key::pending_requests::Request;
use crate::lifecycle::key::stage::Reached as Key;
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::provision::request::Provision;
use crate::lifecycle::provision::unchanged::prove_unchanged;
use crate::lifecycle::recipe::quoted;
use crate::lifecycle::run::ongoing::{Ongoing, Run};
use crate::lifecycle::run::stage::{Done, Interrupted};
use crate::lifecycle::run::wait;
use crate::lifecycle::verify::imported::{Arrived, Expected, arrive, expected_to_be_current, prove_in};
use crate::lifecycle::verify::verdict::conclude;
use crate::parameters::ParameterSet;
use crate::progress::{Progress, Silent};
use crate::wrap::Held;
use crate::{diagnose, time};

/// A key with its material, as it was asked for.
pub type Provisioned = Done<Proven>;

/// Creates the key or adopts one, gets the parameters, reads or makes the key material, wraps and imports it, and asks KMS for the proof.
///
/// # Errors
/// [`Interrupted`] holds the error and the stage that was reached: [`Error::Key`] for an existing key that is not what was asked for or
/// that nobody vouches for, [`Error::Wrap`] for key material that the wrapping algorithm does not take, [`Error::Expiry`] for a time that
/// KMS would refuse, [`Error::File`] for a backup that cannot be written, [`Error::Kms`] where KMS refuses, [`Error::Endpoint`] where it
/// cannot be reached.
pub async fn provision(kms: &Kms, plan: &Provision, run: &Run<Reached>) -> Result<Provisioned, Interrupted<Reached>> {
    run.outcome(carry_out(kms, plan, run).await)
}

impl Provision {
    /// Runs [`provision`], and says nothing meanwhile.
    ///
    /// # Errors
    /// As [`provision`].
    pub async fn run(&self, kms: &Kms) -> Result<Provisioned, Interrupted<Reached>> {
        provision(kms, self, &Run::default()).await
    }
}

async fn carry_out(kms: &Kms, plan: &Provision, run: &Run<Reached>) -> Result<Proven, Error> {
    check_locally(plan)?;
    tell_given(plan, run);
    if let Some(found) = find(kms, plan).await? {
        return resume(kms, plan, &found, run).await;
    }
    // Now that KMS has told its time, and before there is a key.
    plan.source.check_free(None)?;
    let resolved = Resolved::of(plan, kms, run)?;
    let parameters = |key: Vouched| async move { parameters(kms, plan, &key, run).await };
    match create::make(kms, &plan.request, &plan.pending, run, parameters).await? {
        Created::New(key, set) => import_material(kms, &resolved, &key, (set, None), run).await,
        Created::ByOtherRun(alias) => {
            let key = wait_for_other_run(kms, alias, run.progress()).await?;
            resume(kms, plan, &Found { key, is_named: true }, run).await
        }
    }
}

/// Notes where the key material lies that the run was given.
fn tell_given(plan: &Provision, run: &dyn Ongoing) {
    if let Material::Given(given) = &plan.source {
        run.note(|facts| facts.given(&**given));
    }
}

/// The run that got the alias first is about to import: it is given as long as KMS itself before this one takes over.
async fn wait_for_other_run(kms: &Kms, alias: &AliasName, progress: &dyn Progress) -> Result<KeyDescription, Error> {
    let what = "the other run to import its key material";
    let imported = wait::until(what, kms.max_wait(), progress, || async {
        let found = create::find_other_run(kms, alias, &Silent).await?;
        Ok((found.state != KeyState::PendingImport).then_some(found))
    });
    match imported.await? {
        Some(found) => Ok(found),
        None => create::find_other_run(kms, alias, &Silent).await,
    }
}

/// Refuses everything that can be refused without asking KMS.
pub(crate) fn check_locally(plan: &Provision) -> Result<(), Error> {
    plan.request.check()?;
    check_description(plan.material_description.as_ref(), plan.request.spec)?;
    plan.expiry.resolve(time::now())?;
    plan.source.check_backup()?;
    plan.source.check(plan.request.spec, plan.wrapping)
}

/// A key that is there already.
pub(crate) struct Found {
    pub(crate) key: KeyDescription,
    /// Whether the alias that was asked for names it.
    pub(crate) is_named: bool,
}

/// The key that the alias names, or that is to be adopted.
pub(crate) async fn find(kms: &Kms, plan: &Provision) -> Result<Option<Found>, Error> {
    if let Some(alias) = &plan.request.alias
        && let Some(key) = kms.find_alias(alias.as_str()).await?
    {
        create::check_adopts(plan.adopt.as_ref(), alias, &key)?;
        return Ok(Some(Found { key, is_named: true }));
    }
    match &plan.adopt {
        Some(arn) => Ok(Some(Found { key: kms.describe(arn).await?, is_named: false })),
        None => Ok(None),
    }
}

/// A new key that gets no alias here. Its request is written down already, and says afterwards which key it is.
pub(crate) async fn make_unnamed(
    kms: &Kms,
    plan: &Provision,
    begun: &mut Request,
    run: &Run<Reached>,
) -> Result<Proven, Error> {
    check_locally(plan)?;
    tell_given(plan, run);
    plan.source.check_free(None)?;
    let resolved = Resolved::of(plan, kms, run)?;
    let key = Vouched::created(create::create(kms, &plan.request, begun, run).await?);
    begun.made(&key.arn);
    let set = parameters(kms, plan, &key, run).await?;
    import_material(kms, &resolved, &key, (set, None), run).await
}

/// Goes on with a key that is there.
pub(crate) async fn resume(kms: &Kms, plan: &Provision, there: &Found, run: &Run<Reached>) -> Result<Proven, Error> {
    tell_given(plan, run);
    let found = &there.key;
    let progress = run.progress();
    // An adopted key may have no alias yet.
    let alias = plan.request.alias.as_ref().filter(|_| plan.adopt.as_ref() != Some(&found.arn));
    let name = alias.map_or(found.arn.as_str(), |alias| alias.as_str());
    run.reach(Key::KeyFound(NamedKey::new(found)));
    if let Some(alias) = &plan.request.alias {
        create::name_lost_keys(kms, alias, found, &plan.pending, run).await;
    }
    let compared = existing::compare(kms, found, &plan.asked(), name).await?;
    match compared.decision {
        Decision::Unchanged => resume_unchanged(kms, plan, (there, &compared), name, run).await,
        Decision::Complete => {
            let key = plan.trust().vouch(kms, found, name, progress).await?;
            if check_source(kms, plan, found).await? == History::Holds {
                progress.step(&format!("{name} has key material, and DescribeKey does not show it yet: {}", found.arn));
                let shown = held::until_shown(kms, found, run).await?;
                let compared = existing::check_unchanged(kms, &shown, &plan.asked(), name).await?;
                run.reach(Key::KeyFound(NamedKey::new(&shown)));
                let there = Found { key: shown, ..*there };
                return resume_unchanged(kms, plan, (&there, &compared), name, run).await;
            }
            progress.step(&format!("{name} exists and waits for key material: {}", found.arn));
            compared.unseen().for_each(|unseen| progress.warn(&unseen));
            create::name_it(kms, plan.request.alias.as_ref(), (found, there.is_named), run).await?;
            let plan = &Resolved::of(plan, kms, run)?;
            let set = parameters(kms, plan, &key, run).await?;
            import_material(kms, plan, &key, (set, Some(&compared)), run).await
        }
    }
}

async fn resume_unchanged(
    kms: &Kms,
    plan: &Provision,
    (Found { key: found, is_named }, compared): (&Found, &Compared),
    name: &str,
    run: &Run<Reached>,
) -> Result<Proven, Error> {
    let as_far = if compared.unseen().next().is_some() { ", as far as it may be seen" } else { "" };
    run.progress().step(&format!("{name} exists and is what was asked for{as_far}: {}", found.arn));
    if plan.adopt.is_some() {
        create::name_it(kms, plan.request.alias.as_ref(), (found, *is_named), run).await?;
    }
    let named = NamedKey { key: found.clone(), alias: plan.request.alias.clone() };
    run.reach(Key::KeyFound(named.clone()));
    prove_unchanged(kms, plan, (&named, compared), name, run).await
}

/// Generated bytes cannot be those that the key had before: nothing is generated unless KMS says that it had none, and where KMS
/// does not tell, no file that may be their copy is touched.
pub(crate) async fn check_source(kms: &Kms, plan: &Provision, found: &KeyDescription) -> Result<History, Error> {
    let Material::Generate(backup) = &plan.source else { return Ok(History::Unknown) };
    let arn = found.arn.clone();
    plan.source.check_free(Some(&arn))?;
    match (History::of(kms, found).await?, backup.path()) {
        (History::Had, _) => Err(KeyError::TakesOnlyOriginal { arn }.into()),
        (History::Unknown, Some(path)) if fs::symlink_metadata(path).is_ok() => {
            let path_word = quoted(path);
            let give = match backup {
                Backup::Escrow { .. } => {
                    [Setting::MaterialFromEscrow.to(path_word), " ".into(), Setting::RecipientKey.to("KEY")]
                        .into_iter()
                        .collect()
                }
                _ => Setting::Material.to(path_word).into(),
            };
            Err(KeyError::MayHaveCopy { arn, path: path.display().to_string(), give }.into())
        }
        (history, _) => Ok(history),
    }
}

async fn parameters(kms: &Kms, plan: &Provision, key: &Vouched, run: &dyn Ongoing) -> Result<ParameterSet, Error> {
    ParameterSet::fetch(kms, key, plan.request.spec, plan.wrapping, run).await
}

/// Material, wrap, import, proof.
async fn import_material(
    kms: &Kms,
    plan: &Resolved<'_, Provision>,
    key: &Vouched,
    (set, compared): (ParameterSet, Option<&Compared>),
    run: &Run<Reached>,
) -> Result<Proven, Error> {
    let progress = run.progress();
    set.announce(progress);
    let named = NamedKey { key: (**key).clone(), alias: plan.request.alias.clone() };
    let made;
    let (material, stored): (&dyn Held, Option<Stored>) = match &plan.source {
        Material::Given(given) => (&**given, given.store(run)?),
        Material::Generate(backup) => {
            let (material, stored) = generate(plan.request.spec, backup, &key.arn, run)?;
            made = material;
            (&*made, Some(stored))
        }
    };
    let generated = stored.as_ref().filter(|_| matches!(plan.source, Material::Generate(_)));
    let bytes = generated.map_or(Bytes::Unstored(Unstored::Given), |stored| stored.bytes.clone());
    if let Bytes::Stored(backup) = &bytes {
        run.reach(Reached::BackupStored { key: named.clone(), backup: backup.clone() });
    }
    let wrapped = set.wrap(material)?;
    material.caveat().into_iter().for_each(|caveat| progress.warn(caveat));
    let bytes_of = material.length().map(|length| format!("{length} bytes of ")).unwrap_or_default();
    progress.step(&format!(
        "wrapped {bytes_of}key material with {}: {} bytes",
        plan.wrapping.algorithm,
        wrapped.encrypted().len()
    ));
    let options = ImportOptions {
        expires: plan.expires,
        import_type: None, // follows from whether the key had material before
        description: plan.material_description.clone(),
        key_material_id: None, // after rotations any of them may be what is missing: KMS knows its bytes
        or_new: false,
        once: false,
    };
    run.reach(Reached::ImportSent(Sending::new(named.clone(), bytes.clone())));
    let arrived = match import_set(kms, key, &wrapped, &options, run).await {
        Ok(imported) => arrive(kms, key, imported, (Some(material), plan.level), run).await,
        Err(error) => Err(error),
    };
    // Also where DescribeKey does not show it yet.
    if let Some(stored) = stored.as_ref().filter(|_| !run.facts().sent_to(&key.arn).is_empty()) {
        stored.keep_in_place(progress)?;
    }
    let Arrived { imported, now, used } = match arrived {
        Ok(arrived) => arrived,
        Err(error) => {
            let ended = match generated {
                Some(stored) => import_failed::ended(kms, plan, key, (stored, error), run).await,
                None => settle(stored.as_ref(), Err(error), run),
            };
            return ended.inspect_err(|error| {
                let refused = error.kms().and_then(|error| diagnose::refused_here(&wrapped, material, key, error));
                let run: &dyn Ongoing = run;
                run.note(|facts| facts.explanation = refused);
            });
        }
    };
    let id = expected_to_be_current(kms, key, &imported, progress).await?;
    let expected = Expected { material: Some(material), id, now: now.clone(), used: used.transpose()? };
    let mut proof = prove_in(kms, key, expected, plan.level, run).await?;
    if let Some(compared) = compared {
        compared.tell(&mut proof);
    }
    let named = NamedKey { key: now, alias: named.alias };
    let proof = conclude(proof, run)?;
    Ok(Proven { named, bytes, material_id: imported.key_material_id, proof })
}
