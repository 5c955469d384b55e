//! The key that is asked for.

use crate::kms::NewKey;
use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::key::alias::AliasName;
use crate::material::{KeySpec, KeyUsage};

/// The name of the tag by which a lost key is found again. Its value is the id of the request.
pub const REQUEST_TAG: &str = "kms-byok:request";

/// The name of a tag on a key that a rotation by alias has made. Its value is the id of the key before it.
pub const SUPERSEDES_TAG: &str = "kms-byok:supersedes";

/// The name of a tag on a key that an alias no longer names after a rotation. Its value is the id of the key that it names instead.
pub const SUPERSEDED_BY_TAG: &str = "kms-byok:superseded-by";

/// The name of a tag on a key to which an alias has gone back. Its value is the ids of the keys that it has left, the last one first, with
/// spaces between.
pub const ROLLED_BACK_FROM_TAG: &str = "kms-byok:rolled-back-from";

pub(crate) type Tags = [(String, String)];

/// The value of a tag.
pub(crate) fn value_of<'a>(tags: &'a Tags, name: &str) -> Option<&'a str> {
    tags.iter().find(|(tag, _)| tag == name).map(|(_, value)| value.as_str())
}

/// What a KMS key is created with, before it has key material.
#[derive(Clone, Debug)]
pub struct KeyRequest {
    /// The alias that names it, if any.
    pub alias: Option<AliasName>,
    /// Its key spec.
    pub spec: KeySpec,
    /// What it may be used for.
    pub usage: KeyUsage,
    /// Up to 8192 characters, public.
    pub description: Option<String>,
    /// The key policy as JSON; KMS's default if absent.
    pub policy: Option<String>,
    /// Names (1 to 128 characters) and values (up to 256) of the tags: public, at most 50.
    pub tags: Vec<(String, String)>,
    /// Whether it is a multi-Region primary key.
    pub multi_region: bool,
}

impl KeyRequest {
    /// A symmetric single-Region key with KMS's own key policy.
    pub fn new(alias: Option<AliasName>) -> Self {
        KeyRequest {
            alias,
            spec: KeySpec::SymmetricDefault,
            usage: KeyUsage::EncryptDecrypt,
            description: None,
            policy: None,
            tags: Vec::new(),
            multi_region: false,
        }
    }

    /// With that spec, and the usage that is the default for it: see [`KeySpec::usages`].
    pub fn key_spec(self, spec: KeySpec) -> Self {
        KeyRequest { spec, usage: spec.usages()[0], ..self }
    }

    /// Refuses what KMS would refuse for its length or form.
    ///
    /// # Errors
    /// [`Error::Key`] with [`KeyError::TextTooLong`] for a description of more than 8192 characters, or [`KeyError::Tag`] for a tag that is
    /// too long, reserved or given twice.
    pub fn check(&self) -> Result<(), Error> {
        if let Some(description) = self.description.as_ref().filter(|text| text.chars().count() > 8192) {
            let found = description.chars().count();
            let given: String = description.chars().take(20).collect::<String>() + "…";
            return Err(KeyError::TextTooLong { what: "the description", given, found, limit: 8192 }.into());
        }
        for (key, value) in &self.tags {
            let reserved = key.starts_with("aws:") || key == REQUEST_TAG;
            let twice = self.tags.iter().filter(|(other, _)| other == key).count() > 1;
            if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 || reserved || twice {
                return Err(KeyError::Tag { given: format!("{key}={value}") }.into());
            }
        }
        Ok(())
    }

    pub(crate) fn to_new_key(&self) -> NewKey {
        NewKey {
            spec: self.spec,
            usage: self.usage,
            description: self.description.clone(),
            policy: self.policy.clone(),
            tags: self.tags.clone(),
            multi_region: self.multi_region,
        }
    }
}
