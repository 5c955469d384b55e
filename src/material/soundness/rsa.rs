//! RSA private keys that FIPS 186-5 forbids (§5.1, Appendix A.1.1), and those of CVE-2017-15361 (ROCA).

use openssl::bn::{BigNum, BigNumRef};
use openssl::error::ErrorStack;

use super::weakness::Weakness;
use crate::material::KeyMaterial;

/// The public exponent is odd, and 2^16 < e < 2^256.
const LEAST_EXPONENT: u32 = 65537;
const EXPONENT_BITS: i32 = 256;
/// How much closer than their own length two primes may not be: |p − q| > 2^(nlen/2 − 100).
const DISTANCE: i32 = 100;

pub(super) fn weaknesses(material: &KeyMaterial) -> Result<Vec<Weakness>, ErrorStack> {
    let key = openssl::pkey::PKey::private_key_from_der(material.expose())?.rsa()?;
    let mut found = Vec::new();
    found.extend(exponent(key.e())?);
    let half = key.n().num_bits() / 2;
    if key.d().num_bits() <= half {
        found.push(Weakness::forbidden("the private exponent is no longer than half the modulus", "A.1.1"));
    }
    if let (Some(p), Some(q)) = (key.p(), key.q()) {
        if p.num_bits() != half || q.num_bits() != half {
            let cause = format!("the primes have {} and {} bits instead of {half} each", p.num_bits(), q.num_bits());
            found.push(Weakness::forbidden(&cause, "A.1.1"));
        } else if too_close(p, q, half)? {
            found.push(Weakness::forbidden("the primes are too close to each other", "A.1.1"));
        }
    }
    if is_roca(key.n())? {
        let cause = "the primes have the form that Infineon's library gave them (ROCA, CVE-2017-15361): the private key can be \
                     computed from the public one"
            .to_owned();
        found.push(Weakness { id: "forbidden_key", cause });
    }
    Ok(found)
}

fn exponent(e: &BigNumRef) -> Result<Option<Weakness>, ErrorStack> {
    let least = BigNum::from_u32(LEAST_EXPONENT)?;
    let cause = if !e.is_odd() {
        "the public exponent is even".to_owned()
    } else if e.ucmp(&least).is_lt() {
        format!("the public exponent is {}, below 65537", &*e.to_dec_str()?)
    } else if e.num_bits() > EXPONENT_BITS {
        format!("the public exponent has {} bits, more than 256", e.num_bits())
    } else {
        return Ok(None);
    };
    Ok(Some(Weakness::forbidden(&cause, "5.4")))
}

fn too_close(p: &BigNumRef, q: &BigNumRef, half: i32) -> Result<bool, ErrorStack> {
    let mut distance = BigNum::new()?;
    distance.checked_sub(p, q)?;
    let bits = distance.num_bits();
    distance.clear();
    Ok(bits <= half - DISTANCE)
}

/// The primes for which the powers of 65537 are few enough to tell: all moduli of that library are among them, of others one in 2^27
/// (Nemec et al., "The Return of Coppersmith's Attack", §2.2).
const FINGERPRINT: [u32; 17] = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];

fn is_roca(n: &BigNumRef) -> Result<bool, ErrorStack> {
    for prime in FINGERPRINT {
        let rest = u32::try_from(n.mod_word(prime)?).unwrap_or(0);
        let mut power = 1;
        let powers = (0..prime).map(|_| {
            power = power * (LEAST_EXPONENT % prime) % prime;
            power
        });
        if !powers.into_iter().any(|power| power == rest) {
            return Ok(false);
        }
    }
    Ok(true)
}
