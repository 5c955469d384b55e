//! Calls to KMS that could not be made, were refused, or were answered with something else than a reply of KMS.

mod endpoint;
mod reason;
mod refusal;

use std::sync::Arc;

pub use self::endpoint::EndpointError;
pub use self::reason::Reason;
pub use self::refusal::Refusal;
pub(crate) use self::refusal::WORTH_A_WARNING;
use super::operation::Operation;
use super::region::is_served;
use crate::explain::{Explain, Hint, OwnWords, Setting, Step, explain_sum, hint, some};
use crate::files::FileError;

/// A call to KMS failed: it could not be made, was refused, or was answered with something else than a reply of KMS. [`Kms`](super::Kms)
/// says when each is given.
#[derive(Clone, Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum KmsError {
    #[error("no AWS Region is set")]
    NoRegion { profile: Option<String> },
    #[error("there is no profile `{profile}` in the AWS configuration files")]
    NoProfile { profile: String, known: Vec<String>, without_prefix: bool },
    #[error("`{region}` is a China Region, which this tool does not serve: key import differs there")]
    ChinaRegion { region: String },
    #[error("`{region}` is not the name of an AWS Region")]
    NotARegion { region: String },
    #[error("`{value}` is not a value of {name}")]
    SettingUnusable { name: String, value: String, wanted: &'static str, undo: &'static str },
    #[error("no AWS credentials are found")]
    NoCredentials { profile: Option<String>, because: String },
    #[error("a source of AWS credentials fails")]
    CredentialsFail { profile: Option<String>, because: String },
    #[error("the {field} from {origin} has {found} at character {place}")]
    CredentialsMalformed { origin: String, field: &'static str, found: &'static str, place: usize },
    #[error("{operation} cannot be sent")]
    Unsendable { operation: Operation, because: String },

    #[error(transparent)]
    Refused(Box<Refusal>),
    #[error("the reply to {operation} is lost, and {}", may_exist(*.operation))]
    ReplyLost { operation: Operation, cause: EndpointError },

    #[error("what answers {operation} at `{endpoint}` is not KMS")]
    NotKms { operation: Operation, endpoint: String, status: u16, because: String },
    #[error("the reply to {operation} has no {field}, which KMS always sends")]
    FieldMissing { operation: Operation, field: &'static str },
    #[error("the reply to {operation} has `{value}` as its {field}, which this program does not know")]
    ValueUnknown { operation: Operation, field: &'static str, value: String },
    #[error("the reply to {operation} for `{asked}` is about `{answered}`")]
    #[strum(serialize = "reply_about_other_key")]
    OtherKey { operation: Operation, asked: String, answered: String },
    #[error("the reply to {operation} never ends")]
    EndlessList { operation: Operation },

    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// Shared, because the SDK keeps a copy of what its providers of credentials meet.
    #[error(transparent)]
    File(Arc<FileError>),
}

impl From<FileError> for KmsError {
    fn from(error: FileError) -> Self {
        KmsError::File(Arc::new(error))
    }
}

impl KmsError {
    /// Whether something may have changed in AWS although the call failed.
    pub fn may_have_changed(&self) -> bool {
        match self {
            KmsError::ReplyLost { .. } => true,
            // Some stand-ins for KMS say with 400 that they have failed.
            KmsError::Refused(refusal) => {
                refusal.operation.changes() && (refusal.is_server_fault || refusal.reason == Reason::Unavailable)
            }
            // A success whose reply cannot be used, or an error of something in between.
            KmsError::NotKms { operation, status, .. } => operation.changes() && !(300..500).contains(status),
            KmsError::FieldMissing { operation, .. }
            | KmsError::ValueUnknown { operation, .. }
            | KmsError::OtherKey { operation, .. } => operation.changes(),
            _ => false,
        }
    }

    /// KMS's refusal, if this is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            KmsError::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// What KMS's refusal means, if this is one.
    pub fn reason(&self) -> Option<Reason> {
        self.refusal().map(|refusal| refusal.reason)
    }

    /// Whether KMS refused for want of a permission: the one that the operation of [`KmsError::refusal`] is named after.
    pub fn is_access_denied(&self) -> bool {
        self.reason() == Some(Reason::AccessDenied)
    }

    /// Whether the cause lies with the key that was asked about, or with this call: others may go through.
    pub(crate) fn is_of_one_call(&self) -> bool {
        match self {
            KmsError::Refused(refusal) => refusal.reason.is_of_one_call(),
            KmsError::FieldMissing { .. }
            | KmsError::ValueUnknown { .. }
            | KmsError::OtherKey { .. }
            | KmsError::EndlessList { .. } => true,
            _ => false,
        }
    }

    /// Whether this question stays without an answer, however often it is asked: it is not permitted, or what stands in for KMS does
    /// not have the call.
    pub fn is_never_answered(&self) -> bool {
        self.reason().is_some_and(Reason::is_lasting)
    }
}

/// The first names of a list, and how many more there are.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut text = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}

fn may_exist(operation: Operation) -> &'static str {
    match operation {
        Operation::CreateKey | Operation::ReplicateKey => "the key may exist",
        Operation::CreateAlias => "the alias may exist",
        Operation::ImportKeyMaterial => "the key material may have been imported",
        Operation::DeleteImportedKeyMaterial => "the key material may have been deleted",
        Operation::RotateKeyOnDemand => "the rotation may have begun",
        Operation::ScheduleKeyDeletion => "the deletion may have been scheduled",
        _ => "the change may have been made",
    }
}

