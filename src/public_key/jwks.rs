//! A JWK Set (RFC 7517 §5) in a file that is kept: the current key first, and those that it superseded.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use super::jwk::Written;
use super::{Jwk, PublicKey, PublicKeyError};
use crate::files;
use crate::secret::Secret;

/// The set as it is in the file, or is to be.
#[derive(Debug)]
pub struct Jwks {
    path: PathBuf,
    /// Members of the set beside `keys` stay as they are.
    object: serde_json::Map<String, Value>,
    /// Whether there is a file already.
    exists: bool,
    changed: bool,
}

/// More than a thousand keys of RSA_4096.
const LIMIT: usize = 1024 * 1024;
const WHAT: &str = "JWK Set";

#[derive(Deserialize)]
struct Set {
    keys: Vec<Written>,
}

impl Jwks {
    /// Reads the file, at most 1 MiB, or begins an empty set where there is none. A set with a private or secret key in it is refused: what
    /// verifiers fetch must not hold one.
    ///
    /// # Errors
    /// [`PublicKeyError::NotAJwks`] for other contents, [`PublicKeyError::File`] for a file that cannot be read, or a new one that could
    /// not be written.
    pub fn read(path: &Path) -> Result<Self, PublicKeyError> {
        // A link stays one: what it leads to is written.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if !path.try_exists().unwrap_or(true) {
            files::check_output(WHAT, &path)?;
            let object = serde_json::Map::from_iter([("keys".to_owned(), json!([]))]);
            return Ok(Jwks { path, object, exists: false, changed: true });
        }
        let refused = |problem| PublicKeyError::NotAJwks { path: path.clone(), problem };
        let bytes = Secret::read_file(WHAT, &path, LIMIT)?;
        let set: Set =
            serde_json::from_slice(bytes.expose()).map_err(|_| refused("it has no list of JWKs in `keys`"))?;
        if set.keys.iter().any(Written::is_private) {
            return Err(refused("there is a private or secret key in it"));
        }
        let object = serde_json::from_slice(bytes.expose()).map_err(|_| refused("it is not a JSON object"))?;
        Ok(Jwks { path, object, exists: true, changed: false })
    }

    /// Puts the current key first; one that is there already under another name or place moves. Nothing is written before [`Jwks::save`].
    pub fn keep(&mut self, current: &Jwk) {
        let Ok(new) = serde_json::to_value(current) else { return };
        let Some(Value::Array(keys)) = self.object.get_mut("keys") else { return };
        if keys.first() == Some(&new) {
            return;
        }
        keys.retain(|key| !is_same(key, &new));
        keys.insert(0, new);
        self.changed = true;
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

    /// Writes the file whole or not at all, if it is to be changed.
    ///
    /// # Errors
    /// [`PublicKeyError::File`] where it cannot be written, or where a file has appeared at the place of a new one.
    pub fn save(&self) -> Result<(), PublicKeyError> {
        if !self.changed {
            return Ok(());
        }
        let mut text = serde_json::to_vec_pretty(&self.object).unwrap_or_default();
        text.push(b'\n');
        match self.exists {
            true => files::replace_durable(WHAT, &self.path, &text)?,
            false => files::put_durable(WHAT, &self.path, &text)?,
        }
        Ok(())
    }
}

/// Whether two JWKs are the same key, whatever they are called.
fn is_same(one: &Value, other: &Value) -> bool {
    let key = |value: &Value| {
        let written: Written = serde_json::from_value(value.clone()).ok()?;
        PublicKey::from_jwk(&written).ok()
    };
    one["kid"] == other["kid"] && one["kid"].is_string() || key(one).is_some_and(|found| key(other) == Some(found))
}
