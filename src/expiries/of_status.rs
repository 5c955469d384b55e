//! What KMS has told of keys.

use super::key::{Due, KeyExpiry};
use super::{Expiries, NotSeen, ToldBy};
use crate::kms::{KeyArn, KeyState, Kms, Origin};
use crate::lifecycle::{self, KeyStatus, MaterialStatus};
use crate::time;

impl Expiries {
    /// Of keys as `status` has seen them, and what it has not seen.
    pub fn of_keys<'a>(
        kms: &Kms,
        keys: impl Iterator<Item = &'a KeyStatus>,
        unseen: &[lifecycle::NotSeen],
    ) -> Expiries {
        let not_seen = unseen.iter().map(|one| NotSeen {
            key_arn: one.key_arn.as_deref().and_then(|arn| arn.parse().ok()),
            what: one.key_arn.clone().unwrap_or_else(|| format!("what {} tells", one.operation)),
            why: one.why(),
        });
        Expiries {
            not_seen: not_seen.collect(),
            rehearsal: kms.seen_rehearsal(),
            ..Expiries::new(kms.now(), ToldBy::Kms, keys.map(KeyExpiry::from).collect())
        }
    }

    /// With the alias by which the user meant a key, whose aliases were not asked for.
    #[must_use]
    pub fn named(mut self, arn: &KeyArn, alias: Option<&str>) -> Self {
        let named = self.keys.iter_mut().filter(|key| key.key_arn.as_ref() == Some(arn) && key.aliases.is_empty());
        named.for_each(|key| key.aliases.extend(alias.map(str::to_owned)));
        self
    }
}

impl From<&KeyStatus> for KeyExpiry {
    fn from(key: &KeyStatus) -> Self {
        let first =
            key.materials.iter().filter(|one| one.expires.is_some()).min_by_key(|one| one.expires.map(|at| at.secs()));
        let at = first.and_then(|one| one.expires).or_else(|| time::parse(key.expires.as_deref()?).ok());
        let due = match (key.key_state, at) {
            (state, _) if state.is_deletion() => Due::Deletion,
            (KeyState::PendingImport, _) => Due::Missing,
            (_, Some(at)) if key.origin == Origin::External => Due::At(at),
            _ => Due::Never,
        };
        let which = if due == Due::Missing { key.materials.iter().find(|one| one.is_missing()) } else { first };
        KeyExpiry {
            key_arn: Some(key.key_arn.clone()),
            row: None,
            region: Some(key.region.to_string()),
            aliases: key.aliases.clone().unwrap_or_default(),
            key_spec: key.key_spec.to_string(),
            description: key.description.clone(),
            state: match key.role {
                Some(role) => format!("{}, {role}", key.key_state),
                None => key.key_state.to_string(),
            },
            key_material_id: which
                .and_then(|one: &MaterialStatus| one.key_material_id.clone())
                .filter(|_| key.materials.len() > 1),
            due,
        }
    }
}
