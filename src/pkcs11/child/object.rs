//! The key in the token: the one that the URI names, fit for its key spec, and free to leave the token wrapped.

use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use openssl::asn1::Asn1Object;
use openssl::nid::Nid;

use super::super::protocol::Object;
use super::super::token_error::TokenError;
use super::super::uri;
use super::session::Session;
use crate::material::{Curve, HMAC_MAXIMUM, KeySpec, MaterialKind};

impl Session {
    /// Finds the one key.
    pub(super) fn find(&mut self, spec: &str) -> Result<Object, TokenError> {
        let spec = spec_named(spec)?;
        let class = self.class_of(spec)?;
        let found = self.matching(Some(class))?;
        let key = match &*found {
            [key] => *key,
            [] => return Err(self.not_found(class, spec)?),
            several => {
                return Err(TokenError::SeveralObjects { token: self.token.label.clone(), count: several.len() });
            }
        };
        let object = self.describe(key);
        self.check_kind(key, &object, spec)?;
        self.check_may_leave(key, &object)?;
        self.key = Some((spec, key));
        Ok(object)
    }

    /// The class of a key of that spec, which the URI may name too.
    pub(super) fn class_of(&self, spec: KeySpec) -> Result<ObjectClass, TokenError> {
        let (class, named) = match spec.is_private_key() {
            true => (ObjectClass::PRIVATE_KEY, "private"),
            false => (ObjectClass::SECRET_KEY, "secret-key"),
        };
        let said = self.uri.get(uri::Attribute::Type).map(|said| String::from_utf8_lossy(said).into_owned());
        match said.filter(|said| said != named) {
            Some(said) => Err(self.wrong_class(class_of_type(&said), spec)),
            None => Ok(class),
        }
    }

    /// The objects that the URI names.
    pub(super) fn matching(&self, class: Option<ObjectClass>) -> Result<Vec<ObjectHandle>, TokenError> {
        let mut template: Vec<Attribute> = class.map(Attribute::Class).into_iter().collect();
        template.extend(self.uri.get(uri::Attribute::Object).map(|label| Attribute::Label(label.to_vec())));
        template.extend(self.uri.get(uri::Attribute::Id).map(|id| Attribute::Id(id.to_vec())));
        self.calls.call("C_FindObjects", || self.session.find_objects(&template))
    }

    fn not_found(&self, class: ObjectClass, spec: KeySpec) -> Result<TokenError, TokenError> {
        // Without a name, everything in the token would be called the wrong thing.
        let is_named = self.uri.get(uri::Attribute::Object).is_some() || self.uri.get(uri::Attribute::Id).is_some();
        let others = if is_named { self.matching(None)? } else { Vec::new() };
        let classes = others.iter().filter_map(|other| match self.attribute(*other, AttributeType::Class) {
            Some(Attribute::Class(found)) => Some(found),
            _ => None,
        });
        // The halves of a key pair have one label.
        let found = classes.max_by_key(|class| *class == ObjectClass::PRIVATE_KEY).map(class_name);
        Ok(match found {
            Some(found) => self.wrong_class(found, spec),
            None => {
                TokenError::NoObject { token: self.token.label.clone(), wanted: noun(class_name(class)).to_owned() }
            }
        })
    }

    fn wrong_class(&self, found: &str, spec: KeySpec) -> TokenError {
        let wanted = if spec.is_private_key() { ObjectClass::PRIVATE_KEY } else { ObjectClass::SECRET_KEY };
        TokenError::WrongClass {
            token: self.token.label.clone(),
            found: found.to_owned(),
            spec: spec.name().to_owned(),
            wanted: class_name(wanted).to_owned(),
        }
    }

    pub(super) fn describe(&self, key: ObjectHandle) -> Object {
        let label = match self.attribute(key, AttributeType::Label) {
            Some(Attribute::Label(label)) => String::from_utf8_lossy(&label).into_owned(),
            _ => String::new(),
        };
        let id = match self.attribute(key, AttributeType::Id) {
            Some(Attribute::Id(id)) => hex::encode(id),
            _ => String::new(),
        };
        let length = match self.attribute(key, AttributeType::ValueLen) {
            Some(Attribute::ValueLen(length)) => Some(usize::from(length)),
            _ => None,
        };
        Object { label, id, length }
    }

