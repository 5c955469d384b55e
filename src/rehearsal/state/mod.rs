//! Everything the embedded KMS knows of an account: Regions, their keys and aliases. One lock guards all; every operation is short.

pub(crate) mod accounts;
pub(crate) mod clock;
pub(crate) mod import_token;
pub(crate) mod key;
pub(crate) mod key_id;
pub(crate) mod lagging;
pub(crate) mod quotas;
mod test_keys;
pub(crate) mod wrapping_keys;

use std::collections::{BTreeMap, HashMap};

use self::clock::Millis;
use self::import_token::mac;
use self::key::{Key, Role};
use self::key_id::KeyId;
use self::lagging::Lagging;
use crate::partition;
use crate::rehearsal::model::protocol::Refusal;

pub(crate) struct World {
    pub(crate) account: String,
    /// Under it tokens are sealed and the ids of key material are computed.
    pub(crate) secret: [u8; 32],
    pub(crate) consistency_delay: Millis,
    pub(crate) lagging: Lagging,
    regions: HashMap<Box<str>, Region>,
}

#[derive(Default)]
pub(crate) struct Region {
    pub(crate) keys: BTreeMap<KeyId, Key>,
    pub(crate) aliases: BTreeMap<Box<str>, Alias>,
}

pub(crate) struct Alias {
    pub(crate) target: KeyId,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
    pub(crate) visible: Millis,
}

/// A key found by a request, and its ARN.
pub(crate) struct Found {
    pub(crate) id: KeyId,
    pub(crate) arn: String,
}

/// Whether an operation takes an alias where it wants a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    IdOrArn,
    Anything,
}

impl World {
    pub(crate) fn new(account: String, secret: [u8; 32], consistency_delay: Millis, lagging: Lagging) -> Self {
        World { account, secret, consistency_delay, lagging, regions: HashMap::new() }
    }

    pub(crate) fn region(&mut self, name: &str) -> &mut Region {
        if !self.regions.contains_key(name) {
            self.regions.insert(name.into(), Region::default());
        }
        self.regions.entry(name.into()).or_default()
    }

    /// The key that a key id, key ARN, alias name or alias ARN names, as it stands at `now`.
    pub(crate) fn locate(&mut self, region: &str, name: &str, now: Millis, by: By) -> Result<Found, Refusal> {
        let resource = self.resource(region, name)?;
        let id = match resource.strip_prefix("alias/") {
            Some(_) if by == By::IdOrArn => return Err(invalid_key_id(name)),
            Some(_) => self.target(region, resource, now)?,
            None => KeyId::read(resource).ok_or_else(|| invalid_key_id(name))?,
        };
        self.settle(id, now);
        let arn = self.arn(region, id);
        match self.region(region).keys.get(&id) {
            Some(key) if key.visible <= now => Ok(Found { id, arn }),
            _ => Err(missing(&arn)),
        }
    }

    /// The key id or `alias/…` in what a request calls a key.
    fn resource<'a>(&self, region: &str, name: &'a str) -> Result<&'a str, Refusal> {
        if !name.starts_with("arn:") {
            return Ok(name);
        }
        let parts: Vec<&str> = name.splitn(6, ':').collect();
        let &[_, partition, "kms", arn_region, account, resource] = parts.as_slice() else {
            return Err(Refusal::new("InvalidArnException", format!("Invalid arn {name}")));
        };
        if arn_region != region || partition != partition_of(region) {
            return Err(Refusal::not_found(format!("Invalid arn {arn_region}")));
        }
        if account != self.account {
            // Another account's key: whether it exists is not told.
            return Err(Refusal::new(
                "AccessDeniedException",
                "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
            ));
        }
        Ok(resource.strip_prefix("key/").unwrap_or(resource))
    }

    fn target(&mut self, region: &str, alias: &str, now: Millis) -> Result<KeyId, Refusal> {
        let missing = Refusal::not_found(format!("Alias {} is not found.", self.alias_arn(region, alias)));
        match self.region(region).aliases.get(alias) {
            Some(found) if found.visible <= now => Ok(found.target),
            _ => Err(missing),
        }
    }

    /// A key that was found before.
    pub(crate) fn key(&mut self, region: &str, found: &Found) -> Result<&mut Key, Refusal> {
        self.region(region).keys.get_mut(&found.id).ok_or_else(|| missing(&found.arn))
    }

    /// The same key in other Regions, as far as it is a multi-Region key.
    pub(crate) fn relatives(&mut self, id: KeyId) -> impl Iterator<Item = (&str, &mut Key)> {
        self.regions.iter_mut().filter_map(move |(name, region)| Some((&**name, region.keys.get_mut(&id)?)))
    }

    /// Lets happen what was due by `now` to this key and its relatives: deletion, expiry, the end of a rotation.
    pub(crate) fn settle(&mut self, id: KeyId, now: Millis) {
        self.remove_deleted(id, now);
        for (_, key) in self.relatives(id) {
            key.expire(now);
        }
        self.finish_rotations(id, now);
    }

    fn remove_deleted(&mut self, id: KeyId, now: Millis) {
        let mut last_replica = None;
        for region in self.regions.values_mut() {
            let Some(date) =
                region.keys.get(&id).and_then(|key| key.deletion.as_ref()?.date).filter(|date| *date <= now)
            else {
                continue;
            };
            let replica = region.keys.remove(&id).is_some_and(|key| key.role == Role::Replica);
            region.aliases.retain(|_, alias| alias.target != id);
            last_replica = last_replica.max(replica.then_some(date));
        }
        if let Some(gone) = last_replica
            && self.relatives(id).all(|(_, key)| key.role != Role::Replica)
        {
            self.start_window(id, gone);
            self.remove_deleted(id, now);
        }
    }

    /// The last replica is gone: the waiting period of a primary that is to be deleted begins.
    fn start_window(&mut self, id: KeyId, gone: Millis) {
        for (_, key) in self.relatives(id) {
            if let Some(deletion) = key.deletion.as_mut().filter(|deletion| deletion.date.is_none()) {
                deletion.date = Some(gone + self::clock::DAY * Millis::from(deletion.window_in_days));
            }
        }
    }

    pub(crate) fn arn(&self, region: &str, id: KeyId) -> String {
        format!("arn:{}:kms:{region}:{}:key/{id}", partition_of(region), self.account)
    }

    pub(crate) fn alias_arn(&self, region: &str, alias: &str) -> String {
        format!("arn:{}:kms:{region}:{}:{alias}", partition_of(region), self.account)
    }

    /// The KeyMaterialId of these bytes in this key. AWS's formula is not published; this one cannot be computed outside either.
    pub(crate) fn material_id(&self, id: KeyId, material: &[u8]) -> Result<[u8; 32], Refusal> {
        Ok(mac(&self.secret, &[b"key material", &id.bytes(), material])?)
    }
}

/// The name of a Region's partition.
pub(crate) fn partition_of(region: &str) -> &'static str {
    partition::of(region).name
}

fn missing(arn: &str) -> Refusal {
    Refusal::not_found(format!("Key '{arn}' does not exist"))
}

fn invalid_key_id(name: &str) -> Refusal {
    Refusal::not_found(format!("Invalid keyId '{name}'"))
}
