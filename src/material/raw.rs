//! Symmetric and HMAC key material: bytes, whatever text they are written in. Text itself is a key only if the user says so.

use super::container::{is_jwk_oct, read_jwk_oct, refusal};
use super::reading::Reading;
use super::recognise::{Content, Insisted, Layer, Plain, SECRETS, described, insist, is_text, recognise};
use super::{Container, Format, HMAC_MAXIMUM, KeySpec, MaterialKind, der, wrapped};
use crate::files::may_be_zlib;
use crate::material::MaterialError;
use crate::secret::Secret;

pub(super) fn read(bytes: &Secret, spec: KeySpec, format: Format) -> Result<(Secret, Reading), MaterialError> {
    let range = Lengths::of(spec);
    let (bytes, reading) = match format {
        Format::Raw => {
            let reading = Reading::raw(bytes.len(), is_text(bytes.expose()));
            (Secret::copy(bytes.expose())?, reading)
        }
        Format::Auto => auto(bytes, spec, &range)?,
        Format::Hex | Format::Base64 => said(bytes, spec, format, &range)?,
        Format::Jwk => jwk(bytes)?,
        format => return Err(MaterialError::FormatNotForSpec { format, spec }),
    };
    if !range.contains(bytes.len()) {
        return Err(wrong_length(&bytes, &reading, spec, &range));
    }
    if bytes.expose().iter().all(|byte| *byte == 0) {
        return Err(MaterialError::AllZero);
    }
    Ok((bytes, reading))
}

fn auto(bytes: &Secret, spec: KeySpec, range: &Lengths) -> Result<(Secret, Reading), MaterialError> {
    let found = recognise(bytes.expose(), &SECRETS)?;
    let (layers, characters) = (found.layers, found.characters);
    match found.content {
        Content::Bytes(inner) => fitting(inner, &layers, characters, spec, range),
        Content::Container(container, inner) if is_chance(container, inner.expose()) => {
            fitting(inner, &layers, characters, spec, range)
        }
        Content::Container(Container::Jwk | Container::JwkSet, inner) if is_jwk_oct(inner.expose()) => {
            oct(&inner, &layers)
        }
        Content::Container(container, _) => Err(not_raw(container, spec)),
        Content::Pem(blocks) => {
            let known = blocks.iter().find_map(|block| block.container);
            let unknown = || {
                let (characters, inside) = (bytes.len(), String::new());
                MaterialError::NotEncodedText { spec, characters, kind: "PEM whose label is not that of a key", inside }
            };
            Err(known.map_or_else(unknown, |container| not_raw(container, spec)))
        }
        Content::Text(text, kind) => Err(plain(&text, kind, spec, &layers)),
        Content::Broken(layer, problem) => Err(MaterialError::BrokenText { encoding: layer.name(), problem }),
    }
}

fn plain(text: &Secret, kind: Plain, spec: KeySpec, layers: &[Layer]) -> MaterialError {
    let inside = if layers.is_empty() { String::new() } else { format!(" in {}", described(layers)) };
    MaterialError::NotEncodedText { spec, characters: text.len(), kind: kind.words(), inside }
}

/// Bytes of a raw key that begin like a container by chance: no container is so short, or it has another length.
fn is_chance(container: Container, bytes: &[u8]) -> bool {
    let whole = der::element(bytes).is_some_and(|element| element.rest.is_empty());
    container.is_der() && bytes.len() <= HMAC_MAXIMUM && !whole
}

fn fitting(
    bytes: Secret,
    layers: &[Layer],
    characters: usize,
    spec: KeySpec,
    range: &Lengths,
) -> Result<(Secret, Reading), MaterialError> {
    let found = bytes.len();
    if let Some(made) = wrapped::made(bytes.expose()) {
        return Err(MaterialError::wrapped(found, &made));
    }
    if has_added_newline(bytes.expose(), range) {
        return Err(MaterialError::TrailingNewline { spec, found, wanted: range.words() });
    }
    check_structure(&bytes, range)?;
    if !layers.is_empty() && !range.contains(found) {
        let (encoding, wanted) = (described(layers), range.words());
        return Err(MaterialError::EncodedLength { spec, encoding, characters, found, wanted });
    }
    let reading = Reading::encoded(layers, found);
    Ok((bytes, reading))
}

