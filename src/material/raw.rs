//! Raw key material: symmetric and HMAC keys, and the mistakes people make with their files.

use super::encoded::{decode, looks_encoded};
use super::{Format, HMAC_MAXIMUM, KeySpec, MaterialKind};
use crate::error::{Error, MaterialError};
use crate::secret::Secret;

pub(super) fn read(bytes: Secret, spec: KeySpec, format: Option<Format>) -> Result<Secret, Error> {
    let range = Lengths::of(spec);
    let bytes = match format {
        // Said expressly, raw is believed as far as the length allows; by default a likely mistake is refused.
        Some(Format::Raw) => bytes,
        None => {
            refuse_likely_mistakes(bytes.expose(), spec, &range)?;
            bytes
        }
        Some(format @ (Format::Hex | Format::Base64)) => decode(&bytes, format)?,
        Some(format) => return Err(MaterialError::FormatNotForSpec { format, spec }.into()),
    };
    if !range.contains(bytes.len()) {
        return Err(wrong_length(bytes.expose(), spec, &range).into());
    }
    if bytes.expose().iter().all(|byte| *byte == 0) {
        return Err(MaterialError::AllZero.into());
    }
    Ok(bytes)
}

/// How many bytes KMS takes.
struct Lengths {
    least: usize,
    most: usize,
}

impl Lengths {
    fn of(spec: KeySpec) -> Self {
        match spec.kind() {
            MaterialKind::Hmac { minimum } => Lengths { least: minimum, most: HMAC_MAXIMUM },
            _ => Lengths { least: 32, most: 32 },
        }
    }

    fn contains(&self, length: usize) -> bool {
        (self.least..=self.most).contains(&length)
    }

    fn words(&self) -> String {
        if self.least == self.most {
            format!("exactly {}", self.least)
        } else {
            format!("{} to {}", self.least, self.most)
        }
    }
}

fn refuse_likely_mistakes(bytes: &[u8], spec: KeySpec, range: &Lengths) -> Result<(), MaterialError> {
    if bytes.trim_ascii_start().starts_with(b"-----BEGIN ") {
        return Err(MaterialError::PemForRaw { spec });
    }
    // 32 random bytes are text with probability 2^-46 or less; a symmetric key of exactly 32 bytes is taken as it is.
    let exact = range.least == range.most && range.contains(bytes.len());
    if !exact && let Some((found, encoding)) = looks_encoded(bytes, |decoded| range.contains(decoded)) {
        return Err(MaterialError::LooksEncoded { found, encoding });
    }
    if has_added_newline(bytes, range) {
        return Err(MaterialError::TrailingNewline { spec, found: bytes.len(), wanted: range.words() });
    }
    Ok(())
}

/// One byte (or CR LF) more than the key's own length, and that is a newline.
fn has_added_newline(bytes: &[u8], range: &Lengths) -> bool {
    let without = match bytes {
        [start @ .., b'\r', b'\n'] | [start @ .., b'\n'] => start.len(),
        _ => return false,
    };
    without == range.least || (bytes.len() > range.most && range.contains(without))
}

fn wrong_length(bytes: &[u8], spec: KeySpec, range: &Lengths) -> MaterialError {
    let found = bytes.len();
    if has_added_newline(bytes, range) {
        return MaterialError::TrailingNewline { spec, found, wanted: range.words() };
    }
    if spec == KeySpec::SymmetricDefault && found == 16 {
        return MaterialError::ChinaLength { spec };
    }
    MaterialError::WrongLength { spec, found, wanted: range.words() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8], spec: KeySpec, format: Option<Format>) -> String {
        match read(Secret::copy(bytes).unwrap(), spec, format) {
            Ok(secret) => format!("accepted {} bytes", secret.len()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn each_common_mistake_has_a_cause_of_its_own() {
        let key = [0xa5; 32];
        let with_newline = [&key[..], b"\n"].concat();
        let (lower, upper) = (hex::encode(key), hex::encode_upper(key));
        let cases: [(&[u8], Option<Format>, &str); 11] = [
            (&key, None, "accepted 32 bytes"),
            (
                &with_newline,
                None,
                "the key material has 33 bytes and the last is a newline: SYMMETRIC_DEFAULT needs exactly 32, so an editor or `echo` added it",
            ),
            (lower.as_bytes(), None, "the key material is 64 characters of hex, and raw bytes were expected"),
            (
                b"paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=",
                None,
                "the key material is 44 characters of base64, and raw bytes were expected",
            ),
            (
                b"paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=\n",
                None,
                "the key material is 44 characters of base64, and raw bytes were expected",
            ),
            (b"paWlpaWlpaWlpaWlpaWlpaWlpaWl\npaWlpaWlpaWlpaU=\n", Some(Format::Base64), "accepted 32 bytes"),
            (upper.as_bytes(), Some(Format::Hex), "accepted 32 bytes"),
            (&[0; 32], None, "every byte of the key material is zero"),
            (&key[..31], None, "the key material has 31 bytes, and SYMMETRIC_DEFAULT needs exactly 32"),
            (
                &key[..16],
                None,
                "the key material has 16 bytes, and SYMMETRIC_DEFAULT needs exactly 32: 16-byte symmetric keys exist in the China Regions only, which this tool does not serve",
            ),
            (b"a5zz", Some(Format::Hex), "the key material is not hex: character 3 is none of 0-9 a-f A-F"),
        ];
        for (bytes, format, expected) in cases {
            assert_eq!(refusal(bytes, KeySpec::SymmetricDefault, format), expected);
        }
    }

    #[test]
    fn hmac_keys_may_be_longer_than_their_digest_but_not_by_a_newline() {
        let spec = KeySpec::Hmac256;
        assert_eq!(refusal(&[9; 128], spec, None), "accepted 128 bytes");
        assert_eq!(refusal(&[9; 129], spec, None), "the key material has 129 bytes, and HMAC_256 needs 32 to 128");
        let with_newline = [&[9; 32][..], b"\n"].concat();
        assert!(refusal(&with_newline, spec, None).contains("the last is a newline"));
        assert_eq!(refusal(&with_newline, spec, Some(Format::Raw)), "accepted 33 bytes");
        assert!(refusal(hex::encode([9; 32]).as_bytes(), spec, None).contains("64 characters of hex"));
    }
}
