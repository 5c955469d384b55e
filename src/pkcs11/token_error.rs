//! What a token does not have, or does not do. It comes from the module's process.

use serde::{Deserialize, Serialize};

use crate::explain::{Explain, Hint, Setting, hint, some};

/// The token, or the key in it, is not what is wanted. `call` is a function of PKCS#11, `code` its return value, both by their names in
/// the standard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum TokenError {
    #[error("`{module}` is no PKCS#11 module")]
    #[strum(serialize = "not_a_pkcs11_module")]
    NotAModule { module: String, because: String },
    #[error("no token fits the PKCS#11 URI; the module has {}", listed(.there))]
    #[strum(serialize = "no_such_token")]
    NoToken { there: Vec<String> },
    #[error("{} tokens fit the PKCS#11 URI: {}", .there.len(), listed(.there))]
    #[strum(serialize = "several_tokens")]
    SeveralTokens { there: Vec<String> },
    #[error("token `{token}` has locked its PIN after wrong ones, and no PIN was tried")]
    PinLocked { token: String },
    #[error("token `{token}` locks itself after one more wrong PIN, and no PIN was tried")]
    PinLastTry { token: String },
    #[error("token `{token}` does not accept the PIN, which was tried once")]
    PinWrong { token: String, locked: bool },
    #[error("the PIN is {found} bytes long, and token `{token}` takes {least} to {most}: it was not tried")]
    PinLength { token: String, found: usize, least: usize, most: usize },
    #[error("the PIN in `{file}` cannot be read")]
    PinFile { file: String, because: String },
    #[error("token `{token}` has no {wanted} that fits the PKCS#11 URI")]
    #[strum(serialize = "no_such_object")]
    NoObject { token: String, wanted: String },
    #[error("{count} keys in token `{token}` fit the PKCS#11 URI, and one is needed")]
    SeveralObjects { token: String, count: usize },
    #[error("what fits the PKCS#11 URI in token `{token}` is {found}, and {spec} key material is {wanted}")]
    #[strum(serialize = "wrong_object_class")]
    WrongClass { token: String, found: String, spec: String, wanted: String },
    #[error("`{object}` in token `{token}` is {found}, but {spec} key material is {wanted}")]
    #[strum(serialize = "wrong_token_key")]
    WrongKey { token: String, object: String, found: String, spec: String, wanted: String },
    #[error("`{object}` in token `{token}` may not leave it, not even wrapped: CKA_EXTRACTABLE is false")]
    NotExtractable { token: String, object: String },
    #[error("`{object}` in token `{token}` may be wrapped by trusted keys only: CKA_WRAP_WITH_TRUSTED is true")]
    TrustedOnly { token: String, object: String },
    #[error("token `{token}` does OAEP with SHA-1 only, and {algorithm} needs SHA-256")]
    OaepSha1Only { token: String, algorithm: String },
    #[error("token `{token}` cannot wrap with {algorithm}: {lacking}")]
    CannotWrap { token: String, algorithm: String, lacking: String },
    #[error("a token wraps a private key under an AES key, and {algorithm} has none")]
    PrivateKeyOverOaep { algorithm: String },
    #[error("token `{token}` has `{object}` already, and a new key is to be made")]
    #[strum(serialize = "token_key_exists")]
    Exists { token: String, object: String },
    #[error("token `{token}` cannot make {spec} key material: {lacking}")]
    CannotMake { token: String, spec: String, lacking: String },
    #[error("the PKCS#11 module refuses {call} with {code}")]
    #[strum(serialize = "pkcs11_refused")]
    Refused { call: String, code: String },
    #[error("OpenSSL fails in the process of the PKCS#11 module: it does not {step}")]
    #[strum(serialize = "openssl_beside_pkcs11")]
    OpenSsl { step: String, because: String },
}

fn listed(there: &[String]) -> String {
    if there.is_empty() { "none".to_owned() } else { there.join(", ") }
}

