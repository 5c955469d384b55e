//! The flags that describe a key, how its material is wrapped, and when it expires.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::key_file::is_stdin;
use super::usage_error::UsageError;
use super::values;
use clap::builder::{PathBufValueParser, PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args};
use kms_byok::for_the_binary::files;
use kms_byok::kms::KeyArn;
use kms_byok::lifecycle::{AliasName, KeyRequest, Trust, Wrapping};
use kms_byok::material::{KeySpec, KeyUsage};
use kms_byok::proof::Level;
use kms_byok::time::{self, Expiry};
use kms_byok::wrap::{OaepDigest, WrappingAlgorithm, WrappingKeySpec};
use kms_byok::{Error, ExpiryError, WrapError};

#[derive(Args)]
#[command(next_help_heading = "Key", group = ArgGroup::new("which_alias").args(["name", "alias"]))]
pub(crate) struct KeyArgs {
    /// Name of the key, as in alias/payments; the same as --alias
    #[arg(value_name = "ALIAS", help_heading = None::<&'static str>)]
    pub(crate) name: Option<AliasName>,
    /// Name of the key, as in alias/payments
    #[arg(long, value_name = "A")]
    pub(crate) alias: Option<AliasName>,
    /// Key spec, as KMS names it
    #[arg(long, value_name = "S", default_value_t = KeySpec::SymmetricDefault, value_parser = values::key_spec())]
    pub(crate) key_spec: KeySpec,
    /// Key usage [default: ENCRYPT_DECRYPT, GENERATE_VERIFY_MAC or SIGN_VERIFY, by key spec]
    #[arg(long, value_name = "U", value_parser = values::key_usage())]
    pub(crate) key_usage: Option<KeyUsage>,
    /// Description; public, so no secrets in it
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// Tag; public; may be repeated
    #[arg(long, value_name = "K=V", value_parser = tag)]
    pub(crate) tag: Vec<(String, String)>,
    /// Key policy, a JSON file [default: KMS's own]
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Make a multi-Region primary key
    #[arg(long)]
    pub(crate) multi_region: bool,
}

pub(crate) fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write it as KEY=VALUE".to_owned()),
    }
}

/// An output that is a file and never standard output, on which the answer is.
pub(crate) fn output_file() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| match is_stdin(&path) {
        true => Err("name a file; write ./- for one with that name"),
        false => Ok(path),
    })
}

/// The ARN of a key; KMS itself says whether it exists.
pub(crate) fn key_arn(text: &str) -> Result<KeyArn, &'static str> {
    text.parse()
        .map_err(|_| "write it as in arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab")
}

impl KeyArgs {
    pub(crate) fn request(&self) -> Result<KeyRequest, Error> {
        let policy = self.policy.as_deref().map(policy).transpose()?;
        Ok(KeyRequest {
            alias: self.name.clone().or_else(|| self.alias.clone()),
            spec: self.key_spec,
            usage: self.key_spec.usage(self.key_usage)?,
            description: self.description.clone(),
            policy,
            tags: self.tag.clone(),
            multi_region: self.multi_region,
        })
    }
}

/// What vouches for a key that the run did not create.
#[derive(Args)]
#[command(next_help_heading = "Key")]
pub(crate) struct TrustArgs {
    /// Vouch for an existing key that is named by an alias or a file: use it whatever its key policy; may be repeated
    #[arg(long, value_name = "KEY_ARN", value_parser = key_arn)]
    pub(crate) adopt: Vec<KeyArn>,
    /// The key policy that the key should have, a JSON file [default: KMS's own]
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
}

impl TrustArgs {
    /// With the key as the user named it on the command line.
    pub(crate) fn trust(&self, key: Option<&str>) -> Result<Trust, Error> {
        let policy = self.policy.as_deref().map(policy).transpose()?;
        Ok(Trust { key: key.map(str::to_owned), adopt: self.adopt.clone(), policy, or_default: true })
    }
}

/// Reads a key policy, which must be one JSON object.
pub(crate) fn policy(path: &Path) -> Result<String, Error> {
    // KMS's own limit for a key policy is 32 KiB.
    let bytes = files::read("key policy", path, 32 * 1024)?;
    let not_json = |problem| UsageError::PolicyNotJson { path: path.display().to_string(), problem };
    let text = String::from_utf8(bytes).map_err(|_| not_json("it is not UTF-8".to_owned()))?;
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| not_json(error.to_string()))?;
    if !value.is_object() {
        return Err(not_json("it is not a JSON object".to_owned()).into());
    }
    Ok(text)
}

