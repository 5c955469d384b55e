//! Key material that is not what its key spec needs. What is wrong with it is said in the words of [`MaterialError`].

use super::Words;
use crate::diagnose::commands::{Commands, quoted};
use crate::diagnose::name::{Name, Role};
use crate::error::{MaterialError, WrapError};
use crate::wrap::WrappingAlgorithm;

#[derive(Debug, thiserror::Error)]
pub(crate) enum MaterialCause {
    #[error("{name} does not fit: {error}")]
    Wrong { name: Name, error: MaterialError },
    #[error("{name} is a private key {found}, and KMS takes unencrypted PKCS#8 in DER")]
    Container { name: Name, found: &'static str },
    #[error("{name} is too long: {error}")]
    TooLong { name: Name, error: WrapError },
    #[error("{error}")]
    Unwrappable { error: WrapError },
}

impl Words for MaterialCause {
    fn id(&self) -> &'static str {
        match self {
            MaterialCause::Wrong { error, .. } => match error {
                MaterialError::AllZero => "material_all_zero",
                MaterialError::PassphraseNeeded | MaterialError::WrongPassphrase => "material_encrypted",
                MaterialError::NotAPrivateKey { .. } => "material_not_a_private_key",
                MaterialError::NotDecodable { .. } => "material_not_der",
                MaterialError::WrongKeyType { .. } => "material_type",
                MaterialError::WrongModulus { .. } => "material_modulus",
                MaterialError::WrongCurve { .. } => "material_curve",
                MaterialError::ExplicitCurve => "material_explicit_curve",
                MaterialError::MultiPrime => "material_multi_prime",
                MaterialError::Inconsistent { .. } => "material_inconsistent",
                _ => "material_length",
            },
            MaterialCause::Container { .. } => "material_container",
            MaterialCause::TooLong { error, .. } | MaterialCause::Unwrappable { error, .. } => match error {
                WrapError::DoesNotFit { .. } => "material_does_not_fit",
                _ => "algorithm_not_for_spec",
            },
        }
    }

    fn fix(&self, commands: &Commands) -> String {
        match self {
            MaterialCause::Wrong { name, error } => match error {
                MaterialError::PassphraseNeeded | MaterialError::WrongPassphrase => {
                    format!("wrap it decrypted, which this asks the passphrase for: `{}`", commands.wrap())
                }
                MaterialError::WrongKeyType { .. }
                | MaterialError::WrongModulus { .. }
                | MaterialError::WrongCurve { .. } => {
                    format!(
                        "give the key that belongs to this KMS key, or create one of its key spec: `{}`",
                        commands.create_key()
                    )
                }
                MaterialError::ExplicitCurve => {
                    let file = name.path.as_deref().filter(|_| name.role == Role::Material);
                    let file = file.map_or("FILE".to_owned(), quoted);
                    format!("name the curve: `openssl ec -in {file} -param_enc named_curve -out {file}.named`")
                }
                _ => format!("give the key that belongs to this KMS key, or make a new one: `{}`", commands.generate()),
            },
            MaterialCause::Container { .. } => {
                format!("let it be converted while it is wrapped: `{}`", commands.wrap())
            }
            MaterialCause::TooLong { error, .. } | MaterialCause::Unwrappable { error, .. } => {
                let algorithm = match error {
                    WrapError::NotForRawMaterial { .. } => WrappingAlgorithm::RsaesOaepSha256,
                    _ => WrappingAlgorithm::RsaAesKeyWrapSha256,
                };
                let commands = Commands { algorithm: Some(algorithm), ..commands.clone() };
                format!("use {algorithm}: `{}`", commands.anew())
            }
        }
    }
}
