//! What a private key shows about wrapped key material, and what is suspected where there is none.

use super::words::Words;
use crate::diagnose::commands::Commands;
use crate::diagnose::name::Name;
use crate::explain::Hint;
use crate::material::encoding::Encoding;
use crate::wrap::WrappingAlgorithm;

#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenedCause {
    #[error("{name} is padded with OAEP and {found}, but {algorithm} means {needed}")]
    OaepHash { name: Name, found: String, algorithm: WrappingAlgorithm, needed: &'static str },
    #[error("{name} is padded with OAEP and {needed}, but MGF1 uses {found}, and {algorithm} means {needed} for both")]
    Mgf1Hash { name: Name, found: &'static str, algorithm: WrappingAlgorithm, needed: &'static str },
    #[error("{name} is padded with OAEP and a label, and KMS uses none")]
    Label { name: Name },
    #[error("{name} is padded with PKCS#1 v1.5, which KMS has refused since 2023-10-10, but {algorithm} means OAEP")]
    Pkcs1Padding { name: Name, algorithm: WrappingAlgorithm },
    #[error("{name} has no padding, but {algorithm} means OAEP")]
    NoPadding { name: Name, algorithm: WrappingAlgorithm },
    #[error(
        "{name} shows no padding under {private_key}: it is for another public key, damaged, or padded in a way that is not known here"
    )]
    OtherPublicKey { name: Name, private_key: Name },
    #[error(
        "{name} opens with {private_key}, whose public half is not {public_key}: it was made for another public key"
    )]
    OpensWithOther { name: Name, private_key: Name, public_key: Name },
    #[error("{private_key} does not belong to {public_key}")]
    PrivateKeyOfOther { private_key: Name, public_key: Name },
    #[error("the halves of {name} are in the wrong order: the last {length} bytes hold the AES key")]
    HalvesSwapped { name: Name, length: usize },
    #[error("the first half of {name} carries an AES key of {found} bytes, but KMS wants 32")]
    AesKeyLength { name: Name, found: usize },
    #[error("the first half of {name} carries the AES key as {encoding}, but its bytes themselves are needed")]
    AesKeyEncoded { name: Name, encoding: Encoding },
    #[error(
        "the second half of {name} is AES key wrap without padding (RFC 3394), but {algorithm} means AES-KWP (RFC 5649)"
    )]
    KeyWrapUnpadded { name: Name, algorithm: WrappingAlgorithm },
    #[error(
        "the AES key in the first half of {name} does not open the second: it is not AES key wrap, or is from another run"
    )]
    SecondHalf { name: Name },
    #[error("{name} carries other bytes than {material}")]
    OtherMaterial { name: Name, material: Name },

    #[error("KMS could not unwrap {name}, and OAEP with another hash than {needed} is the usual cause{}", by_default(.command))]
    OaepHashSuspected { name: Name, needed: &'static str, command: Option<(String, &'static str)> },
    #[error(
        "KMS could not unwrap {name}, and PKCS#1 v1.5 padding, which `openssl pkeyutl` uses unless told otherwise, would not open either"
    )]
    Pkcs1PaddingSuspected { name: Name },
    #[error("KMS could not unwrap {name}, which the public key of another parameter set would explain too")]
    OtherPublicKeySuspected { name: Name },
    #[error(
        "KMS could not unwrap {name}, which AES key wrap without padding (RFC 3394) in its second half would explain too"
    )]
    KeyWrapSuspected { name: Name },
}

fn by_default(command: &Option<(String, &'static str)>) -> String {
    match command {
        Some((version, default)) => {
            format!(": the `openssl` on PATH, `{version}`, uses {default} unless rsa_oaep_md says otherwise")
        }
        None => String::new(),
    }
}

impl Words for OpenedCause {
    fn id(&self) -> &'static str {
        match self {
            OpenedCause::OaepHash { .. } | OpenedCause::OaepHashSuspected { .. } => "oaep_hash",
            OpenedCause::Mgf1Hash { .. } => "mgf1_hash",
            OpenedCause::Label { .. } => "oaep_label",
            OpenedCause::Pkcs1Padding { .. } | OpenedCause::Pkcs1PaddingSuspected { .. } => "pkcs1_padding",
            OpenedCause::NoPadding { .. } => "no_padding",
            OpenedCause::OtherPublicKey { .. }
            | OpenedCause::OpensWithOther { .. }
            | OpenedCause::PrivateKeyOfOther { .. }
            | OpenedCause::OtherPublicKeySuspected { .. } => "other_public_key",
            OpenedCause::HalvesSwapped { .. } => "halves_swapped",
            OpenedCause::AesKeyLength { .. } => "aes_key_length",
            OpenedCause::AesKeyEncoded { .. } => "aes_key_encoded",
            OpenedCause::KeyWrapUnpadded { .. } | OpenedCause::KeyWrapSuspected { .. } => "key_wrap_unpadded",
            OpenedCause::SecondHalf { .. } => "second_half",
            OpenedCause::OtherMaterial { .. } => "other_material_inside",
        }
    }

    fn fix(&self, commands: &Commands) -> Hint {
        let wrap = commands.wrap();
        let fix = match self {
            OpenedCause::OaepHash { needed, .. }
            | OpenedCause::Mgf1Hash { needed, .. }
            | OpenedCause::OaepHashSuspected { needed, .. } => {
                let md = needed.replace('-', "").to_ascii_lowercase();
                format!(
                    "wrap it with `{wrap}`, or set both hashes in `openssl`, by rsa_oaep_md:{md} and rsa_mgf1_md:{md}"
                )
            }
            OpenedCause::Label { .. } => format!("wrap it without rsa_oaep_label: `{wrap}`"),
            OpenedCause::Pkcs1Padding { .. }
            | OpenedCause::NoPadding { .. }
            | OpenedCause::Pkcs1PaddingSuspected { .. } => {
                format!("wrap it with `{wrap}`, or set the padding in `openssl`, by rsa_padding_mode:oaep")
            }
            OpenedCause::OtherPublicKey { .. }
            | OpenedCause::OpensWithOther { .. }
            | OpenedCause::OtherPublicKeySuspected { .. } => {
                format!("wrap it for the public key that came with the import token: `{wrap}`")
            }
            OpenedCause::PrivateKeyOfOther { private_key, .. } => {
                let file = private_key.path.as_deref().map_or("KEY".to_owned(), crate::diagnose::commands::quoted);
                format!("compare it with the right one's public half: `openssl pkey -in {file} -pubout -outform DER`")
            }
            OpenedCause::HalvesSwapped { .. } => {
                format!("put OAEP of the AES key first and AES-KWP of the key material second: `{wrap}`")
            }
            OpenedCause::AesKeyLength { .. } => format!("use an AES key of 32 bytes: `{wrap}`"),
            OpenedCause::AesKeyEncoded { .. } => {
                format!("encrypt the 32 bytes of the AES key, not their text: `{wrap}`")
            }
            OpenedCause::KeyWrapUnpadded { .. }
            | OpenedCause::SecondHalf { .. }
            | OpenedCause::KeyWrapSuspected { .. } => {
                format!("wrap it with `{wrap}`, or use AES-KWP (RFC 5649)")
            }
            OpenedCause::OtherMaterial { .. } => format!("wrap the key material that you mean: `{wrap}`"),
        };
        fix.into()
    }
}
