//! Mechanisms that the `cryptoki` crate has no names for.
#![allow(unsafe_code)]

use std::ffi::c_ulong;
use std::mem;

use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource};
use cryptoki::mechanism::vendor_defined::VendorDefinedMechanism;
use cryptoki::mechanism::{Mechanism, MechanismType};

use crate::wrap::OaepDigest;

/// `CKM_RSA_AES_KEY_WRAP` (PKCS#11 2.40, current mechanisms §2.1.21).
pub(super) const RSA_AES_KEY_WRAP: c_ulong = 0x1054;
/// `CKM_AES_KEY_WRAP_KWP` (PKCS#11 3.0).
pub(super) const AES_KEY_WRAP_KWP: c_ulong = 0x210B;
/// `CKM_AES_KEY_WRAP_PAD` (PKCS#11 2.40), which some makers read as RFC 5649 and some as PKCS#7 padding.
pub(super) const AES_KEY_WRAP_PAD: c_ulong = 0x210A;
/// `CKM_CLOUDHSM_AES_KEY_WRAP_ZERO_PAD`, in AWS's own header.
pub(super) const CLOUDHSM_AES_KEY_WRAP_ZERO_PAD: c_ulong = 0x8000_216F;

/// Any mechanism by its number.
pub(super) fn kind(number: c_ulong) -> MechanismType {
    // SAFETY: `MechanismType` is `#[repr(transparent)]` over CK_MECHANISM_TYPE, which PKCS#11 defines as CK_ULONG, an `unsigned long` here;
    // its documentation promises that layout. Every number is a valid CK_MECHANISM_TYPE: PKCS#11 has the module refuse those that it does
    // not know. The crate makes such values itself of numbers from 0x80000000 on; those below it knows only in part.
    unsafe { mem::transmute::<c_ulong, MechanismType>(number) }
}

/// A mechanism without parameters.
pub(super) fn bare(number: c_ulong) -> Mechanism<'static> {
    Mechanism::VendorDefined(VendorDefinedMechanism::new::<u8>(kind(number), None))
}

/// OAEP with that digest in both places and an empty label. Both are set: modules have defaults of their own.
pub(super) fn oaep(digest: OaepDigest) -> PkcsOaepParams<'static> {
    let (hash, mgf) = match digest {
        OaepDigest::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
        OaepDigest::Sha1 => (MechanismType::SHA1, PkcsMgfType::MGF1_SHA1),
    };
    PkcsOaepParams::new(hash, mgf, PkcsOaepSource::empty())
}

/// CK_RSA_AES_KEY_WRAP_PARAMS. `PkcsOaepParams` is laid out as CK_RSA_PKCS_OAEP_PARAMS, which is how the crate itself hands it over.
#[repr(C)]
pub(super) struct RsaAesKeyWrap<'a> {
    aes_key_bits: c_ulong,
    oaep: *const PkcsOaepParams<'a>,
}

impl<'a> RsaAesKeyWrap<'a> {
    /// An ephemeral AES-256 key in OAEP.
    pub(super) fn new(oaep: &'a PkcsOaepParams<'a>) -> Self {
        RsaAesKeyWrap { aes_key_bits: 256, oaep }
    }

    /// The mechanism, which points to these parameters.
    pub(super) fn mechanism(&'a self) -> Mechanism<'a> {
        Mechanism::VendorDefined(VendorDefinedMechanism::new(kind(RSA_AES_KEY_WRAP), Some(self)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mechanism_is_its_number() {
        assert_eq!(kind(AES_KEY_WRAP_PAD), MechanismType::AES_KEY_WRAP_PAD);
        assert_eq!(kind(0x0250), MechanismType::SHA256);
        assert_eq!(mem::size_of::<MechanismType>(), mem::size_of::<c_ulong>());
        let oaep = oaep(OaepDigest::Sha1);
        let parameters = RsaAesKeyWrap::new(&oaep);
        assert_eq!(mem::size_of_val(&parameters), 2 * mem::size_of::<c_ulong>());
        assert_eq!(parameters.mechanism().mechanism_type(), kind(RSA_AES_KEY_WRAP));
        assert_eq!(mem::size_of::<PkcsOaepParams<'_>>(), 5 * mem::size_of::<c_ulong>());
    }
}
