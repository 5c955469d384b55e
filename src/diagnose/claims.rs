//! `parameters.json`, read for what it still says: also when a stricter reader refuses it.

use aws_smithy_types::DateTime;
use serde_json::Value;

use crate::kms::printable;
use crate::material::KeySpec;
use crate::parameters::REHEARSAL_ACCOUNT;
use crate::time;
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

/// What a parameter file says that the files beside it are. Each part may be missing or nonsense.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claims {
    pub(crate) key_arn: Option<String>,
    pub(crate) spec: Option<KeySpec>,
    pub(crate) algorithm: Option<WrappingAlgorithm>,
    pub(crate) wrapping: Option<WrappingKeySpec>,
    pub(crate) public_key_sha256: Option<String>,
    pub(crate) import_token_sha256: Option<String>,
    pub(crate) valid_to: Option<DateTime>,
    pub(crate) endpoint: Option<String>,
    pub(crate) rehearsal: bool,
}

impl Claims {
    /// What can be read, and the first thing that cannot.
    pub(crate) fn read(json: &[u8]) -> (Self, Option<String>) {
        let value: Value = match serde_json::from_slice(json) {
            Ok(value) => value,
            Err(error) => {
                let problem = format!("it is not JSON at line {}, column {}", error.line(), error.column());
                return (Claims::default(), Some(problem));
            }
        };
        let claims = Self::of(&value);
        let problem = claims.problem(&value);
        (claims, problem)
    }

    pub(crate) fn of(value: &Value) -> Self {
        let text = |field: &str| value[field].as_str().map(printable);
        Claims {
            key_arn: text("key_arn"),
            spec: text("key_spec").and_then(|name| name.parse().ok()),
            algorithm: text("wrapping_algorithm").and_then(|name| name.parse().ok()),
            wrapping: text("wrapping_key_spec").and_then(|name| name.parse().ok()),
            public_key_sha256: text("public_key_sha256"),
            import_token_sha256: text("import_token_sha256"),
            valid_to: text("valid_to").and_then(|time| time::parse(&time).ok()),
            endpoint: text("endpoint"),
            rehearsal: value["rehearsal"].as_bool() == Some(true),
        }
    }

    fn problem(&self, value: &Value) -> Option<String> {
        let parts = [
            ("key_arn", self.key_arn.is_some()),
            ("key_spec", self.spec.is_some()),
            ("wrapping_algorithm", self.algorithm.is_some()),
            ("wrapping_key_spec", self.wrapping.is_some()),
            ("public_key_sha256", self.public_key_sha256.is_some()),
            ("import_token_sha256", self.import_token_sha256.is_some()),
            ("valid_to", self.valid_to.is_some()),
        ];
        let (field, _) = parts.into_iter().find(|(_, understood)| !understood)?;
        Some(match &value[field] {
            Value::Null => format!("`{field}` is missing"),
            other => format!("`{field}` is `{}`, which is not a known value", printable(&other.to_string())),
        })
    }

    /// Whether the key is one of the embedded KMS.
    pub(crate) fn is_of_a_rehearsal(&self) -> bool {
        self.rehearsal || self.key_arn.as_deref().and_then(|arn| arn.split(':').nth(4)) == Some(REHEARSAL_ACCOUNT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_broken_file_still_says_is_kept() {
        let (claims, problem) =
            Claims::read(br#"{"version": 1, "key_spec": "RSA_2048", "wrapping_key_spec": "RSA_1024", "key_arn": 7}"#);
        assert_eq!(claims.spec, Some(KeySpec::Rsa2048));
        assert_eq!(problem.as_deref(), Some("`key_arn` is `7`, which is not a known value"));
        let (claims, problem) = Claims::read(b"{\n");
        assert!(claims.spec.is_none());
        assert_eq!(problem.as_deref(), Some("it is not JSON at line 2, column 0"));
        assert_eq!(Claims::read(b"[]").1.as_deref(), Some("`key_arn` is missing"));
    }
}
