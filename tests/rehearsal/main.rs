//! The embedded KMS answers as KMS does, by its table of truths and by what other clients and other servers say.
#![cfg(feature = "rehearsal")] // the embedded KMS is what they are tried against
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a helper that fails is a test that fails; what is skipped and counted is printed
#![allow(unreachable_pub)] // nothing outside a test program reaches it

#[path = "../support"]
mod support {
    mod bench;
    pub(crate) mod embedded_kms;
    pub(crate) mod importing;
    pub(crate) mod keys;
    pub(crate) mod made;
    pub(crate) mod ministack;
    pub(crate) mod pinned;
    pub(crate) mod pinned_node;
    pub(crate) mod real_kms;
    pub(crate) mod served;
    pub(crate) mod shown;
    pub(crate) mod state;
    pub(crate) mod truth_keys;
    pub(crate) mod truths;
    pub(crate) mod works;

    pub(crate) use bench::*;
}

#[path = "../support/committed.rs"]
mod committed;

mod accounts;
mod at_ministack;
mod clients;
mod envelopes;
mod faults;
mod fields;
mod import;
mod knobs;
mod life;
mod ministack_agrees;
mod no_import;
mod protocol;
mod remote;
mod rotation;
mod service;
mod signers;
mod states;
mod truths;
