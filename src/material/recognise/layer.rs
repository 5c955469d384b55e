//! The layers of text around bytes, and how they are named.

use super::Way;
use crate::posix;

/// One layer of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    /// UTF-8 with a byte order mark.
    Bom,
    Utf16,
    Quotes,
    /// A string with escapes in it, such as `\n`.
    Escaped,
    /// A member of a JSON object.
    Json(Member),
    Hex,
    /// Hex numbers, some of which have one digit.
    HexNumbers,
    HexDump,
    Base64,
    /// The URL-safe alphabet of RFC 4648 §5.
    Base64Url,
    Pem,
}

/// Where in a JSON object a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    /// How it is taken out.
    pub(crate) way: Way,
}

impl Layer {
    /// Its stable name for machines.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Layer::Bom => "bom",
            Layer::Utf16 => "utf16",
            Layer::Quotes => "quotes",
            Layer::Escaped => "escaped",
            Layer::Json(_) => "json",
            Layer::Hex | Layer::HexNumbers => "hex",
            Layer::HexDump => "hexdump",
            Layer::Base64 => "base64",
            Layer::Base64Url => "base64url",
            Layer::Pem => "pem",
        }
    }

    /// Its name in a sentence.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Layer::Bom => "UTF-8 with a byte order mark",
            Layer::Utf16 => "UTF-16",
            Layer::Quotes => "quotation marks",
            Layer::Escaped => "a string with escapes",
            Layer::Json(_) => "JSON",
            Layer::Hex | Layer::HexNumbers => "hex",
            Layer::HexDump => "a hex dump",
            Layer::Base64 => "base64",
            Layer::Base64Url => "base64url",
            Layer::Pem => "PEM",
        }
    }
}

impl Layer {
    /// The filter of a shell that takes it off, with what POSIX has; for some JSON, jq.
    pub(crate) fn filter(self) -> String {
        match self {
            Layer::Bom => "tail -c +4".to_owned(),
            Layer::Utf16 => r"LC_ALL=C tr -d '\000\376\377'".to_owned(),
            Layer::Quotes => r#"sed 's/\\[nrt]//g' | tr -d '"\047\134'"#.to_owned(),
            Layer::Escaped => r"sed 's/\\[nr]//g'".to_owned(),
            Layer::Json(Member { name, way }) => way.filter(name),
            Layer::Hex => format!("sed 's/0[xX]//g' | tr -cd '0-9a-fA-F' | {}", posix::FROM_HEX),
            Layer::HexNumbers => {
                let digits = r"tr -cs '0-9a-fA-FxX' '\n' | sed 's/^0[xX]//; s/^.$/0&/' | tr -d '\n'";
                format!("{digits} | {}", posix::FROM_HEX)
            }
            Layer::HexDump => {
                // The column of characters, which a colon or a bar tells, and the offset.
                let digits = "sed '/^[0-9a-fA-F]*: /s/  .*//; s/  *|.*//; s/^[[:space:]]*[0-9a-fA-F]*:* *//'";
                format!("{digits} | tr -cd '0-9a-fA-F' | {}", posix::FROM_HEX)
            }
            Layer::Base64 | Layer::Base64Url => posix::FROM_BASE64.to_owned(),
            Layer::Pem => {
                format!("tr -d '[:space:]' | sed 's/.*-----BEGIN[^-]*-----//; s/-----END.*//' | {}", posix::FROM_BASE64)
            }
        }
    }
}

/// All layers in a sentence, innermost first: "base64 in quotation marks in UTF-16".
pub(crate) fn described(layers: &[Layer]) -> String {
    let names: Vec<&str> = layers.iter().rev().map(|layer| layer.name()).collect();
    names.join(" in ")
}

/// All layers for machines, outermost first.
pub(crate) fn ids(layers: &[Layer]) -> String {
    let ids: Vec<&str> = layers.iter().map(|layer| layer.id()).collect();
    ids.join("+")
}
