//! PKCS#12 (RFC 7292): one private key out of as many bags as there are, and the certificate that lies beside it.

use openssl::pkey::PKey;
use openssl::x509::X509;

use super::encrypted::{self, Parts};
use super::pfx::{Bags, KeyBag, Pfx};
use super::scheme::{MOST_ITERATIONS, Scheme};
use super::{Container, NamedKey, Note, der_key, jwk};
use crate::material::MaterialError;
use crate::material::Passphrase;
use crate::material::der::{INTEGER, OCTET_STRING, Reader};
use crate::openssl_probe::OpenSslError;
use crate::secret::Secret;

const CONTAINER: Container = Container::Pkcs12;
const ENCRYPTED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06];
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
const PBMAC1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0e];

/// A key and the subject of its certificate.
pub(super) struct Found {
    pub(super) pkcs8: Secret,
    pub(super) certificate: Option<String>,
    /// Its bag, or what is around that, is encrypted.
    pub(super) encrypted: bool,
}

pub(super) fn read(
    bytes: &Secret,
    passphrase: &mut dyn Passphrase,
    notes: &mut Vec<Note>,
) -> Result<Found, MaterialError> {
    let (file, length) = Pfx::parse(bytes.expose()).ok_or_else(|| damaged("OpenSSL cannot unpack it"))?;
    let rest = &bytes.expose()[length..];
    if rest.iter().any(|byte| *byte != 0 && !byte.is_ascii_whitespace()) {
        return Err(damaged(&format!("{} bytes follow it", rest.len())));
    }
    if !rest.is_empty() {
        notes.push(Note::BytesFollow { count: rest.len() });
    }
    let mut budget = MOST_ITERATIONS;
    let whole = file.to_der()?.ok_or_else(|| damaged("OpenSSL cannot write it anew"))?;
    let mac = Mac::of(whole.expose()).map_err(|()| damaged("its MAC is not of RFC 7292"))?;
    if mac.is_none() {
        notes.push(Note::Lenient { what: "the file has no MAC, so that nothing shows whether it is whole".to_owned() });
    }
    let layers = layers(&file)?;
    // Nobody is asked for a passphrase that cannot help.
    for scheme in mac.iter().map(|mac| &mac.scheme).chain(layers.iter().flatten()) {
        scheme.check_available(CONTAINER)?;
    }
    let mut answer = Answer { passphrase, known: None };
    if let Some(mac) = &mac {
        answer.find(&file, mac, &mut budget)?;
    }
    let (mut bags, mut in_clear) = (Bags::default(), false);
    for (index, layer) in layers.iter().enumerate() {
        let opened = match layer {
            None => file.bags(index, false, None)?.ok_or_else(|| damaged("OpenSSL cannot unpack its bags"))?,
            Some(scheme) => {
                scheme.check(CONTAINER, &mut budget)?;
                let known = answer.get()?;
                let opened = file.bags(index, true, known)?;
                opened.ok_or(if mac.is_some() {
                    damaged("its bags cannot be decrypted, and its MAC is right")
                } else {
                    MaterialError::WrongPassphrase
                })?
            }
        };
        in_clear |= layer.is_none() && opened.keys.iter().any(|key| !key.shrouded);
        bags.keys.extend(opened.keys);
        bags.certificates.extend(opened.certificates);
        bags.secrets += opened.secrets;
    }
    let (pkcs8, certificate) = one_key(bags, &mut answer, mac.is_some(), &mut budget, notes)?;
    Ok(Found { pkcs8, certificate, encrypted: !in_clear })
}

fn damaged(problem: &str) -> MaterialError {
    MaterialError::Damaged { container: CONTAINER, problem: problem.to_owned() }
}

/// How each layer is encrypted; nothing for those that are not.
fn layers(file: &Pfx) -> Result<Vec<Option<Scheme>>, MaterialError> {
    let mut layers = Vec::new();
    for index in 0..file.layers() {
        let der = file.layer(index)?.ok_or_else(|| damaged("OpenSSL cannot write it anew"))?;
        layers.push(scheme(der.expose())?);
    }
    Ok(layers)
}

/// ContentInfo with Data or EncryptedData (RFC 5652 §4, §8).
fn scheme(der: &[u8]) -> Result<Option<Scheme>, MaterialError> {
    let parse = || {
        let mut info = Reader::new(der).sequence()?;
        let kind = info.oid()?;
        if kind != ENCRYPTED_DATA {
            return Some((kind, None));
        }
        let mut data = info.inside(0xa0)?.sequence()?;
        data.small_number()?;
        let mut content = data.sequence()?;
        content.oid()?;
        Some((kind, Some(Scheme::of(content.take_whole()?)?)))
    };
    match parse() {
        Some((_, Some(scheme))) => Ok(Some(scheme)),
        Some((DATA, None)) => Ok(None),
        Some(_) => {
            let form = "its bags are encrypted for a public key".to_owned();
            Err(MaterialError::UnreadableForm { container: CONTAINER, form, command: None })
        }
        None => Err(damaged("the algorithm of its bags is not of RFC 8018")),
    }
}

/// The MAC over everything (RFC 7292 §4, RFC 9579).
struct Mac {
    scheme: Scheme,
    is_pbmac1: bool,
}

