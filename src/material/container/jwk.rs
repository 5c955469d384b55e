//! JSON Web Keys (RFC 7517, RFC 7518 §6, RFC 8037), read in place: no string of the JSON is copied to memory that is not wiped.

use openssl::nid::Nid;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::rsa::{self, Numbers};
use super::{Container, NamedKey, Note, ec, lacking};
use crate::material::MaterialError;
use crate::material::base64;
use crate::material::der::without_leading_zeros;
use crate::secret::Secret;

/// The members that hold keys. They borrow from the JSON, which a string with escapes cannot: base64url has none.
#[derive(Deserialize)]
struct Jwk<'a> {
    kty: &'a str,
    crv: Option<&'a str>,
    kid: Option<std::borrow::Cow<'a, str>>,
    k: Option<&'a str>,
    n: Option<&'a str>,
    e: Option<&'a str>,
    d: Option<&'a str>,
    p: Option<&'a str>,
    q: Option<&'a str>,
    dp: Option<&'a str>,
    dq: Option<&'a str>,
    qi: Option<&'a str>,
    oth: Option<IgnoredAny>,
    x: Option<&'a str>,
    y: Option<&'a str>,
}

#[derive(Deserialize)]
struct JwkSet<'a> {
    #[serde(borrow)]
    keys: Vec<Jwk<'a>>,
}

/// The private key in a JWK, or in a set that has one.
pub(super) fn private_key(container: Container, json: &Secret, notes: &mut Vec<Note>) -> Result<Secret, MaterialError> {
    let jwk = parse(container, json)?;
    if jwk.kty == "oct" {
        return Err(unreadable(container, "its key type is `oct`, which is not a key pair".to_owned()));
    }
    if jwk.d.is_none() && jwk.p.is_none() {
        return Err(MaterialError::PublicHalf { container });
    }
    match (jwk.kty, jwk.crv) {
        ("RSA", _) => rsa_key(container, &jwk, notes),
        ("EC", Some("P-256")) => ec_key(container, &jwk, Nid::X9_62_PRIME256V1, notes),
        ("EC", Some("P-384")) => ec_key(container, &jwk, Nid::SECP384R1, notes),
        ("EC", Some("P-521")) => ec_key(container, &jwk, Nid::SECP521R1, notes),
        ("EC", Some("secp256k1" | "P-256K")) => ec_key(container, &jwk, Nid::SECP256K1, notes),
        ("OKP", Some("Ed25519")) => {
            let seed = need(container, "d", jwk.d)?;
            let public = bytes(container, "x", jwk.x)?;
            ec::ed25519(container, seed.expose(), public.as_ref().map(Secret::expose))
        }
        ("EC" | "OKP", Some(curve)) => {
            let other = || unreadable(container, format!("its curve is `{}`", shown(curve)));
            Err(lacking::of_name(curve).unwrap_or_else(other))
        }
        ("EC" | "OKP", None) => Err(damaged(container, "it has no `crv`")),
        ("AKP", _) => Err(lacking::of_type("a key of a post-quantum algorithm (`AKP`)")),
        (kind, _) => Err(unreadable(container, format!("its key type is `{}`", shown(kind)))),
    }
}

/// The bytes of a symmetric key.
pub(super) fn oct(json: &Secret) -> Result<Secret, MaterialError> {
    let container = Container::identify(json.expose()).unwrap_or(Container::Jwk);
    let jwk = parse(container, json)?;
    if jwk.kty != "oct" {
        let form = format!("its key type is `{}`, but raw bytes are needed", shown(jwk.kty));
        return Err(unreadable(container, form));
    }
    need(container, "k", jwk.k)
}

/// Whether it is a symmetric key.
pub(super) fn is_oct(json: &[u8]) -> bool {
    let one = serde_json::from_slice::<Jwk<'_>>(json).ok().map(|jwk| jwk.kty == "oct");
    let set = || serde_json::from_slice::<JwkSet<'_>>(json).ok();
    one.unwrap_or_else(|| set().is_some_and(|set| !set.keys.is_empty() && set.keys.iter().all(|key| key.kty == "oct")))
}