#[derive(Args)]
#[command(next_help_heading = "Wrapping")]
pub(crate) struct WrappingArgs {
    /// Wrapping algorithm [default: RSAES_OAEP_SHA_256; RSA private keys: RSA_AES_KEY_WRAP_SHA_256]
    #[arg(long, value_name = "A", value_parser = values::wrapping_algorithm())]
    pub(crate) wrapping_algorithm: Option<WrappingAlgorithm>,
    /// Size of the wrapping key
    #[arg(long, value_name = "S", default_value_t = WrappingKeySpec::Rsa4096, value_parser = values::wrapping_key_spec())]
    pub(crate) wrapping_key_spec: WrappingKeySpec,
    /// Accept a wrapping algorithm with SHA-1
    #[arg(long)]
    pub(crate) allow_sha1: bool,
}

impl WrappingArgs {
    pub(crate) fn algorithm(&self, spec: KeySpec) -> Result<WrappingAlgorithm, Error> {
        algorithm(self.wrapping_algorithm, self.allow_sha1, spec)
    }

    pub(crate) fn wrapping(&self, spec: KeySpec) -> Result<Wrapping, Error> {
        self.wrapping_or(None, spec)
    }

    /// The same where the source of the key has a default of its own.
    pub(crate) fn wrapping_or(&self, default: Option<WrappingAlgorithm>, spec: KeySpec) -> Result<Wrapping, Error> {
        let algorithm = algorithm(self.wrapping_algorithm.or(default), self.allow_sha1, spec)?;
        Ok(Wrapping { algorithm, key_spec: self.wrapping_key_spec })
    }
}

/// The algorithm asked for, or the default; SHA-1 only where it was allowed.
pub(crate) fn algorithm(
    asked: Option<WrappingAlgorithm>,
    allow_sha1: bool,
    spec: KeySpec,
) -> Result<WrappingAlgorithm, Error> {
    let algorithm = asked.unwrap_or_else(|| WrappingAlgorithm::default_for(spec));
    if algorithm.digest() == OaepDigest::Sha1 && !allow_sha1 {
        return Err(WrapError::Sha1NotAllowed { algorithm }.into());
    }
    Ok(algorithm)
}

#[derive(Args)]
#[command(next_help_heading = "Import")]
pub(crate) struct ExpiryArgs {
    /// Never expire, as without this flag
    #[arg(long, value_name = "never", value_parser = never(), conflicts_with_all = ["expires_in", "expires_at"])]
    pub(crate) expires: Option<Expiry>,
    /// Expire after that time, as in 90d; at most 365d
    #[arg(long, value_name = "D", value_parser = expires_in, conflicts_with = "expires_at")]
    pub(crate) expires_in: Option<Expiry>,
    /// Expire at that time, as in 2027-01-31T12:00:00Z
    #[arg(long, value_name = "RFC3339", value_parser = expires_at)]
    pub(crate) expires_at: Option<Expiry>,
}

impl ExpiryArgs {
    /// The expiry, checked against KMS's limits by this machine's clock before KMS is asked.
    pub(crate) fn checked(&self) -> Result<Expiry, Error> {
        let expiry = self.expiry();
        expiry.resolve(time::now())?;
        Ok(expiry)
    }

    pub(crate) fn expiry(&self) -> Expiry {
        self.expires.or(self.expires_in).or(self.expires_at).unwrap_or(Expiry::Never)
    }
}

fn never() -> impl TypedValueParser<Value = Expiry> {
    PossibleValuesParser::new(["never"]).map(|_| Expiry::Never)
}

fn expires_in(text: &str) -> Result<Expiry, String> {
    super::global::duration(text).map(Expiry::In)
}

fn expires_at(text: &str) -> Result<Expiry, ExpiryError> {
    time::parse(text).map(Expiry::At)
}

/// `--wait`.
#[derive(Args)]
pub(crate) struct WaitArgs {
    /// How long to wait until KMS shows a change that it has confirmed
    #[arg(long, value_name = "D", default_value = "60s", value_parser = super::global::duration)]
    pub(crate) wait: Duration,
}

/// The id of a lost request, as a report names it.
pub(crate) fn request_id(text: &str) -> Result<String, String> {
    let fits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| text.to_ascii_lowercase())
        .ok_or_else(|| "give the 32 hexadecimal digits that the report names".to_owned())
}

/// `--verify`.
#[derive(Args)]
#[command(next_help_heading = "Proof")]
pub(crate) struct ProofArgs {
    /// How much to prove afterwards
    #[arg(long, value_name = "LEVEL", default_value = "use", value_parser = values::level())]
    pub(crate) verify: Level,
}
