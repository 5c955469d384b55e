//! Wrapped key material, opened with the private key of a throw-away wrapping key: what was really done when it was made.

use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use serde::Serialize;

use super::causes::OpenedCause;
use super::finding::{Certainty, Findings};
use super::hand::Hand;
use super::item::Item;
use super::judge::{Given, Judge};
use super::key_wrap::{self, KeyWrap};
use super::name::{Name, Role};
use super::padding::{self, Block, Hash};
use super::public_key::Modulus;
use crate::material::encoding::taken_off;
use crate::material::{KeyMaterial, KeySpec, NoPassphrase};
use crate::secret::Secret;
use crate::wrap::WrapError;
use crate::wrap::{OaepDigest, WrappingAlgorithm};

/// What the private key has shown about the wrapped key material. `None` is what the bytes do not show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(rename = "OpenedBlob"))]
#[allow(missing_docs)]
pub struct Opened {
    /// `RSAES-OAEP`, `RSAES-PKCS1-v1_5`, `none`, or `None` if the block is unreadable.
    pub padding: Option<&'static str>,
    pub oaep_hash: Option<&'static str>,
    pub mgf1_hash: Option<&'static str>,
    /// How many bytes RSA carries: the key material, or the AES key.
    pub payload_bytes: Option<usize>,
    /// `AES-KWP` or `AES-KW`.
    pub second_half: Option<&'static str>,
    /// How many bytes the key material has.
    pub material_bytes: Option<usize>,
}

/// The modulus of a private key, for the checks that need no more than that.
pub(super) fn modulus(hand: &Hand) -> Option<Modulus> {
    let (name, key) = hand.private_key.as_ref()?;
    let rsa = key.rsa().ok()?;
    let spec = crate::wrap::WrappingKeySpec::of_bits(rsa.n().num_bits().unsigned_abs());
    Some(Modulus { name: name.clone(), bytes: rsa.n().to_vec(), spec })
}

/// Opens the blob, if there is one and a private key, and says what is wrong with it.
pub(super) fn examine(
    hand: &Hand,
    public_key: Option<&Modulus>,
    findings: &mut Findings,
) -> Result<Option<Opened>, WrapError> {
    let (Some(item), Some((name, key))) = (&hand.encrypted, &hand.private_key) else { return Ok(None) };
    let rsa = key.rsa().map_err(|_| WrapError::PrivateKeyNotRsa)?;
    let blob = item.content();
    if blob.len() < rsa.size() as usize {
        return Ok(None);
    }
    let opening = Opening { hand, item, rsa: &rsa, private_key: name, opened: Opened::default() };
    let opened = opening.run(findings)?;
    if let Some(public_key) = public_key.filter(|public_key| public_key.bytes != rsa.n().to_vec()) {
        let (private_key, public_key) = (name.clone(), public_key.name.clone());
        match opened.padding {
            Some(_) => {
                findings.certain(OpenedCause::OpensWithOther { name: item.name.clone(), private_key, public_key })
            }
            None => findings.certain(OpenedCause::PrivateKeyOfOther { private_key, public_key }),
        }
    }
    Ok(Some(opened))
}

struct Opening<'a> {
    hand: &'a Hand,
    item: &'a Item,
    rsa: &'a Rsa<Private>,
    private_key: &'a Name,
    opened: Opened,
}