impl Explain for TokenError {
    fn id(&self) -> &'static str {
        self.into()
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            TokenError::NotAModule { .. } => hint![
                "give the file of the token's maker with ",
                Setting::Pkcs11Module.to("PATH"),
                ", as in `/usr/lib/softhsm/libsofthsm2.so`"
            ],
            TokenError::NoToken { there } if there.is_empty() => {
                some("see that the token is plugged in or reached, initialised, and in the configuration of its module")
            }
            TokenError::NoToken { .. } => some("name one of them with `token=` or `serial=` in the PKCS#11 URI"),
            TokenError::SeveralTokens { .. } => some("name one of them with `token=` or `serial=` in the PKCS#11 URI"),
            TokenError::PinLocked { .. } => some(
                "let the token's security officer set a new PIN, with the tool of its maker or `pkcs11-tool --init-pin`",
            ),
            TokenError::PinLastTry { .. } => some(
                "log in once with the tool of the token's maker or with `pkcs11-tool --login`, which counts from the start again",
            ),
            TokenError::PinWrong { locked: true, .. } => some(
                "let the token's security officer set a new PIN: this was the last try, and the token has locked itself",
            ),
            TokenError::PinWrong { .. } => {
                some("check the PIN before the next run: tokens lock themselves after a few wrong ones")
            }
            TokenError::PinLength { .. } => some("check the PIN; in a file, it is everything but one line end"),
            TokenError::PinFile { .. } => some("check the path behind `pin-source=file:`, and who may read it"),
            TokenError::NoObject { .. } => some(
                "list what is there with `pkcs11-tool --module MODULE --login --list-objects`, and name it with `object=` or `id=`",
            ),
            TokenError::SeveralObjects { .. } => some("add `id=` to the PKCS#11 URI, as in `id=%01`"),
            TokenError::WrongClass { .. } => {
                hint!["name the key itself, or give the ", Setting::KeySpec, " that fits it"]
            }
            TokenError::WrongKey { .. } => hint!["name another key, or give the ", Setting::KeySpec, " that fits it"],
            TokenError::NotExtractable { .. } => some(
                "make a new key with CKA_EXTRACTABLE true: nothing makes this one extractable, and that is what the attribute is for",
            ),
            TokenError::TrustedOnly { .. } => {
                some("use a key without that attribute: the wrapping key of KMS cannot be made trusted beforehand")
            }
            TokenError::OaepSha1Only { algorithm, .. } => {
                let with_sha1 = algorithm.replace("SHA_256", "SHA_1");
                hint![
                    format!("update the token's firmware, or use {with_sha1} with "),
                    Setting::AllowSha1,
                    ": SHA-1 is sound in OAEP, and KMS takes it"
                ]
            }
            TokenError::CannotWrap { .. } => some(
                "wrap it with the tool of the token's maker, and import what that gives as EncryptedKeyMaterial.bin",
            ),
            TokenError::PrivateKeyOverOaep { algorithm } => {
                some(format!("use {}", algorithm.replace("RSAES_OAEP", "RSA_AES_KEY_WRAP")))
            }
            TokenError::Exists { .. } => {
                hint![
                    "leave ",
                    Setting::Generate,
                    " out to use that key, or give the new one another name with `object=`"
                ]
            }
            TokenError::CannotMake { .. } => {
                hint!["make it with the tool of the token's maker, and leave ", Setting::Generate, " out"]
            }
            TokenError::Refused { .. } => some("look that value up in the manual of the token's maker"),
            TokenError::OpenSsl { .. } => None,
        }
    }

    fn because(&self) -> Option<String> {
        match self {
            TokenError::NotAModule { because, .. }
            | TokenError::PinFile { because, .. }
            | TokenError::OpenSsl { because, .. } => Some(because.clone()).filter(|because| !because.is_empty()),
            _ => None,
        }
    }
}
