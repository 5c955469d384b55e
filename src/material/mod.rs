//! What a key is: its spec, its bytes, and whether the two agree.
//!
//! [`KeyMaterial::read`] recognises what a file is (text around bytes, a container, a bare number) and takes it only without doubt;
//! [`KeyMaterial::generate`] makes new material. Both give bytes as KMS wants them for the [`KeySpec`]: raw for symmetric and HMAC keys,
//! unencrypted PKCS#8 DER for private keys.

mod base64;
pub(crate) mod choice;
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
mod places;
pub(crate) mod private_key;
mod raw;
mod reading;
pub(crate) mod recognise;
mod soundness;
mod spec;
mod token_object;
mod wrapped;

pub use self::container::{Container, NamedKey, Note};
pub(crate) use self::container::{is_ed25519, read_private_key, subject};
pub use self::error::MaterialError;
pub(crate) use self::error::import_it;
pub use self::format::Format;
pub use self::key_material::KeyMaterial;
pub use self::passphrase::{NoPassphrase, Passphrase};
pub use self::places::Places;
pub use self::reading::Reading;
pub use self::soundness::Weakness;
pub(crate) use self::spec::HMAC_MAXIMUM;
pub use self::spec::{Curve, KeySpec, KeyUsage, MaterialKind};
pub use self::token_object::TokenObject;
