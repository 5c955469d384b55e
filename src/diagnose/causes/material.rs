//! Key material that is not what its key spec needs. What is wrong with it is said in the words of [`MaterialError`].

use super::{FileCause, Words};
use crate::diagnose::commands::{Commands, create_key};
use crate::diagnose::name::{Name, Role};
use crate::explain::Explain;
use crate::explain::Hint;
use crate::files;
use crate::material::choice::Choice;
use crate::material::{KeySpec, MaterialError};
use crate::wrap::{WrapError, WrappingAlgorithm};

/// How key material fits that does not fit as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Otherwise {
    /// A sound private key of that key spec.
    Spec(KeySpec),
    /// In one of several ways: only its owner knows which.
    Choices(Vec<Choice>),
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum MaterialCause {
    #[error("{name} does not fit: {error}")]
    Wrong { name: Name, error: MaterialError, otherwise: Option<Otherwise> },
    #[error("{cause}")]
    InDoubt { name: Name, cause: FileCause, choices: Vec<Choice> },
    #[error(
        "{name} is text of {characters} characters in no known encoding: KMS then has the text itself as its key, not what other systems derive from it"
    )]
    TextItself { name: Name, characters: usize, choices: Vec<Choice> },
    #[error("{name} is a private key {found}, but KMS takes unencrypted PKCS#8 in DER")]
    Container { name: Name, found: String },
    #[error("{name} is too long: {error}")]
    TooLong { name: Name, error: WrapError },
    #[error("{error}")]
    Unwrappable { error: WrapError },
}

impl Words for MaterialCause {
    fn id(&self) -> &'static str {
        match self {
            MaterialCause::Wrong { error, .. } => error.id(),
            MaterialCause::InDoubt { cause, .. } => cause.id(),
            MaterialCause::TextItself { .. } => "material_text",
            MaterialCause::Container { .. } => "material_container",
            MaterialCause::TooLong { error, .. } | MaterialCause::Unwrappable { error, .. } => match error {
                WrapError::DoesNotFit { .. } => "material_does_not_fit",
                _ => "algorithm_not_for_spec",
            },
        }
    }

    fn fix(&self, commands: &Commands) -> Hint {
        match self {
            MaterialCause::Wrong { otherwise: Some(Otherwise::Spec(spec)), .. } => Hint::from(format!(
                "give the key that belongs to this KMS key, or create a KMS key for this one: `{}`",
                create_key(Some(*spec))
            )),
            MaterialCause::InDoubt { name, cause, choices } => {
                commands.choose(name, choices).map_or_else(|| cause.fix(commands), Hint::from)
            }
            MaterialCause::TextItself { name, choices, .. } => {
                let alone = || {
                    let look = commands.look(name);
                    format!(
                        "write the bytes that the other systems use to a file of their own, and wrap that: `{look}`"
                    )
                };
                commands.choose(name, choices).unwrap_or_else(alone).into()
            }
            MaterialCause::Wrong { name, otherwise: Some(Otherwise::Choices(choices)), error } => {
                let wrong = || MaterialCause::error_fix(name, error, commands);
                commands.choose(name, choices).map_or_else(wrong, Hint::from)
            }
            MaterialCause::Wrong { name, error, otherwise: None } => MaterialCause::error_fix(name, error, commands),
            MaterialCause::Container { .. } => {
                format!("let it be converted while it is wrapped: `{}`", commands.wrap_decoded()).into()
            }
            MaterialCause::TooLong { error, .. } | MaterialCause::Unwrappable { error, .. } => {
                let algorithm = match error {
                    WrapError::NotForRawMaterial { .. } => WrappingAlgorithm::RsaesOaepSha256,
                    _ => WrappingAlgorithm::RsaAesKeyWrapSha256,
                };
                let commands = Commands { algorithm: Some(algorithm), ..commands.clone() };
                format!("use {algorithm}: `{}`", commands.anew()).into()
            }
        }
    }
}

impl MaterialCause {
    /// What to do about key material that leaves no choice.
    fn error_fix(name: &Name, error: &MaterialError, commands: &Commands) -> Hint {
        match error {
            MaterialError::PassphraseNeeded | MaterialError::WrongPassphrase => {
                let asking = Commands { passphrase: None, ..commands.clone() };
                format!("wrap it with this command, which asks for the passphrase: `{}`", asking.wrap()).into()
            }
            MaterialError::ExplicitCurve => {
                let file = name.path.as_deref().filter(|_| name.role == Role::Material);
                let command = "openssl ec -in FILE -param_enc named_curve -out FILE.named";
                let command = file.map_or(command.to_owned(), |file| files::name_in_command(command, file));
                format!("name the curve: `{command}`").into()
            }
            MaterialError::NotEncodedText { spec, inside, .. } if !spec.is_private_key() && inside.is_empty() => {
                format!("write the key alone to the file: `{}`", commands.look(name)).into()
            }
            error => {
                let hint = error.hint().unwrap_or_else(|| "give the key that belongs to this KMS key".into());
                let hint = match &name.path {
                    Some(path) if name.role == Role::Material => hint.map(|text| files::name_in_command(&text, path)),
                    _ => hint,
                };
                // As it is, no wrapping takes it.
                if hint.has_command() { hint } else { hint.followed_by(format!(": `{}`", commands.look(name))) }
            }
        }
    }
}
