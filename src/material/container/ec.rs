//! EC and Ed25519 private keys from their secret number, held against the public half that came with it.

use openssl::bn::BigNum;
use openssl::ec::{Asn1Flag, EcGroup, EcKey, EcPoint};
use openssl::nid::Nid;
use openssl::pkey::PKey;

use super::number::{self, Number};
use super::{Container, Note};
use crate::material::MaterialError;
use crate::material::der::without_leading_zeros;
use crate::openssl_probe::OpenSslError;
use crate::secret::Secret;

/// Writers that drop leading zeros make a number one byte shorter once in 256 keys, four once in 2^32; more is cut off.
const DROPPED_ZEROS: usize = 4;

/// An EC private key as PKCS#8 with the curve named. `public` is a point in any form that has gone with the scalar.
pub(super) fn pkcs8(
    container: Container,
    curve: Nid,
    scalar: &[u8],
    public: Option<&[u8]>,
    notes: &mut Vec<Note>,
) -> Result<Secret, MaterialError> {
    let step = OpenSslError::step;
    let mut group = EcGroup::from_curve_name(curve).map_err(step("use the key's curve"))?;
    group.set_asn1_flag(Asn1Flag::NAMED_CURVE);
    let wanted = usize::try_from(group.order_bits().div_ceil(8)).unwrap_or(0);
    check_length(container, scalar, wanted, public.is_some(), notes)?;
    let mut context = number::context().map_err(step("use the key's curve"))?;
    let mut order = BigNum::new().map_err(step("use the key's curve"))?;
    group.order(&mut order, &mut context).map_err(step("use the key's curve"))?;
    let number = Number::of(scalar).map_err(step("read the EC key"))?;
    if number.is_zero() || number.ucmp(&order).is_ge() {
        return Err(MaterialError::ScalarOutOfRange);
    }
    let mut point = EcPoint::new(&group).map_err(step("compute the public key"))?;
    point.mul_generator2(&group, &number, &mut context).map_err(step("compute the public key"))?;
    match public {
        None => notes.push(Note::PublicKeyComputed),
        Some(bytes) => {
            let given = EcPoint::from_bytes(&group, bytes, &mut context)
                .map_err(|_| inconsistent("its public point is not on its curve"))?;
            if !given.eq(&group, &point, &mut context).map_err(step("compare the public keys"))? {
                return Err(inconsistent("its public point is not its private number's"));
            }
        }
    }
    let number = number.give().map_err(step("put the EC key together"))?;
    let key = EcKey::from_private_components(&group, &number, &point)
        .and_then(PKey::from_ec_key)
        .map_err(step("put the EC key together"));
    wipe(number);
    Ok(Secret::take(key?.private_key_to_pkcs8().map_err(step("write the private key as PKCS#8"))?)?)
}

fn wipe(mut number: BigNum) {
    number.clear();
}

fn inconsistent(problem: &'static str) -> MaterialError {
    MaterialError::Inconsistent { problem }
}

/// A private number is as long as the curve's order (RFC 5915 §3, RFC 7518 §6.2.2.1).
fn check_length(
    container: Container,
    scalar: &[u8],
    wanted: usize,
    has_public: bool,
    notes: &mut Vec<Note>,
) -> Result<(), MaterialError> {
    let found = scalar.len();
    if found == wanted {
        return Ok(());
    }
    if found > wanted && without_leading_zeros(scalar).len() > wanted {
        return Err(MaterialError::ScalarOutOfRange);
    }
    if found < wanted && (!has_public || wanted - found > DROPPED_ZEROS) {
        let problem = format!("its private number has {found} of the {wanted} bytes that its curve needs");
        return Err(MaterialError::Damaged { container, problem });
    }
    notes.push(Note::Lenient { what: format!("the private number has {found} bytes instead of {wanted}") });
    Ok(())
}

/// The PKCS#8 of an Ed25519 key up to its seed (RFC 8410 §7).
const ED25519_PREFIX: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// An Ed25519 private key as PKCS#8. Checks the public half that came with it.
pub(super) fn ed25519(container: Container, seed: &[u8], public: Option<&[u8]>) -> Result<Secret, MaterialError> {
    if seed.len() != 32 {
        let problem = format!("its private number has {} bytes, and Ed25519 needs 32", seed.len());
        return Err(MaterialError::Damaged { container, problem });
    }
    let mut pkcs8 = Secret::zeroed(ED25519_PREFIX.len() + seed.len())?;
    pkcs8.expose_mut()[..ED25519_PREFIX.len()].copy_from_slice(&ED25519_PREFIX);
    pkcs8.expose_mut()[ED25519_PREFIX.len()..].copy_from_slice(seed);
    if let Some(public) = public
        && ed25519_public(pkcs8.expose())? != public
    {
        return Err(inconsistent("its public key is not its private key's"));
    }
    Ok(pkcs8)
}

#[cfg(openssl_has_ed25519)]
fn ed25519_public(pkcs8: &[u8]) -> Result<Vec<u8>, OpenSslError> {
    PKey::private_key_from_der(pkcs8)
        .and_then(|key| key.raw_public_key())
        .map_err(OpenSslError::step("compute the public key"))
}

#[cfg(not(openssl_has_ed25519))]
fn ed25519_public(_: &[u8]) -> Result<Vec<u8>, OpenSslError> {
    Err(OpenSslError::NoEd25519 { found: openssl::version::version().to_owned() })
}
