//! The import parameters of one KMS key: public key, token and algorithm as one value that cannot be taken apart, in memory and in a
//! directory.
//!
//! A [`ParameterSet`] comes from `GetParametersForImport`, or from a directory that it was saved in: `PublicKey.bin`, `ImportToken.bin` and
//! `parameters.json`. Wrapping spends it and gives a [`WrappedMaterial`], whose blob is `EncryptedKeyMaterial.bin`.

pub(crate) mod as_material;
pub(crate) mod bare;
pub(crate) mod blob_file;
mod error;
mod file;
pub(crate) mod fingerprint;
pub(crate) mod names;
mod set;
mod wrapped;

pub use self::error::ParametersError;
pub(crate) use self::file::ParametersFile;
pub(crate) use self::fingerprint::sha256;
pub(crate) use self::names::{ENCRYPTED_FILE, PARAMETERS_FILE, REHEARSAL_ACCOUNT, TOKEN_LIMIT};
pub use self::set::ParameterSet;
pub use self::wrapped::WrappedMaterial;
pub use crate::files::Moved;