impl Opening<'_> {
    fn run(mut self, findings: &mut Findings) -> Result<Opened, WrapError> {
        let (blob, length) = (self.item.content(), self.rsa.size() as usize);
        let (first, second) = blob.split_at(length);
        let mut half = self.block(first)?;
        let mut second = second;
        if matches!(half, Block::Unreadable) && blob.len() > length {
            let (material, last) = blob.split_at(blob.len() - length);
            let swapped = self.block(last)?;
            if !matches!(swapped, Block::Unreadable) {
                findings.certain(OpenedCause::HalvesSwapped { name: self.name(), length });
                (half, second) = (swapped, material);
            }
        }
        let Some(payload) = self.padding(half, findings) else { return Ok(self.opened) };
        self.opened.payload_bytes = Some(payload.len());
        let material = match self.algorithm() {
            algorithm if !algorithm.uses_aes_key_wrap() => Some(payload),
            algorithm => self.key_wrap(algorithm, &payload, second, findings)?,
        };
        if let Some(material) = material {
            self.opened.material_bytes = Some(material.len());
            self.material(material, findings)?;
        }
        Ok(self.opened)
    }

    fn block(&self, half: &[u8]) -> Result<Block, WrapError> {
        match padding::raw(self.rsa, half)? {
            Some(block) => padding::read(&block),
            None => Ok(Block::Unreadable),
        }
    }

    /// The algorithm asked for; where nobody has said which, the one whose shape the blob has.
    fn algorithm(&self) -> WrappingAlgorithm {
        let key_wrap = self.item.content().len() > self.rsa.size() as usize;
        self.hand.algorithm().unwrap_or(match key_wrap {
            true => WrappingAlgorithm::RsaAesKeyWrapSha256,
            false => WrappingAlgorithm::RsaesOaepSha256,
        })
    }

    fn name(&self) -> Name {
        self.item.name.clone()
    }

    /// Says what is wrong with the padding, and hands on what it carries.
    fn padding(&mut self, block: Block, findings: &mut Findings) -> Option<Secret> {
        let (name, algorithm) = (self.name(), self.algorithm());
        match block {
            Block::Oaep { hash, mgf1, has_label, payload } => {
                self.opened.padding = Some("RSAES-OAEP");
                (self.opened.oaep_hash, self.opened.mgf1_hash) = (Some(hash.name()), Some(mgf1.name()));
                self.hashes(hash, mgf1, findings);
                if has_label {
                    findings.certain(OpenedCause::Label { name: self.name() });
                }
                Some(payload)
            }
            Block::Pkcs1 { payload } => {
                self.opened.padding = Some("RSAES-PKCS1-v1_5");
                findings.certain(OpenedCause::Pkcs1Padding { name, algorithm });
                Some(payload)
            }
            Block::Bare { payload } => {
                self.opened.padding = Some("none");
                findings.certain(OpenedCause::NoPadding { name, algorithm });
                // The zeros before it hide where the key material begins.
                (algorithm.uses_aes_key_wrap()).then_some(payload)
            }
            Block::Unreadable => {
                findings.likely(OpenedCause::OtherPublicKey { name, private_key: self.private_key.clone() });
                None
            }
        }
    }

    /// Both hashes against those of the algorithm. Where nobody has named one, SHA-1 may be what was meant.
    fn hashes(&self, hash: Hash, mgf1: Hash, findings: &mut Findings) {
        let (name, algorithm) = (self.name(), self.algorithm());
        let needed = match algorithm.digest() {
            OaepDigest::Sha256 => Hash::Sha256,
            OaepDigest::Sha1 => Hash::Sha1,
        };
        if hash != needed {
            let found = match hash == mgf1 {
                true => hash.name().to_owned(),
                false => format!("{} (MGF1: {})", hash.name(), mgf1.name()),
            };
            let meant = self.hand.algorithm().is_none() && (hash, mgf1) == (Hash::Sha1, Hash::Sha1);
            let certainty = if meant { Certainty::Likely } else { Certainty::Certain };
            findings.add(certainty, OpenedCause::OaepHash { name, found, algorithm, needed: needed.name() });
        } else if mgf1 != needed {
            let (found, needed) = (mgf1.name(), needed.name());
            findings.certain(OpenedCause::Mgf1Hash { name, found, algorithm, needed });
        }
    }

    /// The second half of RSA_AES_KEY_WRAP under the AES key of the first.
    fn key_wrap(
        &mut self,
        algorithm: WrappingAlgorithm,
        payload: &Secret,
        second: &[u8],
        findings: &mut Findings,
    ) -> Result<Option<Secret>, WrapError> {
        let name = self.name();
        if second.is_empty() {
            return Ok(None); // its length says so already
        }
        let decoded = match payload.len() {
            32 => None,
            found => match taken_off(payload.expose(), Role::Inside.wanted())? {
                (Some(encoding), decoded) => {
                    findings.certain(OpenedCause::AesKeyEncoded { name: name.clone(), encoding });
                    decoded
                }
                (None, _) => {
                    findings.certain(OpenedCause::AesKeyLength { name: name.clone(), found });
                    None
                }
            },
        };
        let key = decoded.as_ref().unwrap_or(payload);
        Ok(match key_wrap::open(key.expose(), second)? {
            KeyWrap::Padded(material) => {
                self.opened.second_half = Some("AES-KWP");
                Some(material)
            }
            KeyWrap::Unpadded(material) => {
                self.opened.second_half = Some("AES-KW");
                findings.certain(OpenedCause::KeyWrapUnpadded { name, algorithm });
                Some(material)
            }
            KeyWrap::Unreadable => {
                findings.certain(OpenedCause::SecondHalf { name });
                None
            }
        })
    }

    /// What came out, against the key spec and against the key material file.
    fn material(&self, material: Secret, findings: &mut Findings) -> Result<(), WrapError> {
        if let Some(spec) = self.hand.spec() {
            let name = Name { role: Role::Inside, path: self.item.name.path.clone() };
            let item = Item::new(name, Secret::copy(material.expose())?, None)?;
            let (as_it_is, container) = (Some(Certainty::Certain), Some(Certainty::Certain));
            Judge { name: &item.name, spec, passphrase: None, as_it_is, container, findings }
                .judge(item.raw(), &item)?;
        }
        if let Some(file) = &self.hand.material
            && !same(&material, file, self.hand)?
        {
            findings.certain(OpenedCause::OtherMaterial { name: self.name(), material: file.name.clone() });
        }
        Ok(())
    }
}

