//! Wrapping public keys and import tokens that cannot be KMS's.

use super::words::Words;
use crate::diagnose::commands::Commands;
use crate::diagnose::name::Name;
use crate::explain::Hint;
use crate::wrap::WrappingKeySpec;

#[derive(Debug, thiserror::Error)]
pub(crate) enum PublicKeyCause {
    #[error("{name} is not a DER SubjectPublicKeyInfo (RFC 5280 §4.1)")]
    NotDer { name: Name },
    #[error("{name} is a bare RSAPublicKey (PKCS#1), but KMS gives a SubjectPublicKeyInfo")]
    Pkcs1 { name: Name },
    #[error("{name} has {extra} bytes behind the key that do not belong to it")]
    ExtraBytes { name: Name, extra: usize, wanted: usize },
    #[error("{name} is {found}, but KMS makes RSA wrapping keys")]
    NotRsa { name: Name, found: &'static str },
    #[error("{name} has {bits} bits, but KMS makes only 2048, 3072 and 4096")]
    Bits { name: Name, bits: u32 },
    #[error(
        "{name} has the public exponent {exponent}, but KMS uses only 65537: what is wrapped with it may be read without a private key"
    )]
    Exponent { name: Name, exponent: String },
    #[error("the modulus of {name} is divisible by {factor}, as no key of KMS is: it is damaged, or made to be broken")]
    Factor { name: Name, factor: u32 },
    #[error("{name} is an {found} key, but {asked} was asked for")]
    Size { name: Name, found: WrappingKeySpec, asked: WrappingKeySpec },
    #[error("{name} has {found} bytes, but KMS takes at most {limit}")]
    TokenLength { name: Name, found: usize, limit: usize },
}

impl Words for PublicKeyCause {
    fn id(&self) -> &'static str {
        match self {
            PublicKeyCause::NotDer { .. } => "public_key_not_der",
            PublicKeyCause::Pkcs1 { .. } => "public_key_pkcs1",
            PublicKeyCause::ExtraBytes { .. } => "public_key_extra_bytes",
            PublicKeyCause::NotRsa { .. } => "public_key_not_rsa",
            PublicKeyCause::Bits { .. } => "public_key_bits",
            PublicKeyCause::Exponent { .. } => "public_key_exponent",
            PublicKeyCause::Factor { .. } => "public_key_factor",
            PublicKeyCause::Size { .. } => "public_key_size",
            PublicKeyCause::TokenLength { .. } => "import_token_length",
        }
    }

    fn fix(&self, commands: &Commands) -> Hint {
        let fix = match self {
            PublicKeyCause::Pkcs1 { name } => format!("convert it: `{}`", commands.convert_pkcs1(name)),
            PublicKeyCause::ExtraBytes { name, wanted, .. } => {
                format!("cut them off: `{}`", commands.cut(name, *wanted))
            }
            _ => format!("get a new parameter set and wrap for it: `{}`", commands.anew()),
        };
        fix.into()
    }
}
