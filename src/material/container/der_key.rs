//! Unencrypted private keys in DER: PKCS#8 of both versions (RFC 5958), PKCS#1 (RFC 8017 §A.1.2) and SEC1 (RFC 5915).
//!
//! Read here element by element, because OpenSSL does not look at what stands twice: the curve around a key and the one in it,
//! the public key beside it. OpenSSL puts the key together and writes it.

use openssl::nid::Nid;
use openssl::pkey::PKey;

use super::curve::{self, Named};
use super::rsa::{self, Numbers};
use super::{Container, NamedKey, Note, ec, lacking};
use crate::material::MaterialError;
use crate::material::der::{BIT_STRING, OCTET_STRING, Reader, SEQUENCE, dotted, is_minimal};
use crate::openssl_probe::OpenSslError;
use crate::secret::Secret;

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

const ATTRIBUTES: u8 = 0xa0;
const PUBLIC_KEY: u8 = 0x81;
/// Old versions of ring wrote the public key inside an explicit tag.
const PUBLIC_KEY_EXPLICIT: u8 = 0xa1;

/// What is in the way of reading: elements that are missing or of another type.
const CUT_OFF: &str = "its elements are not those of such a key";

/// The key in DER of one of the three containers, as PKCS#8; what was read leniently goes into `notes`.
pub(super) fn read(container: Container, der: &[u8], notes: &mut Vec<Note>) -> Result<Secret, MaterialError> {
    if der.get(1) == Some(&0x80) {
        let form = "its lengths are left open, as BER allows and DER does not".to_owned();
        let command = Some("openssl pkey -inform DER -in FILE -out FILE.pem".to_owned());
        return Err(MaterialError::UnreadableForm { container, form, command });
    }
    let mut reader = Reader::new(der);
    let Some(whole) = reader.take_whole().filter(|whole| whole.first() == Some(&SEQUENCE)) else {
        return Err(damaged(container, "it is cut off"));
    };
    check_rest(container, reader.rest(), notes)?;
    let at = notes.len();
    let mut rules = Vec::new();
    let key = match container {
        Container::Pkcs1 => pkcs1(container, whole, notes, &mut rules),
        Container::Sec1 => sec1(container, whole, Outer::default(), notes, &mut rules),
        _ => pkcs8(container, whole, notes, &mut rules),
    }?;
    if rules.is_empty() && !is_minimal(whole) {
        rules.push("its lengths or numbers are longer than DER writes them".to_owned());
    }
    notes.splice(at..at, rules.into_iter().map(|what| Note::Lenient { what }));
    Ok(key)
}

/// What follows the key is left out if it can be nothing.
fn check_rest(container: Container, rest: &[u8], notes: &mut Vec<Note>) -> Result<(), MaterialError> {
    if rest.is_empty() {
        return Ok(());
    }
    if rest.iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace()) {
        notes.push(Note::BytesFollow { count: rest.len() });
        return Ok(());
    }
    if Container::identify(rest).is_some_and(Container::is_private) {
        let keys = ["the first", "the second"].map(|name| NamedKey::new(name.to_owned())).into();
        return Err(MaterialError::SeveralKeys { container, keys });
    }
    Err(damaged(container, &format!("{} bytes follow the key", rest.len())))
}

fn damaged(container: Container, problem: &str) -> MaterialError {
    MaterialError::Damaged { container, problem: problem.to_owned() }
}

/// What PKCS#8 says about the key in it.
#[derive(Clone, Copy, Default)]
struct Outer<'a> {
    curve: Option<Named>,
    public: Option<&'a [u8]>,
}

