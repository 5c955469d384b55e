//! What a token can do, by trying: a key that guards nothing is wrapped for a public key whose private half is known here, and OpenSSL
//! opens the result. No list of mechanisms tells the digests that a token takes, and names do not tell what makers have made of them.

use cryptoki::error::{Error, RvError};
use cryptoki::object::{Attribute, AttributeType, ObjectHandle};

use super::super::token_error::TokenError;
use super::algorithms;
use super::calls::code;
use super::mechanism::{RSA_AES_KEY_WRAP, kind};
use super::session::Session;
use super::way::{KEY_WRAPS, Way};
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
}

impl Session {
    /// How the token wraps by that algorithm. It is tried once.
    pub(super) fn way(&self, algorithm: &str) -> Result<Way, TokenError> {
        let algorithm = algorithms::named(algorithm)?;
        if let Some(known) = self.ways.borrow().get(algorithm.name()) {
            return Ok(*known);
        }
        let way = self.find_way(algorithm)?;
        self.ways.borrow_mut().insert(algorithm.name(), way);
        Ok(way)
    }

    fn find_way(&self, algorithm: WrappingAlgorithm) -> Result<Way, TokenError> {
        let known = throw_away_key().ok_or_else(|| TokenError::OpenSsl {
            step: "read the key of the self-tests".to_owned(),
            because: String::new(),
        })?;
        let wrapping = self.public_key(&known)?;
        let target = self.target()?;
        let found = self.first_way(algorithm, wrapping, &target);
        for object in [wrapping, target.handle] {
            let _ = self.calls.attempt("C_DestroyObject", || self.session.destroy_object(object));
        }
        found
    }

    fn first_way(
        &self,
        algorithm: WrappingAlgorithm,
        wrapping: ObjectHandle,
        target: &Target,
    ) -> Result<Way, TokenError> {
        let digest = algorithm.digest();
        let tried = |way| self.try_way(way, wrapping, target);
        let whole = Way::RsaAesKeyWrap(digest);
        if algorithm.uses_aes_key_wrap() && self.wraps_by(RSA_AES_KEY_WRAP) && tried(whole).is_ok() {
            return Ok(whole);
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
            return Ok(oaep);
        }
        let mut problems = Vec::new();
        for key_wrap in KEY_WRAPS.into_iter().filter(|key_wrap| self.wraps_by(key_wrap.number)) {
            let way = Way::TwoSteps(digest, key_wrap);
            match tried(way) {
                Ok(()) => return Ok(way),
                Err(not) => problems.push(lacking(key_wrap.name, &not)),
            }
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

    fn try_way(&self, way: Way, wrapping: ObjectHandle, target: &Target) -> Result<(), Not> {
        let wrapped = self.wrap_by(way, wrapping, target.handle).map_err(Not::Refused)?;
        let opened = match way {
            Way::Oaep(digest) => oaep_for_throw_away_key(&wrapped, digest),
            Way::RsaAesKeyWrap(digest) | Way::TwoSteps(digest, _) => key_wrap_for_throw_away_key(&wrapped, digest),
        };
        let opened = opened.filter(|opened| opened.len() == 32).ok_or(Not::Other)?;
        match &target.value {
            Some(value) if value.expose() != opened.expose() => Err(Not::Other),
            _ => Ok(()),
        }
    }

    fn target(&self) -> Result<Target, TokenError> {
        // FIPS tokens show no secret key; there the length and the padding must do.
        let made = self.aes_key(false, false).or_else(|_| self.aes_key(true, false));
        let handle = made.map_err(|error| super::calls::refused("C_GenerateKey", &error))?;
        let value = match self.attribute(handle, AttributeType::Value) {
            Some(Attribute::Value(value)) if value.len() == 32 => Secret::take(value).ok(),
            _ => None,
        };
        Ok(Target { handle, value })
    }
}

fn lacking(mechanism: &str, not: &Not) -> String {
    match not {
        Not::Refused(Error::Pkcs11(RvError::MechanismInvalid, _)) => format!("it does not have {mechanism}"),
        Not::Refused(error) => format!("it refuses {mechanism} with {}", code(error)),
        Not::Other => format!("what its {mechanism} gives is not what the standard says"),
    }
}
