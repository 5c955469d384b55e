//! The id of a key.

use std::fmt;

use openssl::error::ErrorStack;
use openssl::rand::rand_bytes;

/// `1234abcd-12ab-34cd-56ef-1234567890ab`, or `mrk-` and 32 hexadecimal digits for multi-Region keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct KeyId {
    multi_region: bool,
    id: u128,
}

impl KeyId {
    pub(crate) fn random(multi_region: bool) -> Result<Self, ErrorStack> {
        let mut bytes = [0; 16];
        rand_bytes(&mut bytes)?;
        if !multi_region {
            bytes[6] = bytes[6] & 0x0f | 0x40; // version 4, RFC 9562
            bytes[8] = bytes[8] & 0x3f | 0x80;
        }
        Ok(KeyId { multi_region, id: u128::from_be_bytes(bytes) })
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        let id = match text.strip_prefix("mrk-") {
            Some(digits) if digits.len() == 32 => {
                KeyId { multi_region: true, id: u128::from_str_radix(digits, 16).ok()? }
            }
            Some(_) => return None,
            None => KeyId { multi_region: false, id: u128::from_str_radix(&text.replace('-', ""), 16).ok()? },
        };
        (id.to_string() == text).then_some(id)
    }

    pub(crate) fn bytes(self) -> [u8; 17] {
        let mut bytes = [u8::from(self.multi_region); 17];
        bytes[1..].copy_from_slice(&self.id.to_be_bytes());
        bytes
    }

    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (multi_region, id) = bytes.split_first()?;
        Some(KeyId { multi_region: *multi_region == 1, id: u128::from_be_bytes(id.try_into().ok()?) })
    }
}

/// A UUID, for what else has one.
pub(crate) fn uuid() -> Box<str> {
    KeyId::random(false).map(|id| id.to_string()).unwrap_or_default().into()
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.id);
        if self.multi_region {
            return write!(f, "mrk-{hex}");
        }
        write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_ids_are_read_as_they_are_written() {
        for multi_region in [false, true] {
            let id = KeyId::random(multi_region).unwrap();
            assert_eq!(KeyId::read(&id.to_string()), Some(id));
            assert_eq!(KeyId::of_bytes(&id.bytes()), Some(id));
        }
        for wrong in ["fake-key-id", "mrk-fake-key-id", "134f2428cec14b25a1ae9048164dba47", "", "mrk-"] {
            assert_eq!(KeyId::read(wrong), None, "{wrong}");
        }
    }
}
