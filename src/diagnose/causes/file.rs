//! Files that hold nothing, something else, or the right thing in the wrong writing.

use super::words::Words;
use crate::diagnose::commands::{Commands, quoted};
use crate::diagnose::name::{Name, Role};
use crate::explain::Hint;
use crate::files::damage::Damage;
use crate::files::{free, with_suffix};
use crate::material::encoding::Encoding;

#[derive(Debug, thiserror::Error)]
pub(crate) enum FileCause {
    #[error("{name} does not exist")]
    Missing { name: Name },
    #[error("{name} is empty")]
    Empty { name: Name },
    #[error("{name} is larger than {limit} bytes, but KMS takes at most 6144")]
    TooLarge { name: Name, limit: usize },
    #[error("{name} cannot be read: {because}")]
    Unreadable { name: Name, because: String },
    #[error("{name} is {encoding}, but the bytes themselves are needed")]
    Encoded { name: Name, encoding: Encoding },
    #[error("{name} is a key {found}, and its text is not the key itself")]
    KeyAsText { name: Name, found: String },
    #[error(
        "{name} has {found} bytes, and the last {}a line end that an editor or `echo` added: {wanted} belong to it",
        if *.extra == 1 { "is ".to_owned() } else { format!("{extra} are ") }
    )]
    TrailingNewline { name: Name, found: usize, extra: usize, wanted: usize },
    #[error("{name} was damaged by a text conversion: {damage}")]
    Mangled { name: Name, damage: Damage },
    #[error("{first} holds the {}, and {second} holds the {}", .second.role.words(), .first.role.words())]
    Swapped { first: Name, second: Name },
    #[error("{name} is {found}")]
    WrongFile { name: Name, found: &'static str },
    #[error("{name} is the key material itself, not wrapped: {evidence}")]
    NotWrapped { name: Name, evidence: &'static str },
}

impl Words for FileCause {
    fn id(&self) -> &'static str {
        match self {
            FileCause::Missing { .. } => "file_missing",
            FileCause::Empty { .. } => "file_empty",
            FileCause::TooLarge { .. } => "file_too_large",
            FileCause::Unreadable { .. } => "file_unreadable",
            FileCause::Encoded { name, .. } => match name.role {
                Role::PublicKey => "public_key_encoded",
                Role::ImportToken => "import_token_encoded",
                Role::Material | Role::Inside => "material_encoded",
                _ => "encrypted_encoded",
            },
            FileCause::KeyAsText { .. } => "material_encoded",
            FileCause::TrailingNewline { .. } => "trailing_newline",
            FileCause::Mangled { .. } => "file_mangled",
            FileCause::Swapped { .. } => "files_swapped",
            FileCause::WrongFile { .. } => "wrong_file",
            FileCause::NotWrapped { .. } => "not_wrapped",
        }
    }

    fn fix(&self, commands: &Commands) -> Hint {
        let fix = match self {
            FileCause::Missing { name } | FileCause::Empty { name } | FileCause::TooLarge { name, .. } => {
                again(name, commands)
            }
            FileCause::Unreadable { name, .. } => {
                format!("find out who owns it (`{}`), and let this user read it", commands.look(name))
            }
            FileCause::Encoded { name, encoding } if name.role.is_secret() => {
                format!("wrap the bytes, not the {encoding}: `{}`", commands.wrap_decoded())
            }
            FileCause::KeyAsText { name, .. } => {
                format!("look at it, and wrap the key, not the text that it is written in: `{}`", commands.look(name))
            }
            FileCause::Encoded { name, encoding } => format!("decode it: `{}`", commands.decode(name, encoding)),
            FileCause::TrailingNewline { name, wanted, .. } => match name.role {
                Role::Inside => format!("wrap the key without its line end: `{}`", commands.wrap()),
                _ => format!("cut it off: `{}`", commands.cut(name, *wanted)),
            },
            FileCause::Mangled { name, damage: Damage::CarriageReturns { .. } } => {
                format!("transfer it in binary mode, or take them out: `{}`", commands.without_carriage_returns(name))
            }
            FileCause::Mangled { name, .. } => again(name, commands),
            FileCause::Swapped { first, second } => match (&first.path, &second.path, &commands.directory) {
                (Some(first), Some(second), Some(_)) => {
                    let between = quoted(&free(&with_suffix(first, "tmp")));
                    let (first, second) = (quoted(first), quoted(second));
                    format!("exchange them: `mv {first} {between} && mv {second} {first} && mv {between} {second}`")
                }
                _ => format!("exchange the files of `{}` and `{}`", first.role.flag(), second.role.flag()),
            },
            FileCause::WrongFile { name, .. } => again(name, commands),
            FileCause::NotWrapped { .. } => {
                format!("send it nowhere, and wrap it first: `{}`", commands.wrap())
            }
        };
        fix.into()
    }
}

/// Makes the file once more.
fn again(name: &Name, commands: &Commands) -> String {
    match name.role {
        Role::PublicKey | Role::ImportToken | Role::Parameters => {
            format!("get a new parameter set and wrap for it: `{}`", commands.anew())
        }
        Role::Encrypted | Role::Inside => format!("wrap the key material again: `{}`", commands.wrap()),
        Role::Material | Role::PrivateKey => {
            format!("check the path, and the command that should have written the file: `{}`", commands.look(name))
        }
    }
}