fn pkcs8(
    container: Container,
    whole: &[u8],
    notes: &mut Vec<Note>,
    rules: &mut Vec<String>,
) -> Result<Secret, MaterialError> {
    let cut_off = || damaged(container, CUT_OFF);
    let mut info = Reader::new(whole).sequence().ok_or_else(cut_off)?;
    let version = info.small_number().ok_or_else(cut_off)?;
    let mut algorithm = info.sequence().ok_or_else(cut_off)?;
    let oid = algorithm.oid().ok_or_else(cut_off)?;
    let parameters = algorithm.rest();
    let key = info.take(OCTET_STRING).ok_or_else(cut_off)?;
    if info.peek() == Some(ATTRIBUTES) {
        info.take_whole().ok_or_else(cut_off)?;
    }
    let public = match info.peek() {
        Some(PUBLIC_KEY) => info.take(PUBLIC_KEY).and_then(|bits| bits.split_first()),
        Some(PUBLIC_KEY_EXPLICIT) => {
            rules.push("the public key stands in an explicit tag".to_owned());
            info.inside(PUBLIC_KEY_EXPLICIT).and_then(|mut inner| inner.take(BIT_STRING)).and_then(<[u8]>::split_first)
        }
        None => None,
        Some(_) => return Err(cut_off()),
    };
    if !info.is_empty() {
        return Err(cut_off());
    }
    if version != u64::from(public.is_some()) {
        rules.push(format!("its version is {version}"));
    }
    if public.is_some_and(|(unused, _)| *unused != 0) {
        rules.push("its public key has unused bits".to_owned());
    }
    let public = public.map(|(_, bits)| bits);
    match oid {
        RSA => {
            let key = pkcs1(container, key, notes, rules)?;
            check_rsa_public(&key, public)?;
            Ok(key)
        }
        EC => {
            let curve = curve::named(parameters, container)?;
            sec1(container, key, Outer { curve, public }, notes, rules)
        }
        ED25519 => {
            if !parameters.is_empty() {
                rules.push("its algorithm has parameters, and Ed25519 has none".to_owned());
            }
            ed25519(container, key, public, rules)
        }
        _ => match lacking::of_algorithm(oid) {
            Some(error) => Err(error),
            None => by_openssl(container, oid, whole),
        },
    }
}

/// RSA keys have their public half in themselves; a second one must be the same (RSAPublicKey).
fn check_rsa_public(pkcs8: &Secret, public: Option<&[u8]>) -> Result<(), MaterialError> {
    let Some(public) = public else { return Ok(()) };
    let step = OpenSslError::step("look at the public key");
    let own = PKey::private_key_from_der(pkcs8.expose())
        .and_then(|key| key.rsa())
        .and_then(|key| key.public_key_to_der_pkcs1())
        .map_err(step)?;
    if own != public {
        return Err(MaterialError::Inconsistent { problem: "its public key is not its private key's" });
    }
    Ok(())
}

fn pkcs1(
    container: Container,
    der: &[u8],
    notes: &mut Vec<Note>,
    rules: &mut Vec<String>,
) -> Result<Secret, MaterialError> {
    let cut_off = || damaged(container, CUT_OFF);
    let mut outer = Reader::new(der);
    let mut key = outer.sequence().ok_or_else(cut_off)?;
    note_rest(outer, rules);
    let version = key.small_number().ok_or_else(cut_off)?;
    let mut next = || if key.is_empty() { Some(&[][..]) } else { key.number() };
    let [n, e, d, p, q, dp, dq, qi] = [(); 8].map(|()| next());
    let numbers = (|| Some(Numbers { n: n?, e: e?, d: d?, p: p?, q: q?, dp: dp?, dq: dq?, qi: qi? }))();
    let numbers = numbers.ok_or_else(cut_off)?;
    if version == 1 && key.peek() == Some(SEQUENCE) {
        return Err(MaterialError::MultiPrime);
    }
    note_rest(key, rules);
    if version != 0 {
        rules.push(format!("the version of its RSA key is {version}"));
    }
    let (pkcs8, computed) = rsa::pkcs8(&numbers)?;
    if computed {
        notes.push(Note::RsaNumbersComputed);
    }
    Ok(pkcs8)
}

fn note_rest(reader: Reader<'_>, rules: &mut Vec<String>) {
    if !reader.is_empty() {
        rules.push(format!("{} bytes follow inside of it", reader.rest().len()));
    }
}

