//! What the length and the value of wrapped key material give away.

use super::words::Words;
use crate::diagnose::commands::Commands;
use crate::diagnose::name::Name;
use crate::explain::Hint;
use crate::material::KeySpec;
use crate::wrap::WrappingKeySpec;

#[derive(Debug, thiserror::Error)]
pub(crate) enum BlobCause {
    #[error("{name} has {found} bytes, but {with} gives {expected}")]
    Length { name: Name, found: usize, with: String, expected: String },
    #[error("{name} has {found} bytes, as {other} gives; with {asked} it would have {expected}")]
    OtherSize { name: Name, found: usize, other: WrappingKeySpec, asked: WrappingKeySpec, expected: String },
    #[error("{name} has {found} bytes, as {made} gives; {with} gives {expected}")]
    OtherAlgorithm { name: Name, found: usize, made: String, with: String, expected: String },
    #[error(
        "{name} is a larger number than the modulus of {public_key}, so it was made for another public key, or damaged"
    )]
    NotBelowModulus { name: Name, public_key: Name },
    #[error(
        "the first half of {name} is a larger number than the modulus of {public_key} and the last is not: its halves seem to be in the wrong order"
    )]
    HalvesSwapped { name: Name, public_key: Name },
    #[error("{name} carries {least} to {most} bytes of key material, but {spec} private keys have {usual}")]
    LengthForSpec { name: Name, least: usize, most: usize, spec: KeySpec, usual: String },
}

impl Words for BlobCause {
    fn id(&self) -> &'static str {
        match self {
            BlobCause::Length { .. } => "blob_length",
            BlobCause::OtherSize { .. } => "blob_for_other_size",
            BlobCause::OtherAlgorithm { .. } => "blob_other_algorithm",
            BlobCause::NotBelowModulus { .. } => "other_public_key",
            BlobCause::HalvesSwapped { .. } => "halves_swapped",
            BlobCause::LengthForSpec { .. } => "wrapped_length_for_spec",
        }
    }

    fn fix(&self, commands: &Commands) -> Hint {
        let fix = match self {
            BlobCause::Length { .. } | BlobCause::OtherAlgorithm { .. } => {
                format!("wrap the key material again: `{}`", commands.wrap())
            }
            BlobCause::OtherSize { .. } | BlobCause::NotBelowModulus { .. } => {
                format!("wrap it for the public key that came with this import token: `{}`", commands.wrap())
            }
            BlobCause::HalvesSwapped { .. } => {
                format!("put OAEP of the AES key first and AES-KWP of the key material second: `{}`", commands.wrap())
            }
            BlobCause::LengthForSpec { .. } => {
                format!("wrap the private key as PKCS#8 DER: `{}`", commands.wrap())
            }
        };
        fix.into()
    }
}
