//! `completions` and `man`: from the same definitions as the flags.

use std::process::ExitCode;

use clap::{Args as ClapArgs, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Context};
use crate::report::{self, Failure};

#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  kms-byok completions bash > /etc/bash_completion.d/kms-byok
  kms-byok completions fish > ~/.config/fish/completions/kms-byok.fish")]
pub(crate) struct Completions {
    /// bash, zsh or fish
    shell: Shell,
}

pub(crate) fn completions(args: &Completions, _: &Context) -> Result<ExitCode, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "kms-byok", &mut text);
    report::bytes(&text);
    Ok(ExitCode::SUCCESS)
}

#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  kms-byok man > /usr/local/share/man/man1/kms-byok.1
  kms-byok man | man -l -")]
pub(crate) struct Man {}

pub(crate) fn man(_: &Man, context: &Context) -> Result<ExitCode, Failure> {
    let mut text = Vec::new();
    let unwritable = |source| kms_byok::FileError::Unwritable { what: "the man page", path: "-".into(), source };
    clap_mangen::Man::new(Cli::command()).render(&mut text).map_err(|error| context.failure(unwritable(error)))?;
    report::bytes(&text);
    Ok(ExitCode::SUCCESS)
}
