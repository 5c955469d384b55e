//! Text where bytes are needed, as [`recognise`] finds it.

use std::fmt;

use super::Container;
use super::recognise::{Content, Layer, Member, SECRETS, Way, recognise};
use crate::files::FileError;
use crate::secret::Secret;

/// What is looked for in text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Key material, or a private key.
    Secret,
    /// What KMS's replies and requests have under that name.
    Field(&'static str),
}

/// The layers of text around bytes, outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Encoding(pub(crate) Vec<Layer>);

/// What text around bytes is, and the bytes in it where it is whole.
pub(crate) fn taken_off(bytes: &[u8], wanted: Wanted) -> Result<(Option<Encoding>, Option<Secret>), FileError> {
    let found = match wanted {
        Wanted::Secret => recognise(bytes, &SECRETS)?,
        Wanted::Field(name) => recognise(bytes, &[name])?,
    };
    let is_secret = wanted == Wanted::Secret;
    let mut layers = found.layers;
    let decoded = match found.content {
        Content::Bytes(bytes) | Content::Container(_, bytes) if !layers.is_empty() => Some(bytes),
        Content::Bytes(_) | Content::Container(..) => return Ok((None, None)),
        Content::Pem(blocks) => {
            layers.push(Layer::Pem);
            let fits = |container: Option<Container>| container.is_some_and(|found| found.is_private() == is_secret);
            let index = blocks.iter().position(|block| fits(block.container)).unwrap_or(0);
            blocks.into_iter().nth(index).map(|block| block.bytes)
        }
        Content::Broken(layer, _) => {
            layers.push(layer);
            None
        }
        Content::Text(text, _) if layers.is_empty() && text.expose().starts_with(b"{") => {
            layers.push(Layer::Json(Member { name: "", way: Way::Jq { deep: false } }));
            None
        }
        Content::Text(..) => None,
    };
    Ok(((!layers.is_empty()).then_some(Encoding(layers)), decoded))
}

impl Encoding {
    /// A pipeline of a shell that takes it off its input, with what POSIX has.
    pub(crate) fn filters(&self) -> String {
        let steps: Vec<String> = self.0.iter().map(|layer| layer.filter()).collect();
        steps.join(" | ")
    }

    /// Whether it is PEM and nothing around it.
    pub(crate) fn is_pem(&self) -> bool {
        self.0 == [Layer::Pem]
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [Layer::Json(_), ..] => f.write_str("a whole JSON reply"),
            [Layer::HexDump] => f.write_str("a hex dump"),
            [outer @ .., inner] => {
                write!(f, "{} text", inner.name())?;
                outer.iter().rev().try_for_each(|layer| write!(f, " in {}", layer.name()))
            }
            [] => f.write_str("text"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC_KEY: Wanted = Wanted::Field("PublicKey");

    fn decoded(bytes: &[u8], wanted: Wanted) -> Option<Vec<u8>> {
        taken_off(bytes, wanted).unwrap().1.map(|secret| secret.expose().to_vec())
    }

    #[test]
    fn each_encoding_is_named_and_taken_off() {
        let bytes: Vec<u8> = (0..48).map(|index| index * 5).collect();
        let plain = openssl::base64::encode_block(&bytes);
        let wide: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked = [&[0xff, 0xfe][..], &wide].concat();
        let cases: [(Vec<u8>, &str); 8] = [
            (hex::encode_upper(&bytes).into(), "hex text"),
            (format!("{plain}\n").into(), "base64 text"),
            (format!("{}\r\n{}\r\n", &plain[..32], &plain[32..]).into(), "base64 text"),
            (format!("\"{plain}\"\n").into(), "base64 text in quotation marks"),
            (format!("{{\"KeyId\": \"x\", \"PublicKey\": \"{plain}\"}}").into(), "a whole JSON reply"),
            (format!("-----BEGIN PUBLIC KEY-----\n{plain}\n-----END PUBLIC KEY-----\n").into(), "PEM text"),
            (wide, "base64 text in UTF-16"),
            (marked, "base64 text in UTF-16"),
        ];
        for (text, expected) in cases {
            assert_eq!(taken_off(&text, PUBLIC_KEY).unwrap().0.unwrap().to_string(), expected);
            assert_eq!(decoded(&text, PUBLIC_KEY).as_deref(), Some(&bytes[..]), "{expected}");
        }
    }

    #[test]
    fn binary_bytes_and_short_words_are_no_text() {
        let binary: Vec<u8> = (0..=255).collect();
        for bytes in [&binary[..], b"", b"\n", b"deadbeef", b"\"\"", b"{", &[0; 64], &[0xff, 0xfe]] {
            assert!(taken_off(bytes, PUBLIC_KEY).unwrap().1.is_none(), "{bytes:?}");
        }
    }

    #[test]
    fn text_that_is_cut_off_is_named_and_not_taken_off() {
        let cases: [&[u8]; 4] = [
            b"-----BEGIN ",
            b"-----BEGIN PUBLIC KEY-----\nMII",
            b"{\"PublicKey\": 7}",
            b"abcdef0123456789abcdef0123456789a",
        ];
        for bytes in cases {
            assert!(
                taken_off(bytes, PUBLIC_KEY).unwrap().0.is_some() && decoded(bytes, PUBLIC_KEY).is_none(),
                "{bytes:?}"
            );
        }
    }
}
