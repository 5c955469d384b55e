//! `kms-byok`: parse, run, print, exit. What the verbs do is in the library.

use std::process::ExitCode;

mod cli;
mod closed;
mod report;

fn main() -> ExitCode {
    kms_byok::protect_process();
    cli::panics::note();
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(usage) => return report::usage(usage),
    };
    let code = match cli::run(cli) {
        Ok(code) => code,
        Err(failure) => report::failure(&failure),
    };
    cli::signals::end(code)
}
