//! The whole recipe for one key: create or adopt, parameters, generate or read, wrap, import, prove.

use std::fs;
use std::time::Instant;

use super::copy::Stored;
use super::create::{self, Made};
use super::existing::{self, Asked, AskedMaterial, Compared, Decision};
use super::history::{self, History};
use super::imported::{expected_to_be_current, prove_settled};
use super::recipe::quoted;
use super::verdict::conclude;
use super::{AliasName, Copy, ImportOptions, Journal, KeyRequest, Memory, Trust, Vouched, import_set, resolve_expiry};
use super::{unused, verify};
use crate::diagnose;
use crate::error::{CeremonyError, Error, LifeError, UsageError, seconds};
use crate::kms::{KeyDescription, Kms};
use crate::material::{KeyMaterial, KeySpec};
use crate::parameters::ParameterSet;
use crate::proof::{self, Claim, Level, Outcome, Proof, Subject};
use crate::time::{self, Expiry};
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

/// Where the key material comes from.
pub enum Source {
    /// OpenSSL's random generator, once it is sure that a key waits for it.
    Generate(Copy),
    /// It was read and checked.
    Given(KeyMaterial),
}

/// Everything that decides how one key is provisioned.
pub struct Provision {
    /// The key.
    pub request: KeyRequest,
    /// Its material.
    pub source: Source,
    /// How it is wrapped.
    pub algorithm: WrappingAlgorithm,
    /// With how large a key.
    pub wrapping: WrappingKeySpec,
    /// When the material expires.
    pub expiry: Expiry,
    /// The description of the material, for symmetric keys.
    pub material_description: Option<String>,
    /// How much is proven afterwards.
    pub level: Level,
    /// Where requests under way are written down.
    pub memory: Memory,
    /// The ARN of an existing key that the user vouches for.
    pub adopt: Option<String>,
    /// Refuse a key that is there where not everything about it may be compared.
    pub strict: bool,
}

impl Provision {
    /// What the user said about a key that is there.
    pub(super) fn trust(&self) -> Trust {
        Trust { adopt: self.adopt.iter().cloned().collect(), policy: self.request.policy.clone(), ..Trust::default() }
    }

    /// What a key that is there is compared with.
    pub(super) fn asked(&self) -> Asked<'_> {
        let material = AskedMaterial { expiry: self.expiry, description: self.material_description.as_deref() };
        Asked { request: &self.request, material: Some(material), adopted: self.adopt.is_some(), strict: self.strict }
    }
}

