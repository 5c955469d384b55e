//! RSA private keys from their numbers (RFC 8017 §3.2), with what is missing computed.

use openssl::bn::BigNumContext;
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;

use super::number::{self, Number};
use crate::material::MaterialError;
use crate::openssl_probe::OpenSslError;
use crate::secret::Secret;

/// The largest modulus that OpenSSL works with (OPENSSL_RSA_MAX_MODULUS_BITS).
const LARGEST: i32 = 16384;

/// Public exponents that are tried where a key came without its own, as Java writes an `RSAPrivateKeySpec`.
const USUAL_EXPONENTS: [u32; 4] = [65537, 3, 17, 257];

/// The numbers of an RSA private key, big-endian; those that are missing are empty.
#[derive(Default)]
pub(super) struct Numbers<'a> {
    pub(super) n: &'a [u8],
    pub(super) e: &'a [u8],
    pub(super) d: &'a [u8],
    pub(super) p: &'a [u8],
    pub(super) q: &'a [u8],
    pub(super) dp: &'a [u8],
    pub(super) dq: &'a [u8],
    pub(super) qi: &'a [u8],
}

/// The key as PKCS#8, and whether something had to be computed. Numbers that are there and do not belong together are refused.
pub(super) fn pkcs8(numbers: &Numbers<'_>) -> Result<(Secret, bool), MaterialError> {
    let step = OpenSslError::step;
    let n = Number::of(numbers.n).map_err(step("read the RSA key"))?;
    if n.num_bits() < 16 || n.is_even() {
        return Err(inconsistent("its modulus is not a product of two odd primes"));
    }
    if n.num_bits() > LARGEST {
        return Err(inconsistent("its modulus is longer than the 16384 bits that OpenSSL works with"));
    }
    let mut context = number::context().map_err(step("read the RSA key"))?;
    let Some(full) = complete(n, numbers, &mut context).map_err(step("compute the RSA key's numbers"))? else {
        return Err(inconsistent("its RSA numbers do not belong together"));
    };
    let key = full.key().map_err(step("put the RSA key together"))?;
    let pkcs8 = key.private_key_to_pkcs8().map_err(step("write the private key as PKCS#8"))?;
    Ok((Secret::take(pkcs8)?, full.computed))
}

fn inconsistent(problem: &'static str) -> MaterialError {
    MaterialError::Inconsistent { problem }
}

struct Full {
    n: Number,
    e: Number,
    d: Number,
    p: Number,
    q: Number,
    dp: Number,
    dq: Number,
    qi: Number,
    computed: bool,
}

impl Full {
    fn key(&self) -> Result<PKey<openssl::pkey::Private>, ErrorStack> {
        let give = |number: &Number| number.give();
        PKey::from_rsa(Rsa::from_private_components(
            give(&self.n)?,
            give(&self.e)?,
            give(&self.d)?,
            give(&self.p)?,
            give(&self.q)?,
            give(&self.dp)?,
            give(&self.dq)?,
            give(&self.qi)?,
        )?)
    }
}

/// Every number of the key; nothing where they contradict each other.
fn complete(n: Number, given: &Numbers<'_>, context: &mut BigNumContext) -> Result<Option<Full>, ErrorStack> {
    let mut computed = false;
    let mut d = Number::of(given.d)?;
    let (mut p, mut q) = (Number::of(given.p)?, Number::of(given.q)?);
    let mut e = Number::of(given.e)?;
    if e.is_zero() {
        let Some(found) = exponent(&n, &d, context)? else { return Ok(None) };
        (e, computed) = (found, true);
    }
    if e.is_even() || e.ucmp(&n).is_ge() || d.ucmp(&n).is_ge() {
        return Ok(None);
    }
    if p.is_zero() && !q.is_zero() {
        std::mem::swap(&mut p, &mut q);
    }
    if p.is_zero() {
        let Some(factor) = factor(&n, &e, &d, context)? else { return Ok(None) };
        (p, computed) = (factor, true);
    }
    if q.is_zero() {
        (q, computed) = (n.divided_by(&p, context)?, true);
    }
    if p.num_bits() < 2 || q.num_bits() < 2 || p.times(&q, context)?.ucmp(&n).is_ne() {
        return Ok(None);
    }
    let (p1, q1) = (p.minus_one()?, q.minus_one()?);
    if d.is_zero() {
        let Ok(inverse) = e.inverse(&*p1.times(&q1, context)?, context) else { return Ok(None) };
        (d, computed) = (inverse, true);
    }
    let product = e.times(&d, context)?;
    for less in [&p1, &q1] {
        if product.modulo(less, context)?.ucmp(&*Number::small(1)?.modulo(less, context)?).is_ne() {
            return Ok(None);
        }
    }
    let Ok(inverse) = q.inverse(&p, context) else { return Ok(None) };
    let right = [d.modulo(&p1, context)?, d.modulo(&q1, context)?, inverse];
    for (bytes, right) in [given.dp, given.dq, given.qi].into_iter().zip(&right) {
        let number = Number::of(bytes)?;
        computed |= number.is_zero();
        if !number.is_zero() && number.ucmp(right).is_ne() {
            return Ok(None);
        }
    }
    let [dp, dq, qi] = right;
    Ok(Some(Full { n, e, d, p, q, dp, dq, qi, computed }))
}

