//! The account of a run for the auditor: who did what to which key, when, with what, and how it ended.
//!
//! It holds no secret and nothing derived from one, because a hash of key material would let anybody confirm a guess. The exception is the
//! check value of 5 bytes, and only if the user asks for it. Its form is described by `docs/schemas/record.json`, and named in `schema`.

mod file;
#[cfg(all(test, feature = "schemas"))]
mod schema;

use serde::{Deserialize, Serialize};

pub use self::file::RecordFile;
use crate::components::Composition;
use crate::escrow::RecipientIdentity;
use crate::explain::ErrorReport;
use crate::kms::{KeyArn, KeyState, Kms, LoggedRequest};
use crate::lifecycle::{Account, Exists, ImportAttempt, Leftover, Plaintext, ProvenKey, Report};
use crate::material::TokenObject;
use crate::openssl_probe;

/// The form of a record that this program writes.
pub(crate) const SCHEMA: &str = "kms-byok/record/1";

/// One run. Times are RFC 3339, by this machine's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Record {
    /// The name and the version of this form.
    pub schema: String,
    /// Random; tells two runs apart that wrote to the same file.
    pub run_id: String,
    /// The verb of the command line, as in `provision`.
    pub verb: String,
    /// When the run began.
    #[cfg_attr(feature = "schemas", schemars(extend("format" = "date-time")))]
    pub begun: String,
    /// When it ended. Null while the run goes on, and for ever if it was killed.
    #[cfg_attr(feature = "schemas", schemars(extend("format" = "date-time")))]
    pub ended: Option<String>,
    /// How the run ended; null while it goes on.
    pub exit: Option<Exit>,
    /// The versions of kms-byok and OpenSSL.
    pub versions: Versions,
    /// The KMS was an embedded one: nothing of this is in AWS.
    pub rehearsal: bool,
    /// How AWS was reached; null if it was not.
    pub aws: Option<Aws>,
    /// The key that the run was about.
    pub key: Option<Key>,
    /// Where the key material came from and where else it is.
    #[serde(flatten)]
    pub material: Material,
    /// Every passage of key material into KMS, and every set of import parameters that was fetched for one.
    pub transfers: Vec<ImportAttempt>,
    /// What was proven, for each key.
    pub proofs: Vec<ProvenKey>,
    /// Keys that the run made and nobody needs.
    pub leftovers: Vec<Leftover>,
}

/// How the run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Exit {
    /// The exit code of the process.
    #[cfg_attr(feature = "schemas", schemars(range(max = 4)))]
    pub code: u8,
    /// Whether a call that changes AWS was answered with success.
    pub changed: bool,
    /// What is in AWS after a run that did not come to its end; empty where nothing has changed, and after one that did.
    pub exists: Vec<Exists>,
    /// The changing call whose reply was not seen: it may have taken effect.
    pub in_doubt: Option<String>,
    /// The command that completes a partial run.
    pub next: Option<String>,
    /// Why the run failed; null if it did not.
    pub error: Option<ErrorReport>,
}

/// What did the work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Versions {
    /// The version of kms-byok.
    pub kms_byok: String,
    /// The version of OpenSSL's headers.
    pub openssl_compiled_against: String,
    /// The version of the loaded OpenSSL library.
    pub openssl_loaded: String,
    /// A FIPS provider is loaded.
    pub fips_provider_loaded: bool,
    /// Everything done with key material is done by it.
    pub fips_in_force: bool,
}

/// How AWS was reached, and each of its replies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Aws {
    /// The Region.
    pub region: String,
    /// The endpoint, only when it is not AWS's own; each request says where it went.
    pub endpoint: Option<String>,
    /// In words: `environment variables`, `SSO`, `instance role`, …
    pub credential_source: Option<String>,
    /// The access key id, which is no secret.
    pub access_key_id: Option<String>,
    /// Every reply of KMS, in order.
    pub requests: Vec<LoggedRequest>,
}

/// The key, as KMS described it last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(rename = "RecordedKey"))]
pub(crate) struct Key {
    /// The key's ARN.
    pub key_arn: String,
    /// The key's id.
    pub key_id: String,
    /// The account in the ARN.
    pub account: String,
    /// The Region in the ARN.
    pub region: String,
    /// The alias, if the run was given one.
    pub alias: Option<String>,
    /// The key spec.
    pub key_spec: Option<String>,
    /// What it may be used for.
    pub key_usage: Option<String>,
    /// Its state.
    pub key_state: Option<KeyState>,
    /// The current key material's id; symmetric keys only.
    pub key_material_id: Option<String>,
    /// When its material expires: RFC 3339 in UTC, or null for material that does not.
    #[cfg_attr(feature = "schemas", schemars(extend("format" = "date-time")))]
    pub expires: Option<String>,
}

