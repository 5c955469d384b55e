//! `kms-byok`: parse, run, print, exit. What the verbs do is in the library.

use std::process::ExitCode;

use clap::Parser;

mod cli;
mod report;

fn main() -> ExitCode {
    match cli::run(cli::Cli::parse()) {
        Ok(code) => code,
        Err(failure) => report::failure(&failure),
    }
}
