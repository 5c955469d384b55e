//! What happens to generated key material after its import failed.

use std::path::Path;

use crate::kms::{KeyState, Reason};
use crate::kms::{Kms, Operation};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::import::backup::{Backup, Stored};
use crate::lifecycle::import::bytes::{Bytes, Unstored};
use crate::lifecycle::import::generate::Material;
use crate::lifecycle::import::history::{self, History};
use crate::lifecycle::import::stage::Proven;
use crate::lifecycle::key::existing;
use crate::lifecycle::key::named::NamedKey;
use crate::lifecycle::key::stage::Reached as Key;
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::provision::held;
use crate::lifecycle::provision::request::Provision;
use crate::lifecycle::provision::stage::Reached;
use crate::lifecycle::provision::unchanged::prove_unchanged;
use crate::lifecycle::run::ongoing::{Ongoing, Run};
use crate::lifecycle::run::stage::News;
use crate::lifecycle::run::wait;
use crate::lifecycle::status::materials::KeyMaterials;
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
    run: &Run<Reached>,
) -> Result<Proven, Error> {
    let refused = error.refused_operation() == Some(Operation::ImportKeyMaterial) && !error.may_have_changed();
    if !refused {
        let answered = !run.facts().sent.is_empty();
        if answered && History::of(kms, key).await.is_ok_and(|history| history == History::Never) {
            let run: &dyn Ongoing = run;
            run.hear(&News::Disowned);
        }
        return Err(error);
    }
    match error.reason() {
        Some(Reason::IncorrectKeyMaterial) => other_run_won(kms, plan, key, (stored, error), run).await,
        Some(Reason::InvalidCiphertext) => put_aside(stored, run).and(Err(error)),
        _ if !run.facts().may_have_changed() => put_aside(stored, run).and(Err(error)),
        // The key is this run's, and the bytes are fit for it: the next run imports them.
        _ => Err(error),
    }
}

/// No file bears the name of bytes that KMS does not have. Gives the path of the file that has that name instead.
fn put_aside<'a>(stored: &'a Stored, run: &Run<Reached>) -> Result<Option<&'a Path>, Error> {
    run.advance(|reached| reached.key().cloned().map_or(Reached::default(), Reached::Refused));
    stored.put_aside(run.progress())
}

/// The key has had other bytes, although nothing showed that before. Where it has them still, it is taken as it is.
async fn other_run_won(
    kms: &Kms,
    plan: &Provision,
    key: &Vouched,
    (stored, error): (&Stored, Error),
    run: &Run<Reached>,
) -> Result<Proven, Error> {
    let given_back = put_aside(stored, run)?;
    let progress = run.progress();
    let now = kms.describe(&key.arn).await?;
    let only_original = || KeyError::TakesOnlyOriginal { arn: key.arn.clone() }.into();
    let found = match now.state {
        KeyState::PendingImport => match History::of(kms, &now).await? {
            // It is these bytes that KMS does not like.
            History::Never => return Err(error),
            History::Had => return Err(only_original()),
            History::Unknown if !run.facts().may_have_changed() => return Err(only_original()),
            // This run has made the key: another one has given it its bytes just now.
            History::Unknown => {
                history::shown_within(kms, &now.arn, wait::LOOK_UP, progress).await?.ok_or_else(only_original)?
            }
            History::Holds => held::until_shown(kms, &now, run).await?,
        },
        _ => now,
    };
    progress.warn("another run imported its key material first: what was generated here is not in KMS");
    let compared = existing::check_unchanged(kms, &found, &plan.asked(), &found.arn).await?;
    let alias = run.standing().reached.key().and_then(|named| named.alias.clone());
    let named = NamedKey { key: found.clone(), alias };
    run.reach(Key::KeyFound(named.clone()));
    let mut proven = prove_unchanged(kms, plan, (&named, &compared), &found.arn, run).await?;
    if let (Some(path), Material::Generate(Backup::Keep(_))) = (given_back, &plan.source) {
        match is_its(kms, plan, &key.seen(found.clone()), path, run).await? {
            Some(true) => {
                proven.bytes = Bytes::Unstored(Unstored::Found(path.to_owned()));
                progress.note(&format!("proven: `{}` holds the key material of the key", path.display()));
            }
            Some(false) => progress.warn(&format!("`{}` holds other key material than the key", path.display())),
            None => {
                progress.note(&format!("not proven: whether `{}` holds the key material of the key", path.display()));
            }
        }
    }
    Ok(proven)
}

/// Whether a file is the backup of the key's material; nothing where KMS was not asked or did not answer.
async fn is_its(
    kms: &Kms,
    plan: &Provision,
    key: &Vouched,
    path: &Path,
    run: &dyn Ongoing,
) -> Result<Option<bool>, Error> {
    let spec = plan.request.spec;
    let format = if spec.is_private_key() { Format::Der } else { Format::Raw };
    let Ok(bytes) = Secret::read_file("key material file", path, KeyMaterial::READ_LIMIT) else { return Ok(None) };
    let Ok(material) = KeyMaterial::read(bytes, spec, Some(format), &mut NoPassphrase) else { return Ok(Some(false)) };
    if spec == KeySpec::SymmetricDefault {
        if plan.level < Level::Full {
            return Ok(None);
        }
        let materials = KeyMaterials::as_offered(kms, key).await?;
        return Ok(Some(reimport::find_material(kms, key, &materials, &material, run).await?.is_some()));
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