explain_sum!(KmsError { Refused, Endpoint, File } or OwnWords);

impl OwnWords for KmsError {
    fn own_id(&self) -> &'static str {
        self.into()
    }

    fn own_hint(&self) -> Option<Hint> {
        match self {
            KmsError::Refused(_) | KmsError::Endpoint(_) | KmsError::File(_) => None, // what it holds has its own
            KmsError::NoRegion { profile: None } => {
                hint![
                    "add ",
                    Setting::Region,
                    ", set AWS_REGION, or put `region` in the profile of the AWS configuration file",
                ]
            }
            KmsError::NoRegion { profile: Some(profile) } => {
                hint!["add ", Setting::Region, format!(", set AWS_REGION, or put `region` in profile `{profile}`"),]
            }
            KmsError::NoProfile { profile, without_prefix: true, .. } => some(format!(
                "write `[profile {profile}]` in the configuration file, where `[{profile}]` names no profile"
            )),
            KmsError::NoProfile { known, .. } if known.is_empty() => some("write one with `aws configure`"),
            KmsError::NoProfile { known, .. } => some(format!("use one of these: {}", listed(known))),
            KmsError::ChinaRegion { .. } => some("use the aws CLI there, or name another Region"),
            KmsError::NotARegion { region } => match region.strip_suffix(|c: char| c.is_ascii_lowercase()) {
                Some(region) if is_served(region) => {
                    some(format!("name the Region: {region} has that Availability Zone"))
                }
                _ => some("write it as in us-east-1"),
            },
            KmsError::SettingUnusable { wanted, undo, .. } => some(format!("set it to {wanted}, or {undo}")),
            KmsError::NoCredentials { profile: None, .. } => hint![
                "sign in (`aws sso login`), set AWS_PROFILE or ",
                Setting::Profile,
                ", or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            ],
            KmsError::NoCredentials { profile: Some(profile), .. } => {
                some(format!("give profile `{profile}` credentials, or sign in: `aws sso login --profile {profile}`"))
            }
            KmsError::CredentialsFail { profile: None, .. } => {
                some("fix that source, or sign in again (`aws sso login`)")
            }
            KmsError::CredentialsFail { profile: Some(profile), .. } => {
                some(format!("fix profile `{profile}`, or sign in again: `aws sso login --profile {profile}`"))
            }
            KmsError::CredentialsMalformed { .. } => {
                some("set it again without that character: `echo` adds a line break, and `printf %s` does not")
            }
            KmsError::Unsendable { .. } => None,
            KmsError::ReplyLost { operation: Operation::CreateKey, .. } => {
                hint!["look for the key by its tag `kms-byok:request`: run the same command with ", Setting::FindLost,]
            }
            KmsError::ReplyLost { .. } => {
                hint!["look at the key (", Step::Status, ", or the KMS console) before you run the command again",]
            }
            KmsError::NotKms { .. } => some("check the endpoint URL, and for a proxy between here and KMS"),
            KmsError::FieldMissing { .. } | KmsError::OtherKey { .. } | KmsError::EndlessList { .. } => {
                some("check that the endpoint is AWS's, and trust nothing in this reply")
            }
            KmsError::ValueUnknown { .. } => some("update kms-byok; if it is new, check that the endpoint is AWS's"),
        }
    }

    fn own_because(&self) -> Option<String> {
        match self {
            KmsError::NoCredentials { because, .. }
            | KmsError::CredentialsFail { because, .. }
            | KmsError::Unsendable { because, .. }
            | KmsError::NotKms { because, .. } => Some(because.clone()),
            KmsError::ReplyLost { cause, .. } => Some(match cause.because() {
                Some(inner) => format!("{cause}: {inner}"),
                None => cause.to_string(),
            }),
            _ => None,
        }
    }
}
