//! What KMS says about the key, about the import, and what the OpenSSL at hand cannot do.

use super::words::Words;
use crate::diagnose::commands::{Commands, word};
use crate::explain::Hint;
use crate::kms::{KeyArn, KeyState, KmsName, Origin, Region};
use crate::material::KeySpec;

#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyCause {
    #[error("KMS in {region} has no key `{key}`")]
    NotFound { key: String, region: Region },
    #[error("key {arn} has origin {origin}, but key material can be imported only into EXTERNAL keys")]
    NotExternal { arn: KeyArn, origin: Origin },
    #[error("key {arn} is {state}, and takes no key material in that state")]
    State { arn: KeyArn, state: KeyState },
    #[error("key {arn} is {found}, and the {what} is {asked}")]
    Spec { arn: KeyArn, found: KmsName<KeySpec>, what: &'static str, asked: KeySpec },
    #[error("KMS says that {key} takes only the key material it was given before, and these are other bytes")]
    NotTheOriginal { key: String },
    #[error("KMS says that it does not take these bytes as key material: {because}")]
    MaterialRefused { because: String },
    #[error("KMS does not accept the expiry: {because}")]
    ExpiryRefused { because: String },
    #[error("KMS does not accept the length of the wrapped key material: {because}")]
    LengthRefused { because: String },
    #[error("the `openssl` on PATH is `{version}`, which cannot do OAEP with SHA-256")]
    OpenSslCommand { version: String },
    #[error("the OpenSSL loaded is `{version}`, and it fails the self-test {test}")]
    OpenSslSelfTest { version: String, test: &'static str },
}

impl Words for KeyCause {
    fn id(&self) -> &'static str {
        match self {
            KeyCause::NotFound { .. } => "key_not_found",
            KeyCause::NotExternal { .. } => "key_not_external",
            KeyCause::State { .. } => "key_state",
            KeyCause::Spec { .. } => "key_spec",
            KeyCause::NotTheOriginal { .. } => "not_the_original_material",
            KeyCause::MaterialRefused { .. } => "material_refused",
            KeyCause::ExpiryRefused { .. } => "expiry_refused",
            KeyCause::LengthRefused { .. } => "blob_length",
            KeyCause::OpenSslCommand { .. } => "openssl_command",
            KeyCause::OpenSslSelfTest { .. } => "openssl_self_test",
        }
    }

    fn fix(&self, commands: &Commands) -> Hint {
        let fix = match self {
            KeyCause::NotFound { key, .. } => {
                format!("look for {} among the keys of this account and Region: `{}`", word(key), commands.list_keys())
            }
            KeyCause::NotExternal { .. } => format!("create a key for it: `{}`", commands.create_key()),
            KeyCause::State { arn, state: KeyState::PendingDeletion } => {
                format!("cancel the deletion, or use another key: `aws kms cancel-key-deletion --key-id {}`", word(arn))
            }
            KeyCause::State { .. } => format!("wait until it shows PendingImport: `{}`", commands.status()),
            KeyCause::Spec { .. } => {
                format!("get parameters for the key you mean and wrap for them: `{}`", commands.anew())
            }
            KeyCause::NotTheOriginal { .. } => {
                format!(
                    "import exactly the bytes of the first import, or create another key for these: `{}`",
                    commands.create_key()
                )
            }
            KeyCause::MaterialRefused { .. } => {
                format!("check the key material while it is wrapped: `{}`", commands.wrap())
            }
            KeyCause::ExpiryRefused { .. } => {
                let import = commands.import_expiring().unwrap_or_else(|| "kms-byok import --help".to_owned());
                format!("name a time in the future, at most 365 days from now: `{import}`")
            }
            KeyCause::LengthRefused { .. } => format!("wrap the key material again: `{}`", commands.wrap()),
            KeyCause::OpenSslCommand { .. } => format!("wrap without it: `{}`", commands.wrap()),
            KeyCause::OpenSslSelfTest { .. } => {
                "load another OpenSSL, and look at it with `kms-byok doctor`".to_owned()
            }
        };
        fix.into()
    }
}
