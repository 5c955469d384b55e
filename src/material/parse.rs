//! Key specs, usages and formats from their names.

use std::str::FromStr;

use super::{Format, KeySpec, KeyUsage, MaterialError};

impl FromStr for KeySpec {
    type Err = MaterialError;

    fn from_str(text: &str) -> Result<Self, MaterialError> {
        if let Some(spec) = KeySpec::ALL.into_iter().find(|spec| spec.name() == text) {
            return Ok(spec);
        }
        let reason = match text {
            "SM2" => "SM2 key pairs exist in the China Regions only, which this tool does not serve",
            _ if text.starts_with("ML_DSA_") => "KMS does not support importing key material for ML-DSA keys",
            _ if text.starts_with("ML_KEM_") => "no import of key material is documented for ML-KEM keys",
            _ => return Err(MaterialError::UnknownKeySpec { name: text.to_owned() }),
        };
        Err(MaterialError::KeySpecNotImportable { name: text.to_owned(), reason })
    }
}

impl FromStr for KeyUsage {
    type Err = MaterialError;

    fn from_str(text: &str) -> Result<Self, MaterialError> {
        [KeyUsage::EncryptDecrypt, KeyUsage::SignVerify, KeyUsage::GenerateVerifyMac, KeyUsage::KeyAgreement]
            .into_iter()
            .find(|usage| usage.name() == text)
            .ok_or_else(|| MaterialError::UnknownKeyUsage { name: text.to_owned() })
    }
}

impl KeySpec {
    /// The usage asked for, or the default of this crate, if KMS allows it for this key spec.
    ///
    /// # Errors
    /// [`MaterialError::UsageNotAllowed`].
    pub fn usage(self, asked: Option<KeyUsage>) -> Result<KeyUsage, MaterialError> {
        match asked {
            None => Ok(self.usages()[0]),
            Some(usage) if self.usages().contains(&usage) => Ok(usage),
            Some(usage) => Err(MaterialError::UsageNotAllowed { spec: self, usage }),
        }
    }
}

impl FromStr for Format {
    type Err = MaterialError;

    fn from_str(text: &str) -> Result<Self, MaterialError> {
        Format::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| MaterialError::UnknownFormat { name: text.to_owned() })
    }
}
