//! Public keys as bare points of the elliptic curves of KMS (SEC 1 §2.3.3).

use openssl::bn::BigNumContext;
use openssl::ec::{EcGroup, EcPoint};

use crate::material::Curve;

/// Whether these are both coordinates of a point. Other bytes satisfy the curve's equation once in 2^256 times.
pub(super) fn is_uncompressed(bytes: &[u8]) -> bool {
    bytes.first() == Some(&4)
        && Curve::ALL.iter().any(|curve| bytes.len() == 1 + 2 * curve.order_bytes() && is_on(*curve, bytes))
}

/// Whether these may be the first coordinate of a point and the sign of the second: so are one of 256 other byte strings of that length.
pub(crate) fn may_be_compressed(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(2 | 3))
        && Curve::ALL.iter().any(|curve| bytes.len() == 1 + curve.order_bytes() && is_on(*curve, bytes))
}

fn is_on(curve: Curve, bytes: &[u8]) -> bool {
    let point = || {
        let group = EcGroup::from_curve_name(curve.nid())?;
        EcPoint::from_bytes(&group, bytes, &mut *BigNumContext::new()?)
    };
    point().is_ok()
}
