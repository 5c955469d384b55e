//! What KMS refuses about wrapping before a byte is wrapped: names of algorithms, and which of them goes with which key.

use std::str::FromStr;

use super::algorithm::{WrappingAlgorithm, WrappingKeySpec};
use super::error::WrapError;
use crate::material::{KeySpec, MaterialKind};

impl WrappingAlgorithm {
    /// Refuses what KMS refuses, before it is asked (developer guide, "Requirements for imported key material"). `material` is the length
    /// of the key material in bytes; where it is not known yet, [`KeySpec::usual_length`] counts.
    ///
    /// # Errors
    /// [`WrapError::NotForRawMaterial`] for raw bytes under RSA_AES_KEY_WRAP, [`WrapError::RsaKeyOverOaep`] for an RSA private key under
    /// OAEP, [`WrapError::DoesNotFit`] for material longer than [`WrappingAlgorithm::oaep_capacity`].
    pub fn check(self, spec: KeySpec, wrapping: WrappingKeySpec, material: Option<usize>) -> Result<(), WrapError> {
        let raw = !spec.is_private_key();
        if raw && self.uses_aes_key_wrap() {
            return Err(WrapError::NotForRawMaterial { algorithm: self, spec });
        }
        if self.uses_aes_key_wrap() {
            return Ok(());
        }
        if matches!(spec.kind(), MaterialKind::Rsa { .. }) {
            return Err(WrapError::RsaKeyOverOaep { algorithm: self, spec });
        }
        let capacity = self.oaep_capacity(wrapping);
        let needed = material.unwrap_or_else(|| spec.usual_length());
        if needed > capacity {
            return Err(WrapError::DoesNotFit { algorithm: self, spec, wrapping, needed, capacity });
        }
        Ok(())
    }
}

impl FromStr for WrappingAlgorithm {
    type Err = WrapError;

    fn from_str(text: &str) -> Result<Self, WrapError> {
        match text {
            "RSAES_PKCS1_V1_5" => Err(WrapError::Pkcs1Refused),
            "SM2PKE" => Err(WrapError::Sm2Refused { name: "SM2PKE" }),
            _ => Self::ALL
                .into_iter()
                .find(|algorithm| algorithm.name() == text)
                .ok_or_else(|| WrapError::UnknownAlgorithm { name: text.to_owned() }),
        }
    }
}

impl FromStr for WrappingKeySpec {
    type Err = WrapError;

    fn from_str(text: &str) -> Result<Self, WrapError> {
        match text {
            "SM2" => Err(WrapError::Sm2Refused { name: "SM2" }),
            _ => Self::ALL
                .into_iter()
                .find(|spec| spec.name() == text)
                .ok_or_else(|| WrapError::UnknownWrappingKeySpec { name: text.to_owned() }),
        }
    }
}
