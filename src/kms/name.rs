//! The names that KMS has for its own things.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A name in a reply: one that this crate knows, or another one of KMS's, such as the key spec `ML_DSA_65`. `Display` is KMS's name in both
/// cases.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KmsName<T> {
    /// What the name stands for.
    Known(T),
    /// The name as KMS wrote it: letters, digits and `_`.
    Other(String),
}

impl<T: FromStr> KmsName<T> {
    pub(super) fn of(name: &str) -> Self {
        name.parse().map_or_else(|_| KmsName::Other(name.to_owned()), KmsName::Known)
    }
}

impl<T: FromStr + Copy> KmsName<T> {
    /// What the name stands for.
    ///
    /// # Errors
    /// For another name, why it is not known: what parsing it as `T` says.
    pub fn known(&self) -> Result<T, T::Err> {
        match self {
            KmsName::Known(known) => Ok(*known),
            KmsName::Other(name) => name.parse(),
        }
    }
}

impl<T> From<T> for KmsName<T> {
    fn from(known: T) -> Self {
        KmsName::Known(known)
    }
}

impl<T: PartialEq> PartialEq<T> for KmsName<T> {
    fn eq(&self, other: &T) -> bool {
        matches!(self, KmsName::Known(known) if known == other)
    }
}

impl<T: fmt::Display> fmt::Display for KmsName<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KmsName::Known(known) => known.fmt(f),
            KmsName::Other(name) => f.pad(name),
        }
    }
}

impl<T: fmt::Display> Serialize for KmsName<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// KMS may have names that this crate does not know.
#[cfg(feature = "schemas")]
impl<T> schemars::JsonSchema for KmsName<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "KmsName".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::material::KeySpec;

    #[test]
    fn a_key_spec_that_takes_no_import_keeps_its_name_and_says_why() {
        let known: KmsName<KeySpec> = KmsName::of("HMAC_256");
        assert_eq!((&known, known.to_string()), (&KmsName::Known(KeySpec::Hmac256), "HMAC_256".to_owned()));
        assert_eq!(known, KeySpec::Hmac256);
        let other: KmsName<KeySpec> = KmsName::of("ML_DSA_65");
        assert_eq!(
            (other.to_string(), serde_json::to_value(&other).unwrap()),
            ("ML_DSA_65".to_owned(), "ML_DSA_65".into())
        );
        let error = other.known().unwrap_err().to_string();
        assert!(error.contains("ML_DSA_65"), "{error}");
    }
}
