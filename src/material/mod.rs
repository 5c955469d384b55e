//! What a key is: its spec, its bytes, and whether the two agree.

mod base64;
mod choice;
mod container;
pub(crate) mod der;
pub(crate) mod encoding;
mod error;
mod format;
mod generate;
mod key_material;
mod number;
mod parse;
mod passphrase;
mod private_key;
mod raw;
mod reading;
pub(crate) mod recognise;
mod soundness;
mod spec;
mod wrapped;

pub use self::choice::{Choice, choices, choices_of_any_key};
pub use self::container::{Container, NamedKey, Note};
pub(crate) use self::container::{is_ed25519, read_private_key, subject};
pub use self::error::MaterialError;
pub(crate) use self::error::import_it;
pub use self::format::Format;
pub use self::key_material::KeyMaterial;
pub use self::passphrase::{NoPassphrase, Passphrase};
pub use self::private_key::read_any_private_key;
pub use self::reading::Reading;
pub use self::soundness::Weakness;
pub use self::spec::{Curve, HMAC_MAXIMUM, KeySpec, KeyUsage, MaterialKind};