    /// What it is against what its key spec wants. What a token does not tell is not held against it.
    fn check_kind(&self, key: ObjectHandle, object: &Object, spec: KeySpec) -> Result<(), TokenError> {
        let kind = match self.attribute(key, AttributeType::KeyType) {
            Some(Attribute::KeyType(kind)) => Some(kind),
            _ => None,
        };
        let length = object.length;
        let bytes = length.map_or(String::new(), |length| format!(" of {length} bytes"));
        let is = |kinds: &[KeyType]| kind.is_none_or(|kind| kinds.contains(&kind));
        let (fits, found, wanted) = match spec.kind() {
            MaterialKind::Symmetric => (
                is(&[KeyType::AES, KeyType::GENERIC_SECRET]) && length.is_none_or(|length| length == 32),
                format!("{}{bytes}", kind.map_or("a secret key", kind_name)),
                "an AES key of 32 bytes".to_owned(),
            ),
            MaterialKind::Hmac { minimum } => {
                let hmac = [
                    KeyType::GENERIC_SECRET,
                    KeyType::SHA_1_HMAC,
                    KeyType::SHA224_HMAC,
                    KeyType::SHA256_HMAC,
                    KeyType::SHA384_HMAC,
                    KeyType::SHA512_HMAC,
                ];
                (
                    is(&hmac) && length.is_none_or(|length| (minimum..=HMAC_MAXIMUM).contains(&length)),
                    format!("{}{bytes}", kind.map_or("a secret key", kind_name)),
                    format!("a generic secret of {minimum} to {HMAC_MAXIMUM} bytes"),
                )
            }
            MaterialKind::Rsa { bits } => {
                let found = match self.attribute(key, AttributeType::Modulus) {
                    Some(Attribute::Modulus(modulus)) => Some(bit_length(&modulus)),
                    _ => None,
                };
                (
                    is(&[KeyType::RSA]) && found.is_none_or(|found| found == bits),
                    match found {
                        Some(found) => format!("an RSA key of {found} bits"),
                        None => kind.map_or("a private key", kind_name).to_owned(),
                    },
                    format!("an RSA key of {bits} bits"),
                )
            }
            MaterialKind::Ec(curve) => {
                let found = self.curve(key);
                (
                    is(&[KeyType::EC]) && found.as_deref().is_none_or(|found| found == name_of(curve)),
                    match found.filter(|_| kind == Some(KeyType::EC)) {
                        Some(found) => format!("an EC key on {found}"),
                        None => kind.map_or("a private key", kind_name).to_owned(),
                    },
                    format!("an EC key on {}", name_of(curve)),
                )
            }
            MaterialKind::Ed25519 => (
                is(&[KeyType::EC_EDWARDS]) && self.curve(key).is_none_or(|found| found == "ED25519"),
                kind.map_or("a private key", kind_name).to_owned(),
                "an Ed25519 key".to_owned(),
            ),
        };
        if fits {
            return Ok(());
        }
        let (token, object, spec) = (self.token.label.clone(), name(object), spec.name().to_owned());
        Err(TokenError::WrongKey { token, object, found, spec, wanted })
    }

    /// The curve by OpenSSL's name.
    fn curve(&self, key: ObjectHandle) -> Option<String> {
        let Some(Attribute::EcParams(parameters)) = self.attribute(key, AttributeType::EcParams) else { return None };
        match &*parameters {
            [0x13, _, name @ ..] if name == b"edwards25519" => Some("ED25519".to_owned()),
            [0x06, length, oid @ ..] if usize::from(*length) == oid.len() => {
                let known = dotted(oid).and_then(|oid| Asn1Object::from_str(&oid).ok()).map(|object| object.nid());
                let known = known.filter(|nid| *nid != Nid::UNDEF).and_then(|nid| nid.short_name().ok());
                Some(known.unwrap_or("an unknown curve").to_owned())
            }
            _ => Some("parameters of its own".to_owned()),
        }
    }

