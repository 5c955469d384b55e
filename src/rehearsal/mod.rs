//! The embedded KMS: a real HTTP endpoint on loopback that speaks AWS KMS's JSON 1.1 protocol to any client, and unwraps imported
//! key material with real private keys.
//!
//! It is AWS's side of the table. Its rules come from the service model, the developer guide and replies recorded from the real
//! service, and it judges alone: nothing here calls the code that wraps. Where no reply of the real service is known, the error
//! code is the one the service model gives for the case, and the text is this project's own.
//!
//! ```
//! use kms_byok::rehearsal::{Server, Settings, ping};
//!
//! let server = Server::start(Settings::default())?;
//! ping(&server.url())?;
//! // The aws CLI and any SDK can use it: `aws kms list-keys --endpoint-url URL`. It stops when it is dropped.
//! # Ok::<(), kms_byok::Error>(())
//! ```
//!
//! Out of scope: whoever asks is allowed. Key policies are kept and returned, never evaluated, and so are grants; there are no custom
//! key stores, no enclaves (`Recipient`), and no China Regions.

mod access_log;
mod aliases;
mod call;
mod ciphertext;
mod clock;
mod containers;
mod creation;
mod deletion;
mod delivery;
mod der;
mod desk;
mod dispatch;
mod faults;
mod grants;
mod http;
mod import;
mod key;
mod keys;
mod mac;
mod metadata;
mod mischief;
mod model;
mod paging;
mod parameters;
mod past;
mod policy;
mod protocol;
mod quotas;
mod replicas;
mod rotation;
mod server;
mod settings;
mod shapes;
mod state;
mod sts;
mod tags;
mod token;
mod unwrap;
mod use_asymmetric;
mod use_symmetric;
mod validate;
mod visitors;
mod wrapping_keys;

pub use self::clock::ClockSetting;
pub use self::desk::Desk;
pub use self::faults::Fault;
pub use self::server::{Server, ping};
pub use self::settings::Settings;