fn parse<'a>(container: Container, json: &'a Secret) -> Result<Jwk<'a>, MaterialError> {
    // The parser's own words could repeat what it found.
    let not_json = |_| damaged(container, "a member is missing, repeated, or not plain text");
    if container == Container::Jwk {
        return serde_json::from_slice(json.expose()).map_err(not_json);
    }
    let set: JwkSet<'a> = serde_json::from_slice(json.expose()).map_err(not_json)?;
    let secret = |key: &Jwk<'_>| key.d.is_some() || key.k.is_some() || key.p.is_some();
    let mut keys: Vec<Jwk<'a>> = set.keys.into_iter().filter(secret).collect();
    if keys.len() > 1 {
        let name = |(index, key): (usize, &Jwk<'_>)| match &key.kid {
            Some(kid) if !kid.is_empty() => format!("`{}`", shown(kid)),
            _ => format!("number {}", index + 1),
        };
        let keys = keys.iter().enumerate().map(name).map(NamedKey::new).collect();
        return Err(MaterialError::SeveralKeys { container, keys });
    }
    keys.pop().ok_or(MaterialError::PublicHalf { container })
}

/// A name of theirs as it may stand in a sentence.
pub(super) fn shown(name: &str) -> String {
    let plain = |character: &char| !character.is_control() && *character != '`';
    name.chars().filter(plain).take(64).collect()
}

fn rsa_key(container: Container, jwk: &Jwk<'_>, notes: &mut Vec<Note>) -> Result<Secret, MaterialError> {
    if jwk.oth.is_some() {
        return Err(MaterialError::MultiPrime);
    }
    let (n, e) = (need(container, "n", jwk.n)?, need(container, "e", jwk.e)?);
    let members = [("d", jwk.d), ("p", jwk.p), ("q", jwk.q), ("dp", jwk.dp), ("dq", jwk.dq), ("qi", jwk.qi)];
    let mut secrets = Vec::new();
    for (name, member) in members {
        secrets.push(bytes(container, name, member)?);
    }
    let at = |index: usize| {
        let secret: Option<&Secret> = secrets[index].as_ref();
        secret.map_or(&[][..], |secret| without_leading_zeros(secret.expose()))
    };
    let numbers = Numbers {
        n: without_leading_zeros(n.expose()),
        e: without_leading_zeros(e.expose()),
        d: at(0),
        p: at(1),
        q: at(2),
        dp: at(3),
        dq: at(4),
        qi: at(5),
    };
    let (pkcs8, computed) = rsa::pkcs8(&numbers)?;
    if computed {
        notes.push(Note::RsaNumbersComputed);
    }
    Ok(pkcs8)
}

fn ec_key(container: Container, jwk: &Jwk<'_>, curve: Nid, notes: &mut Vec<Note>) -> Result<Secret, MaterialError> {
    let scalar = need(container, "d", jwk.d)?;
    let (x, y) = (bytes(container, "x", jwk.x)?, bytes(container, "y", jwk.y)?);
    let point = match (x, y) {
        (Some(x), Some(y)) => {
            let wanted = match curve {
                Nid::SECP384R1 => 48,
                Nid::SECP521R1 => 66,
                _ => 32,
            };
            Some(point(x.expose(), y.expose(), wanted).ok_or_else(|| damaged(container, "`x` or `y` is too long"))?)
        }
        (None, None) => None,
        _ => return Err(damaged(container, "it has `x` or `y` without the other")),
    };
    ec::pkcs8(container, curve, scalar.expose(), point.as_deref(), notes)
}

/// The uncompressed point of two public coordinates, of which some writers drop leading zeros.
fn point(x: &[u8], y: &[u8], wanted: usize) -> Option<Vec<u8>> {
    let mut point = vec![4; 1];
    for coordinate in [x, y] {
        let coordinate = without_leading_zeros(coordinate);
        let zeros = wanted.checked_sub(coordinate.len())?;
        point.extend(std::iter::repeat_n(0, zeros));
        point.extend(coordinate);
    }
    Some(point)
}

fn need(container: Container, name: &str, member: Option<&str>) -> Result<Secret, MaterialError> {
    bytes(container, name, member)?.ok_or_else(|| damaged(container, &format!("it has no `{name}`")))
}

fn bytes(container: Container, name: &str, member: Option<&str>) -> Result<Option<Secret>, MaterialError> {
    let Some(member) = member else { return Ok(None) };
    let decoded = base64::decode_jose(member.as_bytes())?;
    let decoded = decoded.filter(|decoded| !decoded.is_empty());
    Ok(Some(decoded.ok_or_else(|| damaged(container, &format!("`{name}` is not unpadded base64url")))?))
}

fn damaged(container: Container, problem: &str) -> MaterialError {
    MaterialError::Damaged { container, problem: problem.to_owned() }
}

fn unreadable(container: Container, form: String) -> MaterialError {
    MaterialError::UnreadableForm { container, form, command: None }
}