/// Where the key material came from and where else it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(rename = "RecordedMaterial"))]
pub(crate) struct Material {
    /// Whether the run made it.
    pub generated: bool,
    /// The file with the plaintext copy.
    pub kept: Option<String>,
    /// The file with the encrypted copy, and who can open it.
    pub escrow: Option<String>,
    /// The certificates whose private keys open the escrow file.
    pub escrow_recipients: Vec<RecipientIdentity>,
    /// Which files still hold it in plaintext; null where the run had no key material at hand.
    pub plaintext: Option<Plaintext>,
    /// The components that the key was made of or made as, and the custodians' certificates.
    pub components: Option<Composition>,
    /// The key in a token, which is the backup of it; null where none is in one.
    pub token: Option<TokenObject>,
    /// The check value of the key, if the user has asked for it.
    pub key_check_value: Option<String>,
}

impl Record {
    fn begin(verb: &str, run_id: String, begun: String) -> Self {
        Record {
            schema: SCHEMA.to_owned(),
            run_id,
            verb: verb.to_owned(),
            begun,
            ended: None,
            exit: None,
            versions: Versions::here(),
            rehearsal: false,
            aws: None,
            key: None,
            material: Material::of(&Report::default()),
            transfers: Vec::new(),
            proofs: Vec::new(),
            leftovers: Vec::new(),
        }
    }

    /// Takes over the report on the run, and how AWS was reached.
    fn fill(&mut self, Account { report, facts, .. }: &Account, kms: Option<&Kms>) {
        self.rehearsal = report.rehearsal;
        self.aws = kms.map(Aws::of);
        self.key = report.key_arn.as_ref().map(|arn| Key::of(arn, report));
        let known = std::mem::replace(&mut self.material, Material::of(report));
        self.material.generated |= known.generated;
        (self.material.components, self.material.key_check_value) = (known.components, known.key_check_value);
        self.material.token = self.material.token.take().or(known.token);
        self.transfers.clone_from(&facts.attempts);
        let of_key = report.proof.iter().map(|proof| (report.key_arn.as_ref().map(ToString::to_string), proof));
        let of_replicas = report.replicas.iter().filter_map(|replica| {
            let proof = replica.proof.as_ref()?;
            Some((Some(replica.key_arn.to_string()), proof))
        });
        let proven = of_key.chain(of_replicas);
        self.proofs = proven.map(|(key_arn, proof)| ProvenKey { key_arn, proof: proof.clone() }).collect();
        self.leftovers.clone_from(&report.leftovers);
    }
}

impl Exit {
    /// How a run with that report ended.
    pub fn of(code: u8, error: Option<ErrorReport>, Account { report, facts, .. }: &Account) -> Self {
        let broken_off = error.is_some() && facts.may_have_changed();
        Exit {
            code,
            changed: facts.changed,
            exists: if broken_off { report.exists() } else { Vec::new() },
            in_doubt: facts.in_doubt.map(|operation| operation.name().to_owned()),
            next: report.next.clone(),
            error,
        }
    }
}

impl Versions {
    fn here() -> Self {
        let fips = openssl_probe::fips();
        Versions {
            kms_byok: env!("CARGO_PKG_VERSION").to_owned(),
            openssl_compiled_against: openssl_probe::COMPILED_AGAINST.to_owned(),
            openssl_loaded: openssl_probe::loaded().to_owned(),
            fips_provider_loaded: fips.provider_loaded,
            fips_in_force: fips.in_force(),
        }
    }
}

impl Aws {
    fn of(kms: &Kms) -> Self {
        let credentials = kms.credentials_used();
        Aws {
            region: kms.region().to_string(),
            endpoint: kms.endpoint().map(str::to_owned),
            credential_source: credentials.as_ref().map(|source| source.name.clone()),
            access_key_id: credentials.map(|source| source.access_key_id),
            requests: kms.requests(),
        }
    }
}

impl Key {
    fn of(arn: &KeyArn, report: &Report) -> Self {
        Key {
            key_arn: arn.to_string(),
            key_id: arn.id().to_string(),
            account: arn.account().to_owned(),
            region: arn.region().to_string(),
            alias: report.alias.clone(),
            key_spec: report.key_spec.as_ref().map(ToString::to_string),
            key_usage: report.key_usage.as_ref().map(ToString::to_string),
            key_state: report.key_state,
            key_material_id: report.key_material_id.clone(),
            expires: report.expires.clone(),
        }
    }
}

impl Material {
    fn of(report: &Report) -> Self {
        let shown = |path: &std::path::PathBuf| path.display().to_string();
        Material {
            generated: report.generated,
            kept: report.kept.as_ref().map(shown),
            escrow: report.escrow.as_ref().map(shown),
            escrow_recipients: report.escrow_recipients.clone(),
            plaintext: report.plaintext.clone(),
            components: None,
            token: report.token.clone(),
            key_check_value: None,
        }
    }
}
