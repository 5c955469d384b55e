//! The account of a run for the auditor: who did what to which key, when, with what, and how it ended.
//!
//! It holds no secret and nothing derived from one, because a hash of key material would let anybody confirm a guess. The exception is the
//! check value of 5 bytes, and only if the user asks for it. Its form is
//! described by a JSON Schema in the tests; `record_version` changes when that does.

mod file;

use serde::{Deserialize, Serialize};

pub use self::file::RecordFile;
use crate::components::Composition;
use crate::escrow::RecipientIdentity;
use crate::kms::{KeyArn, Kms, LoggedRequest};
use crate::lifecycle::error::Error;
use crate::lifecycle::{Account, ImportAttempt, Leftover, Plaintext, ProvenKey, Report};
use crate::openssl_probe;

/// The form of a record that this program writes.
pub(crate) const RECORD_VERSION: u32 = 2;

/// One run. Times are RFC 3339, by this machine's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The version of this form.
    pub record_version: u32,
    /// Random; tells two runs apart that wrote to the same file.
    pub run_id: String,
    /// The verb of the command line, as in `provision`.
    pub verb: String,
    /// When the run began.
    pub begun: String,
    /// Absent while the run goes on, and for ever if it was killed.
    pub ended: Option<String>,
    /// How the run ended; absent while it goes on.
    pub exit: Option<Exit>,
    /// The versions of kms-byok and OpenSSL.
    pub versions: Versions,
    /// The KMS was an embedded one: nothing of this is in AWS.
    pub rehearsal: bool,
    /// How AWS was reached; absent if it was not.
    pub aws: Option<Aws>,
    /// The key that the run was about.
    pub key: Option<Key>,
    /// Where the key material came from and where else it is.
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
pub struct Exit {
    /// The exit code of the process.
    pub code: u8,
    /// Whether a call that changes AWS was answered with success.
    pub changed: bool,
    /// The changing call whose reply was not seen: it may have taken effect.
    pub unanswered_call: Option<String>,
    /// Why the run failed; absent if it did not.
    pub error: Option<Cause>,
}

/// Why it did not end well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The cause: lower case, no full stop.
    pub cause: String,
    /// What AWS, OpenSSL or the operating system said.
    pub because: Option<String>,
    /// The fix: one imperative sentence.
    pub hint: Option<String>,
}

/// What did the work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
pub(crate) struct Key {
    /// The key's ARN.
    pub arn: String,
    /// The account and Region in the ARN.
    pub account: Option<String>,
    /// The Region in the ARN.
    pub region: Option<String>,
    /// The alias, if the run was given one.
    pub alias: Option<String>,
    /// The key spec.
    pub spec: Option<String>,
    /// What it may be used for.
    pub usage: Option<String>,
    /// Its state.
    pub state: Option<String>,
    /// The current key material's id; symmetric keys only.
    pub key_material_id: Option<String>,
    /// When its material expires.
    pub expires: Option<String>,
}

/// Where the key material came from and where else it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Material {
    /// Whether the run made it.
    pub generated: bool,
    /// The file with the plaintext copy.
    pub kept: Option<String>,
    /// The file with the encrypted copy, and who can open it.
    pub escrow: Option<String>,
    /// The certificates whose private keys open the escrow file.
    pub escrow_recipients: Vec<RecipientIdentity>,
    /// Which files still hold it in plaintext; absent where the run had no key material at hand.
    pub plaintext: Option<Plaintext>,
    /// The components that the key was made of or made as, and the custodians' certificates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub components: Option<Composition>,
    /// The check value of the key, if the user has asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_check_value: Option<String>,
}

impl Record {
    fn begin(verb: &str, run_id: String, begun: String) -> Self {
        Record {
            record_version: RECORD_VERSION,
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
        self.transfers.clone_from(&facts.attempts);
        let of_key = report.proof.iter().map(|proof| (report.key_arn.as_ref().map(ToString::to_string), proof));
        let of_replicas = report.replicas.iter().filter_map(|replica| {
            let proof = replica.proof.as_ref()?;
            Some((Some(replica.key_arn.clone()), proof))
        });
        let proven = of_key.chain(of_replicas);
        self.proofs = proven.map(|(key_arn, proof)| ProvenKey { key_arn, proof: proof.clone() }).collect();
        self.leftovers.clone_from(&report.leftovers);
    }
}

impl Exit {
    /// How a run with that report ended.
    pub fn of(code: u8, error: Option<&Error>, account: &Account) -> Self {
        let cause = |error: &Error| Cause {
            cause: error.to_string(),
            because: error.because(),
            hint: error.hint().map(|hint| hint.to_string()),
        };
        Exit {
            code,
            changed: account.facts.changed,
            unanswered_call: account.facts.in_doubt.map(|operation| operation.name().to_owned()),
            error: error.map(cause),
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
            arn: arn.to_string(),
            account: Some(arn.account().to_owned()),
            region: Some(arn.region().to_string()),
            alias: report.alias.clone(),
            spec: report.key_spec.as_ref().map(ToString::to_string),
            usage: report.key_usage.as_ref().map(ToString::to_string),
            state: report.key_state.map(|state| state.to_string()),
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
            key_check_value: None,
        }
    }
}
