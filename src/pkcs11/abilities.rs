//! What a token can do for each of KMS's wrapping algorithms, by trying.

use std::sync::atomic::Ordering;

use serde::Serialize;

use super::error::Pkcs11Error;
use super::token::{Login, Token};
use crate::material::KeySpec;
use crate::wrap::WrappingAlgorithm;

/// What a token can do. Nothing in it stays there that was made to try it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Abilities {
    /// The file of the PKCS#11 module.
    pub module: String,
    /// The token's label.
    pub token: String,
    /// The token's serial number.
    pub serial: String,
    /// Each wrapping algorithm.
    pub wrapping_algorithms: Vec<Ability>,
}

/// What a token can do for one of KMS's wrapping algorithms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Ability {
    /// KMS's name of the algorithm.
    pub name: &'static str,
    /// The mechanisms of PKCS#11 by which the token does it; null where it does not.
    pub mechanisms: Option<String>,
    /// Whether it fills private keys up with zero bytes, which RFC 5649 does not.
    pub fills_up: bool,
    /// Why it does not.
    pub problem: Option<String>,
}

impl Abilities {
    /// Loads the module in a process of its own, logs into the token, and tries each algorithm with a key that guards nothing.
    ///
    /// # Errors
    /// What [`TokenKey::open`](super::TokenKey::open) says of the module and the token.
    pub fn of(login: Login<'_>) -> Result<Self, Pkcs11Error> {
        let token = Token::open(login, KeySpec::SymmetricDefault)?;
        let mut wrapping_algorithms = Vec::new();
        for algorithm in WrappingAlgorithm::ALL {
            let name = algorithm.name();
            wrapping_algorithms.push(match token.can_wrap(algorithm) {
                Ok(mechanisms) => {
                    let fills_up = token.fills_up.load(Ordering::Relaxed);
                    Ability { name, mechanisms: Some(mechanisms), fills_up, problem: None }
                }
                Err(Pkcs11Error::Token(error)) => {
                    Ability { name, mechanisms: None, fills_up: false, problem: Some(error.to_string()) }
                }
                Err(error) => return Err(error),
            });
        }
        let names = token.names;
        Ok(Abilities { module: names.module, token: names.token, serial: names.serial, wrapping_algorithms })
    }
}