/// Whether the file holds what came out: byte for byte, decoded, or as the same private key in another container.
fn same(material: &Secret, file: &Item, hand: &Hand) -> Result<bool, WrapError> {
    let bytes = material.expose();
    // KW pads with zeros what is no multiple of eight.
    let is = |other: &[u8]| {
        other == bytes || bytes.strip_prefix(other).is_some_and(|rest| rest.iter().all(|byte| *byte == 0))
    };
    if is(file.raw().expose()) || is(file.content()) {
        return Ok(true);
    }
    let Some(spec) = hand.spec() else { return Ok(false) };
    let mut passphrase = Given(hand.passphrase.as_ref().map(|(_, passphrase)| passphrase));
    let mut read =
        |bytes: &Secret, format| KeyMaterial::read(Secret::copy(bytes.expose())?, spec, format, &mut passphrase);
    let Ok(expected) = read(file.raw(), hand.named.material_format) else {
        // A key that cannot be read is a finding of its own.
        return Ok(true);
    };
    Ok(is(expected.expose()) || spec.is_private_key() && same_key(&expected, material, spec))
}

fn same_key(expected: &KeyMaterial, found: &Secret, spec: KeySpec) -> bool {
    let read = |bytes: &[u8]| {
        Secret::copy(bytes).ok().and_then(|bytes| KeyMaterial::read(bytes, spec, None, &mut NoPassphrase).ok())
    };
    let public = |key: &KeyMaterial| key.public_key().ok().flatten();
    read(found.expose()).is_none_or(|found| public(&found) == public(expected))
}

/// Refuses a private key that cannot have been a wrapping key.
pub fn check_private_key(key: &PKey<Private>) -> Result<(), WrapError> {
    key.rsa().map(|_| ()).map_err(|_| WrapError::PrivateKeyNotRsa)
}
