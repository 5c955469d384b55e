//! Keys that exist and are not what was asked for, and ceremonies that were stopped.

use crate::explain::{Explain, Hint, Setting, Step, hint, some};
use crate::kms::{KeyArn, KeyState, KmsName, Origin, Refusal};
use crate::material::KeySpec;

/// The key at hand cannot take the key material, is not what was asked for, or the run was stopped. `arn` is the key, `name` and `key` what
/// led to it, `waited` how long in words, and `refusal` KMS's answer.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum KeyError {
    #[error("`{name}` is not an alias name")]
    AliasName { name: String, problem: &'static str },
    #[error("`{key}` exists and is not what was asked for: {}", differences.join("; "))]
    Differs { key: String, arn: KeyArn, differences: Vec<String> },
    #[error("`{key}` exists and is what was asked for, but it is {state}")]
    NotInUse { key: String, arn: KeyArn, state: KeyState },
    #[error("`{key}` exists, but the credentials do not permit comparing {what} with what was asked for")]
    NotCompared { key: String, what: String, permission: String },
    #[error("key {arn} had key material before, which expired or was deleted: it takes only the original bytes")]
    TakesOnlyOriginal { arn: KeyArn },
    #[error("{}, and its key policy is not the one asked for", not_made_here(.name, .arn))]
    ForeignPolicy { name: String, arn: KeyArn, outsiders: Vec<String> },
    #[error("{}, and its key policy may not be read", not_made_here(.name, .arn))]
    PolicyUnread { name: String, arn: KeyArn, because: String },
    #[error(
        "key {arn} waits for key material, KMS does not tell whether it had any before, and `{path}` may be its copy"
    )]
    MayHaveCopy { arn: KeyArn, path: String, give: Hint },
    #[error("KMS has key material for key {arn}, but DescribeKey still says PendingImport after {waited}")]
    NotShown { arn: KeyArn, waited: String },
    #[error("the state of key {arn} does not allow the import: {finding}")]
    NotTaken { arn: KeyArn, finding: String, refusal: Box<Refusal> },
    #[error("KMS does not take these bytes as new key material of key {arn}, which may have them already")]
    NotNew { arn: KeyArn, refusal: Box<Refusal> },
    #[error("key {arn} never had key material, so there is none to import again")]
    NothingExists { arn: KeyArn, refusal: Box<Refusal> },
    #[error("`{alias}` points to key {arn}, but the adopted key is {adopt}")]
    AdoptsOther { alias: String, arn: KeyArn, adopt: KeyArn },
    #[error("key {arn} has origin {origin}, but key material can be imported only into EXTERNAL keys")]
    NotExternal { arn: KeyArn, origin: Origin },
    #[error("key {arn} is {state}, and takes no key material in that state")]
    WrongState { arn: KeyArn, state: KeyState },
    #[error("the key material of {arn} expires at {at}, too soon to import it again safely")]
    ExpiresSoon { arn: KeyArn, at: String },
    #[error("the reply says that the import went into {found}, but {asked} was asked for")]
    ImportedElsewhere { asked: KeyArn, found: String },
    #[error("key {arn} is new and {state}, but KMS enables no key without key material")]
    NotEmpty { arn: KeyArn, state: KeyState },
    #[error("key {arn} is {state} after the import, but Enabled was expected")]
    NotEnabled { arn: KeyArn, state: KeyState },
    #[error("{what} cannot be used for {spec} keys")]
    SymmetricOnly { what: Setting, spec: KmsName<KeySpec> },
    #[error("the description of key material cannot be used for {spec} keys")]
    #[strum(serialize = "flag_for_symmetric_only")]
    DescriptionNotTaken { spec: KeySpec },
    #[error("`{given}` is not a tag that can be used here")]
    #[strum(serialize = "flag_tag")]
    Tag { given: String },
    #[error("{what} `{given}` is too long: {found} characters, but KMS takes {limit}")]
    #[strum(serialize = "value_too_long")]
    TextTooLong { what: &'static str, given: String, found: usize, limit: usize },
    #[error("what KMS answers contradicts the import: {contradiction}")]
    ProofContradicts { contradiction: String },
    #[error("the proof that was asked for was not permitted: {refused}")]
    ProofNotPermitted { refused: String },
    #[error("stopped by {signal}")]
    Interrupted { signal: &'static str },
    #[error("KMS says that `{alias}` exists, but not which key it points to")]
    AliasUnknown { alias: String },
}

impl KeyError {
    /// The key that the user has to vouch for before the same command can do more; `None` for other errors.
    pub fn unvouched(&self) -> Option<&KeyArn> {
        match self {
            KeyError::ForeignPolicy { arn, .. } | KeyError::PolicyUnread { arn, .. } => Some(arn),
            _ => None,
        }
    }
}

/// What led to a key, where that is more than its ARN.
fn not_made_here(name: &str, arn: &KeyArn) -> String {
    if *arn == *name {
        format!("key {arn} was not created by this run")
    } else {
        format!("`{name}` points to key {arn}, which this run did not create")
    }
}

impl KeyError {
    /// KMS's refusal, if this explains one.
    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        match self {
            KeyError::NotTaken { refusal, .. }
            | KeyError::NotNew { refusal, .. }
            | KeyError::NothingExists { refusal, .. } => Some(refusal),
            _ => None,
        }
    }
}

