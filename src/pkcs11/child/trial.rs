//! What a token can do, by trying: a key that guards nothing is wrapped for a public key whose private half is known here, and OpenSSL
//! opens the result. No list of mechanisms tells the digests that a token takes, and names do not tell what makers have made of them.
//! SoftHSM 2.6 fills what it wraps up with zero bytes, and then says in AES-KWP that they belong to it.

use cryptoki::error::{Error, RvError};
use cryptoki::object::{Attribute, AttributeType, ObjectHandle};

use super::super::token_error::TokenError;
use super::algorithms;
use super::calls::code;
use super::mechanism::{RSA_AES_KEY_WRAP, kind};
use super::session::Session;
use super::way::{Found, KEY_WRAPS, Way};
use crate::secret::Secret;
use crate::wrap::{
    OaepDigest, WrappingAlgorithm, key_wrap_for_throw_away_key, oaep_for_throw_away_key, throw_away_key,
};

/// Why a way does not work.
enum Not {
    /// The module says so.
    Refused(Error),
    /// The result does not open.
    Other,
}

/// A key that guards nothing, in the token.
struct Target {
    handle: ObjectHandle,
    /// Its bytes, where the token shows them.
    value: Option<Secret>,
    length: usize,
}

/// A length that AES-KWP must fill up: no multiple of eight.
const ODD: usize = 33;

impl Session {
    /// How the token wraps by that algorithm. It is tried once.
    pub(super) fn way(&self, algorithm: &str) -> Result<Found, TokenError> {
        let algorithm = algorithms::named(algorithm)?;
        if let Some(known) = self.ways.borrow().get(algorithm.name()) {
            return Ok(*known);
        }
        let found = self.find_way(algorithm)?;
        self.ways.borrow_mut().insert(algorithm.name(), found);
        Ok(found)
    }

    fn find_way(&self, algorithm: WrappingAlgorithm) -> Result<Found, TokenError> {
        let known = throw_away_key().ok_or_else(|| TokenError::OpenSsl {
            step: "read the key of the self-tests".to_owned(),
            because: String::new(),
        })?;
        let wrapping = self.public_key(&known)?;
        let target = self.target()?;
        let odd = self.odd_target().filter(|_| algorithm.uses_aes_key_wrap());
        let found = self.first_way(algorithm, wrapping, (&target, odd.as_ref()));
        let odd = odd.map(|odd| odd.handle);
        for object in [Some(wrapping), Some(target.handle), odd].into_iter().flatten() {
            let _ = self.calls.attempt("C_DestroyObject", || self.session.destroy_object(object));
        }
        found
    }

