//! `parameters.json`: what a set is for, and which files belong to it.

use std::path::{Path, PathBuf};

use aws_smithy_types::DateTime;
use serde::{Deserialize, Serialize};

use super::{PARAMETERS_FILE, PUBLIC_KEY_FILE, TOKEN_FILE, TOKEN_LIMIT, sha256};
use crate::ceremony::{REHEARSAL_ACCOUNT, Transfer};
use crate::error::{Error, ParametersError};
use crate::files;
use crate::kms::KeyArn;
use crate::material::KeySpec;
use crate::printable::is_unprintable;
use crate::time;
use crate::wrap::{WrappingAlgorithm, WrappingKey, WrappingKeySpec};

pub(super) const VERSION: u64 = 1;

/// KMS gives 24 hours (API reference, `GetParametersForImport`); an hour more for clocks that disagree.
const LONGEST_VALIDITY: i64 = 25 * 60 * 60;

/// What a set is for: the contents of `parameters.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bound {
    pub(super) version: u64,
    pub(super) key_arn: String,
    pub(super) key_spec: String,
    pub(super) wrapping_algorithm: String,
    pub(super) wrapping_key_spec: String,
    pub(super) public_key_sha256: String,
    pub(super) import_token_sha256: String,
    /// RFC 3339.
    pub(super) valid_to: String,
    /// The endpoint, only when it is not AWS's own.
    pub(super) endpoint: Option<String>,
    pub(super) rehearsal: bool,
}

impl Bound {
    pub(super) fn load(directory: &Path) -> Result<Self, Error> {
        let path = directory.join(PARAMETERS_FILE);
        let json = files::read("parameter file", &path, 64 * 1024)?;
        Self::parse(&json, &path)
    }

    pub(super) fn parse(json: &[u8], path: &Path) -> Result<Self, Error> {
        let not_parameters = |problem: String| ParametersError::NotParameters { path: path.to_owned(), problem };
        let value: serde_json::Value = serde_json::from_slice(json)
            .map_err(|error| not_parameters(format!("no JSON at line {}, column {}", error.line(), error.column())))?;
        // Nothing in it has any, and what is wrong in it is shown.
        if has_control_characters(&value) {
            return Err(not_parameters("it has control characters, or others that do not show".to_owned()).into());
        }
        match value["version"].as_u64() {
            Some(VERSION) => {}
            Some(found) => {
                return Err(ParametersError::UnknownVersion { path: path.to_owned(), found, known: VERSION }.into());
            }
            None => return Err(not_parameters("`version` is missing".to_owned()).into()),
        }
        let bound: Bound = serde_json::from_value(value).map_err(|error| not_parameters(error.to_string()))?;
        let wrong = |error: &dyn std::fmt::Display| not_parameters(error.to_string());
        bound.key_spec.parse::<KeySpec>().map_err(|error| wrong(&error))?;
        bound.wrapping_algorithm.parse::<WrappingAlgorithm>().map_err(|error| wrong(&error))?;
        bound.wrapping_key_spec.parse::<WrappingKeySpec>().map_err(|error| wrong(&error))?;
        time::parse(&bound.valid_to).map_err(|error| wrong(&error))?;
        if KeyArn::parse(&bound.key_arn).is_none() {
            return Err(not_parameters(format!("`{}` is not a key ARN", bound.key_arn)).into());
        }
        // An altered file must not make AWS's key out of a rehearsal's.
        if (bound.is_of_rehearsal_account() || bound.rehearsal) && bound.endpoint.is_none() {
            return Err(ParametersError::OfARehearsal.into());
        }
        Ok(bound)
    }

    pub(super) fn transfer(&self) -> Transfer {
        Transfer {
            key_arn: self.key_arn.clone(),
            wrapping_algorithm: Some(self.wrapping_algorithm.clone()),
            wrapping_key_spec: Some(self.wrapping_key_spec.clone()),
            public_key_sha256: Some(self.public_key_sha256.clone()),
            valid_to: Some(self.valid_to.clone()),
            import_token_sha256: self.import_token_sha256.clone(),
            ..Transfer::default()
        }
    }

    pub(super) fn is_of_rehearsal_account(&self) -> bool {
        self.key_arn.split(':').nth(4) == Some(REHEARSAL_ACCOUNT)
    }

    pub(super) fn valid_to(&self) -> Result<DateTime, Error> {
        Ok(time::parse(&self.valid_to)?)
    }

    pub(super) fn check_validity(&self, now: DateTime) -> Result<(), Error> {
        if self.valid_to()?.secs() > now.secs() + LONGEST_VALIDITY {
            return Err(ParametersError::ValidTooLong { at: self.valid_to.clone() }.into());
        }
        Ok(())
    }

    pub(super) fn check_fresh(&self) -> Result<(), Error> {
        if self.valid_to()? <= time::now() {
            return Err(ParametersError::Expired { at: self.valid_to.clone() }.into());
        }
        Ok(())
    }

    /// The size of the wrapping key must be the one that was asked for.
    pub(super) fn check_size(&self, key: &WrappingKey, directory: &Path) -> Result<(), Error> {
        let (found, said) = (key.spec(), &self.wrapping_key_spec);
        if found.name() == said {
            return Ok(());
        }
        let problem = format!("it says {said}, and {PUBLIC_KEY_FILE} is {found}");
        Err(ParametersError::NotParameters { path: directory.join(PARAMETERS_FILE), problem }.into())
    }

    pub(super) fn read_token(&self, directory: &Path) -> Result<Vec<u8>, Error> {
        let path = directory.join(TOKEN_FILE);
        let token = files::read("import token", &path, TOKEN_LIMIT)?;
        self.check_file("import token", path, &token, &self.import_token_sha256)?;
        Ok(token)
    }

    pub(super) fn check_file(
        &self,
        what: &'static str,
        path: PathBuf,
        bytes: &[u8],
        expected: &str,
    ) -> Result<(), Error> {
        let found = sha256(bytes)?;
        if found == expected {
            return Ok(());
        }
        Err(ParametersError::Mixed { what, path, found, expected: expected.to_owned() }.into())
    }
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
