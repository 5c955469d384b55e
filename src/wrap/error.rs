//! Combinations that KMS would refuse, and wrapping keys that are not what was asked for.

use crate::explain::{Explain, Hint, OwnWords, Setting, Step, explain_sum, hint, some};
use crate::files::FileError;
use crate::material::KeySpec;
use crate::openssl_probe::OpenSslError;
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

/// The key material cannot be wrapped as asked, a wrapping key is not what it should be, or a blob is not what wrapping gives. Lengths are
/// bytes; `command` and `decode` are shell commands that fix the file.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum WrapError {
    #[error("{algorithm} is for private keys, but {spec} key material is raw bytes")]
    NotForRawMaterial { algorithm: WrappingAlgorithm, spec: KeySpec },
    #[error(
        "an {spec} private key cannot be wrapped with {algorithm}: KMS takes RSA private keys only under RSA_AES_KEY_WRAP"
    )]
    RsaKeyOverOaep { algorithm: WrappingAlgorithm, spec: KeySpec },
    #[error("{spec} key material of {needed} bytes does not fit: {wrapping} with {algorithm} carries {capacity} bytes")]
    DoesNotFit {
        algorithm: WrappingAlgorithm,
        spec: KeySpec,
        wrapping: WrappingKeySpec,
        needed: usize,
        capacity: usize,
    },
    #[error("`{name}` is not a wrapping algorithm of KMS")]
    UnknownAlgorithm { name: String },
    #[error("`{name}` is not a wrapping key spec of KMS")]
    UnknownWrappingKeySpec { name: String },
    #[error("RSAES_PKCS1_V1_5 has been refused by KMS since 2023-10-10")]
    Pkcs1Refused,
    #[error("`{name}` exists in the China Regions only, which this tool does not serve")]
    Sm2Refused { name: &'static str },
    #[error("{algorithm} uses SHA-1, which was not allowed")]
    Sha1NotAllowed { algorithm: WrappingAlgorithm },
    #[error("the wrapping public key is empty")]
    EmptyPublicKey,
    #[error("the wrapping public key is {found}, but DER bytes are needed")]
    PublicKeyEncoded { found: String, decode: String },
    #[error("the wrapping public key is not a DER SubjectPublicKeyInfo (RFC 5280 §4.1)")]
    PublicKeyNotDer,
    #[error("the wrapping public key is not an RSA key")]
    PublicKeyNotRsa,
    #[error("the wrapping public key has {bits} bits, but KMS makes only 2048, 3072 and 4096")]
    PublicKeyBits { bits: u32 },
    #[error("the wrapping public key has the public exponent {exponent}, but KMS uses only 65537")]
    PublicKeyExponent { exponent: String },
    #[error(
        "the modulus of the wrapping public key is divisible by {factor}, as no key of KMS is: it is damaged, or made to be broken"
    )]
    PublicKeyFactor { factor: u32 },
    #[error("the wrapping public key is {found}, but {asked} was asked for")]
    PublicKeySize { found: WrappingKeySpec, asked: WrappingKeySpec },
    #[error("the private key to open wrapped key material with is not an RSA key")]
    PrivateKeyNotRsa,
    #[error("the wrapped key material has {found} bytes, but wrapping {spec} key material gives {expected}")]
    ImpossibleLength { spec: KeySpec, found: usize, expected: String },
    #[error("the wrapped key material has {found} bytes: {wanted} and a line end of {extra}")]
    WrappedNewline { found: usize, extra: usize, wanted: usize, command: String },
    #[error("the wrapped key material was damaged by a text conversion: {damage}")]
    WrappedDamaged { damage: String, command: Option<String> },
    #[error("the wrapped key material is {found}, not wrapped")]
    InTheClear { found: &'static str },
    #[error("the wrapped key material is {found}, but KMS takes the bytes themselves")]
    WrappedText { found: String, command: Option<String> },
    #[error("the wrapped key material has {found} bytes, as {made} gives, but {needed}")]
    WrappedByKeyWrap { found: usize, made: String, needed: String },
    #[error("the wrapped key material has {found} bytes, as {made} gives, but {needed}")]
    WrappedOtherwise { found: usize, made: String, needed: String },
    #[error("the wrapped key material has {found} bytes, but {algorithm} with {wrapping} gives {expected}")]
    WrappedLength { algorithm: WrappingAlgorithm, wrapping: WrappingKeySpec, found: usize, expected: String },
    /// What holds the key has failed, in its own words.
    #[error("{0}")]
    Elsewhere(Box<dyn Explain + Send + Sync>),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    OpenSsl(#[from] OpenSslError),
}

explain_sum!(WrapError { Elsewhere, File, OpenSsl } or OwnWords);

impl OwnWords for WrapError {
    fn own_id(&self) -> &'static str {
        self.into()
    }

    fn own_hint(&self) -> Option<Hint> {
        match self {
            WrapError::Elsewhere(_) | WrapError::File(_) | WrapError::OpenSsl(_) => None, // what it holds has its own
            WrapError::NotForRawMaterial { .. } => some("use RSAES_OAEP_SHA_256"),
            WrapError::RsaKeyOverOaep { .. } => some("use RSA_AES_KEY_WRAP_SHA_256"),
            WrapError::DoesNotFit { spec, .. } if spec.is_private_key() => {
                hint!["use RSA_AES_KEY_WRAP_SHA_256, or a larger ", Setting::WrappingKeySpec]
            }
            WrapError::DoesNotFit { .. } => hint!["use a larger ", Setting::WrappingKeySpec],
            WrapError::UnknownAlgorithm { .. } | WrapError::Pkcs1Refused => {
                some(format!("use one of {}", WrappingAlgorithm::ALL.map(WrappingAlgorithm::name).join(", ")))
            }
            WrapError::UnknownWrappingKeySpec { .. } => {
                some(format!("use one of {}", WrappingKeySpec::ALL.map(WrappingKeySpec::name).join(", ")))
            }
            WrapError::Sm2Refused { .. } => some("use an RSA wrapping key outside the China Regions"),
            WrapError::Sha1NotAllowed { .. } => hint!["use the SHA-256 variant, or add ", Setting::AllowSha1],
            WrapError::PublicKeyEncoded { decode, .. } => some(format!("decode it first: `{decode}`")),
            WrapError::EmptyPublicKey
            | WrapError::PublicKeyNotDer
            | WrapError::PublicKeyNotRsa
            | WrapError::PublicKeyBits { .. } => hint![
                "use the PublicKey of GetParametersForImport, decoded from base64 to bytes, or run ",
                Step::GetParameters,
            ],
            WrapError::PublicKeyExponent { .. } | WrapError::PublicKeyFactor { .. } => hint![
                "wrap nothing with it, find out where it came from, and run ",
                Step::GetParameters,
                " for a new one",
            ],
            WrapError::PublicKeySize { .. } => {
                hint![
                    "run ",
                    Step::GetParameters.with(Setting::Force),
                    " again with the ",
                    Setting::WrappingKeySpec,
                    " you want",
                ]
            }
            WrapError::PrivateKeyNotRsa => some("give the private key whose public half it was wrapped for"),
            WrapError::ImpossibleLength { .. } => hint![
                "give EncryptedKeyMaterial.bin to ",
                Setting::Encrypted,
                " and ImportToken.bin to ",
                Setting::ImportToken,
                ", both as whole binary files",
            ],
            WrapError::WrappedNewline { command, .. } => some(format!("take it off: `{command}`")),
            WrapError::WrappedDamaged { command: Some(command), .. } => {
                some(format!("take them out, or transfer the file in binary mode: `{command}`"))
            }
            WrapError::WrappedDamaged { command: None, .. } => {
                some("wrap the key material again, and do not convert the result")
            }
            WrapError::InTheClear { .. } => hint!["wrap it first with ", Step::Wrap, ", and send it nowhere"],
            WrapError::WrappedText { command: Some(command), .. } => some(format!("decode it first: `{command}`")),
            WrapError::WrappedText { command: None, .. } => {
                some("put the bytes that the wrapping made there; they are not text")
            }
            WrapError::WrappedByKeyWrap { .. } | WrapError::WrappedOtherwise { .. } => {
                some("wrap the key material again for the public key that came with this import token")
            }
            WrapError::WrappedLength { .. } => some(
                "wrap the key material again, with the public key of the same parameters, and do not convert the result",
            ),
        }
    }
}
