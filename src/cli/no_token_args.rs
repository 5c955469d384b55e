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
