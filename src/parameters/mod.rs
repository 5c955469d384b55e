//! The import parameters of one KMS key: public key, token and algorithm as one value that cannot be taken apart, in memory and in
//! a directory.

mod as_material;
pub(crate) mod bare;
pub(crate) mod blob_file;
mod error;
mod file;
mod fingerprint;
mod names;
mod set;
mod wrapped;

pub use self::as_material::naming;
pub use self::bare::BareDirectory;
pub use self::error::ParametersError;
pub(crate) use self::file::ParametersFile;
pub use self::fingerprint::check_fingerprint;
pub(crate) use self::fingerprint::sha256;
pub use self::names::{ENCRYPTED_FILE, REHEARSAL_ACCOUNT};
pub(crate) use self::names::{PARAMETERS_FILE, TOKEN_LIMIT};
pub use self::set::ParameterSet;
pub use self::wrapped::WrappedMaterial;
