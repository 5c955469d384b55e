//! The wrapping public key: is it one, and of which size?

use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::{Rsa, RsaRef};

use super::causes::{FileCause, PublicKeyCause};
use super::finding::Findings;
use super::hand::Hand;
use super::item::Item;
use super::name::Name;
use crate::file_checks::wrapped_blob::is_private_key;
use crate::files::damage::{newline_after, taken_for_text, without_carriage_returns};
use crate::material::{Container, der};
use crate::wrap::{Weakness, WrapError, WrappingKey, WrappingKeySpec, weakness};

/// The modulus that the wrapped key material must be smaller than.
pub(crate) struct Modulus {
    pub(crate) name: Name,
    pub(crate) bytes: Vec<u8>,
    pub(crate) spec: Option<WrappingKeySpec>,
}

pub(super) fn examine(hand: &Hand, findings: &mut Findings) -> Option<Modulus> {
    let item = hand.public_key.as_ref()?;
    let modulus = understand(item, hand, findings)?;
    if let (Some(found), Some(asked)) = (modulus.spec, hand.wrapping())
        && found != asked
    {
        findings.certain(PublicKeyCause::Size { name: item.name.clone(), found, asked });
    }
    Some(modulus)
}

fn understand(item: &Item, hand: &Hand, findings: &mut Findings) -> Option<Modulus> {
    let (name, der) = (item.name.clone(), item.content());
    if let Ok(key) = Rsa::public_key_from_der(der) {
        let length = der::element(der).map_or(der.len(), |element| der.len() - element.rest.len());
        if let Some(extra) = newline_after(der, length) {
            findings.certain(FileCause::TrailingNewline {
                name: name.clone(),
                found: der.len(),
                extra,
                wanted: length,
            });
        } else if length < der.len() {
            findings.certain(PublicKeyCause::ExtraBytes {
                name: name.clone(),
                extra: der.len() - length,
                wanted: length,
            });
        } else if matches!(WrappingKey::from_der(der), Err(WrapError::PublicKeyNotDer)) {
            // The key in a writing that is not DER's only one.
            findings.certain(PublicKeyCause::NotDer { name: name.clone() });
        }
        let spec = WrappingKeySpec::of_bits(bits(&key));
        if spec.is_none() {
            findings.certain(PublicKeyCause::Bits { name: name.clone(), bits: bits(&key) });
        }
        examine_strength(&name, &key, findings);
        return Some(Modulus { name, bytes: key.n().to_vec(), spec });
    }
    explain(item, hand, findings)
}

/// An RSA key that protects nothing, in whatever writing.
fn examine_strength(name: &Name, key: &RsaRef<Public>, findings: &mut Findings) {
    let name = name.clone();
    match weakness(key) {
        Ok(Some(Weakness::Exponent(exponent))) => findings.certain(PublicKeyCause::Exponent { name, exponent }),
        Ok(Some(Weakness::Factor(factor))) => findings.certain(PublicKeyCause::Factor { name, factor }),
        Ok(None) | Err(_) => {}
    }
}

/// Why these bytes are no RSA public key; what could be understood all the same is still the modulus.
fn explain(item: &Item, hand: &Hand, findings: &mut Findings) -> Option<Modulus> {
    let (name, bytes) = (item.name.clone(), item.content());
    if let Ok(key) = Rsa::public_key_from_der_pkcs1(bytes) {
        examine_strength(&name, &key, findings);
        findings.certain(PublicKeyCause::Pkcs1 { name: name.clone() });
        return Some(Modulus { name, bytes: key.n().to_vec(), spec: WrappingKeySpec::of_bits(bits(&key)) });
    }
    if let Some((before, damage)) = without_carriage_returns(bytes)
        && let Ok(key) = Rsa::public_key_from_der(&before)
    {
        examine_strength(&name, &key, findings);
        findings.certain(FileCause::Mangled { name: name.clone(), damage });
        return Some(Modulus { name, bytes: key.n().to_vec(), spec: WrappingKeySpec::of_bits(bits(&key)) });
    }
    if let Some(damage) = taken_for_text(bytes) {
        findings.certain(FileCause::Mangled { name, damage });
        return None;
    }
    if hand.token.as_ref().is_some_and(|token| token.content() == bytes) {
        findings.certain(FileCause::WrongFile { name, found: "the import token" });
        return None;
    }
    match PKey::public_key_from_der(bytes).map(|key| key.id()) {
        Ok(id) => findings.certain(PublicKeyCause::NotRsa { name, found: kind(id) }),
        Err(_) => match Container::identify(bytes) {
            Some(Container::Certificate | Container::CertificateRequest) => {
                findings.certain(FileCause::WrongFile { name, found: "a certificate, or a request for one" });
            }
            _ if is_private_key(bytes) => {
                findings.certain(FileCause::WrongFile { name, found: "a private key" });
            }
            // Text that could not be decoded is already said to be text.
            _ if item.encoding().is_some() && !item.is_decoded() => {}
            _ => findings.certain(PublicKeyCause::NotDer { name }),
        },
    }
    None
}

fn bits<T: openssl::pkey::HasPublic>(key: &Rsa<T>) -> u32 {
    key.n().num_bits().unsigned_abs()
}

fn kind(id: Id) -> &'static str {
    match id {
        Id::EC => "an EC public key",
        Id::RSA_PSS => "an RSA-PSS public key",
        Id::DSA => "a DSA public key",
        Id::DH => "a DH public key",
        _ => "a public key of another kind",
    }
}
