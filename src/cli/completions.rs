//! `completions`: from the same definitions as the flags.

use std::process::ExitCode;

use clap::{Args as ClapArgs, Command};
use clap_complete::Shell;

use super::context::Context;
use super::failure::Failure;

#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  kms-byok completions bash > /etc/bash_completion.d/kms-byok
  kms-byok completions fish > ~/.config/fish/completions/kms-byok.fish")]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: &Args, mut command: Command, context: &Context) -> Result<ExitCode, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command, "kms-byok", &mut text);
    let script = String::from_utf8_lossy(&text);
    let script = match args.shell {
        Shell::Bash => one_name(&script),
        Shell::Zsh => silent_arguments(&script),
        _ => script.into_owned(),
    };
    context.text(script.as_bytes())
}

/// clap_complete 4.6 writes the hyphen of a program's name in two ways into its bash script, and no flag of a verb is ever completed:
/// `kms__byok` where the verb is recognised, `kms__subcmd__byok` where its flags are.
fn one_name(script: &str) -> String {
    script.replace("kms__subcmd__byok", "kms__byok")
}

/// Where nothing completes an argument, zsh shows a message about it and then inserts no flag either, although only one fits.
fn silent_arguments(script: &str) -> String {
    let line = |line: &str| match line.strip_suffix(":' \\").filter(|_| line.starts_with("':")) {
        Some(argument) => format!("{argument}:()' \\\n"),
        None => format!("{line}\n"),
    };
    script.lines().map(line).collect()
}
