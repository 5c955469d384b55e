//! Private keys in any usual container, checked and converted to the unencrypted PKCS#8 DER that KMS wants.

use openssl::pkey::{Id, PKey, Private};
use openssl::x509::X509;

use super::container::{PrivateKey, is_ed25519, may_be_compressed, read_private_key, subject};
use super::number;
use super::raw::decoded;
use super::reading::Reading;
use super::recognise::{Block, Content, Layer, SECRETS, described, recognise};
use super::{Container, Curve, Format, KeySpec, MaterialKind, Passphrase, der, wrapped};
use crate::material::MaterialError;
use crate::openssl_probe::OpenSslError;
use crate::secret::Secret;

pub(super) fn read(
    bytes: &Secret,
    spec: KeySpec,
    format: Format,
    passphrase: &mut dyn Passphrase,
) -> Result<(Secret, Reading), MaterialError> {
    let (layers, content) = opened(bytes, format)?;
    if let Format::Scalar | Format::Seed = format {
        return number::read(content, spec, format, &layers);
    }
    if let Content::Bytes(inner) = &content
        && let Some((pkcs8, reading)) = number::named(inner, spec, &layers)?
    {
        return Ok((pkcs8, reading));
    }
    let found = match find(content, passphrase) {
        Err(MaterialError::NotEncodedText { characters, kind, .. }) => {
            let inside = if layers.is_empty() { String::new() } else { format!(" in {}", described(&layers)) };
            return Err(MaterialError::NotEncodedText { spec, characters, kind, inside });
        }
        Err(MaterialError::ForeignContainer { container, command }) => return Err(foreign(container, command, spec)),
        found => found?,
    };
    let key = PKey::private_key_from_der(found.key.pkcs8.expose()).map_err(OpenSslError::step("read the key back"))?;
    check(&key, spec)?;
    check_encoding(found.key.pkcs8.expose(), spec)?;
    let layers: Vec<Layer> = layers.into_iter().chain(found.in_pem.then_some(Layer::Pem)).collect();
    let reading = Reading::contained(&layers, found.key.container, found.key.pkcs8.len());
    let certificate = found.certificate.or(found.key.certificate);
    let reading = reading.under_passphrase(found.key.encrypted);
    Ok((found.key.pkcs8, reading.with(found.key.notes, certificate)))
}

/// A container that is not read, unless the key in it is of another type.
fn foreign(container: Container, command: Option<String>, spec: KeySpec) -> MaterialError {
    match (container, spec.kind()) {
        (Container::Wif | Container::WalletKeystore, MaterialKind::Ec(curve)) if curve != Curve::P256k1 => {
            MaterialError::WrongCurve { spec, found: "secp256k1".to_owned() }
        }
        (Container::Wif | Container::WalletKeystore, MaterialKind::Rsa { .. } | MaterialKind::Ed25519) => {
            MaterialError::WrongKeyType { spec, found: "an EC key".to_owned() }
        }
        (Container::XmlKey | Container::WindowsKey, MaterialKind::Ec(_) | MaterialKind::Ed25519) => {
            MaterialError::WrongKeyType { spec, found: "an RSA key".to_owned() }
        }
        _ => MaterialError::ForeignContainer { container, command },
    }
}

