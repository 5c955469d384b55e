//! A key that a token is to make.

use super::error::Pkcs11Error;
use super::key::TokenKey;
use super::protocol::{Reply, Request};
use super::token::{Login, Token, elsewhere};
use crate::material::KeySpec;
use crate::wrap::{Held, MakesKey, WrapError, WrappingAlgorithm, WrappingKeySpec};

/// A token that is to make a key, with the label that the URI gives it. It is kept in the token, sensitive, and extractable: it may leave
/// it wrapped. Its CKA_ID is the URI's, or the id of the key in KMS that it is made for.
pub struct TokenMaker {
    token: Token,
}

impl TokenMaker {
    /// Loads the module in a process of its own, and logs into the token. Nothing is made yet.
    ///
    /// # Errors
    /// [`Pkcs11Error::NoLabel`] for a URI without a label, and what [`TokenKey::open`] says of the module and the token.
    pub fn open(login: Login<'_>, spec: KeySpec) -> Result<Self, Pkcs11Error> {
        if login.uri.object().is_none_or(|label| label.is_empty()) {
            return Err(Pkcs11Error::NoLabel);
        }
        Ok(TokenMaker { token: Token::open(login, spec)? })
    }

    fn spec_name(&self) -> String {
        self.token.spec.name().to_owned()
    }
}

impl MakesKey for TokenMaker {
    fn spec(&self) -> KeySpec {
        self.token.spec
    }

    fn check(&self, algorithm: WrappingAlgorithm, wrapping: WrappingKeySpec) -> Result<(), WrapError> {
        self.token.check(algorithm, wrapping, None)
    }

    fn check_free(&self, key_id: Option<&str>) -> Result<(), WrapError> {
        match self.token.ask(&Request::Vacant { spec: self.spec_name(), id: key_id.and_then(digits) }) {
            Ok(Reply::Vacant) => Ok(()),
            Ok(_) => Err(elsewhere(Pkcs11Error::Nonsense)),
            Err(error) => Err(elsewhere(error)),
        }
    }

    fn make(&self, key_id: Option<&str>) -> Result<Box<dyn Held>, WrapError> {
        let request = Request::Make { spec: self.spec_name(), id: key_id.and_then(digits) };
        let (found, made) = match self.token.ask(&request).map_err(elsewhere)? {
            Reply::Made(found) => (found, true),
            Reply::Found(found) => (found, false),
            _ => return Err(elsewhere(Pkcs11Error::Nonsense)),
        };
        Ok(Box::new(TokenKey::of(self.token.clone(), &found, made)))
    }
}

/// The id of a key in KMS as 32 hex digits: a UUID, or `mrk-` and the digits.
fn digits(key_id: &str) -> Option<String> {
    let digits = key_id.trim_start_matches("mrk-").replace('-', "");
    (digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_key_in_kms_is_16_bytes() {
        for (id, expected) in [
            ("1234abcd-12ab-34cd-56ef-1234567890ab", Some("1234abcd12ab34cd56ef1234567890ab")),
            ("mrk-1234abcd12ab34cd56ef1234567890ab", Some("1234abcd12ab34cd56ef1234567890ab")),
            ("alias/payments", None),
        ] {
            assert_eq!(digits(id).as_deref(), expected);
        }
    }
}
