//! KMS's error codes in our words: what each means for the call it was given to, and what fixes it.
//! Source: the error lists of each operation in the AWS KMS API reference, and its "Common Errors".

use std::fmt;
use std::time::Duration;

use super::reason::Reason;
use crate::explain::{Explain, Hint, Setting, Step, hint, some};
use crate::kms::arn::{is_alias, region_of};
use crate::kms::operation::Operation;
use crate::kms::region::Region;
use crate::time::{self, seconds};

/// AWS refuses signatures that are further off (AWS General Reference, "Signing AWS API requests").
pub(crate) const WORTH_A_WARNING: i64 = 5 * 60;

/// KMS understood a call and refused it. `Display` says what that means for the call.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub struct Refusal {
    /// The call.
    pub operation: Operation,
    /// What KMS's error code means for this call.
    pub reason: Reason,
    /// KMS's error code, as in `InvalidCiphertextException`.
    pub code: String,
    /// KMS's text; often empty.
    pub message: String,
    /// The request id (`x-amzn-requestid`), for AWS Support.
    pub request_id: Option<String>,
    /// The key or alias the call was about.
    pub key: Option<String>,
    /// The Region that was asked.
    pub region: Region,
    /// The endpoint's URL, when it is not one of AWS's own.
    pub endpoint: Option<String>,
    /// How long this client has waited and repeated the call before it gave up.
    pub waited: Option<Duration>,
    /// Seconds by which this machine's clock is ahead of KMS's, as far as a reply has told.
    pub clock_ahead: Option<i64>,
    /// Whether the key had key material before this import, as far as that is known.
    pub had_material: Option<bool>,
    /// HTTP 5xx: KMS does not say that nothing happened.
    pub is_server_fault: bool,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.subject() {
            Some(key) => self.about_key(f, &key),
            None => self.about_no_key(f),
        }?;
        match self.waited {
            Some(waited) => write!(f, ", after {} of waiting", seconds(waited)),
            None => Ok(()),
        }
    }
}

impl Refusal {
    fn about_key(&self, f: &mut fmt::Formatter<'_>, key: &str) -> fmt::Result {
        let operation = self.operation;
        match self.reason {
            Reason::AccessDenied => write!(f, "the credentials do not permit kms:{operation} on {key}"),
            Reason::AlreadyExists if operation == Operation::ReplicateKey => {
                write!(f, "{key} has a replica in that Region")
            }
            Reason::AlreadyExists => write!(f, "{key} exists"),
            Reason::Conflict => write!(f, "another change of {key} is in progress"),
            Reason::Disabled => write!(f, "{key} is disabled"),
            Reason::IncorrectKey => write!(f, "the ciphertext was made with another key than {key}"),
            Reason::IncorrectKeyMaterial => match self.had_material {
                Some(true) => write!(f, "the key material is not the one that {key} takes"),
                Some(false) => write!(f, "KMS does not take these bytes as the first key material of {key}"),
                None => write!(f, "KMS does not take these bytes as key material of {key}"),
            },
            Reason::InvalidArn => write!(f, "{key} is not a key ARN that KMS accepts"),
            Reason::InvalidCiphertext if operation == Operation::ImportKeyMaterial => {
                write!(f, "KMS cannot unwrap the key material for {key}")
            }
            Reason::InvalidCiphertext => write!(f, "{key} did not make this ciphertext, or the ciphertext is damaged"),
            Reason::InvalidImportToken => {
                write!(f, "the import token is damaged, or was issued for another key than {key}")
            }
            Reason::InvalidKeyUsage => write!(f, "the key usage of {key} does not allow {operation}"),
            Reason::InvalidState => match self.state() {
                Some(state) => write!(f, "{key} {state}"),
                None => write!(f, "the state of {key} does not allow {operation}"),
            },
            Reason::LimitExceeded if operation == Operation::RotateKeyOnDemand => {
                write!(f, "{key} has no on-demand rotation left: KMS allows 25 for each key")
            }
            Reason::NotFound => write!(f, "KMS in {} has no {key}", self.region),
            Reason::Unsupported
                if operation == Operation::GetParametersForImport || operation == Operation::ImportKeyMaterial =>
            {
                write!(f, "{key} does not take imported key material")
            }
            Reason::Unsupported => write!(f, "{key} does not support {operation}"),
            _ => self.about_no_key(f),
        }
    }