/// Takes off what is around the key, as far as the format lets; what it says and the file does not is refused.
fn opened(bytes: &Secret, format: Format) -> Result<(Vec<Layer>, Content), MaterialError> {
    if let Format::Hex | Format::Base64 = format {
        let (inner, mut layers) = decoded(bytes, format)?;
        let again = recognise(inner.expose(), &SECRETS)?;
        layers.extend(again.layers);
        return Ok((layers, again.content));
    }
    let found = recognise(bytes.expose(), &SECRETS)?;
    let fits = match (&found.content, format) {
        (_, Format::Auto | Format::Scalar | Format::Seed) => true,
        (Content::Pem(_) | Content::Broken(Layer::Pem, _), Format::Pem) => true,
        (Content::Pem(blocks), Format::OpenSsh) => {
            blocks.iter().any(|block| matches!(block.container, Some(Container::OpenSsh | Container::EncryptedOpenSsh)))
        }
        (Content::Container(container, _), Format::OpenSsh) => {
            matches!(container, Container::OpenSsh | Container::EncryptedOpenSsh)
        }
        (Content::Container(container, _), Format::Jwk) => matches!(container, Container::Jwk | Container::JwkSet),
        (Content::Container(container, _), Format::Pkcs12) => *container == Container::Pkcs12,
        (Content::Container(container, _), Format::Der | Format::Raw) => container.is_der() && found.layers.is_empty(),
        (Content::Bytes(_), Format::Der | Format::Raw | Format::Pkcs12) => true,
        _ => false,
    };
    if fits {
        return Ok((found.layers, found.content));
    }
    let inside = found.content.words();
    let found = if found.layers.is_empty() { inside } else { format!("{inside} in {}", described(&found.layers)) };
    Err(MaterialError::EncodingContradicted { said: format, found })
}

/// Reads a private key of whatever type, for uses other than import: in any container, encrypted or not.
pub fn read_any_private_key(bytes: &Secret, passphrase: &mut dyn Passphrase) -> Result<PKey<Private>, MaterialError> {
    let found = find(recognise(bytes.expose(), &SECRETS)?.content, passphrase)?;
    Ok(PKey::private_key_from_der(found.key.pkcs8.expose()).map_err(OpenSslError::step("read the key back"))?)
}

struct Found {
    key: PrivateKey,
    in_pem: bool,
    /// The subject of a certificate in the same PEM text.
    certificate: Option<String>,
}

fn find(content: Content, passphrase: &mut dyn Passphrase) -> Result<Found, MaterialError> {
    match content {
        Content::Container(container, bytes) => {
            let key = read_private_key(container, &bytes, passphrase)?;
            Ok(Found { key, in_pem: false, certificate: None })
        }
        Content::Pem(blocks) => in_pem(blocks, passphrase),
        Content::Bytes(bytes) => Err(match wrapped::made(bytes.expose()) {
            Some(made) => MaterialError::wrapped(bytes.len(), &made),
            None if bytes.expose().first() == Some(&der::SEQUENCE) => {
                let problem = "it does not begin like a private key, or is cut off".to_owned();
                MaterialError::NotDecodable { format: Format::Der, problem }
            }
            None if may_be_compressed(bytes.expose()) => {
                MaterialError::PublicHalf { container: Container::BarePublicKey }
            }
            None => MaterialError::NotAPrivateKey { found: "binary in no known format" },
        }),
        Content::Text(text, kind) => {
            let (spec, characters, kind) = (KeySpec::Rsa2048, text.len(), kind.words());
            Err(MaterialError::NotEncodedText { spec, characters, kind, inside: String::new() })
        }
        Content::Broken(layer, problem) => Err(MaterialError::BrokenText { encoding: layer.name(), problem }),
    }
}

/// The one private key among PEM blocks. Certificates beside it must be of the same key, or of those that signed it.
fn in_pem(blocks: Vec<Block>, passphrase: &mut dyn Passphrase) -> Result<Found, MaterialError> {
    let is_key = |block: &&Block| block.container.is_none_or(Container::is_private);
    let keys: Vec<&Block> = blocks.iter().filter(is_key).collect();
    let key = match keys.as_slice() {
        [] => blocks.first(),
        [one] => Some(*one),
        several => {
            let name = |(index, block): (usize, &&Block)| {
                let words = block.container.map_or("a block of another kind".to_owned(), Container::with_article);
                format!("number {} is {words}", index + 1)
            };
            let names: Vec<String> = several.iter().enumerate().map(name).collect();
            return Err(MaterialError::SeveralBlocks { count: names.len(), names });
        }
    };
    let Some(block) = key else { return Err(MaterialError::Empty) };
    let container = block.container.unwrap_or(Container::Pkcs8);
    let key = read_private_key(container, &block.bytes, passphrase)?;
    let certificate = certificate(&blocks, &key)?;
    Ok(Found { key, in_pem: true, certificate })
}