    fn first_way(
        &self,
        algorithm: WrappingAlgorithm,
        wrapping: ObjectHandle,
        (target, odd): (&Target, Option<&Target>),
    ) -> Result<Found, TokenError> {
        let digest = algorithm.digest();
        let tried = |way| self.try_way(way, wrapping, target).map(drop);
        // Those that fill up are the last choice.
        let fills_up = |way| match odd.map(|odd| self.try_way(way, wrapping, odd)) {
            Some(Ok(length)) => Ok(length > ODD),
            Some(Err(not)) => Err(not),
            None => Ok(false),
        };
        let mut last_choice = None;
        let whole = Way::RsaAesKeyWrap(digest);
        if algorithm.uses_aes_key_wrap() && self.wraps_by(RSA_AES_KEY_WRAP) && tried(whole).is_ok() {
            match fills_up(whole) {
                Ok(false) => return Ok(Found { way: whole, fills_up: false }),
                Ok(true) => last_choice = Some(Found { way: whole, fills_up: true }),
                Err(_) => {}
            }
        }
        let oaep = Way::Oaep(digest);
        if let Err(not) = tried(oaep) {
            let only_sha1 = digest == OaepDigest::Sha256 && tried(Way::Oaep(OaepDigest::Sha1)).is_ok();
            let (token, algorithm) = (self.token.label.clone(), algorithm.name().to_owned());
            return Err(match only_sha1 {
                true => TokenError::OaepSha1Only { token, algorithm },
                false => TokenError::CannotWrap { token, algorithm, lacking: lacking("CKM_RSA_PKCS_OAEP", &not) },
            });
        }
        if !algorithm.uses_aes_key_wrap() {
            return Ok(Found { way: oaep, fills_up: false });
        }
        let mut problems = Vec::new();
        for key_wrap in KEY_WRAPS.into_iter().filter(|key_wrap| self.wraps_by(key_wrap.number)) {
            let way = Way::TwoSteps(digest, key_wrap);
            match tried(way).and_then(|()| fills_up(way)) {
                Ok(false) => return Ok(Found { way, fills_up: false }),
                Ok(true) => last_choice = last_choice.or(Some(Found { way, fills_up: true })),
                Err(not) => problems.push(lacking(key_wrap.name, &not)),
            }
        }
        if let Some(found) = last_choice {
            return Ok(found);
        }
        if problems.is_empty() {
            problems.push("it has neither CKM_RSA_AES_KEY_WRAP nor a mechanism for AES-KWP (RFC 5649)".to_owned());
        }
        let (token, algorithm) = (self.token.label.clone(), algorithm.name().to_owned());
        Err(TokenError::CannotWrap { token, algorithm, lacking: problems.join(", ") })
    }

    /// Whether the token says that a mechanism wraps.
    fn wraps_by(&self, number: std::ffi::c_ulong) -> bool {
        let told = self.calls.attempt("C_GetMechanismInfo", || self.module.get_mechanism_info(self.slot, kind(number)));
        told.is_ok_and(|told| told.wrap())
    }

    fn try_way(&self, way: Way, wrapping: ObjectHandle, target: &Target) -> Result<usize, Not> {
        let wrapped = self.wrap_by(way, wrapping, target.handle).map_err(Not::Refused)?;
        let opened = match way {
            Way::Oaep(digest) => oaep_for_throw_away_key(&wrapped, digest),
            Way::RsaAesKeyWrap(digest) | Way::TwoSteps(digest, _) => key_wrap_for_throw_away_key(&wrapped, digest),
        };
        let opened = opened.ok_or(Not::Other)?;
        let (key, rest) = opened.expose().split_at_checked(target.length).ok_or(Not::Other)?;
        let is_it = target.value.as_ref().is_none_or(|value| value.expose() == key);
        match is_it && rest.len() < 8 && rest.iter().all(|byte| *byte == 0) {
            true => Ok(opened.len()),
            false => Err(Not::Other),
        }
    }

    fn target(&self) -> Result<Target, TokenError> {
        // FIPS tokens show no secret key; there the length and the padding must do.
        let made = self.aes_key(false, false).or_else(|_| self.aes_key(true, false));
        let handle = made.map_err(|error| super::calls::refused("C_GenerateKey", &error))?;
        Ok(Target { handle, value: self.shown(handle, 32), length: 32 })
    }

    /// One of another length; nothing where the token makes none.
    fn odd_target(&self) -> Option<Target> {
        let handle = self.generic_secret(ODD, false).or_else(|_| self.generic_secret(ODD, true)).ok()?;
        Some(Target { handle, value: self.shown(handle, ODD), length: ODD })
    }

    fn shown(&self, handle: ObjectHandle, length: usize) -> Option<Secret> {
        match self.attribute(handle, AttributeType::Value) {
            Some(Attribute::Value(value)) if value.len() == length => Secret::take(value).ok(),
            _ => None,
        }
    }
}

fn lacking(mechanism: &str, not: &Not) -> String {
    match not {
        Not::Refused(Error::Pkcs11(RvError::MechanismInvalid, _)) => format!("it does not have {mechanism}"),
        Not::Refused(error) => format!("it refuses {mechanism} with {}", code(error)),
        Not::Other => format!("what its {mechanism} gives is not what the standard says"),
    }
}
