//! Alias names, checked before KMS is asked (API reference, `CreateAlias`).

use std::fmt;
use std::str::FromStr;

use crate::lifecycle::error::key::KeyError;

/// An alias name: `alias/` and 1 to 250 letters, digits, `/`, `_` and `-`, and not `alias/aws/` (API reference, `CreateAlias`). It parses
/// from that text: other text is [`KeyError::AliasName`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasName(String);

impl AliasName {
    /// The name with its `alias/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AliasName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for AliasName {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let refuse = |problem| Err(KeyError::AliasName { name: text.to_owned(), problem });
        let Some(name) = text.strip_prefix("alias/") else {
            return refuse("it begins with alias/");
        };
        if name.starts_with("aws/") {
            return refuse("alias/aws/ is reserved for keys of AWS services");
        }
        if name.is_empty() || text.len() > 256 {
            return refuse("it has 7 to 256 characters in all");
        }
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte)) {
            return refuse("it has letters, digits, / _ and - only");
        }
        Ok(AliasName(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_kms_refuses_are_refused() {
        for name in
            ["payments", "alias/", "alias/aws/s3", "alias/a b", "alias/ä", &format!("alias/{}", "x".repeat(251))]
        {
            assert!(name.parse::<AliasName>().is_err(), "{name}");
        }
        for name in ["alias/payments", "alias/a/b_c-9", &format!("alias/{}", "x".repeat(250))] {
            assert!(name.parse::<AliasName>().is_ok(), "{name}");
        }
    }
}
