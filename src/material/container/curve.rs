//! Which named curve the parameters of an EC key are (SEC 1 §C.2, RFC 3279 §2.3.5).

use openssl::asn1::Asn1Object;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, PointConversionForm};
use openssl::error::ErrorStack;
use openssl::nid::Nid;

use super::Container;
use crate::material::Curve;
use crate::material::MaterialError;
use crate::material::der::{OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE, dotted};

const PRIME_FIELD: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x01, 0x01];
const NULL: u8 = 0x05;

/// What the parameters of an EC key say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) nid: Nid,
    /// Whether the parameters were spelled out.
    pub(super) spelled_out: bool,
}

/// The curve of `parameters`, one whole element; nothing for NULL, which means the curve of the certificate authority.
pub(super) fn named(parameters: &[u8], container: Container) -> Result<Option<Named>, MaterialError> {
    let mut reader = Reader::new(parameters);
    match reader.peek() {
        Some(OBJECT_IDENTIFIER) => {
            let oid = reader.oid().ok_or_else(|| damaged(container))?;
            let dotted = dotted(oid);
            let known = Asn1Object::from_str(&dotted).ok().map(|object| object.nid());
            match known.filter(|nid| EcGroup::from_curve_name(*nid).is_ok()) {
                Some(nid) => Ok(Some(Named { nid, spelled_out: false })),
                None => Err(unreadable(container, format!("its curve {dotted} is not one that OpenSSL knows"))),
            }
        }
        Some(SEQUENCE) => {
            let given = Given::read(&mut reader).ok_or_else(|| {
                unreadable(container, "it spells out a curve that is not over a prime field".to_owned())
            })?;
            let equal = |curve: &Curve| given.is(curve.nid()).unwrap_or(false);
            let curve = Curve::ALL.into_iter().find(equal);
            match curve {
                Some(curve) => Ok(Some(Named { nid: curve.nid(), spelled_out: true })),
                None => {
                    Err(unreadable(container, "it spells out curve parameters that match no curve of KMS".to_owned()))
                }
            }
        }
        Some(NULL) | None => Ok(None),
        Some(_) => Err(damaged(container)),
    }
}

fn damaged(container: Container) -> MaterialError {
    MaterialError::Damaged { container, problem: "its curve is not a DER element".to_owned() }
}

fn unreadable(container: Container, form: String) -> MaterialError {
    MaterialError::UnreadableForm { container, form, command: None }
}

/// Parameters that are spelled out; public numbers all.
struct Given<'a> {
    p: &'a [u8],
    a: &'a [u8],
    b: &'a [u8],
    generator: &'a [u8],
    order: &'a [u8],
    cofactor: Option<&'a [u8]>,
}

impl<'a> Given<'a> {
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let mut parameters = reader.sequence()?;
        parameters.small_number().filter(|version| (1..=3).contains(version))?;
        let mut field = parameters.sequence()?;
        field.oid().filter(|kind| *kind == PRIME_FIELD)?;
        let p = field.number()?;
        let mut curve = parameters.sequence()?;
        let (a, b) = (curve.take(OCTET_STRING)?, curve.take(OCTET_STRING)?);
        let generator = parameters.take(OCTET_STRING)?;
        let order = parameters.number()?;
        let cofactor = parameters.number();
        Some(Given { p, a, b, generator, order, cofactor })
    }

    /// Whether every number is that of the curve; its seed is not looked at, because nothing is computed with it.
    fn is(&self, nid: Nid) -> Result<bool, ErrorStack> {
        let mut context = BigNumContext::new()?;
        let group = EcGroup::from_curve_name(nid)?;
        let (mut p, mut a, mut b, mut order) = (BigNum::new()?, BigNum::new()?, BigNum::new()?, BigNum::new()?);
        group.components_gfp(&mut p, &mut a, &mut b, &mut context)?;
        group.order(&mut order, &mut context)?;
        let same = |bytes: &[u8], number: &BigNum| BigNum::from_slice(bytes).is_ok_and(|given| given == *number);
        let Some(point) = group.generator_opt() else { return Ok(false) };
        let mut generator = false;
        for form in [PointConversionForm::UNCOMPRESSED, PointConversionForm::COMPRESSED, PointConversionForm::HYBRID] {
            generator |= point.to_bytes(&group, form, &mut context)? == self.generator;
        }
        Ok(generator
            && same(self.p, &p)
            && same(self.a, &a)
            && same(self.b, &b)
            && same(self.order, &order)
            && self.cofactor.is_none_or(|cofactor| cofactor == [1]))
    }
}
