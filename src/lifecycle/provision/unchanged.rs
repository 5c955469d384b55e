//! What is proven about a key that was there already.

use crate::kms::Kms;
use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::error::lifecycle::LifecycleError;
use crate::lifecycle::import::bytes::Bytes;
use crate::lifecycle::import::generate::Material;
use crate::lifecycle::import::stage::Proven;
use crate::lifecycle::key::existing::Compared;
use crate::lifecycle::key::named::NamedKey;
use crate::lifecycle::provision::request::Provision;
use crate::lifecycle::run::ongoing::Ongoing;
use crate::lifecycle::verify::imported::NOTHING_AT_HAND;
use crate::lifecycle::verify::reimport;
use crate::lifecycle::verify::verdict::conclude;
use crate::lifecycle::verify::which::tell_which;
use crate::material::KeySpec;
use crate::proof::{self, Claim, Level, Outcome, Subject};
use crate::wrap::Held;

/// What can be proven about a key that was there already. Nothing is written to it but, where everything is to be proven, the same
/// bytes again.
pub(crate) async fn prove_unchanged(
    kms: &Kms,
    plan: &Provision,
    (named, compared): (&NamedKey, &Compared),
    name: &str,
    run: &dyn Ongoing,
) -> Result<Proven, Error> {
    let found = &named.key;
    let given = match &plan.source {
        Material::Given(given) => Some(given),
        Material::Generate(_) => None,
    };
    let material: Option<&dyn Held> = given.map(|given| &**given);
    // DescribeKey has just told what there is to tell.
    let subject = Subject::new(kms, found, material, None)?.seen(found.clone());
    let mut proof = proof::prove(&subject, plan.level).await?.of_existing();
    tell_which(kms, found, material, &mut proof, run.progress()).await?;
    if plan.request.spec == KeySpec::SymmetricDefault && proof.contradiction().is_none() {
        match (material, plan.level) {
            (_, Level::Off) => {}
            (Some(material), Level::Full) => {
                let key = plan.trust().vouch(kms, found, name, run.progress()).await?;
                reimport::import_again(kms, &key, material, &mut proof, run).await?;
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
    match (conclude(proof, run), contradiction, missing) {
        (Err(_), Some(contradiction), _) if other_file => {
            Err(LifecycleError::OtherMaterial { arn: found.arn.clone(), contradiction }.into())
        }
        (Ok(_), _, Some(permission)) => {
            let (key, what) = (name.to_owned(), "what it does".to_owned());
            Err(KeyError::NotCompared { key, what, permission }.into())
        }
        (concluded, _, _) => {
            let proof = concluded?;
            given.map_or(Ok(()), |given| given.store_of_existing(proof.has_shown(Claim::Bytes), run))?;
            Ok(Proven { named: named.clone(), bytes: Bytes::NONE, material_id: None, proof })
        }
    }
}

const BYTES_NOT_COMPARED: &str =
    "that the key holds these bytes: bytes not compared; --verify full does that by a second import";