/// Runs the recipe. Whatever happens, `journal` says what stands in AWS.
pub async fn provision(kms: &Kms, plan: &Provision, journal: &Journal) -> Result<(), Error> {
    check_locally(plan)?;
    journal.note_kms(kms);
    if let Some(found) = find(kms, plan).await? {
        return go_on_with(kms, plan, &found, journal).await;
    }
    // Now that KMS has told its time, and before there is a key.
    resolve_expiry(kms, plan.expiry)?;
    match create::make(kms, &plan.request, &plan.memory, journal).await? {
        Made::New(key) => fill(kms, plan, &key, None, journal).await,
        Made::Lost => match &plan.request.alias {
            Some(alias) => {
                let found = wait_for_other_run(kms, alias, journal).await?;
                go_on_with(kms, plan, &found, journal).await
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
        if found.state != "PendingImport" || Instant::now() > end {
            return Ok(found);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(patience / 15);
    }
}

/// Everything that can be refused without asking anybody.
pub(super) fn check_locally(plan: &Provision) -> Result<(), Error> {
    plan.request.check()?;
    check_description(plan.material_description.as_ref(), plan.request.spec)?;
    plan.expiry.resolve(time::now())?;
    let length = match &plan.source {
        Source::Given(material) => Some(material.byte_count()),
        Source::Generate(copy) => {
            copy.check()?;
            None
        }
    };
    plan.algorithm.check(plan.request.spec, plan.wrapping, length)?;
    Ok(())
}

/// A description of key material is short, and of symmetric keys.
pub(super) fn check_description(description: Option<&String>, spec: KeySpec) -> Result<(), Error> {
    if description.is_some() && spec != KeySpec::SymmetricDefault {
        let spec = spec.name().to_owned();
        return Err(UsageError::SymmetricOnly { flag: "--material-description", spec }.into());
    }
    ImportOptions { description: description.cloned(), ..ImportOptions::default() }.check()
}

/// The key that the alias names, or that is to be adopted.
pub(super) async fn find(kms: &Kms, plan: &Provision) -> Result<Option<KeyDescription>, Error> {
    if let Some(alias) = &plan.request.alias
        && let Some(found) = kms.find_alias(alias.as_str()).await?
    {
        create::check_adopts(plan.adopt.as_deref(), alias, &found)?;
        return Ok(Some(found));
    }
    match &plan.adopt {
        Some(arn) => Ok(Some(kms.describe(arn).await?)),
        None => Ok(None),
    }
}

async fn go_on_with(kms: &Kms, plan: &Provision, found: &KeyDescription, journal: &Journal) -> Result<(), Error> {
    // An adopted key may have no alias yet.
    let alias = plan.request.alias.as_ref().filter(|_| plan.adopt.as_deref() != Some(found.arn.as_str()));
    let name = alias.map_or(found.arn.as_str(), |alias| alias.as_str());
    journal.note_kms(kms);
    journal.note_key(found);
    if let Some(alias) = &plan.request.alias {
        create::name_lost_keys(kms, alias, found, &plan.memory, journal).await;
    }
    let compared = existing::compare(kms, found, &plan.asked(), name).await?;
    match compared.decision {
        Decision::Unchanged => go_on_unchanged(kms, plan, (found, &compared), name, journal).await,
        Decision::Complete => {
            let key = plan.trust().vouch(kms, found, name, journal).await?;
            if check_source(kms, plan, found).await? == History::Holds {
                journal.step(format!("{name} has key material, and DescribeKey does not show it yet: {}", found.arn));
                let shown = history::until_shown(kms, &found.arn, journal).await?;
                let compared = existing::check_unchanged(kms, &shown, &plan.asked(), name).await?;
                journal.note_key(&shown);
                return go_on_unchanged(kms, plan, (&shown, &compared), name, journal).await;
            }
            journal.step(format!("{name} exists and waits for key material: {}", found.arn));
            compared.unseen().for_each(|unseen| journal.warn(unseen));
            create::name_it(kms, plan.request.alias.as_ref(), found, journal).await?;
            fill(kms, plan, &key, Some(&compared), journal).await
        }
    }
}

async fn go_on_unchanged(
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
pub(super) async fn check_source(kms: &Kms, plan: &Provision, found: &KeyDescription) -> Result<History, Error> {
    let Source::Generate(copy) = &plan.source else { return Ok(History::Unknown) };
    let arn = found.arn.clone();
    match (History::of(kms, found).await?, copy.path()) {
        (History::Had, _) => Err(CeremonyError::TakesOnlyOriginal { arn }.into()),
        (History::Unknown, Some(path)) if fs::symlink_metadata(path).is_ok() => {
            let path_word = quoted(path);
            let give = match copy {
                Copy::Escrow { .. } => format!("--material-from-escrow {path_word} --recipient-key KEY"),
                _ => format!("--material {path_word}"),
            };
            Err(CeremonyError::MayHaveCopy { arn, path: path.display().to_string(), give }.into())
        }
        (history, _) => Ok(history),
    }
}

/// Parameters, material, wrap, import, proof.
async fn fill(
    kms: &Kms,
    plan: &Provision,
    key: &Vouched,
    compared: Option<&Compared>,
    journal: &Journal,
) -> Result<(), Error> {
    let set = ParameterSet::get(kms, key, plan.request.spec, plan.algorithm, plan.wrapping, journal).await?;
    let made;
    let (material, stored) = match &plan.source {
        Source::Given(material) => (material, None),
        Source::Generate(copy) => {
            made = generate(plan.request.spec, copy, journal)?;
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
        expires: resolve_expiry(kms, plan.expiry)?,
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
                Some(stored) => unused::ended(kms, plan, key, (stored, error), journal).await,
                None => Err(error),
            };
            return ended.inspect_err(|error| journal.explain(diagnose::refused_here(&wrapped, material, key, error)));
        }
    };
    let id = expected_to_be_current(kms, key, &imported, journal).await?;
    let mut proof = prove_in(kms, key, Some(material), id, plan.level, journal).await?;
    if let Some(compared) = compared {
        compared.tell(&mut proof);
    }
    conclude(proof, journal)
}

/// As much as `level` says, about a key in its own Region.
pub(super) async fn prove_in(
    kms: &Kms,
    key: &Vouched,
    material: Option<&KeyMaterial>,
    imported_id: Option<&str>,
    level: Level,
    journal: &Journal,
) -> Result<Proof, Error> {
    let subject = Subject::new(kms, key, material, imported_id)?;
    let mut proof = prove_settled(subject, level, journal).await?;
    let symmetric = key.spec == KeySpec::SymmetricDefault.name();
    if symmetric && level == Level::Full && proof.contradiction().is_none() {
        match material {
            Some(material) => verify::import_again(kms, key, material, &mut proof, journal).await?,
            None => proof.leave(Claim::Bytes, NOTHING_AT_HAND),
        }
    }
    Ok(proof)
}

/// New material; its copy is on disk before KMS gets it.
pub(super) fn generate(spec: KeySpec, copy: &Copy, journal: &Journal) -> Result<(KeyMaterial, Stored), Error> {
    let material = KeyMaterial::generate(spec)?;
    journal.note(|report| report.generated = true);
    journal.step(format!(
        "generated {} bytes of key material with {}",
        material.byte_count(),
        openssl::version::version()
    ));
    let stored = copy.put(&material, journal)?;
    Ok((material, stored))
}

const NOTHING_AT_HAND: &str = "that a second import is taken: no key material at hand";

/// What can be proven about a key that was there already. Nothing is written to it but, where everything is to be proven, the same
/// bytes again.
pub(super) async fn prove_unchanged(
    kms: &Kms,
    plan: &Provision,
    (found, compared): (&KeyDescription, &Compared),
    name: &str,
    journal: &Journal,
) -> Result<(), Error> {
    let material = match &plan.source {
        Source::Given(material) => Some(material),
        Source::Generate(_) => None,
    };
    let subject = Subject::new(kms, found, material, None)?;
    let mut proof = proof::prove(&subject, plan.level).await?.of_existing();
    if plan.request.spec == KeySpec::SymmetricDefault && proof.contradiction().is_none() {
        match (material, plan.level) {
            (_, Level::Off) => {}
            (Some(material), Level::Full) => {
                let key = plan.trust().vouch(kms, found, name, journal).await?;
                verify::import_again(kms, &key, material, &mut proof, journal).await?;
            }
            (Some(_), _) => proof.leave(Claim::Bytes, BYTES_NOT_COMPARED),
            (None, Level::Full) => proof.leave(Claim::Bytes, NOTHING_AT_HAND),
            (None, _) => {}
        }
    }
    compared.tell(&mut proof);
    let other_file = material.is_some() && proof.contradicted() == Some(Claim::Bytes);
    let missing = (plan.strict && proof.outcome() == Outcome::NotPermitted).then(|| proof.not_permitted().join(", "));
    let contradiction = proof.contradiction().map(str::to_owned);
    match (conclude(proof, journal), contradiction, missing) {
        (Err(_), Some(contradiction), _) if other_file => {
            Err(LifeError::OtherMaterial { arn: found.arn.clone(), contradiction }.into())
        }
        (Ok(()), _, Some(permission)) => {
            let (key, what) = (name.to_owned(), "what it does".to_owned());
            Err(CeremonyError::NotCompared { key, what, permission }.into())
        }
        (concluded, _, _) => concluded,
    }
}

const BYTES_NOT_COMPARED: &str =
    "that the key holds these bytes: bytes not compared; --verify full does that by a second import";
