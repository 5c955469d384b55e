//! `kms-byok`: parse, run, print, exit. What the verbs do is in the library.

use std::process::ExitCode;

mod cli;
mod report;

fn main() -> ExitCode {
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(usage) => return report::usage(&usage),
    };
    match cli::run(cli) {
        Ok(code) => code,
        Err(failure) => report::failure(&failure),
    }
}