    fn check_may_leave(&self, key: ObjectHandle, object: &Object) -> Result<(), TokenError> {
        let (token, object) = (self.token.label.clone(), name(object));
        if let Some(Attribute::Extractable(false)) = self.attribute(key, AttributeType::Extractable) {
            return Err(TokenError::NotExtractable { token, object });
        }
        if let Some(Attribute::WrapWithTrusted(true)) = self.attribute(key, AttributeType::WrapWithTrusted) {
            return Err(TokenError::TrustedOnly { token, object });
        }
        Ok(())
    }

    /// One attribute; nothing where the token does not have or tell it.
    pub(super) fn attribute(&self, object: ObjectHandle, kind: AttributeType) -> Option<Attribute> {
        let told = self.calls.attempt("C_GetAttributeValue", || self.session.get_attributes(object, &[kind]));
        told.ok()?.into_iter().next()
    }
}

/// How a sentence names a key: its label, or its id.
pub(super) fn name(object: &Object) -> String {
    if object.label.is_empty() { format!("id {}", object.id) } else { object.label.clone() }
}

fn class_name(class: ObjectClass) -> &'static str {
    match class {
        ObjectClass::SECRET_KEY => "a secret key",
        ObjectClass::PRIVATE_KEY => "a private key",
        ObjectClass::PUBLIC_KEY => "a public key",
        ObjectClass::CERTIFICATE => "a certificate",
        ObjectClass::DATA => "a data object",
        _ => "an object of another class",
    }
}

fn class_of_type(said: &str) -> &'static str {
    match said {
        "secret-key" => "a secret key",
        "private" => "a private key",
        "public" => "a public key",
        "cert" => "a certificate",
        _ => "a data object",
    }
}

fn noun(with_article: &str) -> &str {
    with_article.split_once(' ').map_or(with_article, |(_, noun)| noun)
}

fn kind_name(kind: KeyType) -> &'static str {
    match kind {
        KeyType::AES => "an AES key",
        KeyType::GENERIC_SECRET => "a generic secret",
        KeyType::DES | KeyType::DES2 | KeyType::DES3 => "a DES key",
        KeyType::RSA => "an RSA key",
        KeyType::EC => "an EC key",
        KeyType::EC_EDWARDS => "an Edwards curve key",
        KeyType::EC_MONTGOMERY => "a Montgomery curve key",
        KeyType::DSA => "a DSA key",
        KeyType::DH | KeyType::X9_42_DH => "a Diffie-Hellman key",
        _ => "a key of another type",
    }
}

fn name_of(curve: Curve) -> &'static str {
    curve.openssl_name()
}

fn bit_length(number: &[u8]) -> u32 {
    let digits = number.iter().position(|byte| *byte != 0).map_or(&[][..], |first| &number[first..]);
    let first = digits.first().map_or(0, |byte| 8 - byte.leading_zeros());
    u32::try_from(digits.len().saturating_sub(1)).unwrap_or_default() * 8 + first
}

/// The content of a DER OBJECT IDENTIFIER as numbers with dots (X.690 §8.19).
fn dotted(oid: &[u8]) -> Option<String> {
    let (mut numbers, mut number) = (Vec::new(), 0_u64);
    for byte in oid {
        number = number.checked_mul(128)? + u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            numbers.push(number);
            number = 0;
        }
    }
    let first = *numbers.first()?;
    let top = (first / 40).min(2);
    let all = [top, first - top * 40].into_iter().chain(numbers.into_iter().skip(1));
    Some(all.map(|number| number.to_string()).collect::<Vec<_>>().join("."))
}

/// The key spec of KMS of that name.
pub(super) fn spec_named(spec: &str) -> Result<KeySpec, TokenError> {
    spec.parse().map_err(|_| TokenError::Refused {
        call: "the search for a key".to_owned(),
        code: format!("the unknown key spec {spec}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_identifier_and_a_modulus_are_read() {
        assert_eq!(dotted(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]).as_deref(), Some("1.2.840.10045.3.1.7"));
        assert_eq!(dotted(&[0x2b, 0x81, 0x04, 0x00, 0x0a]).as_deref(), Some("1.3.132.0.10"));
        assert_eq!(dotted(&[]), None);
        assert_eq!(bit_length(&[0, 0x80, 0]), 16);
        assert_eq!(bit_length(&[1]), 1);
        assert_eq!(bit_length(&[]), 0);
    }
}
