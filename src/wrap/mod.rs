//! How key material is wrapped. Wrapping happens here and nowhere else; this room knows OpenSSL and no AWS.

mod algorithm;

pub use self::algorithm::{OaepDigest, WrappingAlgorithm, WrappingKeySpec};
