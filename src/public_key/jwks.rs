//! A JWK Set (RFC 7517 §5) in a file that is kept: the current key first, and those that it superseded.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::jwk::Written;
use super::{Jwk, PublicKey, PublicKeyError};
use crate::files::{self, JWK_SET_LIMIT, Moved, Output};
use crate::printable;

const WHAT: &str = "JWK Set";

/// The JWK Set in a file, after it was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct KeptJwks {
    /// The file.
    #[serde(serialize_with = "printable::path")]
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub file: PathBuf,
    /// The `kid` of each key in it, the current first.
    pub kids: Vec<String>,
    /// Whether the file was written.
    pub changed: bool,
    /// The keys that tags name and that are not put in, or whose own predecessors are not known.
    pub not_kept: Vec<NotKept>,
}

/// A key of an earlier generation about which something is missing in a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct NotKept {
    /// Its id, as the tag says it.
    pub key_id: String,
    /// What is missing, and why.
    pub why: String,
}

/// The set as it is in the file, or is to be.
#[derive(Clone, Debug)]
pub struct Jwks {
    /// As it was given.
    path: PathBuf,
    /// Where it is.
    target: PathBuf,
    /// Members of the set beside `keys` stay as they are.
    object: Map<String, Value>,
    changed: bool,
}

impl Jwks {
    /// Reads the file, at most 1 MiB, or begins an empty set where there is none. A file that is no set, or that has a private or secret key
    /// in it, is kept for itself: [`Jwks::save`] moves it aside.
    ///
    /// # Errors
    /// [`PublicKeyError::NotAJwks`] for a link to such a file, [`PublicKeyError::File`] for a file that cannot be read, or that could not be
    /// written.
    pub fn read(path: &Path) -> Result<Self, PublicKeyError> {
        // A link stays one: what it leads to is written.
        let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        files::check_output(WHAT, &target)?;
        let begun = || Map::from_iter([("keys".to_owned(), json!([]))]);
        let found = match Output::JwkSet.is_at(&target) {
            true => serde_json::from_slice(&files::read(WHAT, &target, JWK_SET_LIMIT)?).ok(),
            false => None,
        };
        let changed = found.is_none();
        if changed && path.is_symlink() && target.exists() {
            return Err(PublicKeyError::NotAJwks { path: target, problem: "a link leads to it" });
        }
        Ok(Jwks { path: path.to_owned(), target, object: found.unwrap_or_else(begun), changed })
    }

    /// The file, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts these keys first, in their order; those that are there already under another name or place move. Nothing is written before
    /// [`Jwks::save`].
    pub fn keep_all(&mut self, first: &[Jwk]) {
        let mut first: Vec<Value> = first.iter().filter_map(|jwk| serde_json::to_value(jwk).ok()).collect();
        // Two keys in KMS with the same bytes are one key to whoever verifies, and a `kid` names one key (RFC 7517 §4.5).
        let mut kept: Vec<Value> = Vec::new();
        first.retain(|key| {
            let is_new = !kept.iter().any(|earlier| is_same(earlier, key));
            kept.extend(is_new.then(|| key.clone()));
            is_new
        });
        let Some(Value::Array(keys)) = self.object.get_mut("keys") else { return };
        let others = keys.iter().filter(|key| !first.iter().any(|new| is_same(key, new))).cloned();
        let wanted: Vec<Value> = first.iter().cloned().chain(others).collect();
        if *keys != wanted {
            *keys = wanted;
            self.changed = true;
        }
    }

    /// Whether the key is in the file, whatever it is called there.
    pub fn has(&self, jwk: &Jwk) -> bool {
        let keys = self.object.get("keys").and_then(Value::as_array).into_iter().flatten();
        let is_it =
            |wanted: &Value| keys.into_iter().any(|key| public(key).is_some_and(|key| public(wanted) == Some(key)));
        serde_json::to_value(jwk).is_ok_and(|wanted| is_it(&wanted))
    }

    /// The `kid` of each key, the current first; `without a kid` for a key that has none.
    pub fn kids(&self) -> Vec<String> {
        let keys = self.object.get("keys").and_then(Value::as_array).into_iter().flatten();
        let kid = |key: &Value| key["kid"].as_str().unwrap_or("without a kid").to_owned();
        keys.map(kid).collect()
    }

    /// Whether [`Jwks::save`] would write the file.
    pub fn is_changed(&self) -> bool {
        self.changed
    }

    /// Writes the file whole or not at all, if it is to be changed. Another file that is there by then is moved aside, which the answer tells.
    ///
    /// # Errors
    /// [`PublicKeyError::File`] where it cannot be written.
    pub fn save(&self) -> Result<Option<Moved>, PublicKeyError> {
        if !self.changed {
            return Ok(None);
        }
        let mut text = serde_json::to_vec_pretty(&self.object).unwrap_or_default();
        text.push(b'\n');
        Ok(files::put(&Output::JwkSet, &self.target, &text, true)?)
    }
}

/// Whether two JWKs are the same key, whatever they are called.
fn is_same(one: &Value, other: &Value) -> bool {
    one["kid"] == other["kid"] && one["kid"].is_string() || public(one).is_some_and(|key| public(other) == Some(key))
}

fn public(jwk: &Value) -> Option<PublicKey> {
    let written: Written = serde_json::from_value(jwk.clone()).ok()?;
    PublicKey::from_jwk(&written).ok()
}
