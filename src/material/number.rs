//! Bare private numbers: EC scalars and Ed25519 seeds. Nothing in them says what they are, so that the user has to.

use openssl::bn::BigNumContext;
use openssl::ec::PointConversionForm;
use openssl::nid::Nid;
use openssl::pkey::PKey;

use super::container::{from_scalar, from_seed};
use super::reading::Reading;
use super::recognise::{Content, Layer};
use super::{Format, KeySpec, MaterialKind, der};
use crate::material::MaterialError;
use crate::openssl_probe::OpenSslError;
use crate::secret::Secret;

/// Reads a number that the user has called one.
pub(super) fn read(
    content: Content,
    spec: KeySpec,
    format: Format,
    layers: &[Layer],
) -> Result<(Secret, Reading), MaterialError> {
    if Some(format) != Kind::of(spec).map(Kind::format) {
        return Err(MaterialError::FormatNotForSpec { format, spec });
    }
    let bytes = match content {
        Content::Bytes(bytes) => bytes,
        // What begins like a container by chance is a number if it is as long as one.
        Content::Container(container, bytes) if container.is_der() && bytes.len() <= 66 => bytes,
        content => return Err(MaterialError::EncodingContradicted { said: format, found: content.words() }),
    };
    let Some(kind) = Kind::of(spec) else { return Err(MaterialError::FormatNotForSpec { format, spec }) };
    let bytes = without_sign(bytes, kind)?;
    let (found, wanted) = (bytes.len(), kind.length());
    let pkcs8 = match kind {
        Kind::Scalar(curve, _) if found == wanted => from_scalar(curve, bytes.expose())?,
        Kind::Seed if found == wanted => from_seed(bytes.expose(), None)?,
        Kind::Seed if found == 2 * wanted => pair(&bytes)?,
        _ => {
            check_newline(&bytes, spec, wanted)?;
            return Err(MaterialError::NumberLength { spec, format, found, wanted });
        }
    };
    let reading = Reading::number(layers, format.name(), pkcs8.len());
    Ok((pkcs8, reading))
}

/// Names bytes that are as long as a private number. A seed with its public half behind it says what it is, and is read.
pub(super) fn named(
    bytes: &Secret,
    spec: KeySpec,
    layers: &[Layer],
) -> Result<Option<(Secret, Reading)>, MaterialError> {
    let Some(kind) = Kind::of(spec) else { return Ok(None) };
    let bytes = &without_sign(Secret::copy(bytes.expose())?, kind)?;
    let (found, wanted) = (bytes.len(), kind.length());
    if matches!(kind, Kind::Seed) && found == 2 * wanted {
        let pkcs8 = pair(bytes)?;
        let reading = Reading::number(layers, "seed", pkcs8.len());
        return Ok(Some((pkcs8, reading)));
    }
    if let Some(inside) = der::octet_string(bytes.expose()).filter(|inside| inside.len() == wanted) {
        return Err(MaterialError::octet_string(inside));
    }
    if found != wanted {
        check_newline(bytes, spec, wanted)?;
        return Ok(None);
    }
    let public_key = match kind {
        Kind::Scalar(curve, _) => point(&from_scalar(curve, bytes.expose())?)?,
        Kind::Seed => ed25519(&from_seed(bytes.expose(), None)?)?,
    };
    Err(MaterialError::BareNumber { spec, found, format: kind.format(), public_key })
}

#[derive(Clone, Copy)]
enum Kind {
    /// A curve, and the bytes of its order.
    Scalar(Nid, usize),
    Seed,
}

impl Kind {
    fn of(spec: KeySpec) -> Option<Self> {
        match spec.kind() {
            MaterialKind::Ec(curve) => Some(Kind::Scalar(curve.nid(), curve.order_bytes())),
            MaterialKind::Ed25519 => Some(Kind::Seed),
            _ => None,
        }
    }

    const fn format(self) -> Format {
        match self {
            Kind::Scalar(..) => Format::Scalar,
            Kind::Seed => Format::Seed,
        }
    }

    const fn length(self) -> usize {
        match self {
            Kind::Scalar(_, length) => length,
            Kind::Seed => 32,
        }
    }
}

/// A seed with the public half behind it, as NaCl and its kin keep them.
fn pair(bytes: &Secret) -> Result<Secret, MaterialError> {
    let (seed, public) = bytes.expose().split_at(32);
    match from_seed(seed, Some(public)) {
        Err(MaterialError::Inconsistent { .. }) => {
            let public_keys = [ed25519(&from_seed(seed, None)?)?, ed25519(&from_seed(public, None)?)?];
            Err(MaterialError::HalvesDisagree { public_keys })
        }
        read => read,
    }
}

/// A number without the zero byte that DER and Java write before one whose first bit is set.
fn without_sign(bytes: Secret, kind: Kind) -> Result<Secret, MaterialError> {
    match (kind, bytes.expose()) {
        // A line end behind it is the likelier reason for one byte more.
        (Kind::Scalar(_, length), [0, rest @ ..]) if rest.len() == length && rest.last() != Some(&b'\n') => {
            Ok(Secret::copy(rest)?)
        }
        _ => Ok(bytes),
    }
}

/// A line end behind a number is no digit of it.
fn check_newline(bytes: &Secret, spec: KeySpec, wanted: usize) -> Result<(), MaterialError> {
    match bytes.expose().get(wanted..) {
        Some(b"\n" | b"\r\n") => {
            let wanted = format!("exactly {wanted} of a bare number");
            Err(MaterialError::TrailingNewline { spec, found: bytes.len(), wanted })
        }
        _ => Ok(()),
    }
}

/// The public point in its compressed form (SEC 1 §2.3.3), in hex.
fn point(pkcs8: &Secret) -> Result<String, MaterialError> {
    let text = || {
        let key = PKey::private_key_from_der(pkcs8.expose())?.ec_key()?;
        let mut context = BigNumContext::new()?;
        key.public_key().to_bytes(key.group(), PointConversionForm::COMPRESSED, &mut context)
    };
    Ok(hex::encode(text().map_err(OpenSslError::step("compute the public key"))?))
}

#[cfg(openssl_has_ed25519)]
fn ed25519(pkcs8: &Secret) -> Result<String, MaterialError> {
    let key = PKey::private_key_from_der(pkcs8.expose()).and_then(|key| key.raw_public_key());
    Ok(hex::encode(key.map_err(OpenSslError::step("compute the public key"))?))
}

#[cfg(not(openssl_has_ed25519))]
fn ed25519(_: &Secret) -> Result<String, MaterialError> {
    Err(OpenSslError::NoEd25519 { found: openssl::version::version().to_owned() }.into())
}
