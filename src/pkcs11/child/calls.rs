//! Every call of the module is told before it is made: if nothing follows, the run knows what the module has crashed or hangs in.

use std::cell::RefCell;
use std::fs::File;

use cryptoki::error::{Error, RvError};

use super::super::frame;
use super::super::protocol::Reply;
use super::super::token_error::TokenError;

pub(super) struct Calls {
    replies: RefCell<File>,
}

impl Calls {
    pub(super) fn new(replies: File) -> Self {
        Calls { replies: RefCell::new(replies) }
    }

    /// Makes the call of that name.
    pub(super) fn call<T>(
        &self,
        call: &'static str,
        make: impl FnOnce() -> cryptoki::error::Result<T>,
    ) -> Result<T, TokenError> {
        self.attempt(call, make).map_err(|error| refused(call, &error))
    }

    /// The same where the module's own answer decides what happens next.
    pub(super) fn attempt<T>(
        &self,
        call: &'static str,
        make: impl FnOnce() -> cryptoki::error::Result<T>,
    ) -> cryptoki::error::Result<T> {
        // A run that does not listen any more ends this process by itself.
        let _ = frame::write(&mut *self.replies.borrow_mut(), &Reply::Calling(call.to_owned()));
        make()
    }
}

pub(super) fn refused(call: &str, error: &Error) -> TokenError {
    TokenError::Refused { call: call.to_owned(), code: code(error) }
}

/// The name that the standard has for a return value.
pub(super) fn code(error: &Error) -> String {
    match error {
        Error::Pkcs11(RvError::VendorDefined(value), _) => format!("the vendor's own value {value:#010x}"),
        Error::Pkcs11(RvError::UnknownErrorCode(value), _) => format!("the value {value:#010x}"),
        Error::Pkcs11(value, _) => named(&format!("{value:?}")),
        Error::NullFunctionPointer | Error::MissingSymbol(_) => "CKR_FUNCTION_NOT_SUPPORTED".to_owned(),
        _ => "an answer that is no PKCS#11".to_owned(),
    }
}

/// `PinIncorrect` as `CKR_PIN_INCORRECT`.
fn named(variant: &str) -> String {
    let mut name = "CKR".to_owned();
    for letter in variant.chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;

    use super::*;

    #[test]
    fn return_values_have_the_names_of_the_standard() {
        let of = |value| code(&Error::Pkcs11(value, Function::WrapKey));
        assert_eq!(of(RvError::PinIncorrect), "CKR_PIN_INCORRECT");
        assert_eq!(of(RvError::KeyNotWrappable), "CKR_KEY_NOT_WRAPPABLE");
        assert_eq!(of(RvError::VendorDefined(0x8000_0001)), "the vendor's own value 0x80000001");
        assert_eq!(of(RvError::UnknownErrorCode(0x7000)), "the value 0x00007000");
    }
}
