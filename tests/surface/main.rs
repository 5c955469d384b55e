//! What people type and read: help, usage, README, recipe, completions, terminal; and what the program is built of.
#![cfg(feature = "rehearsal")] // the embedded KMS is what they are tried against
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a helper that fails is a test that fails; what is skipped and counted is printed
#![allow(unreachable_pub)] // nothing outside a test program reaches it

#[path = "../support"]
mod support {
    pub(crate) mod aws_cli;
    pub(crate) mod bash;
    mod bench;
    pub(crate) mod cloud;
    pub(crate) mod executable;
    pub(crate) mod kept_file;
    pub(crate) mod manual;
    pub(crate) mod next;
    pub(crate) mod openssl;
    pub(crate) mod private;
    pub(crate) mod said;
    pub(crate) mod schema;
    pub(crate) mod screen;
    pub(crate) mod sessions;
    pub(crate) mod stage;
    pub(crate) mod terminal;
    #[cfg(feature = "pkcs11")]
    pub(crate) mod token;
    pub(crate) mod workers;

    pub(crate) use bench::*;
}

mod arguments;
mod build_gate;
mod colours;
mod completions;
mod docs;
mod flags_say_no;
mod help;
mod help_examples;
mod live;
mod printed_commands;
mod readme;
mod recipe;
mod recipe_script;
mod recipe_verb;
mod release;
mod schemas;
mod screens;
mod stdout;
mod supply_chain;
mod terminal;
mod usage;
mod variables;
