//! `kms-byok`: parse, run, print, exit. What the verbs do is in the library.

use std::process::ExitCode;

mod cli;
mod closed;

fn main() -> ExitCode {
    kms_byok::protect_process();
    #[cfg(feature = "pkcs11")]
    if cli::token_args::is_module_process() {
        return kms_byok::pkcs11::serve();
    }
    cli::panics::note();
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(usage) => return cli::usage::usage(&usage),
    };
    let code = match cli::run(cli) {
        Ok(code) => code,
        Err(failure) => cli::failure::failure(&failure),
    };
    cli::signals::end(code)
}
