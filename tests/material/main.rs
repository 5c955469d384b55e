//! Key material and its files: read as what it is, wrapped so that KMS opens it, kept in escrow; and what is wrong with it, diagnosed.
#![cfg(feature = "rehearsal")] // the embedded KMS is what they are tried against
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a helper that fails is a test that fails; what is skipped and counted is printed
#![allow(unreachable_pub)] // nothing outside a test program reaches it

#[path = "../support"]
mod support {
    pub(crate) mod answered;
    pub(crate) mod asked;
    mod bench;
    pub(crate) mod ceremony;
    pub(crate) mod certificate;
    pub(crate) mod cloud;
    pub(crate) mod disk;
    pub(crate) mod embedded_kms;
    pub(crate) mod executable;
    pub(crate) mod independent;
    pub(crate) mod made;
    pub(crate) mod openssl;
    pub(crate) mod openssl3;
    pub(crate) mod pinned;
    pub(crate) mod private;
    pub(crate) mod recovery;
    pub(crate) mod said;
    pub(crate) mod said_besides;
    pub(crate) mod seed;
    pub(crate) mod seeded;
    pub(crate) mod sessions;
    pub(crate) mod stage;
    #[cfg(feature = "pkcs11")]
    pub(crate) mod token;
    #[cfg(feature = "pkcs11")]
    pub(crate) mod token_modules;
    #[cfg(feature = "pkcs11")]
    pub(crate) mod token_runs;

    pub(crate) use bench::*;
}

mod bare_files;
mod components;
mod components_refused;
mod containers;
mod cryptography_vectors;
mod escrow;
mod escrow_recipients;
mod escrow_recovery;
mod escrow_round_trips;
mod file_rules;
mod fuzz_seeds;
mod generate;
mod independent_unwrap;
mod key_files;
mod offline;
mod offline_mixed;
mod outputs;
mod parameters;
mod recognised {
    mod choices;
    mod doubt;
    mod read;
    mod room;
}
mod round_trips;
mod sources;
#[cfg(feature = "pkcs11")]
mod token_made;
#[cfg(feature = "pkcs11")]
mod token_modules;
#[cfg(feature = "pkcs11")]
mod token_proofs;
#[cfg(feature = "pkcs11")]
mod token_refused;
#[cfg(feature = "pkcs11")]
mod token_wrap;
mod wrap;

mod diagnose {
    mod any_bytes;
    mod aws_cli;
    mod blobs;
    mod correct;
    mod encoded;
    mod fixes;
    mod key;
    mod material;
    mod mixed_up;
    mod opened;
    mod openssl;
    mod refused;
    mod repairs;
    mod sets;
    mod words;
}
