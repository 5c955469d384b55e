//! The plan of `provision`.

use crate::kms::{Kms, Operation};
use crate::lifecycle::error::Error;
use crate::lifecycle::import::backup::Backup;
use crate::lifecycle::import::expiry::resolve_expiry;
use crate::lifecycle::import::generate::Material;
use crate::lifecycle::import::history::History;
use crate::lifecycle::import::plan::{import_again, prove_use, send};
use crate::lifecycle::key::alias::AliasName;
use crate::lifecycle::key::existing::{self, Decision};
use crate::lifecycle::key::plan::{alias_reason, compare, make, name_lost_keys, parameters};
use crate::lifecycle::provision::request::Provision;
use crate::lifecycle::provision::{Found, check_locally, check_source, find};
use crate::lifecycle::run::plan::Plan;
use crate::material::{KeySpec, MaterialKind};
use crate::progress::Progress;
use crate::proof::Level;

/// The plan of [`lifecycle::provision`](crate::lifecycle::provision()). Asks KMS for the alias and for the key to be adopted, if the run
/// is about one, and where it would import into that key, for its policy and for the key material that it had.
///
/// # Errors
/// [`Error::Key`], [`Error::Wrap`], [`Error::Expiry`] or [`Error::File`] for what the run would refuse before its first change,
/// [`Error::Kms`] where KMS refuses, [`Error::Endpoint`] where it is not reached.
pub async fn provision(kms: &Kms, wanted: &Provision, progress: &dyn Progress) -> Result<Plan, Error> {
    check_locally(wanted)?;
    let mut plan = Plan::default();
    if let Some(alias) = &wanted.request.alias {
        plan.call(Operation::DescribeKey, format!("finds out whether {alias} exists"));
    }
    let found = find(kms, wanted).await?;
    if found.as_ref().is_some_and(|found| !found.is_named) {
        plan.call(Operation::DescribeKey, "looks at the key to be adopted");
    }
    match found {
        Some(found) => resume(&mut plan, kms, wanted, &found, progress).await?,
        None => {
            wanted.source.check_free(None)?;
            make(&mut plan, kms, &wanted.request, &wanted.pending);
            import_material(&mut plan, kms, wanted)?;
        }
    }
    Ok(plan)
}

/// The calls that go on with a key that is there.
pub(crate) async fn resume(
    plan: &mut Plan,
    kms: &Kms,
    wanted: &Provision,
    Found { key: found, is_named }: &Found,
    progress: &dyn Progress,
) -> Result<(), Error> {
    let request = &wanted.request;
    let name = request.alias.as_ref().map_or(found.arn.as_str(), |alias| alias.as_str());
    plan.about(found);
    if let Some(alias) = &request.alias {
        name_lost_keys(plan, kms, alias, &wanted.pending);
    }
    let decision = existing::compare(kms, found, &wanted.asked(), name).await?.decision;
    let unchanged = decision == Decision::Unchanged;
    let description = wanted.material_description.as_ref().filter(|_| unchanged);
    compare(plan, request, description, unchanged || wanted.adopt.is_some());
    match decision {
        Decision::Unchanged => {
            match &request.alias {
                Some(alias) if wanted.adopt.is_some() => name_it(plan, alias, *is_named),
                _ => progress.note(&format!("{name} exists and is what was asked for: nothing would change")),
            }
            prove_use(plan, request.spec, request.usage, wanted.level);
            let again = matches!(wanted.source, Material::Given(_)) && wanted.level == Level::Full;
            if again && request.spec == KeySpec::SymmetricDefault {
                plan.vouch(&wanted.trust(), found);
                import_again(plan);
            }
            let compares = if request.spec == KeySpec::SymmetricDefault { again } else { wanted.level >= Level::Use };
            if let Material::Given(given) = &wanted.source
                && compares
                && given.is_backup_missing()
            {
                plan.writes.extend(given.backup().and_then(Backup::path).map(ToOwned::to_owned));
            }
        }
        Decision::Complete => {
            wanted.trust().vouch(kms, found, name, progress).await?;
            let history = check_source(kms, wanted, found).await?;
            plan.vouch(&wanted.trust(), found);
            if matches!(wanted.source, Material::Generate(_)) {
                plan.call(asked_first(request.spec), "makes sure that the key never had key material");
            }
            if history == History::Holds {
                progress.note(&format!("{name} has key material, and DescribeKey does not show it yet"));
                plan.call(Operation::DescribeKey, "waits until the key material shows");
                prove_use(plan, request.spec, request.usage, wanted.level);
                return Ok(());
            }
            progress.note(&format!("{name} exists and waits for key material"));
            if let Some(alias) = &request.alias {
                name_it(plan, alias, *is_named);
            }
            import_material(plan, kms, wanted)?;
        }
    }
    Ok(())
}

/// The first call that tells whether a key had key material before.
fn asked_first(spec: KeySpec) -> Operation {
    match spec.kind() {
        MaterialKind::Symmetric => Operation::ListKeyRotations,
        MaterialKind::Hmac { .. } => Operation::GenerateMac,
        _ => Operation::GetPublicKey,
    }
}

/// CreateAlias, where the alias is not there.
fn name_it(plan: &mut Plan, alias: &AliasName, exists: bool) {
    if !exists {
        plan.call(Operation::CreateAlias, alias_reason(alias));
    }
}

/// Parameters, import, proof.
fn import_material(plan: &mut Plan, kms: &Kms, wanted: &Provision) -> Result<(), Error> {
    resolve_expiry(kms, wanted.expiry)?;
    let (spec, usage) = (wanted.request.spec, wanted.request.usage);
    plan.writes.extend(wanted.source.backup().and_then(Backup::path).map(ToOwned::to_owned));
    parameters(plan, wanted.wrapping);
    send(plan);
    prove_use(plan, spec, usage, wanted.level);
    if spec == KeySpec::SymmetricDefault && wanted.level == Level::Full {
        import_again(plan);
    }
    Ok(())
}
