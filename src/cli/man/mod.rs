//! `man`: one page with every verb, or the page of one, from the same definitions as the flags.

mod sections;

use std::io;
use std::process::ExitCode;

use clap::{Args as ClapArgs, Command};
use clap_mangen::Man;
use kms_byok::{Error, FileError};

use super::context::Context;
use super::failure::Failure;
use super::help::layout::Words;
use super::help::pages::{Page, find};
use super::usage_error::UsageError;

#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  kms-byok man > /usr/local/share/man/man1/kms-byok.1
  kms-byok man wrap | man -l -")]
pub(crate) struct Args {
    /// Verb whose page is printed, as in wrap or `rehearsal serve` [default: one page with all of them]
    #[arg(num_args = 0..)]
    verb: Vec<String>,
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &Args, command: Command, context: &Context) -> Result<ExitCode, Failure> {
    let page = page(&args.verb, command).map_err(|error| context.failure(error))?;
    context.text(page.as_bytes())
}

fn page(verb: &[String], mut root: Command) -> Result<String, Error> {
    root.build(); // hands the flags of all verbs on to each
    let found = find(&root, verb).ok_or_else(|| UsageError::UnknownVerb { given: verb.join(" ") })?;
    let unwritable = |source| FileError::Unwritable { what: "the man page", path: "-".into(), source };
    let page = if verb.is_empty() { whole(&root) } else { of_verb(found.clone(), &verb.join(" ")) };
    Ok(page.map_err(unwritable)?)
}

/// The program's page; each verb is a section of it.
fn whole(root: &Command) -> io::Result<String> {
    let command = with_synopsis(root.clone(), "");
    let man = Man::new(command).source(VERSION);
    let mut page = rendered(|out| man.render_title(out))?;
    page.push_str(&body(|out| man.render_name_section(out))?);
    page.push_str(&body(|out| man.render_synopsis_section(out))?);
    page.push_str(&body(|out| man.render_options_section(out))?);
    for (name, verb) in verbs(root) {
        page.push_str(&section(&name, verb)?);
    }
    page.push_str(&sections::exit_status());
    page.push_str(&sections::environment(None));
    page.push_str(&sections::files(None));
    page.push_str(&sections::see_also(&verbs(root).iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>()));
    Ok(page)
}

fn of_verb(verb: Command, name: &str) -> io::Result<String> {
    let title = format!("kms-byok-{}", name.replace(' ', "-"));
    let words = Words::of(&verb);
    let command = with_synopsis(verb, name).display_name(&title);
    let man = Man::new(command.clone()).title(title).source(VERSION);
    let mut page = rendered(|out| man.render_title(out))?;
    page.push_str(&body(|out| man.render_name_section(out))?);
    page.push_str(&body(|out| man.render_synopsis_section(out))?);
    page.push_str(&body(|out| man.render_description_section(out))?);
    page.push_str(&sections::paragraphs(&words.notes));
    page.push_str(&body(|out| man.render_options_section(out))?);
    page.push_str(&sections::examples(&words.examples));
    page.push_str(&sections::exit_status());
    page.push_str(&sections::environment(Some(&command)));
    page.push_str(&sections::files(Some(&command)));
    page.push_str(&sections::see_also(&[]));
    Ok(page)
}

/// Each form of the command line on a line of its own.
fn with_synopsis(command: Command, name: &str) -> Command {
    command.override_usage(Page::of(name).usage.join("\n"))
}

/// Every verb with its name; those that have verbs of their own are named by them.
fn verbs(root: &Command) -> Vec<(String, Command)> {
    let mut all = Vec::new();
    for verb in root.get_subcommands() {
        all.push((verb.get_name().to_owned(), verb.clone()));
        all.extend(
            verb.get_subcommands().map(|inner| (format!("{} {}", verb.get_name(), inner.get_name()), inner.clone())),
        );
    }
    all
}

/// A verb without the flags that stand at the head of the page.
fn section(name: &str, verb: Command) -> io::Result<String> {
    let words = Words::of(&verb);
    let man = Man::new(with_synopsis(verb, name).mut_args(|flag| {
        let shown_above = is_everywhere(&flag);
        flag.hide(shown_above)
    }));
    let mut text = format!(".SH \"KMS\\-BYOK {}\"\n", name.to_uppercase().replace('-', "\\-"));
    text.push_str(&without_heading(&body(|out| man.render_description_section(out))?));
    text.push_str(".PP\n");
    text.push_str(&without_heading(&body(|out| man.render_synopsis_section(out))?));
    text.push_str(&sections::paragraphs(&words.notes));
    let options = body(|out| man.render_options_section(out))?;
    text.push_str(&options.replace("\n.SH ", "\n.SS ").replacen(".SH ", ".SS ", 1));
    text.push_str(&sections::examples(&words.examples).replacen(".SH ", ".SS ", 1));
    Ok(text)
}

/// Whether the program's own section has it.
fn is_everywhere(flag: &clap::Arg) -> bool {
    let id = flag.get_id().as_str();
    let heading = flag.get_help_heading();
    matches!(id, "help" | "version") || matches!(heading, Some("Connection" | "Output"))
}

fn rendered(render: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> io::Result<String> {
    let mut bytes = Vec::new();
    render(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Without the definitions that stand at the head of every rendered piece.
fn body(render: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> io::Result<String> {
    let text = rendered(render)?;
    Ok(text
        .lines()
        .filter(|line| !line.starts_with(".ie ") && !line.starts_with(".el "))
        .flat_map(|line| [line, "\n"])
        .collect())
}

fn without_heading(section: &str) -> String {
    section.lines().filter(|line| !line.starts_with(".SH ")).flat_map(|line| [line, "\n"]).collect()
}

const VERSION: &str = concat!("kms-byok ", env!("CARGO_PKG_VERSION"));
