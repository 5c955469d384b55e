//! What KMS answers: whether it is reached, what time it is there, and which read-only calls these credentials may make.

use serde::Serialize;

use super::Finding;
use super::error::HealthError;
use crate::explain::Explain;
use crate::kms::{KeyArn, Kms, KmsError, Operation, Reason};
use crate::material::KeySpec;

/// Requests are signed with a time, and AWS refuses those that are some minutes off.
const TOLERATED_SKEW: u64 = 60;

/// The answers. It claims nothing about calls that it did not make.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Online {
    /// A reply of KMS came.
    pub reachable: bool,
    /// The embedded KMS gave it.
    pub rehearsal: bool,
    /// Seconds by which the endpoint's clock is ahead of this machine's, less than 0 where it is behind; `None` where no reply told its
    /// time.
    pub clock_skew_seconds: Option<i64>,
    /// The source of the credentials that were used.
    pub credential_source: Option<String>,
    /// Every call that was made.
    pub asked: Vec<Asked>,
}

/// One read-only call.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Asked {
    /// Its name, which is that of the permission after `kms:`.
    pub operation: &'static str,
    /// `allowed`, `denied` or `failed`.
    #[cfg_attr(feature = "schemas", schemars(extend("enum" = ["allowed", "denied", "failed"])))]
    pub outcome: &'static str,
    /// What KMS said, where it was not allowed.
    pub because: Option<String>,
    /// KMS's error code, where it refused.
    pub aws_code: Option<String>,
}

/// The answers with what is wrong about them.
pub(super) struct Answered {
    pub(super) answers: Online,
    pub(super) key_arn: Option<KeyArn>,
    pub(super) problems: Vec<Finding>,
}

impl Online {
    pub(super) async fn ask(kms: &Kms, key: Option<&str>) -> Answered {
        let mut answered = Answered {
            answers: Online {
                reachable: false,
                rehearsal: false,
                clock_skew_seconds: None,
                credential_source: kms.credential_source().await.map(|source| source.name),
                asked: Vec::new(),
            },
            key_arn: None,
            problems: Vec::new(),
        };
        let first = answered.note(Operation::ListKeys, kms.may_list_keys().await, false);
        if first {
            answered.note(Operation::ListAliases, kms.may_list_aliases().await, false);
            if let Some(key) = key {
                answered.ask_about(kms, key).await;
            }
        }
        let answers = &mut answered.answers;
        answers.rehearsal = kms.seen_rehearsal();
        answers.clock_skew_seconds = kms.clock_ahead().map(|ahead| -ahead);
        let skew = answers.clock_skew_seconds.unwrap_or(0);
        if skew.unsigned_abs() > TOLERATED_SKEW {
            let direction = if skew > 0 { "behind" } else { "ahead of" };
            answered.problems.push(Finding::of(HealthError::ClockOff { seconds: skew.unsigned_abs(), direction }));
        }
        answered
    }
}

impl Answered {
    /// Every verb begins with DescribeKey; the others belong to some of them.
    async fn ask_about(&mut self, kms: &Kms, key: &str) {
        let described = kms.describe(key).await;
        let found = described.as_ref().ok().map(|key| (key.arn.clone(), key.spec == KeySpec::SymmetricDefault));
        self.note(Operation::DescribeKey, described.map(drop), true);
        let Some((arn, symmetric)) = found else { return };
        self.note(Operation::GetKeyPolicy, kms.key_policy(&arn).await.map(drop), false);
        self.note(Operation::ListResourceTags, kms.tags(&arn).await.map(drop), false);
        if symmetric {
            self.note(Operation::ListKeyRotations, kms.rotations(&arn).await.map(drop), false);
        } else {
            self.note(Operation::GetPublicKey, kms.public_key(&arn).await.map(drop), false);
        }
        self.key_arn = Some(arn);
    }

    /// Writes an answer down. A refused permission is a problem only for a call that is `needed`; any other failure is one always.
    /// Whether asking goes on.
    fn note(&mut self, operation: Operation, result: Result<(), KmsError>, needed: bool) -> bool {
        let (outcome, error) = match result {
            Ok(()) => ("allowed", None),
            Err(error) if error.is_access_denied() => ("denied", Some(error)),
            Err(error) => ("failed", Some(error)),
        };
        let because = error.as_ref().map(|error| error.because().unwrap_or_else(|| error.to_string()));
        let aws_code = error.as_ref().and_then(|error| error.aws_code().map(str::to_owned));
        self.answers.asked.push(Asked { operation: operation.name(), outcome, because, aws_code });
        let reached = error.as_ref().is_none_or(|error| matches!(error, KmsError::Refused(_)));
        self.answers.reachable |= reached;
        let Some(error) = error else { return true };
        let goes_on = reached && !is_about_credentials(&error);
        if outcome == "failed" || needed {
            self.problems.push(Finding::of(error));
        }
        goes_on
    }
}

/// Every other call would be refused for the same reason.
fn is_about_credentials(error: &KmsError) -> bool {
    let same = [
        Reason::ClockSkew,
        Reason::CredentialsExpired,
        Reason::CredentialsUnknown,
        Reason::NotSubscribed,
        Reason::SignatureMismatch,
    ];
    error.reason().is_some_and(|reason| same.contains(&reason))
}
