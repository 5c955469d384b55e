//! What the JSON of several verbs has, by the same names.

use std::path::PathBuf;

use kms_byok::components::{CheckValue, Composition};
use kms_byok::for_the_binary::printable;
use kms_byok::kms::{KeyArn, KeyDescription, KeyId, KeyState, Kms, KmsName, Region};
use kms_byok::lifecycle::{Exists, Leftover, Report};
use kms_byok::material::{KeySpec, KeyUsage, Reading, TokenObject};
use kms_byok::time::rfc3339;
use kms_byok::wrap::{WrappingAlgorithm, WrappingKeySpec};
use serde::Serialize;

/// The key that a verb is about, and how AWS was reached. What is not known is null.
#[derive(Clone, Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct About {
    /// The key's ARN.
    pub(crate) key_arn: Option<KeyArn>,
    /// The key's id.
    pub(crate) key_id: Option<KeyId>,
    /// The account that owns it: twelve digits.
    pub(crate) account: Option<String>,
    /// The alias that names it, if the run was given one.
    pub(crate) alias: Option<String>,
    /// The Region that was asked.
    pub(crate) region: Option<Region>,
    /// The endpoint, only when it is not AWS's own.
    pub(crate) endpoint: Option<String>,
    /// The key spec.
    pub(crate) key_spec: Option<KmsName<KeySpec>>,
    /// What it may be used for.
    pub(crate) key_usage: Option<KmsName<KeyUsage>>,
    /// Its state, as KMS told it last.
    pub(crate) key_state: Option<KeyState>,
    /// The id of the current key material; symmetric keys only.
    pub(crate) key_material_id: Option<String>,
    /// RFC 3339 in UTC, or null for key material that does not expire.
    #[cfg_attr(feature = "schemas", schemars(extend("format" = "date-time")))]
    pub(crate) expires: Option<String>,
}

/// How a run ended, whatever the verb.
#[derive(Clone, Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Ending {
    /// Whether this run changed anything in AWS.
    pub(crate) changed: bool,
    /// What is in AWS after a run that did not come to its end; empty where nothing has changed, and after one that did.
    pub(crate) exists: Vec<Exists>,
    /// The changing call whose reply was not seen: it may have taken effect.
    pub(crate) in_doubt: Option<&'static str>,
    /// Keys that this run made and nobody needs.
    pub(crate) leftovers: Vec<Leftover>,
    /// The command that completes a partial run.
    pub(crate) next: Option<String>,
    /// Whether the KMS is an embedded one: nothing of this is in AWS.
    pub(crate) rehearsal: bool,
}

/// The wrapping key that key material is wrapped for, and how.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct WrappedFor {
    /// KMS's name of the wrapping algorithm.
    wrapping_algorithm: Option<&'static str>,
    /// KMS's name of the wrapping key's size.
    wrapping_key_spec: Option<&'static str>,
    /// SHA-256 of the wrapping public key's DER, as 64 lower-case hex digits.
    pub(crate) public_key_sha256: Option<String>,
}

impl WrappedFor {
    /// `sha256` is the fingerprint of the public key.
    pub(crate) fn new(algorithm: WrappingAlgorithm, spec: WrappingKeySpec, sha256: &str) -> Self {
        WrappedFor {
            wrapping_algorithm: Some(algorithm.name()),
            wrapping_key_spec: Some(spec.name()),
            public_key_sha256: Some(sha256.to_owned()),
        }
    }

    /// As in `RSAES_OAEP_SHA_256 with RSA_4096`.
    pub(crate) fn names(&self) -> Option<String> {
        Some(format!("{} with {}", self.wrapping_algorithm?, self.wrapping_key_spec?))
    }
}

/// Where key material was read from.
#[derive(Clone, Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Source {
    /// How the key material was read; null where none was.
    pub(crate) material: Option<Reading>,
    /// The escrow file that was opened; null where none was.
    pub(crate) escrow_opened: Option<EscrowOpened>,
    /// The components that the key was made of or made as; null where it was not.
    pub(crate) components: Option<Composition>,
    /// The token that holds the key, which is wrapped there, and is its backup; null where none does.
    pub(crate) token: Option<TokenObject>,
    /// The check value of the key, 10 hex digits, if it was asked for.
    pub(crate) key_check_value: Option<CheckValue>,
}

/// What an opened escrow file does and does not vouch for.
#[derive(Clone, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct EscrowOpened {
    /// The file.
    #[serde(serialize_with = "printable::path")]
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub(crate) file: PathBuf,
    /// Whether changed bytes would have been noticed.
    pub(crate) authenticated: bool,
    /// Whether it says who made it: no escrow file does.
    pub(crate) maker_known: bool,
}

impl About {
    /// A key as KMS describes it.
    pub(crate) fn of(kms: &Kms, key: &KeyDescription) -> Self {
        About {
            key_spec: Some(key.spec.clone()),
            key_usage: Some(key.usage.clone()),
            key_state: Some(key.state),
            key_material_id: key.current_key_material_id.clone(),
            expires: key.expires.map(rfc3339),
            ..About::key(&key.arn).at(kms)
        }
    }

    /// A key of which only the ARN is known.
    pub(crate) fn key(arn: &KeyArn) -> Self {
        About {
            key_arn: Some(arn.clone()),
            key_id: Some(arn.id().clone()),
            account: Some(arn.account().to_owned()),
            region: Some(arn.region().clone()),
            ..About::default()
        }
    }

    /// How AWS was reached.
    pub(crate) fn at(self, kms: &Kms) -> Self {
        About { region: Some(kms.region().clone()), endpoint: kms.endpoint().map(str::to_owned), ..self }
    }

    /// The name by which the user meant the key.
    pub(crate) fn named(self, name: &str) -> Self {
        About { alias: alias_in(name).map(str::to_owned), ..self }
    }
}

/// The alias in the name or the ARN of one.
pub(crate) fn alias_in(name: &str) -> Option<&str> {
    match name.strip_prefix("arn:") {
        Some(_) => name.find(":alias/").map(|at| &name[at + 1..]),
        None => Some(name).filter(|name| name.starts_with("alias/")),
    }
}

impl From<&Report> for About {
    fn from(report: &Report) -> Self {
        About {
            key_arn: report.key_arn.clone(),
            key_id: report.key_id.clone(),
            account: report.account.clone(),
            alias: report.alias.clone(),
            region: report.region.clone(),
            endpoint: report.endpoint.clone(),
            key_spec: report.key_spec.clone(),
            key_usage: report.key_usage.clone(),
            key_state: report.key_state,
            key_material_id: report.key_material_id.clone(),
            expires: report.expires.clone(),
        }
    }
}

impl Ending {
    /// Of a run that changed nothing in AWS.
    pub(crate) fn unchanged(kms: Option<&Kms>) -> Self {
        Ending { rehearsal: kms.is_some_and(Kms::seen_rehearsal), ..Ending::default() }
    }
}
