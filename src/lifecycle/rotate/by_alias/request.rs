//! What is asked for when a key is rotated by alias.

use std::str::FromStr;

use crate::kms::{KeyArn, alias_in};
use crate::lifecycle::error::Error;
use crate::lifecycle::import::generate::Material;
use crate::lifecycle::import::wrapping::Wrapping;
use crate::lifecycle::key::alias::AliasName;
use crate::lifecycle::key::pending_requests::PendingRequests;
use crate::lifecycle::key::trust::Trust;
use crate::material::KeySpec;
use crate::proof::Level;
use crate::public_key::Jwks;
use crate::time::Expiry;

/// Everything that decides how a key is rotated by alias: `rotate` for keys that KMS does not rotate. [`RotateByAlias::new`] begins it with
/// the defaults of the command line.
pub struct RotateByAlias {
    /// The alias that moves; the name of the key if absent, which must be an alias then.
    pub alias: Option<AliasName>,
    /// The key material of the new key; absent for a new key that has it already.
    pub source: Option<Material>,
    /// The new key, where an earlier run has made it.
    pub new_key: Option<KeyArn>,
    /// What the new key has otherwise than the old one.
    pub changes: Changes,
    /// How far it goes.
    pub until: Until,
    /// The JWK Set that gets the public keys of both and of those before them, before the alias moves.
    pub jwks: Option<Jwks>,
    /// Whether the old key is to be disabled once the alias has moved. [`rotate_by_alias`](crate::lifecycle::rotate_by_alias()) leaves that to
    /// its caller, who may ask before [`disable_old_key`](crate::lifecycle::disable_old_key); [`RotateByAlias::run`] does it.
    pub disable_old: bool,
    /// How the key material is wrapped; as is usual for the key spec if absent.
    pub wrapping: Option<Wrapping>,
    /// When the key material expires.
    pub expiry: Expiry,
    /// How much is proven before the alias moves.
    pub level: Level,
    /// Where rotations under way are written down, and how a lost key is looked for.
    pub pending: PendingRequests,
    /// The old key, and what the user said about it.
    pub trust: Trust,
}

/// What the new key has otherwise than the old one.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// A key spec of the same kind.
    pub spec: Option<KeySpec>,
    /// The description.
    pub description: Option<String>,
    /// The key policy as JSON.
    pub policy: Option<String>,
    /// Tags that are added, or have another value.
    pub tags: Vec<(String, String)>,
}

/// How far a rotation by alias goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// The new key is there and proven, and the alias names the old one.
    Prepared,
    /// The alias names the new key.
    Moved,
    /// The alias names the key before the one that it names when the run begins.
    Back,
}

/// Everything that decides how an alias goes back to the key before a rotation: `rotate --rollback`. [`RollBack::new`] begins it with the
/// defaults of the command line.
#[derive(Clone, Debug)]
pub struct RollBack {
    /// The alias that moves; the name of the key if absent, which must be an alias then.
    pub alias: Option<AliasName>,
    /// The JWK Set that gets the public keys, before the alias moves.
    pub jwks: Option<Jwks>,
    /// How much is proven before the alias moves.
    pub level: Level,
    /// The state directory, in which runs of one machine wait for each other.
    pub pending: PendingRequests,
    /// The key, and what the user said about the one before it.
    pub trust: Trust,
}

impl RollBack {
    /// From the key of that id, ARN or alias, to the one before it.
    pub fn new(key: impl Into<String>) -> Self {
        RollBack {
            alias: None,
            jwks: None,
            level: Level::Use,
            pending: PendingRequests::default(),
            trust: Trust::of(key),
        }
    }

    /// The alias that moves, where the key is named otherwise.
    pub fn alias(self, alias: Option<AliasName>) -> Self {
        RollBack { alias, ..self }
    }

    /// How much is proven before the alias moves; [`Level::Use`] otherwise.
    pub fn verify(self, level: Level) -> Self {
        RollBack { level, ..self }
    }

    /// Puts the public keys into that set.
    pub fn jwks(self, jwks: Option<Jwks>) -> Self {
        RollBack { jwks, ..self }
    }

    /// Where runs of one machine wait for each other.
    pub fn pending(self, pending: PendingRequests) -> Self {
        RollBack { pending, ..self }
    }

    /// What the user said about the key that the alias goes back to.
    pub fn trust(self, trust: Trust) -> Self {
        RollBack { trust: trust.or_named(self.trust.key), ..self }
    }

    /// The alias that moves, where one is named.
    pub(crate) fn named_alias(&self) -> Result<Option<AliasName>, Error> {
        named_alias(self.alias.as_ref(), &self.trust)
    }
}

impl RotateByAlias {
    /// The key of that id, ARN or alias, to a new key with the same key policy, tags and description.
    pub fn new(key: impl Into<String>) -> Self {
        RotateByAlias {
            alias: None,
            source: None,
            new_key: None,
            changes: Changes::default(),
            until: Until::Moved,
            jwks: None,
            disable_old: false,
            wrapping: None,
            expiry: Expiry::Never,
            level: Level::Use,
            pending: PendingRequests::default(),
            trust: Trust::of(key),
        }
    }

    /// The alias that moves, where the key is named otherwise.
    pub fn alias(self, alias: Option<AliasName>) -> Self {
        RotateByAlias { alias, ..self }
    }

    /// To a new key with that key material.
    pub fn material(self, material: Material) -> Self {
        RotateByAlias { source: Some(material), ..self }
    }

    /// To that key, which an earlier run has made. What it lacks comes from the key material, if there is any.
    pub fn new_key(self, key_arn: Option<KeyArn>) -> Self {
        RotateByAlias { new_key: key_arn, ..self }
    }

    /// To a new key that differs from the old one in this.
    pub fn changes(self, changes: Changes) -> Self {
        RotateByAlias { changes, ..self }
    }

    /// Stops before the alias moves.
    pub fn prepare(self) -> Self {
        RotateByAlias { until: Until::Prepared, ..self }
    }

    /// Puts the public keys into that set.
    pub fn jwks(self, jwks: Option<Jwks>) -> Self {
        RotateByAlias { jwks, ..self }
    }

    /// Disables the old key once the alias has moved.
    pub fn disable_old(self) -> Self {
        RotateByAlias { disable_old: true, ..self }
    }

    /// Wraps the key material so.
    pub fn wrapping(self, wrapping: Wrapping) -> Self {
        RotateByAlias { wrapping: Some(wrapping), ..self }
    }

    /// When the key material expires; never otherwise.
    pub fn expiry(self, expiry: Expiry) -> Self {
        RotateByAlias { expiry, ..self }
    }

    /// How much is proven before the alias moves; [`Level::Use`] otherwise.
    pub fn verify(self, level: Level) -> Self {
        RotateByAlias { level, ..self }
    }

    /// Writes rotations under way down, so that a run that was killed is gone on with.
    pub fn pending(self, pending: PendingRequests) -> Self {
        RotateByAlias { pending, ..self }
    }

    /// What the user said about the old key.
    pub fn trust(self, trust: Trust) -> Self {
        RotateByAlias { trust: trust.or_named(self.trust.key), ..self }
    }

    /// The alias that moves, where one is named.
    pub(crate) fn named_alias(&self) -> Result<Option<AliasName>, Error> {
        named_alias(self.alias.as_ref(), &self.trust)
    }
}

fn named_alias(alias: Option<&AliasName>, trust: &Trust) -> Result<Option<AliasName>, Error> {
    match alias {
        Some(alias) => Ok(Some(alias.clone())),
        None => Ok(alias_in(trust.name()).map(AliasName::from_str).transpose()?),
    }
}
