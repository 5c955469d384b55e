//! The wrapping algorithms of KMS, by name.

use super::super::token_error::TokenError;
use crate::wrap::WrappingAlgorithm;

pub(super) fn named(name: &str) -> Result<WrappingAlgorithm, TokenError> {
    name.parse().map_err(|_| TokenError::Refused {
        call: "the wrapping".to_owned(),
        code: format!("the unknown algorithm {name}"),
    })
}
