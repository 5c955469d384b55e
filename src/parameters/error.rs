//! Import parameters that do not belong together, are too old, or are for somewhere else.

use std::path::PathBuf;

use crate::explain::{Hint, OwnWords, Setting, Step, explain_sum, hint, some};
use crate::files::FileError;
use crate::kms::{KeyArn, KmsError, KmsName, Region};
use crate::material::{KeySpec, MaterialError};
use crate::openssl_probe::OpenSslError;
use crate::time::ExpiryError;
use crate::wrap::{WrapError, WrappingKeySpec};

use crate::quoted::quoted;

/// A parameter directory or a set of its files cannot be used, or KMS's reply is no set. `found` is what is there and `asked` or `expected`
/// what was wanted; times are RFC 3339, lengths are bytes, and `command` is a shell command that fixes the file.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum ParametersError {
    #[error("`{}` is not a parameters.json: {problem}", .path.display())]
    NotParameters { path: PathBuf, problem: String },
    #[error("`{}` has version {found}, but this program knows only version {known}", .path.display())]
    UnknownVersion { path: PathBuf, found: u64, known: u64 },
    #[error("`{}` is not the {what} of this set: its SHA-256 is {found}, but parameters.json has {expected}", .path.display())]
    Mixed { what: &'static str, path: PathBuf, found: String, expected: String },
    #[error("the wrapping public key has SHA-256 {found}, but {expected} was expected")]
    UnexpectedPublicKey { found: String, expected: String },
    #[error("`{given}` is not a SHA-256 in hex")]
    NotAFingerprint { given: String },
    #[error("the import token expired at {at}")]
    Expired { at: String },
    #[error("parameters.json says that the import token is valid until {at}, but import tokens are valid for 24 hours")]
    ValidTooLong { at: String },
    #[error("the parameters are for key {found}, but {asked} was asked for")]
    OtherKey { found: KeyArn, asked: KeyArn },
    #[error("the parameters are for {found} key material, but {asked} was asked for")]
    OtherSpec { found: KeySpec, asked: KeySpec },
    #[error("parameters.json is for {found} key material, but key {arn} is {is}")]
    KeyIsOther { arn: KeyArn, found: KeySpec, is: KmsName<KeySpec> },
    #[error("the parameters are for Region {found}, but {asked} was asked for")]
    OtherRegion { found: Region, asked: String },
    #[error("the parameters came from the endpoint {found}, but the import goes to {asked}")]
    OtherEndpoint { found: String, asked: String },
    #[error("nothing is wrapped in `{}` yet: there is no EncryptedKeyMaterial.bin", .directory.display())]
    NotWrapped { directory: PathBuf },
    #[error("the parameters come from a rehearsal (account 000000000000), which AWS does not know")]
    OfARehearsal,
    #[error("the {what} `{}` is a wrapping public key", .path.display())]
    IsPublicKey { what: &'static str, path: PathBuf },
    #[error("the {what} `{}` is a private key in the clear", .path.display())]
    IsPrivateKey { what: &'static str, path: PathBuf },
    #[error("the {what} `{}` is {found}, but the bytes themselves are needed", .path.display())]
    Encoded { what: &'static str, path: PathBuf, found: String, command: Option<String> },
    #[error("the {what} `{}` has {found} bytes, but KMS takes at most {limit}", .path.display())]
    TooLong { what: &'static str, path: PathBuf, found: usize, limit: usize },
    #[error("the reply to GetParametersForImport is for key {found}, but {asked} was asked for")]
    ReplyForOtherKey { found: String, asked: KeyArn },
    #[error("KMS gives an import token that is valid until {at}, but import tokens are valid for 24 hours")]
    ReplyValidTooLong { at: String },
    #[error("{server} gives an {found} wrapping key, but {asked} was asked for")]
    ReplyKeySize { server: String, found: WrappingKeySpec, asked: WrappingKeySpec },
    #[error("the import token of the reply has {found} bytes, but KMS gives 1 to 6144")]
    ReplyToken { found: usize },
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    OpenSsl(#[from] OpenSslError),
    #[error(transparent)]
    Material(#[from] MaterialError),
    #[error(transparent)]
    Wrap(#[from] WrapError),
    #[error(transparent)]
    Kms(#[from] KmsError),
    #[error(transparent)]
    Expiry(#[from] ExpiryError),
}

explain_sum!(ParametersError { File, OpenSsl, Material, Wrap, Kms, Expiry } or OwnWords);

impl OwnWords for ParametersError {
    fn own_id(&self) -> &'static str {
        self.into()
    }

    fn own_hint(&self) -> Option<Hint> {
        match self {
            ParametersError::File(_)
            | ParametersError::OpenSsl(_)
            | ParametersError::Material(_)
            | ParametersError::Wrap(_)
            | ParametersError::Kms(_)
            | ParametersError::Expiry(_) => None, // what it holds has its own
            ParametersError::NotParameters { .. }
            | ParametersError::Mixed { .. }
            | ParametersError::Expired { .. }
            | ParametersError::KeyIsOther { .. }
            | ParametersError::OfARehearsal => {
                hint!["run ", Step::GetParameters.with(Setting::Force), " again and wrap the key for the new token",]
            }
            ParametersError::NotWrapped { directory } => hint![
                "wrap the key material first: ",
                Step::Wrap.with(Setting::Directory.to(quoted(directory))).with(Setting::Material.to("FILE")),
            ],
            ParametersError::UnknownVersion { .. } => some("use the kms-byok that wrote it"),
            ParametersError::UnexpectedPublicKey { .. } => some(
                "find out who changed the files; wrap nothing until the fingerprint is the one that get-parameters printed",
            ),
            ParametersError::NotAFingerprint { .. } => some("give the 64 hex characters that get-parameters printed"),
            ParametersError::OtherKey { .. } => {
                some("name the key of the parameters, or get parameters for the other key")
            }
            ParametersError::OtherSpec { .. } => {
                hint!["leave ", Setting::KeySpec, " out, or get parameters for a key of that spec"]
            }
            ParametersError::ValidTooLong { .. } => {
                some("check this machine's clock, and if it is right find out who changed the file")
            }
            ParametersError::ReplyValidTooLong { .. } => {
                some("check this machine's clock, and for a proxy between here and AWS")
            }
            ParametersError::ReplyKeySize { found, .. } => {
                hint![
                    "ask for what that server gives: ",
                    Setting::WrappingKeySpec.to(found),
                    ", or use another endpoint",
                ]
            }
            ParametersError::OtherEndpoint { .. } => {
                hint!["give the same ", Setting::EndpointUrl, " as to get-parameters, or get parameters there"]
            }
            ParametersError::OtherRegion { .. } => {
                hint!["leave ", Setting::Region, " out, or get parameters in that Region"]
            }
            ParametersError::IsPublicKey { .. } => hint![
                "give EncryptedKeyMaterial.bin to ",
                Setting::Encrypted,
                " and ImportToken.bin to ",
                Setting::ImportToken,
                ": the public key is for ",
                Step::Wrap.with(Setting::InKey),
            ],
            ParametersError::IsPrivateKey { .. } => {
                hint!["give ImportToken.bin to ", Setting::ImportToken, ", and keep the private key to yourself"]
            }
            ParametersError::Encoded { command: None, .. } => {
                some("give the binary files that GetParametersForImport and the wrapping made; neither of them is text")
            }
            ParametersError::Encoded { command: Some(command), .. } => some(format!("decode it first: `{command}`")),
            ParametersError::TooLong { .. } => some("check that it is the file you mean"),
            ParametersError::ReplyForOtherKey { .. } | ParametersError::ReplyToken { .. } => {
                some("check the endpoint: AWS does not answer like this")
            }
        }
    }
}
