//! Parameter sets that are broken, too old, mixed, or for something else.

use super::words::Words;
use crate::diagnose::commands::{Commands, word};
use crate::diagnose::name::Name;
use crate::explain::Hint;

#[derive(Debug, thiserror::Error)]
pub(crate) enum ParametersCause {
    #[error("{name} is not what `kms-byok get-parameters` writes: {problem}")]
    Unreadable { name: Name, problem: String },
    #[error("the import token expired at {at}, and it is {now}")]
    Expired { at: String, now: String },
    #[error("KMS says that the import token has expired")]
    ExpiredSaid,
    #[error("{name} is from {at}, {age} ago, and a parameter set is valid for 24 hours")]
    Old { name: Name, at: String, age: String },
    #[error("{name} is not the one of this set: its SHA-256 is {found}, but the parameter file has {expected}")]
    Mixed { name: Name, found: String, expected: String },
    #[error("{name} is from {wrapped}, and {other} from {downloaded}: it was wrapped for an earlier set")]
    WrappedBefore { name: Name, wrapped: String, other: Name, downloaded: String },
    #[error("{first} is from {one}, and {second} from {two}: they may be of different downloads")]
    TimesApart { first: Name, one: String, second: Name, two: String },
    #[error("the parameters are for key {found}, but {asked} was asked for")]
    OtherKey { found: String, asked: String },
    #[error("the parameters are for {what} {found}, but {asked} was asked for")]
    Differ { what: &'static str, found: String, asked: String },
    #[error("the parameters come from a rehearsal, which AWS does not know")]
    OfARehearsal,
    #[error("the key is in Region {found}, but {asked} was asked for")]
    OtherRegion { found: String, asked: String },
    #[error("KMS says that the import token is damaged or was issued for another key")]
    TokenRefused,
}

impl Words for ParametersCause {
    fn id(&self) -> &'static str {
        match self {
            ParametersCause::Unreadable { .. } => "parameters_unreadable",
            ParametersCause::Expired { .. } | ParametersCause::ExpiredSaid | ParametersCause::Old { .. } => {
                "parameters_expired"
            }
            ParametersCause::Mixed { .. } => "files_of_different_sets",
            ParametersCause::WrappedBefore { .. } => "wrapped_before_parameters",
            ParametersCause::TimesApart { .. } => "downloaded_at_different_times",
            ParametersCause::OtherKey { .. } => "parameters_of_other_key",
            ParametersCause::Differ { .. } => "parameters_differ",
            ParametersCause::OfARehearsal => "parameters_of_a_rehearsal",
            ParametersCause::OtherRegion { .. } => "other_region",
            ParametersCause::TokenRefused => "import_token_refused",
        }
    }

    fn fix(&self, commands: &Commands) -> Hint {
        let fix = match self {
            ParametersCause::OtherRegion { found, .. } => {
                format!("name the Region of the key: `kms-byok import --region {}`", word(found))
            }
            ParametersCause::WrappedBefore { .. } => {
                format!("wrap the key material for the set that is here now: `{}`", commands.wrap())
            }
            ParametersCause::OtherKey { asked, .. } => {
                let commands = Commands { key: Some(asked.clone()), ..commands.clone() };
                format!("get parameters for that key and wrap for them: `{}`", commands.anew())
            }
            _ => format!("get a new parameter set and wrap for it: `{}`", commands.anew()),
        };
        fix.into()
    }
}
