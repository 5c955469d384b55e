//! A key from its making to its end: provisioned, proven, shown, rotated, replicated, deleted; broken off anywhere and gone on with.
#![cfg(feature = "rehearsal")] // the embedded KMS is what they are tried against
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a helper that fails is a test that fails; what is skipped and counted is printed
#![allow(unreachable_pub)] // nothing outside a test program reaches it

#[path = "../support"]
mod support {
    pub(crate) mod aliased;
    pub(crate) mod answered;
    pub(crate) mod asked;
    pub(crate) mod aws_cli;
    mod bench;
    pub(crate) mod carried_out;
    pub(crate) mod certificate;
    pub(crate) mod cloud;
    pub(crate) mod embedded_kms;
    pub(crate) mod executable;
    pub(crate) mod forwarding;
    pub(crate) mod importing;
    pub(crate) mod in_runtime;
    pub(crate) mod keys;
    pub(crate) mod machines;
    pub(crate) mod made;
    pub(crate) mod next;
    pub(crate) mod openssl;
    pub(crate) mod order;
    pub(crate) mod pairs;
    pub(crate) mod pasted;
    pub(crate) mod pinned;
    pub(crate) mod printed;
    pub(crate) mod printings;
    pub(crate) mod private;
    pub(crate) mod recipient;
    pub(crate) mod said;
    pub(crate) mod said_besides;
    pub(crate) mod sample;
    pub(crate) mod scene;
    pub(crate) mod schema;
    pub(crate) mod seed;
    pub(crate) mod sessions;
    pub(crate) mod shown;
    pub(crate) mod stage;
    pub(crate) mod state;
    pub(crate) mod struck;
    pub(crate) mod typed;
    pub(crate) mod used;
    pub(crate) mod walk_cell;
    pub(crate) mod workers;
    pub(crate) mod world;

    pub(crate) use bench::*;
}

mod calls;
mod certificate_beside;
mod connections;
mod dangers;
mod delete_material;
mod dry_run;
mod dry_run_life;
mod escrow_given;
mod expiry;
mod expiry_files;
mod fault_waits;
#[cfg(feature = "fleet")]
mod fleet;
mod idempotence;
mod kms_says_no;
mod library;
mod lost_keys;
mod many_keys;
mod other_endpoints;
mod parallel;
mod patience;
mod peak_memory;
mod plaintext;
mod planted_alias;
mod proof;
mod provision;
mod public_key;
mod public_key_files;
mod record;
mod record_components;
mod record_file;
mod record_regions;
mod refused;
mod replicate;
mod replicate_rotated;
mod rotate;
mod rotate_back;
mod rotate_by_alias;
mod rotate_by_alias_races;
mod rotate_disable_old;
mod rotate_jwks;
mod rotate_killed;
mod rotate_regions;
mod status;
mod status_text;
mod stopped;
mod stopping;
mod verify;
mod verify_public;
mod waits;
mod walk;
mod walk_by_alias;
mod walk_by_alias_ends;
mod walk_by_value;
mod walk_in_runtime;
mod which_key;