    /// The same of a call that names no key, and what is said without one.
    fn about_no_key(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = self.operation;
        match self.reason {
            Reason::AccessDenied => write!(f, "the credentials do not permit kms:{operation} on this account's keys"),
            Reason::ClockSkew => match self.clock_ahead.filter(|ahead| ahead.abs() > WORTH_A_WARNING) {
                Some(ahead) => write!(f, "this machine's clock is {} AWS's", time::difference(ahead)),
                None => write!(f, "this machine's clock differs from AWS's"),
            },
            Reason::Conflict => write!(f, "another change is in progress"),
            Reason::CredentialsExpired => write!(f, "the AWS credentials have expired"),
            Reason::CredentialsUnknown => write!(f, "AWS does not know the access key"),
            Reason::ExpiredImportToken => write!(f, "the import token has expired"),
            Reason::InvalidAliasName => write!(f, "the alias name is not valid"),
            Reason::LimitExceeded => write!(f, "a KMS quota of this account is used up"),
            Reason::MalformedPolicy => write!(f, "the key policy is not valid"),
            Reason::NotImplemented => write!(f, "{} does not have {operation}", self.server()),
            Reason::NotSubscribed => write!(f, "this AWS account is not signed up for KMS"),
            Reason::SignatureMismatch => write!(f, "the secret access key does not belong to the access key"),
            Reason::Tag => write!(f, "a tag is not valid"),
            Reason::Throttled => write!(f, "KMS throttles {operation}"),
            Reason::Unavailable => write!(f, "KMS cannot do {operation} at the moment"),
            Reason::Unsupported => write!(f, "{} does not support what {operation} asks for", self.server()),
            Reason::Validation if self.is_about_expiry() => write!(f, "KMS does not accept the expiry"),
            Reason::Validation if operation == Operation::ImportKeyMaterial => {
                write!(f, "KMS does not accept the wrapped key material")
            }
            Reason::Validation => write!(f, "KMS does not accept the values of {operation}"),
            Reason::AlreadyExists
            | Reason::Disabled
            | Reason::IncorrectKey
            | Reason::IncorrectKeyMaterial
            | Reason::InvalidArn
            | Reason::InvalidCiphertext
            | Reason::InvalidImportToken
            | Reason::InvalidKeyUsage
            | Reason::InvalidState
            | Reason::NotFound
            | Reason::Unlisted => write!(f, "KMS refuses {operation}"),
        }
    }

    fn subject(&self) -> Option<String> {
        let name = self.key.as_ref()?;
        Some(if is_alias(name) { format!("alias `{name}`") } else { format!("key `{name}`") })
    }

    /// Who refuses: an endpoint that stands in for KMS is not KMS.
    fn server(&self) -> String {
        self.endpoint.as_ref().map_or_else(|| format!("KMS in {}", self.region), |url| format!("`{url}`"))
    }

    /// The states that KMS names in the text of KMSInvalidStateException.
    fn state(&self) -> Option<&'static str> {
        let has = |text: &str| self.message.to_ascii_lowercase().contains(text);
        Some(match () {
            () if has("pending import") => "has no key material",
            () if has("pending deletion") || has("pendingdeletion") => "is scheduled for deletion",
            () if has("pending rotation") => "has another key material that waits for rotation",
            () if has("disabled") => "is disabled",
            () if has("creating") || has("updating") => "is still being made",
            () => return None,
        })
    }

    fn is_about_expiry(&self) -> bool {
        self.operation == Operation::ImportKeyMaterial && self.message.to_ascii_lowercase().contains("validto")
    }

    fn other_region(&self) -> Option<&str> {
        self.key.as_deref().and_then(region_of).filter(|region| self.region != *region)
    }
}

impl Explain for Refusal {
    fn aws_code(&self) -> Option<&str> {
        Some(&self.code)
    }