/// Refuses bytes that may as well be something with the key in it.
fn check_structure(bytes: &Secret, range: &Lengths) -> Result<(), MaterialError> {
    if let Some(inside) = der::octet_string(bytes.expose()).filter(|inside| range.contains(inside.len())) {
        return Err(MaterialError::octet_string(inside));
    }
    match may_hold_a_key(bytes.expose()).filter(|_| range.contains(bytes.len())) {
        Some(what) => Err(MaterialError::Ambiguous { what: what.to_owned() }),
        None => Ok(()),
    }
}

/// What random bytes are once in 60,000 times, and what programs write is often.
pub(super) fn may_hold_a_key(bytes: &[u8]) -> Option<&'static str> {
    if der::is_structure(bytes) {
        return Some("raw bytes or a structure of DER");
    }
    may_be_zlib(bytes).then_some("raw bytes or a zlib stream")
}

/// Exactly what the user says it is. Text that its alphabet shows to be something else is not decoded.
fn said(bytes: &Secret, spec: KeySpec, format: Format, range: &Lengths) -> Result<(Secret, Reading), MaterialError> {
    let (inner, layers) = decoded(bytes, format)?;
    let again = recognise(inner.expose(), &SECRETS)?;
    // A text in the text may be a key that was chosen so; another encoding in it may not.
    if !again.layers.is_empty() && !matches!(again.content, Content::Text(..)) {
        let inner = described(&again.layers);
        return Err(MaterialError::Ambiguous { what: format!("{inner} in {format}") });
    }
    if let Content::Container(container, inside) = &again.content
        && !is_chance(*container, inside.expose())
    {
        return Err(not_raw(*container, spec));
    }
    check_structure(&inner, range)?;
    let reading = Reading::encoded(&layers, inner.len());
    Ok((inner, reading))
}

/// Takes off what is around hex or base64, and then that.
pub(super) fn decoded(bytes: &Secret, format: Format) -> Result<(Secret, Vec<Layer>), MaterialError> {
    let wanted = if format == Format::Hex { Layer::Hex } else { Layer::Base64 };
    match insist(bytes.expose(), wanted)? {
        Insisted::Decoded(inner, layers) => Ok((inner, layers)),
        Insisted::Broken(layer, problem) => Err(MaterialError::BrokenText { encoding: layer.name(), problem }),
        Insisted::Other(found) => Err(MaterialError::EncodingContradicted { said: format, found }),
    }
}

fn jwk(bytes: &Secret) -> Result<(Secret, Reading), MaterialError> {
    let found = recognise(bytes.expose(), &SECRETS)?;
    match found.content {
        Content::Container(Container::Jwk | Container::JwkSet, inner) => oct(&inner, &found.layers),
        content => Err(MaterialError::EncodingContradicted { said: Format::Jwk, found: content.words() }),
    }
}

fn oct(json: &Secret, layers: &[Layer]) -> Result<(Secret, Reading), MaterialError> {
    let bytes = read_jwk_oct(json)?;
    let container = Container::identify(json.expose()).unwrap_or(Container::Jwk);
    let reading = Reading::contained(layers, container, bytes.len());
    Ok((bytes, reading))
}

