//! The ways in which tokens wrap.

use std::ffi::c_ulong;
use std::fmt;

use super::mechanism;
use crate::wrap::OaepDigest;

/// How a token wraps by one of KMS's algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// CKM_RSA_PKCS_OAEP alone.
    Oaep(OaepDigest),
    /// CKM_RSA_AES_KEY_WRAP does both.
    RsaAesKeyWrap(OaepDigest),
    /// CKM_RSA_PKCS_OAEP of an AES-256 key of this session, and this mechanism under it.
    TwoSteps(OaepDigest, KeyWrap),
}

/// A way that was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) way: Way,
    /// The token fills what it wraps up with zero bytes, which RFC 5649 takes off again, and this does not.
    pub(super) fills_up: bool,
}

/// Mechanisms that may be AES-KWP (RFC 5649); which of them are is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeyWrap {
    pub(super) number: c_ulong,
    pub(super) name: &'static str,
}

/// Those that there are, the standard's own first.
pub(super) const KEY_WRAPS: [KeyWrap; 3] = [
    KeyWrap { number: mechanism::AES_KEY_WRAP_KWP, name: "CKM_AES_KEY_WRAP_KWP" },
    KeyWrap { number: mechanism::AES_KEY_WRAP_PAD, name: "CKM_AES_KEY_WRAP_PAD" },
    KeyWrap { number: mechanism::CLOUDHSM_AES_KEY_WRAP_ZERO_PAD, name: "CKM_CLOUDHSM_AES_KEY_WRAP_ZERO_PAD" },
];

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::Oaep(_) => f.write_str("CKM_RSA_PKCS_OAEP"),
            Way::RsaAesKeyWrap(_) => f.write_str("CKM_RSA_AES_KEY_WRAP"),
            Way::TwoSteps(_, key_wrap) => write!(f, "CKM_RSA_PKCS_OAEP and {}", key_wrap.name),
        }
    }
}
