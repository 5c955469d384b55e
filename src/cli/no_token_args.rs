//! No key is in a token: this build has no PKCS#11.

use clap::Args;
use kms_byok::Error;
use kms_byok::material::KeySpec;
use kms_byok::wrap::{Held, MakesKey, WrappingAlgorithm};

use super::context::Context;

#[derive(Args, Default)]
pub(crate) struct TokenArgs {}

impl TokenArgs {
    pub(crate) fn is_given(&self) -> bool {
        false
    }

    pub(super) fn key(&self, _: KeySpec, _: bool, _: &Context) -> Result<Option<Box<dyn Held>>, Error> {
        Ok(None)
    }

    pub(super) fn maker(&self, _: KeySpec, _: &Context) -> Result<Option<Box<dyn MakesKey>>, Error> {
        Ok(None)
    }

    pub(super) fn algorithm(&self, _: KeySpec) -> Option<WrappingAlgorithm> {
        None
    }
}

/// No token is examined.
#[derive(Args, Default)]
pub(crate) struct ExaminedArgs {}

/// What no token can do.
#[derive(serde::Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Abilities {
    pub(crate) token: String,
    pub(crate) serial: String,
    pub(crate) wrapping_algorithms: Vec<Ability>,
}

/// How it does none.
#[derive(serde::Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Ability {
    pub(crate) name: &'static str,
    pub(crate) mechanisms: Option<String>,
    pub(crate) problem: Option<String>,
    pub(crate) fills_up: bool,
}

impl ExaminedArgs {
    pub(super) fn examine(&self, _: &Context) -> Option<Result<Abilities, Error>> {
        None
    }
}
