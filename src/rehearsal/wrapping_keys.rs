//! The RSA wrapping keys of GetParametersForImport.
//!
//! One modulus of each size is made per process, on first use, and serves every parameter set. So that the sets stay as separate as
//! AWS's, each has a public exponent of its own: what is wrapped with the public key of one set does not open with another's token.

use std::sync::{Mutex, OnceLock, PoisonError};

use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::rand::rand_bytes;
use openssl::rsa::{Rsa, RsaPrivateKeyBuilder};

use crate::wrap::WrappingKeySpec;

/// A public exponent: odd, of 31 bits.
pub(super) type Exponent = u32;

pub(super) struct WrappingKey {
    n: BigNum,
    p: BigNum,
    q: BigNum,
    p_minus_1: BigNum,
    q_minus_1: BigNum,
    /// (p − 1)(q − 1), modulo which exponents are inverted.
    order: BigNum,
    iqmp: BigNum,
}

/// The key of this size, if it is made already.
pub(super) fn ready(spec: WrappingKeySpec) -> Option<&'static WrappingKey> {
    slot(spec).0.get()
}

/// The key of this size; the first call makes it, which takes up to seconds.
pub(super) fn make(spec: WrappingKeySpec) -> Result<&'static WrappingKey, ErrorStack> {
    let (slot, making) = slot(spec);
    let _one_at_a_time = making.lock().unwrap_or_else(PoisonError::into_inner);
    match slot.get() {
        Some(key) => Ok(key),
        None => {
            let key = WrappingKey::generate(spec)?;
            Ok(slot.get_or_init(|| key))
        }
    }
}

fn slot(spec: WrappingKeySpec) -> &'static (OnceLock<WrappingKey>, Mutex<()>) {
    static SLOTS: [(OnceLock<WrappingKey>, Mutex<()>); 3] = [const { (OnceLock::new(), Mutex::new(())) }; 3];
    match spec {
        WrappingKeySpec::Rsa2048 => &SLOTS[0],
        WrappingKeySpec::Rsa3072 => &SLOTS[1],
        WrappingKeySpec::Rsa4096 => &SLOTS[2],
    }
}

impl WrappingKey {
    fn generate(spec: WrappingKeySpec) -> Result<Self, ErrorStack> {
        let rsa = Rsa::generate(spec.bits())?;
        let missing = ErrorStack::get; // a generated key has its factors
        let p = rsa.p().ok_or_else(missing)?.to_owned()?;
        let q = rsa.q().ok_or_else(missing)?.to_owned()?;
        let iqmp = rsa.iqmp().ok_or_else(missing)?.to_owned()?;
        let (p_minus_1, q_minus_1) = (minus_one(&p)?, minus_one(&q)?);
        let mut order = BigNum::new()?;
        order.checked_mul(&p_minus_1, &q_minus_1, &mut *BigNumContext::new()?)?;
        Ok(WrappingKey { n: rsa.n().to_owned()?, p, q, p_minus_1, q_minus_1, order, iqmp })
    }

    /// A public exponent for one parameter set, and the DER SubjectPublicKeyInfo of the public key with it.
    pub(super) fn public_key(&self) -> Result<(Exponent, Vec<u8>), ErrorStack> {
        loop {
            let mut random = [0; 4];
            rand_bytes(&mut random)?;
            let exponent = u32::from_be_bytes(random) >> 1 | 1 << 30 | 1;
            if self.inverse(exponent, &self.order).is_ok() {
                let e = BigNum::from_u32(exponent)?;
                let der = Rsa::from_public_components(self.n.to_owned()?, e)?.public_key_to_der()?;
                return Ok((exponent, der));
            }
        }
    }

    /// The private key that belongs to a public exponent given out before.
    pub(super) fn private_key(&self, exponent: Exponent) -> Result<PKey<Private>, ErrorStack> {
        let rsa = RsaPrivateKeyBuilder::new(
            self.n.to_owned()?,
            BigNum::from_u32(exponent)?,
            self.inverse(exponent, &self.order)?,
        )?
        .set_factors(self.p.to_owned()?, self.q.to_owned()?)?
        .set_crt_params(
            self.inverse(exponent, &self.p_minus_1)?,
            self.inverse(exponent, &self.q_minus_1)?,
            self.iqmp.to_owned()?,
        )?
        .build();
        PKey::from_rsa(rsa)
    }

    fn inverse(&self, exponent: Exponent, modulus: &BigNumRef) -> Result<BigNum, ErrorStack> {
        let mut inverse = BigNum::new()?;
        inverse.mod_inverse(&*BigNum::from_u32(exponent)?, modulus, &mut *BigNumContext::new()?)?;
        Ok(inverse)
    }
}

fn minus_one(number: &BigNumRef) -> Result<BigNum, ErrorStack> {
    let mut less = number.to_owned()?;
    less.sub_word(1)?;
    Ok(less)
}
