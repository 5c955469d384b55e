//! ECDH with a key that lives for one question.

use openssl::derive::Deriver;
use openssl::ec::{Asn1Flag, EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, PKeyRef, Private, Public};

/// A fresh key on the curve of `public`, to agree with it.
pub(super) fn ephemeral(public: &PKeyRef<Public>) -> Result<PKey<Private>, ErrorStack> {
    let curve = public.ec_key()?.group().curve_name().unwrap_or(Nid::UNDEF);
    let mut group = EcGroup::from_curve_name(curve)?;
    group.set_asn1_flag(Asn1Flag::NAMED_CURVE);
    PKey::from_ec_key(EcKey::generate(&group)?)
}

pub(super) fn shared_secret(private: &PKey<Private>, public: &PKeyRef<Public>) -> Result<Vec<u8>, ErrorStack> {
    let mut deriver = Deriver::new(private)?;
    deriver.set_peer(public)?;
    deriver.derive_to_vec()
}
