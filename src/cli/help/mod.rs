//! `help`, `--help` and `-h`: the same page in two lengths, as wide as the terminal.

pub(super) mod layout;
pub(super) mod pages;
pub(super) mod shown;

use std::process::ExitCode;

use clap::builder::Resettable;
use clap::{Args as ClapArgs, Command};

use self::layout::{Words, columns};
use self::pages::Page;
use super::context::Context;
use super::failure::Failure;
use super::usage_error::UsageError;

#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  kms-byok help provision
  kms-byok help rehearsal serve")]
pub(crate) struct Args {
    /// Verb that is explained, as in wrap or `rehearsal serve` [default: the program]
    #[arg(num_args = 0..)]
    verb: Vec<String>,
}

/// How much a page says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// What people need first, and one example.
    Short,
    /// All.
    Long,
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &Args, mut root: Command, context: &Context) -> Result<ExitCode, Failure> {
    root.build();
    if pages::find(&root, &args.verb).is_none() {
        return Err(context.failure(UsageError::UnknownVerb { given: args.verb.join(" ") }));
    }
    context.text(&page(root, &args.verb, Length::Long, context.global.color.on_stdout()))
}

/// The page of a verb of this program; that of the program where there is no such verb.
pub(crate) fn page(mut root: Command, verb: &[String], length: Length, colours: bool) -> Vec<u8> {
    root.build();
    let found = pages::find(&root, verb).unwrap_or(&root);
    let (verb, width) = (verb.join(" "), columns());
    let styled = fitted(found.clone(), &verb, length, width).render_help();
    let text = if colours { styled.ansi().to_string() } else { styled.to_string() };
    // Apart: clap would break the line of an example where it is not fit to be pasted.
    let text = format!("{}\n\n{}", text.trim_end(), below(&Words::of(found), &verb, length, width));
    let lines = text.lines().map(|line| line.trim_end().to_owned() + "\n");
    lines.collect::<String>().into_bytes()
}

/// So many values of a flag the short help names.
const FEW: usize = 4;

/// A definition that fits the terminal, with as much as is wanted.
fn fitted(command: Command, verb: &str, length: Length, width: usize) -> Command {
    let page = Page::of(verb);
    let command = command.mut_args(|arg| match length {
        Length::Short => {
            let hidden = !page.is_first(arg.get_id().as_str()) || arg.is_hide_set();
            let many = arg.get_possible_values().len() > FEW;
            arg.hide(hidden).hide_possible_values(many).hide_env(true)
        }
        Length::Long => match arg.get_long_help().cloned() {
            Some(help) => arg.help(help),
            None => arg,
        },
    });
    let command = command.override_usage(layout::usage(page.usage, width)).term_width(width);
    command.after_help(Resettable::Reset)
}

/// What stands below the flags.
fn below(words: &Words, verb: &str, length: Length, width: usize) -> String {
    match (length, verb) {
        (Length::Long, _) => words.long(width),
        (Length::Short, "") => words.short("`kms-byok help VERB` explains a verb with all its flags.", width),
        (Length::Short, verb) => words.short(&format!("`kms-byok help {verb}` shows all flags."), width),
    }
}