    fn id(&self) -> &'static str {
        self.reason.into()
    }

    fn hint(&self) -> Option<Hint> {
        let operation = self.operation;
        match self.reason {
            Reason::AccessDenied => match operation {
                Operation::CreateKey => some("allow kms:CreateKey (and kms:TagResource) in the caller's IAM policy"),
                Operation::CreateAlias => some("allow kms:CreateAlias for the alias and for the key"),
                Operation::ListKeys | Operation::ListAliases => {
                    some(format!("allow kms:{operation} in the caller's IAM policy"))
                }
                _ => some(format!("allow kms:{operation} in the key policy or the caller's IAM policy")),
            },
            Reason::AlreadyExists if operation == Operation::ReplicateKey => {
                some("run the command again: it goes on with that replica")
            }
            Reason::AlreadyExists => some("choose another name"),
            Reason::ClockSkew => some("set this machine's clock (NTP)"),
            Reason::Conflict | Reason::Unavailable => some("try again in a minute"),
            Reason::CredentialsExpired => some("sign in again (`aws sso login`), or renew the session token"),
            Reason::CredentialsUnknown => {
                some("check AWS_ACCESS_KEY_ID or the profile, and that a session token goes with its own access key")
            }
            Reason::Disabled => some("enable it: `aws kms enable-key`"),
            Reason::ExpiredImportToken | Reason::InvalidImportToken => hint![
                "run ",
                Step::GetParameters.with(Setting::Force),
                " again and wrap the key material with the new public key: key, token and public key belong together",
            ],
            Reason::IncorrectKey => some("name the key that encrypted it"),
            Reason::IncorrectKeyMaterial if self.had_material == Some(false) => hint![
                "wrap the key material again from its own file with ",
                Step::Wrap,
                ", which checks that it is what the key spec needs",
            ],
            Reason::IncorrectKeyMaterial => some(
                "import exactly the bytes of the first import if there was one (mind a trailing newline), or create another key for these",
            ),
            Reason::InvalidAliasName => some("write it as in alias/my-key, with letters, digits and any of `/_-`"),
            Reason::InvalidArn => some("give the key's id or its ARN"),
            Reason::InvalidCiphertext if operation == Operation::ImportKeyMaterial => hint![
                "wrap it again with the public key of the same parameters, OAEP and MGF1 both with the algorithm's digest; ",
                Step::Diagnose,
                " finds the cause",
            ],
            Reason::InvalidCiphertext => some("check which key made it"),
            Reason::InvalidKeyUsage => some("use a key that was created for it"),
            Reason::InvalidState => match self.state() {
                Some("has no key material") => some("import its key material"),
                Some("is scheduled for deletion") => some("run `aws kms cancel-key-deletion`, or use another key"),
                Some("has another key material that waits for rotation") => {
                    hint!["rotate to that one (", Step::Rotate, ") or delete it"]
                }
                Some("is disabled") => some("enable it: `aws kms enable-key`"),
                Some("is still being made") => some("try again in a minute"),
                _ => hint!["look at it with ", Step::Status],
            },
            Reason::LimitExceeded if operation == Operation::RotateKeyOnDemand => some("create another key"),
            Reason::LimitExceeded => some("delete what is not needed, or ask for more in AWS Service Quotas"),
            Reason::MalformedPolicy => {
                some("check the policy file: its JSON, its principals, and that the caller keeps kms:PutKeyPolicy")
            }
            Reason::NotFound => match self.other_region() {
                Some(region) => hint!["add ", Setting::Region.to(region), ", which is the Region in the ARN"],
                None => some("check the name, the Region and the account of the credentials"),
            },
            Reason::NotSubscribed => some("finish signing up this account with AWS"),
            Reason::SignatureMismatch => some("check AWS_SECRET_ACCESS_KEY or the profile"),
            Reason::Tag => some("check the tags: no `aws:` prefix, no key twice, at most 50"),
            Reason::Throttled => some("run fewer at a time, or ask for more in AWS Service Quotas"),
            Reason::Unlisted | Reason::NotImplemented => None,
            Reason::Unsupported => match operation {
                Operation::GetParametersForImport | Operation::ImportKeyMaterial => {
                    hint!["create a key with origin EXTERNAL: ", Step::CreateKey]
                }
                _ => None,
            },
            Reason::Validation if self.is_about_expiry() => {
                some("name a time in the future, at most 365 days from now")
            }
            Reason::Validation if operation == Operation::ImportKeyMaterial => {
                some("wrap the key material again for the parameters that came with this import token")
            }
            Reason::Validation if self.message.is_empty() => None,
            Reason::Validation => some("fix the value that KMS names"),
        }
    }

    /// KMS's code always stands here, with KMS's text where there is one.
    fn because(&self) -> Option<String> {
        Some(if self.message.is_empty() { self.code.clone() } else { format!("{}: {}", self.code, self.message) })
    }
}
