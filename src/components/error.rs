//! Components that do not make a key, or not the one that is meant.

use std::path::PathBuf;

use crate::escrow::EscrowError;
use crate::explain::{Hint, OwnWords, Setting, explain_sum, hint, some};
use crate::files::FileError;
use crate::material::{KeySpec, MaterialError};
use crate::openssl_probe::OpenSslError;

/// Components cannot be made, opened or combined. `name` and `other` are components as a sentence says them: a file in backticks, or
/// the place of one that was typed. No variant holds a byte of a component.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum ComponentError {
    #[error("{spec} keys have no components: the XOR of private keys is no private key")]
    #[strum(serialize = "no_components")]
    NoComponents { spec: KeySpec },
    #[error("{spec} keys have no check value")]
    NoCheckValue { spec: KeySpec },
    #[error("a check value has 10 hex digits, and what was given has {length} characters")]
    NotACheckValue { length: usize },
    #[error("a key has 2 to 9 components, not {found}")]
    #[strum(serialize = "component_count")]
    Count { found: usize },
    #[error("{name} and {other} are the same component")]
    #[strum(serialize = "component_twice")]
    Twice { name: String, other: String },
    #[error("{name} is of another set of components than {other}")]
    #[strum(serialize = "component_of_other_set")]
    OtherSet { name: String, other: String },
    #[error("{name} and {other} are of one set, but they differ in {what}")]
    #[strum(serialize = "components_disagree")]
    Disagree { name: String, other: String, what: &'static str },
    #[error("{name} is for the key spec {found}, but the key spec is {spec}")]
    #[strum(serialize = "component_of_other_spec")]
    OtherSpec { name: String, found: KeySpec, spec: KeySpec },
    #[error("{name} does not say which set it is of, so a component that is missing would not be noticed")]
    #[strum(serialize = "component_without_set")]
    NoSet { name: String },
    #[error("{} of {needed} components {}", .needed - .given, are_missing(.needed - .given))]
    #[strum(serialize = "component_missing")]
    Missing { needed: u8, given: u8, numbers: Vec<u8> },
    #[error("{given} components were given, but the key has {needed}")]
    #[strum(serialize = "component_too_many")]
    TooMany { needed: u8, given: usize },
    #[error("the set has {found} components, but {expected} were expected")]
    #[strum(serialize = "component_count_differs")]
    CountDiffers { found: u8, expected: u8 },
    #[error("{name} has {found} bytes, but {other} has {wanted}")]
    #[strum(serialize = "component_length")]
    Length { name: String, found: usize, other: String, wanted: usize },
    #[error("the components do not make the key with the check value {expected}")]
    #[strum(serialize = "check_value_differs")]
    OtherKey { expected: String },
    #[error("the key component in {name} is damaged: {problem}")]
    #[strum(serialize = "component_damaged")]
    Damaged { name: String, problem: &'static str },
    #[error("the key component in {name} is encrypted, but there is no recipient key")]
    #[strum(serialize = "component_sealed")]
    Sealed { name: String },
    #[error("the key component in {name} opens with none of the recipient keys, or was changed")]
    #[strum(serialize = "component_does_not_open")]
    DoesNotOpen { name: String },
    #[error("there is no terminal to type a key component on")]
    #[strum(serialize = "no_terminal")]
    NoTerminal,
    #[error("nobody has confirmed the check value of {}", .name.trim_end_matches(','))]
    #[strum(serialize = "component_not_confirmed")]
    NotConfirmed { name: String },
    #[error("{found} certificates were given for {count} components")]
    #[strum(serialize = "custodian_count")]
    Custodians { count: u8, found: usize },
    #[error("`{name}` and `{other}` have the same key, so one custodian would have two components")]
    #[strum(serialize = "custodian_twice")]
    SameCustodian { name: String, other: String },
    #[error("`{}` exists, and may hold the only copy of a key component", .path.display())]
    #[strum(serialize = "component_exists")]
    Exists { path: PathBuf },
    #[error(transparent)]
    Material(#[from] MaterialError),
    #[error(transparent)]
    Escrow(EscrowError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    OpenSsl(#[from] OpenSslError),
}

fn are_missing(count: u8) -> &'static str {
    if count == 1 { "is missing" } else { "are missing" }
}

impl From<EscrowError> for ComponentError {
    fn from(error: EscrowError) -> Self {
        match error {
            EscrowError::File(error) => error.into(),
            EscrowError::OpenSsl(error) => error.into(),
            error => ComponentError::Escrow(error),
        }
    }
}

explain_sum!(ComponentError { Material, Escrow, File, OpenSsl } or OwnWords);

impl ComponentError {
    /// Whether the arguments alone were wrong, whatever the files hold.
    pub(crate) fn is_usage(&self) -> bool {
        matches!(
            self,
            ComponentError::NoComponents { .. }
                | ComponentError::NoCheckValue { .. }
                | ComponentError::NotACheckValue { .. }
                | ComponentError::Count { .. }
                | ComponentError::Custodians { .. }
        )
    }
}

impl OwnWords for ComponentError {
    fn own_id(&self) -> &'static str {
        self.into()
    }

    fn own_hint(&self) -> Option<Hint> {
        match self {
            ComponentError::Material(_)
            | ComponentError::Escrow(_)
            | ComponentError::File(_)
            | ComponentError::OpenSsl(_) => None, // what it holds has its own
            ComponentError::NoComponents { .. } => {
                hint![
                    "choose the ",
                    Setting::KeySpec,
                    " of a symmetric or HMAC key, or encrypt a copy with ",
                    Setting::Escrow
                ]
            }
            ComponentError::NoCheckValue { .. } => {
                hint!["leave ", Setting::ShowKcv, " out: a private key is compared by its public key"]
            }
            ComponentError::NotACheckValue { .. } => some(
                "give the AES-CMAC over zeros of an AES key, 5 bytes as 10 hex digits, or what the components were made with",
            ),
            ComponentError::Count { .. } => hint!["give every component of the key, each with ", Setting::Component],
            ComponentError::Twice { .. } => some("give every component once"),
            ComponentError::OtherSet { .. } => some("give the components of one set only"),
            ComponentError::Disagree { .. } => {
                some("ask the custodians for the files as they were made: one of these was changed")
            }
            ComponentError::OtherSpec { found, .. } => {
                hint!["add ", Setting::KeySpec.to(found), ", or give the components of the key that is meant"]
            }
            ComponentError::NoSet { .. } => hint![
                "say how many components the key has and which check value, from the minutes of its ceremony: ",
                Setting::Components.to("N"),
                " ",
                Setting::ExpectKcv.to("KCV"),
            ],
            ComponentError::Missing { numbers, .. } if numbers.is_empty() => {
                hint!["give the others too, each with ", Setting::Component]
            }
            ComponentError::Missing { numbers, .. } => {
                let numbers: Vec<String> = numbers.iter().map(u8::to_string).collect();
                let plural = if numbers.len() == 1 { "component" } else { "components" };
                hint![format!("give {plural} {} too, with ", numbers.join(" and ")), Setting::Component]
            }
            ComponentError::TooMany { .. } => some("leave out what is no component of this key"),
            ComponentError::CountDiffers { .. } => some("compare the files with the minutes of the key's ceremony"),
            ComponentError::Length { .. } => some("look for the file that is cut off, or of another key"),
            ComponentError::OtherKey { .. } => {
                some("look for the component that is of another key, or was changed or typed wrong")
            }
            ComponentError::Damaged { .. } => some("ask the custodian for the file as it was made"),
            ComponentError::Sealed { .. } => {
                hint!["add ", Setting::RecipientKey.to("KEY"), ", once for each custodian"]
            }
            ComponentError::DoesNotOpen { .. } => {
                hint!["add ", Setting::RecipientKey.to("KEY"), " with the private key of its custodian's certificate"]
            }
            ComponentError::NoTerminal => some("run it on a terminal, or give the component as a file"),
            ComponentError::NotConfirmed { .. } => {
                some("run it again, and compare the component with the custodian's sheet")
            }
            ComponentError::Custodians { .. } => {
                hint!["give one certificate for each component, each with ", Setting::Custodian]
            }
            ComponentError::Exists { .. } => {
                some("choose another beginning of the files' names; this tool never overwrites a key")
            }
            ComponentError::SameCustodian { .. } => some("give each component to another custodian"),
        }
    }
}
