//! `parameters.json`: what a set is for, and which files belong to it.

use std::fmt;
use std::path::{Path, PathBuf};

use aws_smithy_types::DateTime;
use serde::{Deserialize, Serialize, Serializer};

use super::error::ParametersError;
use super::fingerprint::sha256;
use super::names::{PARAMETERS_FILE, PUBLIC_KEY_FILE, REHEARSAL_ACCOUNT, TOKEN_FILE, TOKEN_LIMIT};
use crate::files;
use crate::kms::{KeyArn, NotAKeyArn};
use crate::material::{KeySpec, MaterialError};
use crate::printable::is_unprintable;
use crate::time;
use crate::wrap::{WrapError, WrappingAlgorithm, WrappingKey, WrappingKeySpec};

pub(crate) const VERSION: u64 = 1;

/// KMS gives 24 hours (API reference, `GetParametersForImport`); an hour more for clocks that disagree.
const LONGEST_VALIDITY: i64 = 25 * 60 * 60;

/// What a set is for: the contents of `parameters.json`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ParametersFile {
    pub(crate) version: u64,
    pub(crate) key_arn: KeyArn,
    #[serde(serialize_with = "as_name")]
    pub(crate) key_spec: KeySpec,
    #[serde(serialize_with = "as_name")]
    pub(crate) wrapping_algorithm: WrappingAlgorithm,
    #[serde(serialize_with = "as_name")]
    pub(crate) wrapping_key_spec: WrappingKeySpec,
    pub(crate) public_key_sha256: String,
    pub(crate) import_token_sha256: String,
    #[serde(serialize_with = "as_rfc3339")]
    pub(crate) valid_to: DateTime,
    /// The endpoint, only when it is not AWS's own.
    pub(crate) endpoint: Option<String>,
    pub(crate) rehearsal: bool,
}

/// The same as it is written, before the values are read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u64,
    key_arn: String,
    key_spec: String,
    wrapping_algorithm: String,
    wrapping_key_spec: String,
    public_key_sha256: String,
    import_token_sha256: String,
    /// RFC 3339.
    valid_to: String,
    endpoint: Option<String>,
    rehearsal: bool,
}

fn as_name<S: Serializer>(name: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(name)
}

fn as_rfc3339<S: Serializer>(time: &DateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time::rfc3339(*time))
}

impl ParametersFile {
    pub(crate) fn load(directory: &Path) -> Result<Self, ParametersError> {
        let path = directory.join(PARAMETERS_FILE);
        let json = files::read("parameter file", &path, 64 * 1024)?;
        Self::parse(&json, &path)
    }

    pub(crate) fn parse(json: &[u8], path: &Path) -> Result<Self, ParametersError> {
        let not_parameters = |problem: String| ParametersError::NotParameters { path: path.to_owned(), problem };
        let value: serde_json::Value = serde_json::from_slice(json)
            .map_err(|error| not_parameters(format!("not JSON at line {}, column {}", error.line(), error.column())))?;
        // Nothing in it has any, and what is wrong in it is shown.
        if has_control_characters(&value) {
            return Err(not_parameters("it has control characters, or others that do not show".to_owned()));
        }
        match value["version"].as_u64() {
            Some(VERSION) => {}
            Some(found) => {
                return Err(ParametersError::UnknownVersion { path: path.to_owned(), found, known: VERSION });
            }
            None => return Err(not_parameters("`version` is missing".to_owned())),
        }
        let written: Written = serde_json::from_value(value).map_err(|error| not_parameters(error.to_string()))?;
        let wrong = |error: &dyn fmt::Display| not_parameters(error.to_string());
        let file = ParametersFile {
            version: written.version,
            key_spec: written.key_spec.parse().map_err(|error: MaterialError| wrong(&error))?,
            wrapping_algorithm: written.wrapping_algorithm.parse().map_err(|error: WrapError| wrong(&error))?,
            wrapping_key_spec: written.wrapping_key_spec.parse().map_err(|error: WrapError| wrong(&error))?,
            public_key_sha256: written.public_key_sha256,
            import_token_sha256: written.import_token_sha256,
            valid_to: time::parse(&written.valid_to).map_err(|error| wrong(&error))?,
            key_arn: written.key_arn.parse().map_err(|error: NotAKeyArn| wrong(&error))?,
            endpoint: written.endpoint,
            rehearsal: written.rehearsal,
        };
        // An altered file must not make AWS's key out of a rehearsal's.
        if (file.is_of_rehearsal_account() || file.rehearsal) && file.endpoint.is_none() {
            return Err(ParametersError::OfARehearsal);
        }
        Ok(file)
    }

