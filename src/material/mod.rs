//! What a key is: its spec, its bytes, and whether the two agree.

mod format;
mod spec;

pub use self::format::Format;
pub use self::spec::{Curve, HMAC_MAXIMUM, KeySpec, KeyUsage, MaterialKind};
