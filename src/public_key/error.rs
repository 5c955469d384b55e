//! A public key that is none, or that has not the form asked for.

use std::path::PathBuf;

use crate::explain::{Hint, OwnWords, Setting, Step, explain_sum, hint, some};
use crate::files::FileError;
use crate::material::{KeySpec, MaterialError};
use crate::openssl_probe::OpenSslError;

/// A public key cannot be read, or cannot be written in the form asked for.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum PublicKeyError {
    #[error("`{path}` is {found}, but a public key or a certificate is needed")]
    NotAPublicKey { path: PathBuf, found: String },
    #[error("`{path}` holds a private key, but the public key or the certificate of the other side is needed")]
    PrivateKeyGiven { path: PathBuf },
    #[error("the public key in `{path}` is damaged: {problem}")]
    DamagedPublicKey { path: PathBuf, problem: String },
    #[error("the public key is of a type or size that KMS has no key spec for")]
    #[strum(serialize = "public_key_unfit")]
    Unfit,
    #[error("KMS's key is {reported}, and its public key is of {found}")]
    #[strum(serialize = "public_key_of_another_spec")]
    OtherSpec { reported: KeySpec, found: KeySpec },
    #[error("{spec} keys have no public key")]
    NoPublicKey { spec: KeySpec },
    #[error("{form} has no form for {spec} keys")]
    NoSuchForm { form: &'static str, spec: KeySpec },
    #[error("an Ethereum address needs Keccak-256, which {openssl} does not have")]
    NoKeccak { openssl: String },
    #[error("`{path}` is not a JWK Set of public keys: {problem}")]
    NotAJwks { path: PathBuf, problem: &'static str },
    #[error(transparent)]
    #[strum(disabled)]
    Material(MaterialError),
    #[error(transparent)]
    #[strum(disabled)]
    File(#[from] FileError),
    #[error(transparent)]
    #[strum(disabled)]
    OpenSsl(#[from] OpenSslError),
}

impl From<MaterialError> for PublicKeyError {
    fn from(error: MaterialError) -> Self {
        match error {
            MaterialError::File(error) => error.into(),
            MaterialError::OpenSsl(error) => error.into(),
            error => PublicKeyError::Material(error),
        }
    }
}

impl OwnWords for PublicKeyError {
    fn own_id(&self) -> &'static str {
        self.into()
    }

    fn own_hint(&self) -> Option<Hint> {
        match self {
            PublicKeyError::Material(_) | PublicKeyError::File(_) | PublicKeyError::OpenSsl(_) => None,
            PublicKeyError::NotAPublicKey { .. } => {
                some("give a certificate, or a public key as PEM, DER, JWK, JWK Set or OpenSSH line")
            }
            PublicKeyError::PrivateKeyGiven { .. } => {
                hint![
                    "give the public key or the certificate, or compare with the private key by ",
                    Step::Verify,
                    " with ",
                    Setting::Material,
                ]
            }
            PublicKeyError::DamagedPublicKey { .. } => some("fetch the file from its source again"),
            PublicKeyError::Unfit => some(
                "give an RSA key of 2048, 3072 or 4096 bits, an EC key on P-256, P-384, P-521 or secp256k1, or an Ed25519 key",
            ),
            PublicKeyError::OtherSpec { .. } => None,
            PublicKeyError::NoPublicKey { .. } => some("name an RSA, EC or Ed25519 key"),
            PublicKeyError::NoSuchForm { .. } => some("choose pem, der or jwk"),
            PublicKeyError::NoKeccak { .. } => some("run it with OpenSSL 3.2 or newer"),
            PublicKeyError::NotAJwks { .. } => some("name another file, or a new one"),
        }
    }
}

explain_sum!(PublicKeyError { Material, File, OpenSsl } or OwnWords);
