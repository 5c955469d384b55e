//! The embedded KMS: a real HTTP endpoint, on loopback unless told otherwise, that speaks AWS KMS's JSON 1.1 protocol to any client, and
//! unwraps imported key material with real private keys.
//!
//! It stands for AWS. Its rules come from the service model, the developer guide and replies recorded from the real
//! service, and it judges alone: nothing here calls the code that wraps. Where no reply of the real service is known, the error
//! code is the one the service model gives for the case, and the text is this project's own.
//!
//! ```
//! use kms_byok::rehearsal::{Server, Settings, ping};
//!
//! let server = Server::start(Settings::default())?;
//! ping(&server.url())?;
//! // The aws CLI and any SDK can use it: `aws kms list-keys --endpoint-url URL`. It stops when it is dropped.
//! # Ok::<(), kms_byok::RehearsalError>(())
//! ```
//!
//! Out of scope: whoever asks is allowed. Key policies are kept and returned, never evaluated, and so are grants; grant tokens of other
//! requests are not looked at. There are no custom key stores, no enclaves (a `Recipient` is refused), no ML-DSA and ML-KEM keys, and
//! no China Regions.

mod crypto;
mod error;
mod http;
mod in_process;
mod model;
mod operations;
mod server;
mod settings;
mod state;

pub use self::error::RehearsalError;
pub use self::http::faults::Fault;
pub use self::http::host_name::HostName;
pub use self::in_process::InProcessKms;
pub use self::server::{Server, ping};
pub use self::settings::Settings;
pub use self::state::clock::ClockSetting;
