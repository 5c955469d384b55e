//! Key material that KMS has taken in this run, and the expiry that was sent with it: DescribeKey must show the same.

use aws_smithy_types::DateTime;

use crate::kms::{ExpirationModel, KeyDescription, KeyState, Kms, KmsName};
use crate::lifecycle::error::Error;
use crate::lifecycle::run::ongoing::Ongoing;
use crate::lifecycle::status::materials::{KeyMaterials, MaterialStatus};
use crate::lifecycle::verify::verdict::conclude;
use crate::material::KeySpec;
use crate::proof::{Claim, Level, Proof};
use crate::time::{self, rfc3339};

/// An expiry that was sent, and another one that KMS shows.
pub(crate) struct Difference {
    asked: Option<DateTime>,
    is: Option<DateTime>,
    /// DescribeKey, or the list of key materials, shows what it showed before the import.
    pub(crate) is_old: bool,
}

impl Difference {
    /// Compares what was sent in this run with what DescribeKey says `now`; `before` is the key before the imports.
    pub(crate) async fn find(
        kms: &Kms,
        before: &KeyDescription,
        now: &KeyDescription,
        run: &dyn Ongoing,
    ) -> Result<Option<Self>, Error> {
        let facts = run.facts();
        let sent = facts.sent_to(&before.arn);
        let expiry_sent = |id: &Option<String>| sent.iter().rev().find(|sent| sent.id == *id).map(|sent| sent.expires);
        let Some(last) = sent.last() else { return Ok(None) };
        if sent.iter().all(|sent| shows(now, expiry_sent(&sent.id).flatten())) {
            return Ok(None);
        }
        let shown_before = now.expires == before.expires && now.expiration_model == before.expiration_model;
        let is_old = shown_before && before.state != KeyState::PendingImport;
        let differs = |asked| (!shows(now, asked)).then_some(Difference { asked, is: now.expires, is_old });
        if before.spec != KeySpec::SymmetricDefault || before.current_key_material_id.is_none() {
            return Ok(differs(last.expires));
        }
        // With several materials DescribeKey shows the earliest expiry, and none of one that waits for rotation.
        let materials = match KeyMaterials::as_permitted(kms, now).await {
            Ok(materials) if materials.is_complete() => materials,
            Err(error) if error.reason().is_none() => return Err(error),
            _ => return Ok(None),
        };
        let sent_here = |material: &&MaterialStatus| expiry_sent(&material.key_material_id).is_some();
        for material in materials.materials.iter().filter(sent_here) {
            let asked = expiry_sent(&material.key_material_id).flatten();
            if !time::is_same(asked, material.expires) {
                return Ok(Some(Difference { asked, is: material.expires, is_old: true }));
            }
        }
        let there = materials.permanent().filter(|material| !material.is_missing() || sent_here(material));
        Ok(differs(there.filter_map(|material| material.expires).min_by_key(DateTime::secs)))
    }

    /// Nothing is called proven that KMS keeps for another time than was asked for.
    pub(crate) async fn refuse(
        kms: &Kms,
        before: &KeyDescription,
        now: &KeyDescription,
        run: &dyn Ongoing,
    ) -> Result<(), Error> {
        match Self::contradiction(kms, before, now, run).await? {
            Some(contradiction) => conclude(contradiction, run).map(drop),
            None => Ok(()),
        }
    }

    /// The same as a proof that fails.
    pub(crate) async fn contradiction(
        kms: &Kms,
        before: &KeyDescription,
        now: &KeyDescription,
        run: &dyn Ongoing,
    ) -> Result<Option<Proof>, Error> {
        let Some(Difference { asked, is, .. }) = Self::find(kms, before, now, run).await? else { return Ok(None) };
        let asked = asked.map_or("without expiry".to_owned(), |at| format!("to expire {}", rfc3339(at)));
        let is = match is {
            Some(at) => format!("it expires {}", rfc3339(at)),
            None if now.expiration_model == Some(EXPIRES) => "it expires, and not when".to_owned(),
            None => "it does not expire".to_owned(),
        };
        let mut proof = Proof::empty(Level::State);
        proof.contradict(Claim::Expiry, format!("it was imported {asked}, and KMS says that {is}"));
        Ok(Some(proof))
    }
}

const EXPIRES: KmsName<ExpirationModel> = KmsName::Known(ExpirationModel::KeyMaterialExpires);

/// ExpirationModel and ValidTo both say so.
fn shows(key: &KeyDescription, expires: Option<DateTime>) -> bool {
    let says_expires = key.expiration_model.as_ref().is_none_or(|model| *model == EXPIRES);
    let says_never = key.expiration_model != Some(EXPIRES);
    time::is_same(key.expires, expires) && if expires.is_some() { says_expires } else { says_never }
}
