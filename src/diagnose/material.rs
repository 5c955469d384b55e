//! The key material, by the product's own checks: as a file, or as it came out of the wrapped key material.

use super::causes::{FileCause, MaterialCause};
use super::finding::{Certainty, Findings};
use super::hand::Hand;
use super::item::Item;
use super::judge::{Given, Judge};
use crate::file_checks::wrapped_blob;
use crate::files::FileError;
use crate::material::MaterialError;
use crate::material::encoding::Encoding;
use crate::material::{self, Format, KeyMaterial, KeySpec, NoPassphrase};
use crate::secret::Secret;
use crate::wrap::WrapError;
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

pub(super) fn examine(hand: &Hand, modulus: Option<usize>, findings: &mut Findings) -> Result<(), FileError> {
    let length = match &hand.material {
        Some(item) => match hand.spec() {
            Some(spec) => examine_file(hand, item, spec, modulus, findings)?,
            None => guess(hand, item, findings)?,
        },
        None => None,
    };
    if let Some(length) = length {
        examine_length(hand, length, findings);
    }
    Ok(())
}

/// The length of what is to be wrapped, if it is fit.
fn examine_file(
    hand: &Hand,
    item: &Item,
    spec: KeySpec,
    modulus: Option<usize>,
    findings: &mut Findings,
) -> Result<Option<usize>, FileError> {
    let format = hand.named.material_format;
    let mut judge = Judge {
        name: &item.name,
        spec,
        passphrase: hand.passphrase.as_ref(),
        as_it_is: None,
        container: None,
        findings,
    };
    if let Some(format) = format {
        if format == Format::Raw && !spec.is_private_key() {
            judge.raw_text(item)?;
        }
        return judge.read(item.raw(), Some(format));
    }
    // What is inside the blob decides, where it can be opened.
    if hand.private_key.is_none() || hand.encrypted.is_none() {
        judge.as_it_is = Some(Certainty::Likely);
        judge.container = container_certainty(hand, item, spec, modulus)?;
    }
    judge.judge(item.raw(), item)
}

/// Whether the file went into the blob as it is. A tool such as this one may have converted it.
fn container_certainty(
    hand: &Hand,
    item: &Item,
    spec: KeySpec,
    modulus: Option<usize>,
) -> Result<Option<Certainty>, FileError> {
    let key_wrap = hand.algorithm().is_some_and(WrappingAlgorithm::uses_aes_key_wrap);
    let carried = match (&hand.encrypted, modulus) {
        (Some(blob), Some(modulus)) if key_wrap => wrapped_blob::carried(blob.content().len(), modulus),
        _ => None,
    };
    let Some(carried) = carried else { return Ok(Some(Certainty::Possible)) };
    let mut passphrase = Given(hand.passphrase.as_ref().map(|(_, passphrase)| passphrase));
    let converted = KeyMaterial::read(Secret::copy(item.raw().expose())?, spec, None, &mut passphrase);
    Ok(match converted {
        Ok(material) if carried.contains(&material.byte_count()) => None,
        _ if carried.contains(&item.raw().len()) => Some(Certainty::Certain),
        _ => Some(Certainty::Possible),
    })
}

/// Without a key spec only what is strange for every key is said.
fn guess(hand: &Hand, item: &Item, findings: &mut Findings) -> Result<Option<usize>, FileError> {
    let mut passphrase = Given(hand.passphrase.as_ref().map(|(_, passphrase)| passphrase));
    if let Err(error @ MaterialError::TypeNotTaken { .. }) =
        material::private_key::read_any_private_key(item.raw(), &mut passphrase)
    {
        findings.certain(MaterialCause::Wrong { name: item.name.clone(), error, otherwise: None });
        return Ok(None);
    }
    let spec = KeySpec::SymmetricDefault;
    let read = KeyMaterial::read(Secret::copy(item.raw().expose())?, spec, None, &mut NoPassphrase);
    let (name, found) = (item.name.clone(), item.raw().len());
    match read {
        Err(MaterialError::TrailingNewline { .. }) => {
            let wanted = 32;
            findings.likely(FileCause::TrailingNewline { name, found, extra: found - wanted, wanted });
        }
        _ if item.encoding().is_some_and(|encoding| !encoding.is_pem()) && item.is_decoded() => {
            let encoding = item.encoding().cloned().unwrap_or(Encoding(Vec::new()));
            findings.likely(FileCause::Encoded { name, encoding });
        }
        _ => {}
    }
    Ok(None)
}

/// The algorithm against the key spec, before any file is looked at.
pub(super) fn examine_algorithm(hand: &Hand, findings: &mut Findings) {
    let (Some(algorithm), Some(spec)) = (hand.algorithm(), hand.spec()) else { return };
    let wrapping = hand.wrapping().unwrap_or(WrappingKeySpec::Rsa4096);
    match algorithm.check(spec, wrapping, None) {
        // The key material itself says so, where it is at hand.
        Err(WrapError::DoesNotFit { .. }) if hand.material.is_some() => {}
        Err(error) => findings.certain(MaterialCause::Unwrappable { error }),
        Ok(()) => {}
    }
}

/// The algorithm against the length.
fn examine_length(hand: &Hand, length: usize, findings: &mut Findings) {
    let (Some(algorithm), Some(spec), Some(material)) = (hand.algorithm(), hand.spec(), &hand.material) else { return };
    let wrapping = hand.wrapping().unwrap_or(WrappingKeySpec::Rsa4096);
    if let Err(error @ WrapError::DoesNotFit { .. }) = algorithm.check(spec, wrapping, Some(length)) {
        findings.certain(MaterialCause::TooLong { name: material.name.clone(), error });
    }
}
