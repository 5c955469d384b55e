//! How AWS KMS is spoken to. This room knows AWS and nothing of wrapping.

mod aliases;
mod arn;
mod asking;
mod call;
mod client;
mod connection;
mod credentials;
mod cryptography;
mod description;
mod endpoint;
mod environment;
mod fault;
mod import;
mod keys;
mod operation;
mod patience;
mod reply;
mod rotation;
mod survey;
mod transport;
mod witness;

pub use self::aliases::{Alias, AliasOutcome};
pub(crate) use self::arn::{is_alias, region_of};
pub use self::client::Kms;
pub use self::connection::Connection;
pub use self::credentials::CredentialSource;
pub use self::cryptography::Decrypted;
pub use self::description::{KeyDescription, MultiRegion};
pub use self::environment::Environment;
pub use self::import::{Import, ImportType, Imported, Parameters};
pub use self::keys::NewKey;
pub use self::operation::Operation;
pub use self::rotation::{NewReplica, Rotation};
pub use self::survey::Survey;
pub use self::transport::TrustPlace;
pub(crate) use self::witness::WORTH_A_WARNING;
