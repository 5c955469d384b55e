//! How AWS KMS is spoken to. This module knows AWS and nothing of wrapping.
//!
//! [`Kms::connect`] takes Region, credentials and endpoint from the variables and files that the AWS CLI reads, and each method of [`Kms`]
//! is one call of the API, repeated where that is safe and promising. Replies are checked, and names and states are enums. Every failure is
//! a [`KmsError`].

mod aliases;
mod arn;
mod asked;
mod aws_host;
mod backoff;
mod cached_tokens;
mod call;
mod chain;
mod classify;
mod client;
mod connect;
mod connection;
mod connection_settings;
mod credentials;
mod cryptography;
mod description;
mod endpoint;
mod environment;
mod error;
mod grants;
mod import;
mod injected;
mod keys;
mod last_usage;
mod malformed;
mod name;
mod operation;
mod pace;
mod pages;
mod process;
mod profiles;
mod providers;
mod recent_changes;
mod region;
mod reply;
mod request_log;
mod rotation;
mod sdk_config;
mod sdk_settings;
mod sources;
mod state;
mod text;
mod transport;

pub use self::aliases::{Alias, AliasOutcome};
pub use self::arn::{KeyArn, KeyId, NotAKeyArn};
pub(crate) use self::arn::{alias_in, is_alias, region_of};
pub use self::client::Kms;
pub use self::connection::Connection;
pub use self::connection_settings::ConnectionSettings;
pub use self::credentials::CredentialSource;
pub use self::cryptography::Decrypted;
pub use self::description::{KeyDescription, MultiRegion};
pub use self::environment::Environment;
pub(crate) use self::error::WORTH_A_WARNING;
pub use self::error::{EndpointError, KmsError, Reason, Refusal};
pub use self::grants::Grant;
pub use self::import::{Import, ImportType, Imported, Parameters};
pub use self::keys::NewKey;
pub use self::last_usage::LastUsage;
pub use self::name::KmsName;
pub use self::operation::Operation;
pub use self::pace::Pace;
pub use self::region::Region;
pub(crate) use self::reply::printable;
pub use self::request_log::LoggedRequest;
pub use self::rotation::{NewReplica, Rotation};
pub use self::state::{ExpirationModel, ImportState, KeyState, MaterialState, Origin, RotationType};
pub use self::transport::TrustPlace;
