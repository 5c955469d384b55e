//! Check values: by them people see that they have the same key, without seeing the key.

use std::fmt;
use std::str::FromStr;

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use serde::{Serialize, Serializer};

use super::cmac::cmac;
use super::error::ComponentError;
use crate::material::{KeyMaterial, KeySpec, MaterialKind};
use crate::openssl_probe::OpenSslError;
use crate::secret::on_clean_stack;

/// The check value of a symmetric or HMAC key: 5 bytes, written as 10 upper-case hex digits. Of 2^40 keys one has the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckValue([u8; 5]);

/// What an HMAC key authenticates for its check value. No protocol has such a message.
const LABEL: &[u8] = b"key check value of kms-byok";

impl CheckValue {
    /// Of an AES key, the first 5 bytes of its CMAC over a block of zeros (ANSI X9.24-1:2017 annex A); of an HMAC key, the first 5 bytes
    /// of HMAC-SHA-256 with it over the 27 ASCII characters `key check value of kms-byok`.
    ///
    /// # Errors
    /// [`ComponentError::NoCheckValue`] for a private key, [`ComponentError::OpenSsl`] where OpenSSL fails.
    pub fn of(material: &KeyMaterial) -> Result<Self, ComponentError> {
        of_bytes(material.expose(), material.spec())
    }
}

pub(super) fn of_bytes(key: &[u8], spec: KeySpec) -> Result<CheckValue, ComponentError> {
    let mac = match spec.kind() {
        MaterialKind::Symmetric => on_clean_stack(|| cmac(key, &[0; 16])),
        MaterialKind::Hmac { .. } => on_clean_stack(|| hmac(key, LABEL)),
        _ => return Err(ComponentError::NoCheckValue { spec }),
    };
    let mac = mac.map_err(OpenSslError::step("compute the check value"))?;
    let mut first = [0; 5];
    first.copy_from_slice(&mac[..5]);
    Ok(CheckValue(first))
}

fn hmac(key: &[u8], message: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let key = PKey::hmac(key)?;
    Signer::new(MessageDigest::sha256(), &key)?.sign_oneshot_to_vec(message)
}

impl FromStr for CheckValue {
    type Err = ComponentError;

    fn from_str(text: &str) -> Result<Self, ComponentError> {
        let mut bytes = [0; 5];
        // What was given instead may be the key itself: it is not repeated.
        let length = text.chars().count();
        hex::decode_to_slice(text, &mut bytes).map_err(|_| ComponentError::NotACheckValue { length })?;
        Ok(CheckValue(bytes))
    }
}

impl fmt::Display for CheckValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode_upper(self.0))
    }
}

#[cfg(feature = "schemas")]
impl schemars::JsonSchema for CheckValue {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CheckValue".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

impl Serialize for CheckValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(hex_key: &str, spec: KeySpec) -> String {
        of_bytes(&hex::decode(hex_key).unwrap(), spec).unwrap().to_string()
    }

    /// The AES key is that of NIST SP 800-38B appendix D.3; the values are those of `openssl mac` (CMAC, HMAC), and of Python's `cryptography`.
    #[test]
    fn an_aes_key_is_checked_by_its_cmac_over_zeros_and_an_hmac_key_by_its_hmac() {
        let aes = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
        assert_eq!(of(aes, KeySpec::SymmetricDefault), "1A0B2DF267");
        // The value does not depend on the digest of the key spec.
        let hmac = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0c";
        assert_eq!(of(hmac, KeySpec::Hmac256), "8390AE9A90");
        assert_eq!(of(hmac, KeySpec::Hmac224), "8390AE9A90");
        let private = of_bytes(&[1; 32], KeySpec::EccNistP256);
        assert!(matches!(private, Err(ComponentError::NoCheckValue { spec: KeySpec::EccNistP256 })));
    }

    #[test]
    fn a_check_value_is_ten_hex_digits_of_either_case_and_anything_else_is_not_repeated() {
        let value: CheckValue = "00ff1A2b3c".parse().unwrap();
        assert_eq!(value.to_string(), "00FF1A2B3C");
        for (text, length) in [("", 0), ("00FF1A", 6), ("00FF1A2B3C4D", 12), ("00FF1A2B3X", 10), ("0x00FF1A2B", 10)] {
            let refused = text.parse::<CheckValue>();
            assert!(
                matches!(refused, Err(ComponentError::NotACheckValue { length: found }) if found == length),
                "{text}"
            );
        }
    }
}