fn sec1(
    container: Container,
    der: &[u8],
    outer: Outer<'_>,
    notes: &mut Vec<Note>,
    rules: &mut Vec<String>,
) -> Result<Secret, MaterialError> {
    let cut_off = || damaged(container, CUT_OFF);
    let mut around = Reader::new(der);
    let mut key = around.sequence().ok_or_else(cut_off)?;
    note_rest(around, rules);
    let version = key.small_number().ok_or_else(cut_off)?;
    let scalar = key.take(OCTET_STRING).ok_or_else(cut_off)?;
    let inner = match key.peek() {
        Some(0xa0) => curve::named(key.take(0xa0).ok_or_else(cut_off)?, container)?,
        _ => None,
    };
    let public = match key.peek() {
        Some(0xa1) => Some(key.inside(0xa1).and_then(|mut public| public.bits()).ok_or_else(cut_off)?),
        _ => None,
    };
    note_rest(key, rules);
    if version != 1 {
        rules.push(format!("the version of its EC key is {version}"));
    }
    if public.is_some_and(|(_, unused)| unused) {
        rules.push("its public key has unused bits".to_owned());
    }
    let curve = one_curve(container, outer.curve, inner, notes)?;
    let public = match (outer.public, public.map(|(bits, _)| bits)) {
        (Some(one), Some(other)) if one != other => {
            return Err(MaterialError::Inconsistent { problem: "it has two different public keys" });
        }
        (one, other) => one.or(other),
    };
    ec::pkcs8(container, curve, scalar, public, notes)
}

/// The curve that stands around the key, in it, or in both places.
fn one_curve(
    container: Container,
    outer: Option<Named>,
    inner: Option<Named>,
    notes: &mut Vec<Note>,
) -> Result<Nid, MaterialError> {
    if let (Some(outer), Some(inner)) = (outer, inner)
        && outer.nid != inner.nid
    {
        let problem = "the curve that stands around it is not the one that stands in it";
        return Err(MaterialError::Inconsistent { problem });
    }
    let Some(curve) = outer.or(inner) else {
        let form = "it names no curve".to_owned();
        return Err(MaterialError::UnreadableForm { container, form, command: None });
    };
    if [outer, inner].into_iter().flatten().any(|named| named.spelled_out) {
        let name = curve.nid.short_name().unwrap_or("a named curve").to_owned();
        notes.push(Note::CurveNamed { curve: name });
    }
    Ok(curve.nid)
}

fn ed25519(
    container: Container,
    key: &[u8],
    public: Option<&[u8]>,
    rules: &mut Vec<String>,
) -> Result<Secret, MaterialError> {
    let mut reader = Reader::new(key);
    let seed = match reader.take(OCTET_STRING) {
        Some(seed) => {
            note_rest(reader, rules);
            seed
        }
        None => return Err(damaged(container, CUT_OFF)),
    };
    // The 64 bytes of NaCl's secret keys: seed and public key.
    if let Some((seed, own)) = seed.split_at_checked(32)
        && own.len() == 32
    {
        rules.push("its private number is followed by its public key".to_owned());
        ec::ed25519(container, seed, Some(own))?;
        return ec::ed25519(container, seed, public);
    }
    ec::ed25519(container, seed, public)
}

/// Keys of other algorithms: OpenSSL reads them, so that they can be named.
fn by_openssl(container: Container, oid: &[u8], whole: &[u8]) -> Result<Secret, MaterialError> {
    let written = PKey::private_key_from_pkcs8(whole).and_then(|key| key.private_key_to_pkcs8());
    let written = written.map_err(|_| {
        let form = format!("OpenSSL cannot read a key of the algorithm {}", name(oid));
        MaterialError::UnreadableForm { container, form, command: None }
    })?;
    Ok(Secret::take(written)?)
}

fn name(oid: &[u8]) -> String {
    let dotted = dotted(oid);
    let object = openssl::asn1::Asn1Object::from_str(&dotted).ok();
    let known = object.map(|object| object.nid()).filter(|nid| *nid != Nid::UNDEF);
    known.and_then(|nid| nid.long_name().ok()).map_or(dotted, str::to_owned)
}
