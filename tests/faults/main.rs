//! A fault at any call, in the process, on the disk or by a signal: the run says truthfully what has changed, and its rerun completes it.
#![cfg(feature = "rehearsal")] // the embedded KMS is what they are tried against
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a helper that fails is a test that fails; what is skipped and counted is printed
#![allow(unreachable_pub)] // nothing outside a test program reaches it

#[path = "../support"]
mod support {
    pub(crate) mod certificate;
    pub(crate) mod disk;
    pub(crate) mod embedded_kms;
    pub(crate) mod fault_scene;
    pub(crate) mod fits;
    pub(crate) mod goal;
    pub(crate) mod importing;
    pub(crate) mod lag;
    pub(crate) mod life_verbs;
    pub(crate) mod recipient;
    pub(crate) mod sample;
    pub(crate) mod seed;
    pub(crate) mod shown;
    pub(crate) mod stopped;
    pub(crate) mod used;
    pub(crate) mod verbs;
    pub(crate) mod way;
    pub(crate) mod workers;
}

mod by_alias;
mod disk;
mod fields;
mod matrix;
mod signals;