/// A container where raw bytes are needed. What is not read at all has its own words.
fn not_raw(container: Container, spec: KeySpec) -> MaterialError {
    match refusal(container) {
        _ if matches!(
            container,
            Container::Wif | Container::WalletKeystore | Container::XmlKey | Container::WindowsKey
        ) =>
        {
            MaterialError::ContainerForRaw { container, spec }
        }
        error @ MaterialError::ForeignContainer { .. } if !container.is_read() => error,
        _ => MaterialError::ContainerForRaw { container, spec },
    }
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

/// A line end behind a length that keys have. Where several lengths fit, it may be a byte of the key.
fn has_added_newline(bytes: &[u8], range: &Lengths) -> bool {
    let without = match bytes {
        [start @ .., b'\r', b'\n'] | [start @ .., b'\n'] => start.len(),
        _ => return false,
    };
    let usual = without == range.least || without.is_multiple_of(16);
    range.contains(without) && (usual || bytes.len() > range.most)
}

fn wrong_length(bytes: &Secret, reading: &Reading, spec: KeySpec, range: &Lengths) -> MaterialError {
    let found = bytes.len();
    if let Some(made) = wrapped::made(bytes.expose()) {
        return MaterialError::wrapped(found, &made);
    }
    if has_added_newline(bytes.expose(), range) && reading.encoding() == "raw" {
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

    fn refusal(bytes: &[u8], spec: KeySpec, format: Format) -> String {
        match read(&Secret::copy(bytes).unwrap(), spec, format) {
            Ok((secret, reading)) => format!("accepted {} bytes as {}", secret.len(), reading.encoding()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn each_common_mistake_has_a_cause_of_its_own() {
        let key = [0xa5; 32];
        let with_newline = [&key[..], b"\n"].concat();
        let (lower, upper) = (hex::encode(key), hex::encode_upper(key));
        let half = hex::encode([0xa5; 16]);
        let cases: [(&[u8], Format, &str); 16] = [
            (&key, Format::Auto, "accepted 32 bytes as raw"),
            (
                &with_newline,
                Format::Auto,
                "the key material has 33 bytes and the last is a newline: SYMMETRIC_DEFAULT needs exactly 32, so an editor or `echo` may have added it",
            ),
            (lower.as_bytes(), Format::Auto, "accepted 32 bytes as hex"),
            (b"paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=", Format::Auto, "accepted 32 bytes as base64"),
            (b"paWlpaWlpaWlpaWlpaWlpaWlpaWl\npaWlpaWlpaWlpaU=\n", Format::Base64, "accepted 32 bytes as base64"),
            (upper.as_bytes(), Format::Hex, "accepted 32 bytes as hex"),
            (upper.as_bytes(), Format::Base64, "the key material is hex, but it should be read as base64"),
            (
                half.as_bytes(),
                Format::Auto,
                "the key material is 32 characters of hex, which are 16 bytes, but SYMMETRIC_DEFAULT needs exactly 32",
            ),
            (half.as_bytes(), Format::Raw, "accepted 32 bytes as raw"),
            (
                b"correct horse battery staple 123",
                Format::Auto,
                "the key material is text in no known encoding (32 characters), but SYMMETRIC_DEFAULT needs bytes",
            ),
            (b"correct horse battery staple 123", Format::Raw, "accepted 32 bytes as raw"),
            (&[0; 32], Format::Auto, "every byte of the key material is zero"),
            (&key[..31], Format::Auto, "the key material has 31 bytes, but SYMMETRIC_DEFAULT needs exactly 32"),
            (
                &key[..16],
                Format::Auto,
                "the key material has 16 bytes, but SYMMETRIC_DEFAULT needs exactly 32: 16-byte symmetric keys exist in the China Regions only, which this tool does not serve",
            ),
            (b"a5zz", Format::Hex, "the key material is text in no known encoding, but it should be read as hex"),
            (
                br#"{"kty":"oct","k":"paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU"}"#,
                Format::Auto,
                "accepted 32 bytes as text",
            ),
        ];
        for (bytes, format, expected) in cases {
            assert_eq!(refusal(bytes, KeySpec::SymmetricDefault, format), expected);
        }
    }

    #[test]
    fn hmac_keys_may_be_longer_than_their_digest_but_not_by_a_newline() {
        let spec = KeySpec::Hmac256;
        assert_eq!(
            refusal(b"two words and one more of them", spec, Format::Auto),
            "the key material is text in no known encoding (30 characters), but HMAC_256 needs bytes"
        );
        assert_eq!(refusal(&[0xa5; 128], spec, Format::Auto), "accepted 128 bytes as raw");
        assert_eq!(
            refusal(&[0xa5; 129], spec, Format::Auto),
            "the key material has 129 bytes, but HMAC_256 needs 32 to 128"
        );
        let with_newline = [&[0xa5; 32][..], b"\n"].concat();
        assert!(refusal(&with_newline, spec, Format::Auto).contains("the last is a newline"));
        assert_eq!(refusal(&with_newline, spec, Format::Raw), "accepted 33 bytes as raw");
        assert_eq!(refusal(hex::encode([0xa5; 32]).as_bytes(), spec, Format::Auto), "accepted 32 bytes as hex");
        // The length that base64 would give decides nothing.
        assert_eq!(
            refusal(format!("{}\n", hex::encode([0xa5; 32])).as_bytes(), KeySpec::Hmac384, Format::Auto),
            "the key material is 64 characters of hex, which are 32 bytes, but HMAC_384 needs 48 to 128"
        );
    }
}
