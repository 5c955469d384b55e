//! Import tokens: they carry their own meaning under a MAC, so that the server keeps nothing about the sets it gave out.

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::memcmp;
use openssl::pkey::PKey;
use openssl::sign::Signer;

use super::clock::Millis;
use super::wrapping_keys::SetNumber;
use crate::rehearsal::model::protocol::Refusal;
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

/// What one parameter set was given out for. The key's ARN is bound to it by the MAC.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) algorithm: WrappingAlgorithm,
    pub(crate) wrapping: WrappingKeySpec,
    pub(crate) set: SetNumber,
    pub(crate) valid_to: Millis,
}

const MAC: usize = 32;
const BODY: usize = 14;

impl Token {
    /// The bytes of ImportToken, for this key only.
    pub(crate) fn seal(&self, secret: &[u8; 32], arn: &str) -> Result<Vec<u8>, Refusal> {
        let mut bytes = Vec::with_capacity(BODY + MAC);
        bytes.push(position(&WrappingAlgorithm::ALL, &self.algorithm));
        bytes.push(position(&WrappingKeySpec::ALL, &self.wrapping));
        bytes.extend(self.set.to_be_bytes());
        bytes.extend(self.valid_to.to_be_bytes());
        bytes.extend(mac(secret, &[&bytes, arn.as_bytes()])?);
        Ok(bytes)
    }

    /// Reads a token back: a damaged one, or one for another key, is refused, and so is one that is older than 24 hours.
    pub(crate) fn open(bytes: &[u8], secret: &[u8; 32], arn: &str, now: Millis) -> Result<Self, Refusal> {
        let invalid = || Refusal::silent("InvalidImportTokenException");
        let (body, seal) = bytes.split_at_checked(BODY).filter(|(_, seal)| seal.len() == MAC).ok_or_else(invalid)?;
        if !memcmp::eq(seal, &mac(secret, &[body, arn.as_bytes()])?) {
            return Err(invalid());
        }
        let token = (|| {
            Some(Token {
                algorithm: *WrappingAlgorithm::ALL.get(usize::from(body[0]))?,
                wrapping: *WrappingKeySpec::ALL.get(usize::from(body[1]))?,
                set: SetNumber::from_be_bytes(body[2..6].try_into().ok()?),
                valid_to: Millis::from_be_bytes(body[6..14].try_into().ok()?),
            })
        })()
        .ok_or_else(invalid)?;
        if now >= token.valid_to {
            return Err(Refusal::silent("ExpiredImportTokenException"));
        }
        Ok(token)
    }
}

/// HMAC-SHA-256 over the parts, each with its length before it.
pub(crate) fn mac(secret: &[u8], parts: &[&[u8]]) -> Result<[u8; 32], ErrorStack> {
    let key = PKey::hmac(secret)?;
    let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
    for part in parts {
        signer.update(&(part.len() as u64).to_be_bytes())?;
        signer.update(part)?;
    }
    let mut out = [0; 32];
    signer.sign(&mut out)?;
    Ok(out)
}

fn position<T: PartialEq>(all: &[T], one: &T) -> u8 {
    all.iter().position(|other| other == one).unwrap_or_default() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: Token = Token {
        algorithm: WrappingAlgorithm::RsaAesKeyWrapSha1,
        wrapping: WrappingKeySpec::Rsa3072,
        set: 7,
        valid_to: 1000,
    };

    fn code(bytes: &[u8], arn: &str, now: Millis) -> Result<Token, &'static str> {
        Token::open(bytes, &[1; 32], arn, now).map_err(|refusal| refusal.code)
    }

    #[test]
    fn a_token_opens_for_its_key_until_it_expires() {
        let mut bytes = TOKEN.seal(&[1; 32], "arn:a").unwrap();
        assert_eq!(code(&bytes, "arn:a", 999), Ok(TOKEN));
        assert_eq!(code(&bytes, "arn:a", 1000), Err("ExpiredImportTokenException"));
        assert_eq!(code(&bytes, "arn:b", 999), Err("InvalidImportTokenException"));
        bytes[0] ^= 1;
        assert_eq!(code(&bytes, "arn:a", 999), Err("InvalidImportTokenException"));
        assert_eq!(code(b"", "arn:a", 999), Err("InvalidImportTokenException"));
    }
}