fn certificate(blocks: &[Block], key: &PrivateKey) -> Result<Option<String>, MaterialError> {
    let certificates = blocks.iter().filter(|block| block.container == Some(Container::Certificate));
    let certificates: Vec<X509> = certificates.filter_map(|block| X509::from_der(block.bytes.expose()).ok()).collect();
    let Some(first) = certificates.first() else { return Ok(None) };
    let step = OpenSslError::step("compare the certificate with the key");
    let key = PKey::private_key_from_der(key.pkcs8.expose()).map_err(step)?;
    let belongs = |certificate: &&X509| certificate.public_key().is_ok_and(|public| public.public_eq(&key));
    match certificates.iter().find(belongs) {
        Some(certificate) => Ok(Some(subject(certificate))),
        None => Err(MaterialError::CertificateMismatch { subject: subject(first) }),
    }
}

/// The key's type, size and curve against the key spec, and the key against itself.
fn check(key: &PKey<Private>, spec: KeySpec) -> Result<(), MaterialError> {
    match spec.kind() {
        MaterialKind::Rsa { bits } => {
            if key.id() != Id::RSA {
                return Err(wrong_type(key, spec));
            }
            let rsa = key.rsa().map_err(OpenSslError::step("look at the RSA key"))?;
            let found = rsa.n().num_bits().unsigned_abs();
            if found != bits {
                return Err(MaterialError::WrongModulus { spec, found });
            }
            let multi_prime = || {
                let pkcs8 = key.private_key_to_pkcs8().ok().and_then(|der| Secret::take(der).ok());
                pkcs8.and_then(|der| der::has_two_primes(der.expose())) == Some(false)
            };
            match rsa.check_key() {
                _ if multi_prime() => Err(MaterialError::MultiPrime),
                Ok(true) => Ok(()),
                _ => Err(MaterialError::Inconsistent { problem: "its RSA numbers do not belong together" }),
            }
        }
        MaterialKind::Ec(curve) => {
            if key.id() != Id::EC {
                return Err(wrong_type(key, spec));
            }
            let ec = key.ec_key().map_err(OpenSslError::step("look at the EC key"))?;
            let found = ec.group().curve_name();
            if found != Some(curve.nid()) {
                let name = found.and_then(|nid| nid.short_name().ok());
                let found = name.unwrap_or("of its own parameters").to_owned();
                return Err(MaterialError::WrongCurve { spec, found });
            }
            let inconsistent = MaterialError::Inconsistent { problem: "its public point is not its private number's" };
            ec.check_key().map_err(|_| inconsistent)
        }
        _ if is_ed25519(key.id()) => Ok(()),
        _ => Err(wrong_type(key, spec)),
    }
}

/// What OpenSSL accepts but KMS does not: a curve spelled out.
fn check_encoding(pkcs8: &[u8], spec: KeySpec) -> Result<(), MaterialError> {
    match spec.kind() {
        MaterialKind::Ec(_) if der::names_its_curve(pkcs8) != Some(true) => Err(MaterialError::ExplicitCurve),
        _ => Ok(()),
    }
}

fn wrong_type(key: &PKey<Private>, spec: KeySpec) -> MaterialError {
    let found = match key.id() {
        Id::RSA => format!("an RSA key of {} bits", key.bits()),
        Id::RSA_PSS => "an RSA-PSS key, which only signs with PSS".to_owned(),
        Id::EC => "an EC key".to_owned(),
        id if is_ed25519(id) => "an Ed25519 key".to_owned(),
        _ => "a key of another type".to_owned(),
    };
    MaterialError::WrongKeyType { spec, found }
}
