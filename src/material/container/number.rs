//! Secret numbers for OpenSSL's arithmetic, wiped when they are dropped.

use std::ops::{Deref, DerefMut};

use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::error::ErrorStack;

/// Room for what is computed on the way, wiped by OpenSSL; LibreSSL has no such room and wipes numbers when it frees them.
pub(super) fn context() -> Result<BigNumContext, ErrorStack> {
    #[cfg(not(openssl_is_libressl))]
    return BigNumContext::new_secure();
    #[cfg(openssl_is_libressl)]
    BigNumContext::new()
}

/// A number that is wiped, and whose exponentiations take the same time for any value.
pub(super) struct Number(BigNum);

impl Number {
    pub(super) fn new() -> Result<Self, ErrorStack> {
        #[allow(unused_mut)] // LibreSSL computes in constant time by itself, where it does
        let mut number = BigNum::new()?;
        #[cfg(not(openssl_is_libressl))]
        number.set_const_time();
        Ok(Number(number))
    }

    /// From big-endian bytes.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, ErrorStack> {
        let mut number = Number::new()?;
        number.0.copy_from_slice(bytes)?;
        Ok(number)
    }

    pub(super) fn small(value: u32) -> Result<Self, ErrorStack> {
        Number::of(&value.to_be_bytes())
    }

    /// A copy for one of OpenSSL's keys, which own and wipe what they are given.
    pub(super) fn give(&self) -> Result<BigNum, ErrorStack> {
        self.0.to_owned()
    }

    pub(super) fn is_zero(&self) -> bool {
        self.num_bits() == 0
    }

    pub(super) fn minus_one(&self) -> Result<Self, ErrorStack> {
        let mut less = Number::new()?;
        less.checked_sub(&self.0, &*Number::small(1)?)?;
        Ok(less)
    }

    pub(super) fn times(&self, other: &BigNumRef, context: &mut BigNumContext) -> Result<Self, ErrorStack> {
        let mut product = Number::new()?;
        product.checked_mul(&self.0, other, context)?;
        Ok(product)
    }

    pub(super) fn modulo(&self, modulus: &BigNumRef, context: &mut BigNumContext) -> Result<Self, ErrorStack> {
        let mut rest = Number::new()?;
        rest.nnmod(&self.0, modulus, context)?;
        Ok(rest)
    }

    pub(super) fn divided_by(&self, other: &BigNumRef, context: &mut BigNumContext) -> Result<Self, ErrorStack> {
        let mut quotient = Number::new()?;
        quotient.checked_div(&self.0, other, context)?;
        Ok(quotient)
    }

    pub(super) fn inverse(&self, modulus: &BigNumRef, context: &mut BigNumContext) -> Result<Self, ErrorStack> {
        let mut inverse = Number::new()?;
        inverse.mod_inverse(&self.0, modulus, context)?;
        Ok(inverse)
    }
}

impl Deref for Number {
    type Target = BigNumRef;

    fn deref(&self) -> &BigNumRef {
        &self.0
    }
}

impl DerefMut for Number {
    fn deref_mut(&mut self) -> &mut BigNumRef {
        &mut self.0
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        self.0.clear();
    }
}