/// The usual exponent that belongs to `d`: 2^(e·d) is 2 again.
fn exponent(n: &Number, d: &Number, context: &mut BigNumContext) -> Result<Option<Number>, ErrorStack> {
    let two = Number::small(2)?;
    if d.is_zero() {
        return Ok(None);
    }
    let mut power = Number::new()?;
    power.mod_exp(&two, d, n, context)?;
    for candidate in USUAL_EXPONENTS {
        let e = Number::small(candidate)?;
        let mut again = Number::new()?;
        again.mod_exp(&power, &e, n, context)?;
        if again.ucmp(&two).is_eq() {
            return Ok(Some(e));
        }
    }
    Ok(None)
}

/// One prime of `n` by the method of NIST SP 800-56B Rev. 2, Appendix C.1: e·d − 1 is a multiple of λ(n), so that among the square
/// roots of 1 that it leads to, half are neither 1 nor −1.
fn factor(n: &Number, e: &Number, d: &Number, context: &mut BigNumContext) -> Result<Option<Number>, ErrorStack> {
    let (one, minus_one) = (Number::small(1)?, n.minus_one()?);
    let mut odd = e.times(d, context)?.minus_one()?;
    if odd.is_zero() || odd.is_odd() || odd.is_negative() {
        return Ok(None);
    }
    let mut halvings = 0;
    while odd.is_even() {
        let mut half = Number::new()?;
        half.rshift1(&odd)?;
        (odd, halvings) = (half, halvings + 1);
    }
    for _ in 0..100 {
        let mut base = Number::new()?;
        minus_one.rand_range(&mut base)?;
        if base.num_bits() < 2 {
            continue;
        }
        let mut root = Number::new()?;
        root.mod_exp(&base, &odd, n, context)?;
        for _ in 0..halvings {
            if root.ucmp(&one).is_eq() || root.ucmp(&minus_one).is_eq() {
                break;
            }
            let mut square = Number::new()?;
            square.mod_sqr(&root, n, context)?;
            if square.ucmp(&one).is_eq() {
                let mut prime = Number::new()?;
                prime.gcd(&*root.minus_one()?, n, context)?;
                let other = n.divided_by(&prime, context)?;
                // The larger one is called p, as most writers do.
                return Ok(Some(if prime.ucmp(&other).is_lt() { other } else { prime }));
            }
            root = square;
        }
    }
    Ok(None)
}

/// The big-endian bytes of a number.
#[cfg(test)]
pub(super) fn bytes(number: &openssl::bn::BigNumRef) -> Vec<u8> {
    number.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Rsa<openssl::pkey::Private> {
        Rsa::generate(2048).unwrap()
    }

    #[test]
    fn a_key_of_modulus_and_exponents_alone_gets_its_primes_back() {
        for _ in 0..3 {
            let key = key();
            let whole = PKey::from_rsa(key.clone()).unwrap().private_key_to_pkcs8().unwrap();
            let (n, e, d) = (bytes(key.n()), bytes(key.e()), bytes(key.d()));
            let (p, q) = (bytes(key.p().unwrap()), bytes(key.q().unwrap()));
            let alone = Numbers { n: &n, e: &e, d: &d, ..Numbers::default() };
            let (found, computed) = pkcs8(&alone).unwrap();
            assert!(computed);
            let found = PKey::private_key_from_der(found.expose()).unwrap().rsa().unwrap();
            assert!(found.check_key().unwrap());
            assert_eq!(found.n(), key.n());
            for numbers in [
                Numbers { n: &n, e: &e, d: &d, p: &p, q: &q, ..Numbers::default() },
                Numbers { n: &n, d: &d, p: &p, q: &q, ..Numbers::default() },
                Numbers { n: &n, e: &e, d: &d, p: &p, ..Numbers::default() },
            ] {
                let (found, computed) = pkcs8(&numbers).unwrap();
                assert!(computed);
                assert_eq!(found.expose(), whole);
            }
        }
    }

    #[test]
    fn numbers_that_do_not_belong_together_are_no_key() {
        let (key, other) = (key(), key());
        let (n, e, d) = (bytes(key.n()), bytes(key.e()), bytes(key.d()));
        let (p, q) = (bytes(key.p().unwrap()), bytes(key.q().unwrap()));
        let (wrong_d, wrong_p) = (bytes(other.d()), bytes(other.p().unwrap()));
        let one = [1];
        for numbers in [
            Numbers { n: &n, e: &e, d: &wrong_d, ..Numbers::default() },
            Numbers { n: &n, e: &e, d: &wrong_d, p: &p, q: &q, ..Numbers::default() },
            Numbers { n: &n, e: &e, d: &d, p: &wrong_p, q: &q, ..Numbers::default() },
            Numbers { n: &n, e: &e, d: &d, p: &n, q: &one, ..Numbers::default() },
            Numbers { n: &n, e: &e, d: &d, p: &p, q: &q, dp: &wrong_p, ..Numbers::default() },
            Numbers { n: &n, e: &one, d: &one, ..Numbers::default() },
            Numbers { n: &n, ..Numbers::default() },
            Numbers { n: &one, e: &e, d: &d, ..Numbers::default() },
        ] {
            assert!(pkcs8(&numbers).is_err());
        }
    }
}
