//! The key of a verb that is about one key: an argument, or `--key-id`.

use std::ops::Deref;

use clap::Args;

/// A key that has to be named.
#[derive(Args)]
#[group(id = "which_key", required = true, multiple = false)]
pub(crate) struct KeyName {
    /// Key id, ARN or alias; the same as --key-id
    #[arg(value_name = "KEY", value_parser = name)]
    key: Option<String>,
    /// Key id, ARN or alias
    #[arg(long, value_name = "K", value_parser = name)]
    key_id: Option<String>,
}

impl Deref for KeyName {
    type Target = str;

    fn deref(&self) -> &str {
        self.key.as_deref().or(self.key_id.as_deref()).unwrap_or_default()
    }
}

impl From<&KeyName> for String {
    fn from(name: &KeyName) -> Self {
        (**name).to_owned()
    }
}

/// A key that may be named.
#[derive(Args)]
#[group(id = "which_key", multiple = false)]
pub(crate) struct MaybeKey {
    /// Key id, ARN or alias; the same as --key-id
    #[arg(value_name = "KEY", value_parser = name)]
    key: Option<String>,
    /// Key id, ARN or alias
    #[arg(long, value_name = "K", value_parser = name)]
    key_id: Option<String>,
}

impl MaybeKey {
    pub(crate) fn name(&self) -> Option<&str> {
        self.key.as_deref().or(self.key_id.as_deref())
    }
}

/// A word that is at the wrong place may be a key: KMS is not asked about it, and no log gets it.
fn name(text: &str) -> Result<String, &'static str> {
    match may_be_a_key(text) && !text.starts_with("alias/") {
        true => Err("name the key by its id (36 characters), its ARN, or an alias as in alias/payments"),
        false => Ok(text.to_owned()),
    }
}

/// PEM, 32 hex digits, or as much base64.
pub(crate) fn may_be_a_key(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let all = |fits: fn(u8) -> bool| digits.len() >= 32 && digits.bytes().all(fits);
    let hex = all(|byte| byte.is_ascii_hexdigit() || byte == b':');
    let base64 = all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
    text.contains("-----BEGIN") || text.contains('\n') || hex || base64
}