impl Mac {
    fn of(pfx: &[u8]) -> Result<Option<Self>, ()> {
        let mut reader = Reader::new(pfx).sequence().ok_or(())?;
        reader.take(INTEGER).ok_or(())?;
        reader.sequence().ok_or(())?;
        if reader.is_empty() {
            return Ok(None);
        }
        let parse = |mut data: Reader<'_>| {
            let mut digest = data.sequence()?;
            let algorithm = digest.take_whole()?;
            let oid = Reader::new(algorithm).sequence()?.oid()?;
            data.take(OCTET_STRING)?;
            let iterations = if data.is_empty() { 1 } else { data.small_number().unwrap_or(u64::MAX) };
            let is_pbmac1 = oid == PBMAC1;
            let scheme = if is_pbmac1 { Scheme::of(algorithm)? } else { Scheme::of_mac(oid, iterations) };
            Some(Mac { scheme, is_pbmac1 })
        };
        reader.sequence().and_then(parse).map(Some).ok_or(())
    }
}

/// The passphrase, once it is known: that of the file, none, or the empty one.
struct Answer<'a> {
    passphrase: &'a mut dyn Passphrase,
    known: Option<Option<Secret>>,
}

impl Answer<'_> {
    /// Finds the passphrase whose MAC fits. Nobody is asked for one where none or the empty one does.
    fn find(&mut self, file: &Pfx, mac: &Mac, budget: &mut u64) -> Result<(), MaterialError> {
        for empty in [Some(Secret::zeroed(0)?), None] {
            mac.scheme.check(CONTAINER, budget)?;
            if file.mac_fits(empty.as_ref().map(Secret::expose)) {
                self.known = Some(empty);
                return Ok(());
            }
        }
        let answer = self.passphrase.passphrase()?.ok_or(MaterialError::PassphraseNeeded)?;
        mac.scheme.check(CONTAINER, budget)?;
        if file.mac_fits(Some(answer.expose())) {
            self.known = Some(Some(answer));
            return Ok(());
        }
        if mac.is_pbmac1 && openssl::version::number() < 0x3040_0000 {
            let cipher = "PBMAC1".to_owned();
            return Err(MaterialError::MissingCipher { container: CONTAINER, cipher, provider: None, command: None });
        }
        Err(MaterialError::WrongPassphrase)
    }

    /// What is known, or what is asked for now, where there was no MAC to try it on.
    fn get(&mut self) -> Result<Option<&[u8]>, MaterialError> {
        if self.known.is_none() {
            self.known = Some(Some(self.passphrase.passphrase()?.ok_or(MaterialError::PassphraseNeeded)?));
        }
        Ok(self.known.as_ref().and_then(Option::as_ref).map(Secret::expose))
    }
}

fn one_key(
    bags: Bags,
    answer: &mut Answer<'_>,
    has_mac: bool,
    budget: &mut u64,
    notes: &mut Vec<Note>,
) -> Result<(Secret, Option<String>), MaterialError> {
    if bags.keys.len() > 1 {
        let mut keys = Vec::new();
        for (index, bag) in bags.keys.iter().enumerate() {
            let name = name(index, bag);
            keys.push(match opened(bag, answer, has_mac, budget, &mut Vec::new()) {
                Ok(pkcs8) => NamedKey::of(name, &pkcs8),
                Err(_) => NamedKey::new(name),
            });
        }
        return Err(MaterialError::SeveralKeys { container: CONTAINER, keys });
    }
    let Some(bag) = bags.keys.first() else {
        return Err(MaterialError::NoPrivateKey { container: CONTAINER });
    };
    let pkcs8 = opened(bag, answer, has_mac, budget, notes)?;
    let certificate = certificate(&pkcs8, &bags.certificates)?;
    Ok((pkcs8, certificate))
}

/// The key in a bag, decrypted where it is shrouded.
fn opened(
    bag: &KeyBag,
    answer: &mut Answer<'_>,
    has_mac: bool,
    budget: &mut u64,
    notes: &mut Vec<Note>,
) -> Result<Secret, MaterialError> {
    if !bag.shrouded {
        return der_key::read(Container::Pkcs8, bag.der.expose(), notes);
    }
    let parts = Parts::of(bag.der.expose()).ok_or_else(|| damaged("its key bag is not of RFC 5958"))?;
    parts.scheme.check(CONTAINER, budget)?;
    let opened = parts.open(answer.get()?)?.ok_or(if has_mac {
        damaged("its key cannot be decrypted, and its MAC is right")
    } else {
        MaterialError::WrongPassphrase
    })?;
    encrypted::read_opened(&opened, notes)
}

fn name(index: usize, key: &KeyBag) -> String {
    match key.friendly_name.as_deref().map(jwk::shown) {
        Some(name) if !name.is_empty() => format!("`{name}`"),
        _ => format!("number {}, without a name", index + 1),
    }
}

/// The subject of the certificate that is the key's; where there are some and none is, the first one's subject is the error's.
fn certificate(pkcs8: &Secret, certificates: &[Vec<u8>]) -> Result<Option<String>, MaterialError> {
    let step = OpenSslError::step;
    let key = PKey::private_key_from_der(pkcs8.expose()).map_err(step("read the private key back"))?;
    let mut others = Vec::new();
    for der in certificates {
        let Ok(certificate) = X509::from_der(der) else { continue };
        let subject = super::certificate::subject(&certificate);
        // A public key that OpenSSL cannot read is no key that it could have read beside it.
        let Ok(public) = certificate.public_key() else { continue };
        if public.public_eq(&key) {
            return Ok(Some(subject));
        }
        others.push(subject);
    }
    drop(openssl::error::ErrorStack::get());
    match others.into_iter().next() {
        Some(subject) => Err(MaterialError::CertificateMismatch { subject }),
        None => Ok(None),
    }
}