impl Explain for KeyError {
    fn aws_code(&self) -> Option<&str> {
        self.refusal().and_then(Explain::aws_code)
    }

    fn id(&self) -> &'static str {
        self.into()
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            KeyError::AliasName { problem, .. } => some(format!("write it as in alias/payments: {problem}")),
            KeyError::Differs { .. } => some("choose another alias, or flags that match the key"),
            KeyError::NotInUse { arn, state, .. } => super::lifecycle::into_use(arn, *state),
            KeyError::NotCompared { permission, .. } => {
                hint![format!("allow {permission}, or leave out "), Setting::Strict]
            }
            KeyError::TakesOnlyOriginal { .. } => {
                hint![
                    "give the original key material with ",
                    Setting::Material.to("FILE"),
                    ", or make a new key under another alias",
                ]
            }
            KeyError::MayHaveCopy { give, .. } => Some(
                Hint::from("import that file with ")
                    .and(give.clone())
                    .followed_by(", or name another file for the new copy"),
            ),
            KeyError::NotShown { .. } => hint!["wait a minute, and look at the key with ", Step::Status],
            KeyError::NotTaken { finding, .. } if finding.contains("waits for rotation") => {
                hint![
                    "rotate to it with ",
                    Step::Rotate.with(Setting::Resume),
                    ", or take it back with ",
                    Step::DeleteMaterial,
                ]
            }
            KeyError::NotTaken { .. } => hint!["look at the key with ", Step::Status],
            KeyError::NotNew { .. } => {
                hint!["leave ", Setting::ImportType.to("new"), " out: what the key has is imported as existing",]
            }
            KeyError::NothingExists { .. } => hint!["leave ", Setting::ImportType.to("existing"), " out"],
            KeyError::ForeignPolicy { arn, .. } => hint![
                format!("read its policy (`aws kms get-key-policy --key-id {arn}`), and if you trust it add "),
                Setting::Adopt.to(arn),
            ],
            KeyError::PolicyUnread { arn, .. } => {
                hint!["allow kms:GetKeyPolicy, or, if you are sure that it is your key, add ", Setting::Adopt.to(arn),]
            }
            KeyError::AdoptsOther { .. } => some("find out who moved the alias, and name the key you mean"),
            KeyError::NotExternal { .. } => hint!["create a key for it with ", Step::CreateKey],
            KeyError::WrongState { arn, state: KeyState::PendingDeletion } => {
                some(format!("run `aws kms cancel-key-deletion --key-id {arn}`, or use another key"))
            }
            KeyError::WrongState { .. } => {
                hint!["wait until ", Step::Status, " shows PendingImport, or use another key"]
            }
            KeyError::ExpiresSoon { .. } => {
                hint!["renew it first with ", Step::Import, ", or add ", Setting::NoReimport]
            }
            KeyError::ImportedElsewhere { .. } | KeyError::NotEnabled { .. } => {
                hint!["look at the key with ", Step::Status, " before anything is encrypted with it"]
            }
            KeyError::NotEmpty { .. } => some("check that the endpoint is KMS: this one cannot import"),
            KeyError::SymmetricOnly { .. } | KeyError::DescriptionNotTaken { .. } => some("leave it out"),
            KeyError::Tag { .. } => some(
                "write it as KEY=VALUE, with a KEY of 1 to 128 characters and a VALUE of at most 256; no KEY may be given twice, begin with aws: or be kms-byok:request",
            ),
            KeyError::TextTooLong { .. } => some("shorten it"),
            KeyError::ProofContradicts { .. } => {
                hint!["encrypt nothing with this key, and run ", Step::Verify, " with the key material file"]
            }
            KeyError::ProofNotPermitted { .. } => {
                hint!["allow the calls named, or choose ", Setting::Verify.to("state")]
            }
            KeyError::Interrupted { .. } => some("run the same command again"),
            KeyError::AliasUnknown { .. } => some("run the same command again in a minute"),
        }
    }

    fn because(&self) -> Option<String> {
        match self {
            KeyError::NotTaken { refusal, .. }
            | KeyError::NotNew { refusal, .. }
            | KeyError::NothingExists { refusal, .. } => refusal.because(),
            KeyError::ForeignPolicy { outsiders, .. } if !outsiders.is_empty() => {
                Some(format!("it lets in {}", outsiders.join(", ")))
            }
            KeyError::PolicyUnread { because, .. } => Some(because.clone()),
            _ => None,
        }
    }
}
