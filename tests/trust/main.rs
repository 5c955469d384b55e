//! What a run may be told and by whom: secrets stay where they belong, and hostile servers, files, names and settings get nothing.
#![cfg(feature = "rehearsal")] // the embedded KMS is what they are tried against
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a helper that fails is a test that fails; what is skipped and counted is printed
#![allow(unreachable_pub)] // nothing outside a test program reaches it

#[path = "../support"]
mod support {
    pub(crate) mod asked;
    mod bench;
    pub(crate) mod cloud;
    pub(crate) mod executable;
    pub(crate) mod forwarding;
    pub(crate) mod manual;
    pub(crate) mod memory;
    pub(crate) mod openssl;
    pub(crate) mod planted;
    pub(crate) mod policies;
    pub(crate) mod private;
    pub(crate) mod said;
    pub(crate) mod said_besides;
    pub(crate) mod tls_server;
    #[cfg(feature = "pkcs11")]
    pub(crate) mod token;
    #[cfg(feature = "pkcs11")]
    pub(crate) mod token_modules;
    pub(crate) mod watched;

    pub(crate) use bench::*;
}

mod bad_input;
mod credentials {
    mod profiles;
    mod setting;
    mod sources;
    mod steered;
}
mod doctor;
mod endpoints;
mod fips;
mod github_app;
mod hostile;
mod hostile_names;
mod isolation;
mod permissions;
mod policies;
mod protection;
mod secrets;
mod secrets_components;
mod secrets_diagnosed;
#[cfg(feature = "pkcs11")]
mod secrets_in_tokens;
mod secrets_made;
mod settings;
mod tls;
mod wire_says_no;