    pub(crate) fn is_of_rehearsal_account(&self) -> bool {
        self.key_arn.account() == REHEARSAL_ACCOUNT
    }

    /// Refuses a validity that AWS does not give. What another endpoint has given is a sentence about it.
    pub(crate) fn check_validity(&self, now: DateTime) -> Result<Option<String>, ParametersError> {
        match &self.endpoint {
            _ if !is_too_long(self.valid_to, now) => Ok(None),
            Some(url) => Ok(Some(format!("the endpoint {url} {}", says_too_long(&time::rfc3339(self.valid_to))))),
            None => Err(ParametersError::ValidTooLong { at: time::rfc3339(self.valid_to) }),
        }
    }

    pub(crate) fn check_fresh(&self) -> Result<(), ParametersError> {
        if self.valid_to <= time::now() {
            return Err(ParametersError::Expired { at: time::rfc3339(self.valid_to) });
        }
        Ok(())
    }

    /// The size of the wrapping key must be the one that was asked for.
    pub(crate) fn check_size(&self, key: &WrappingKey, directory: &Path) -> Result<(), ParametersError> {
        let (found, said) = (key.spec(), self.wrapping_key_spec);
        if found == said {
            return Ok(());
        }
        let problem = format!("it says {said}, and {PUBLIC_KEY_FILE} is {found}");
        Err(ParametersError::NotParameters { path: directory.join(PARAMETERS_FILE), problem })
    }

    pub(crate) fn read_token(&self, directory: &Path) -> Result<Vec<u8>, ParametersError> {
        let path = directory.join(TOKEN_FILE);
        let token = files::read("import token", &path, TOKEN_LIMIT)?;
        self.check_file("import token", path, &token, &self.import_token_sha256)?;
        Ok(token)
    }

    pub(crate) fn check_file(
        &self,
        what: &'static str,
        path: PathBuf,
        bytes: &[u8],
        expected: &str,
    ) -> Result<(), ParametersError> {
        let found = sha256(bytes)?;
        if found == expected {
            return Ok(());
        }
        Err(ParametersError::Mixed { what, path, found, expected: expected.to_owned() })
    }
}

/// Whether a token is valid for longer than KMS gives.
pub(super) fn is_too_long(valid_to: DateTime, now: DateTime) -> bool {
    valid_to.secs() > now.secs() + LONGEST_VALIDITY
}

/// What an endpoint does then.
pub(super) fn says_too_long(at: &str) -> String {
    format!("gives an import token that is valid until {at}, but import tokens are valid for 24 hours")
}

/// Reads a directory back: what `parameters.json` says, the wrapping public key and the token. Files that are not of one set are named.
pub(super) fn read_set(directory: &Path) -> Result<(ParametersFile, WrappingKey, Vec<u8>), ParametersError> {
    let file = ParametersFile::load(directory)?;
    let path = directory.join(PUBLIC_KEY_FILE);
    let der = files::read("wrapping public key", &path, WrappingKey::READ_LIMIT)?;
    file.check_file("wrapping public key", path, &der, &file.public_key_sha256)?;
    let wrapping_key = WrappingKey::from_der(&der)?;
    file.check_size(&wrapping_key, directory)?;
    let token = file.read_token(directory)?;
    Ok((file, wrapping_key, token))
}

fn has_control_characters(value: &serde_json::Value) -> bool {
    let control = |text: &str| text.chars().any(is_unprintable);
    match value {
        serde_json::Value::String(text) => control(text),
        serde_json::Value::Array(items) => items.iter().any(has_control_characters),
        serde_json::Value::Object(members) => {
            members.iter().any(|(name, member)| control(name) || has_control_characters(member))
        }
        _ => false,
    }
}
