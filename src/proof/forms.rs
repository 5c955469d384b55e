//! The other forms in which the bytes of a key may have been imported: as text that stands for them, with a line end, or the reverse.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};

use super::error::ProofError;
use crate::material::HMAC_MAXIMUM;
use crate::material::encoding::Encoding;
use crate::material::recognise::{Content, SECRETS, recognise};
use crate::secret::Secret;

/// A form, and how it comes from the key material at hand, after "it holds".
pub(super) struct Form {
    pub(super) words: String,
    pub(super) bytes: Secret,
}

/// Every form of at most as many bytes as KMS takes.
pub(super) fn of(material: &[u8]) -> Result<Vec<Form>, ProofError> {
    let mut forms = Vec::new();
    let read = recognise(material, &SECRETS)?;
    if let (Content::Bytes(inner), false) = (read.content, read.layers.is_empty()) {
        let words = format!("the bytes that this {} stands for", Encoding(read.layers));
        forms.push(Form { words, bytes: inner });
    }
    for end in [&b"\n"[..], b"\r\n"] {
        if let Some(start) = material.strip_suffix(end).filter(|start| !start.is_empty()) {
            forms.push(Form { words: "these bytes without the line end".to_owned(), bytes: Secret::copy(start)? });
        }
    }
    let mut written = vec![("these bytes".to_owned(), Secret::copy(material)?)];
    for (name, text) in texts(material)? {
        for width in [60, 64, 76] {
            if text.len() > width {
                written.push((format!("the {name} text of these bytes in lines"), folded(&text, width)?));
            }
        }
        written.push((format!("the {name} text of these bytes"), text));
    }
    for (words, bytes) in written {
        for (end, with) in [("\n", " with a line end"), ("\r\n", " with a line end")] {
            let whole = joined(&[bytes.expose(), end.as_bytes()])?;
            forms.push(Form { words: words.clone() + with, bytes: whole });
        }
        forms.push(Form { words, bytes });
    }
    forms.retain(|form| form.bytes.len() <= HMAC_MAXIMUM && form.bytes.expose() != material);
    Ok(forms)
}

/// What people write bytes as.
fn texts(bytes: &[u8]) -> Result<Vec<(&'static str, Secret)>, ProofError> {
    let mut texts = Vec::new();
    let lower = hex_of(bytes, b"0123456789abcdef")?;
    let upper = hex_of(bytes, b"0123456789ABCDEF")?;
    texts.push(("hex", joined(&[b"0x", lower.expose()])?));
    for digits in [lower, upper] {
        let colons = Secret::zeroed((digits.len() / 2 * 3).saturating_sub(1))?;
        texts.push(("hex", separated(&digits, colons)));
        texts.push(("hex", digits));
    }
    for (name, engine) in [
        ("base64", &BASE64_STANDARD),
        ("base64", &BASE64_STANDARD_NO_PAD),
        ("base64url", &BASE64_URL_SAFE),
        ("base64url", &BASE64_URL_SAFE_NO_PAD),
    ] {
        let mut text = Secret::zeroed(bytes.len().div_ceil(3) * 4)?;
        let length = engine.encode_slice(bytes, text.expose_mut()).unwrap_or(0);
        text.truncate(length);
        texts.push((name, text));
    }
    Ok(texts)
}

fn hex_of(bytes: &[u8], digits: &[u8; 16]) -> Result<Secret, ProofError> {
    let mut text = Secret::zeroed(2 * bytes.len())?;
    for (pair, byte) in text.expose_mut().chunks_exact_mut(2).zip(bytes) {
        pair[0] = digits[usize::from(byte >> 4)];
        pair[1] = digits[usize::from(byte & 15)];
    }
    Ok(text)
}

fn separated(digits: &Secret, mut colons: Secret) -> Secret {
    for (group, pair) in colons.expose_mut().chunks_mut(3).zip(digits.expose().chunks(2)) {
        group[..2].copy_from_slice(pair);
        if let Some(last) = group.get_mut(2) {
            *last = b':';
        }
    }
    colons
}

fn folded(text: &Secret, width: usize) -> Result<Secret, ProofError> {
    let lines: Vec<&[u8]> = text.expose().chunks(width).collect();
    let mut parts: Vec<&[u8]> = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        if number > 0 {
            parts.push(b"\n");
        }
        parts.push(line);
    }
    joined(&parts)
}

fn joined(parts: &[&[u8]]) -> Result<Secret, ProofError> {
    let mut whole = Secret::zeroed(parts.iter().map(|part| part.len()).sum())?;
    let mut at = 0;
    for part in parts {
        whole.expose_mut()[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_another_and_of_a_length_that_kms_takes() {
        let bytes: Vec<u8> = (0..48).map(|index| index * 5).collect();
        let forms = of(&bytes).unwrap();
        let has = |text: &str| forms.iter().any(|form| form.bytes.expose() == text.as_bytes());
        for text in [
            hex::encode(&bytes),
            hex::encode_upper(&bytes) + "\n",
            format!("0x{}\r\n", hex::encode(&bytes)),
            BASE64_STANDARD.encode(&bytes),
            BASE64_URL_SAFE.encode(&bytes) + "\n",
        ] {
            assert!(has(&text), "{text}");
        }
        assert!(forms.iter().all(|form| form.bytes.len() <= HMAC_MAXIMUM && form.bytes.expose() != bytes));
        let reverse = of(hex::encode(&bytes).as_bytes()).unwrap();
        let back = reverse.iter().find(|form| form.bytes.expose() == bytes).unwrap();
        assert_eq!(back.words, "the bytes that this hex text stands for");
    }
}
