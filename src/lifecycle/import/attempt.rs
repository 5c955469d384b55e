//! One attempt to import key material, by fingerprints: what it was wrapped for, what was sent, and the outcome.

use serde::{Deserialize, Serialize};

/// A set of import parameters and what was done with it. The hashes are of what an eavesdropper may see anyway: wrapping public key,
/// import token, wrapped key material. There is none of the key material itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ImportAttempt {
    /// The key's ARN.
    pub key_arn: String,
    /// KMS's name of the wrapping algorithm. It is unknown for bare files, as the three below are.
    pub wrapping_algorithm: Option<String>,
    /// KMS's name of the wrapping key's size, as in `RSA_4096`.
    pub wrapping_key_spec: Option<String>,
    /// SHA-256 of the wrapping public key's DER, as 64 lower-case hex digits.
    pub public_key_sha256: Option<String>,
    /// When the token expires: RFC 3339, UTC.
    #[cfg_attr(feature = "schemas", schemars(extend("format" = "date-time")))]
    pub valid_to: Option<String>,
    /// SHA-256 of the import token, as 64 lower-case hex digits.
    pub import_token_sha256: String,
    /// SHA-256 of the wrapped key material, as 64 lower-case hex digits; `None` while nothing is wrapped.
    pub wrapped_material_sha256: Option<String>,
    /// The id of the key material that KMS answered with; symmetric keys only.
    pub key_material_id: Option<String>,
    /// What became of it.
    pub outcome: AttemptOutcome,
}

/// What became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// The parameters were not used.
    #[default]
    NotSent,
    /// Sent, and no reply was seen.
    Unanswered,
    /// KMS did not take it.
    Refused,
    /// KMS took it.
    Imported,
}
