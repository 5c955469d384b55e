//! A command line that cannot be read: cause and fix, and nothing that may be a key.

use std::env;
use std::ffi::OsString;
use std::io;
use std::net::AddrParseError;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory};
use kms_byok::for_the_binary::{hint_of, printable};
use kms_byok::lifecycle::Report;
use kms_byok::{ErrorReport, FileError};

use super::colour::Colour;
use super::failure::{Failure, failure};
use super::help::{self, Length, shown};
use super::invocation::Invocation;
use super::key_name::may_be_a_key;
use super::output::document::{FAILURE, Failed, RunError};
use super::output::parts::Source;
use super::output::tone::{Tone, labelled};
use super::output::{self, Output};
use super::typed::{value_of, verb_of};
use super::words::sentence;
use super::{Cli, variables, version};

/// What is wrong, and what to do about it.
struct Wrong {
    cause: String,
    hint: String,
}

/// Prints what is wrong with the command line. Help and version are answers.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let mut root = Cli::command();
    root.build();
    let verb = verb_of(&root, env::args_os().skip(1));
    let is_help = |word: OsString| word == "--help";
    match error.kind() {
        ErrorKind::DisplayVersion => answer(version::text().as_bytes()),
        ErrorKind::DisplayHelp => {
            let length = if env::args_os().any(is_help) { Length::Long } else { Length::Short };
            answer(&help::page(shown::command(Cli::command()), &verb, length, Colour::asked_for().on_stdout()))
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            output::say(&String::from_utf8_lossy(&help::page(
                shown::command(Cli::command()),
                &verb,
                Length::Short,
                false,
            )));
            say_json("the verb is missing", &see(&verb));
            ExitCode::from(2)
        }
        _ => {
            let Wrong { cause, hint } = wrong(error, &root, &verb);
            let cause = printable::short_values(&without_keys(cause, env::args_os()));
            let hint = without_keys(hint, env::args_os());
            output::say(&(labelled(Tone::Bad, "error", &cause) + &labelled(Tone::Help, "hint", &hint)));
            say_json(&cause, &hint);
            ExitCode::from(2)
        }
    }
}

fn answer(text: &[u8]) -> ExitCode {
    match output::bytes(text).filter(|error| error.kind() != io::ErrorKind::BrokenPipe) {
        None => ExitCode::SUCCESS,
        Some(source) => failure(&Failure::new(
            FileError::AnswerLost { source }.into(),
            Output::Text,
            &FAILURE,
            Invocation::default(),
        )),
    }
}

/// Whoever reads JSON gets wrong usage as JSON too.
fn say_json(cause: &str, hint: &str) {
    if value_of("--output", Some('o'), "KMS_BYOK_OUTPUT").is_some_and(|format| format == "json") {
        output::bytes(&refused(cause.to_owned(), hint.to_owned()));
    }
}

/// The object where no verb is known.
fn refused(cause: String, hint: String) -> Vec<u8> {
    let error = ErrorReport { id: "usage".to_owned(), cause, hint: Some(hint), because: None, aws_code: None };
    FAILURE.of_failure(&Failed {
        report: &Report::default(),
        exists: Vec::new(),
        source: &Source::default(),
        causes: &[],
        error: RunError { error, exit_code: 2 },
    })
}

fn see(verb: &[String]) -> String {
    let words: String = verb.iter().map(|word| format!(" {word}")).collect();
    format!("see `kms-byok{words} --help`")
}

/// clap's errors in our form. `root` has the definitions, `verb` is the one that was typed.
fn wrong(error: &clap::Error, root: &Command, verb: &[String]) -> Wrong {
    let flag = texts(error, ContextKind::InvalidArg).first().map(|arg| named(arg)).unwrap_or_default();
    let what = variables::of_flag(root, &flag).unwrap_or_else(|| flag.clone());
    let value = texts(error, ContextKind::InvalidValue).pop().unwrap_or_default();
    let say = |cause: String, hint: String| Wrong { cause, hint };
    match error.kind() {
        ErrorKind::UnknownArgument => unknown_flag(error, &flag, verb),
        ErrorKind::InvalidSubcommand => {
            let given = texts(error, ContextKind::InvalidSubcommand).pop().unwrap_or_default();
            let of: String = verb.iter().map(|word| format!(" {word}")).collect();
            let cause = format!("`{}` is not a verb of kms-byok{of}", shown(&given));
            say(cause, meant(&texts(error, ContextKind::SuggestedSubcommand)).unwrap_or_else(|| see(verb)))
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            let values = one_of(&texts(error, ContextKind::ValidValue));
            say(format!("{what} has no value"), values.unwrap_or_else(|| see(verb)))
        }
        ErrorKind::InvalidValue => {
            let values = one_of(&texts(error, ContextKind::ValidValue));
            let hint = meant(&texts(error, ContextKind::SuggestedValue)).or(values);
            say(format!("`{}` is not a value of {what}", shown(&value)), hint.unwrap_or_else(|| see(verb)))
        }
        ErrorKind::ValueValidation => unfit_value(error, &what, &value),
        ErrorKind::ArgumentConflict => {
            let others: Vec<String> = texts(error, ContextKind::PriorArg).iter().map(|arg| named(arg)).collect();
            match others.iter().find(|other| **other != flag) {
                Some(other) => {
                    say(format!("{flag} and {other} exclude each other"), "leave one of them out".to_owned())
                }
                None => say(format!("{flag} is given more than once"), "leave all but one out".to_owned()),
            }
        }
        ErrorKind::MissingRequiredArgument => {
            let missing: Vec<String> = texts(error, ContextKind::InvalidArg).iter().map(|arg| to_add(arg)).collect();
            let verb = if missing.len() == 1 { "is" } else { "are" };
            let list = missing.join(" and ");
            say(format!("{list} {verb} missing"), format!("add {list}"))
        }
        ErrorKind::TooManyValues => say(format!("`{}` is one value too many for {what}", shown(&value)), see(verb)),
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            say(format!("{what} takes another number of values"), see(verb))
        }
        ErrorKind::InvalidUtf8 => {
            let what = variables::not_utf8(root).unwrap_or_else(|| "a word of the command line".to_owned());
            say(format!("{what} is not UTF-8"), see(verb))
        }
        _ => say(printable::line(error.to_string().trim_start_matches("error: ")), see(verb)),
    }
}

fn unknown_flag(error: &clap::Error, flag: &str, verb: &[String]) -> Wrong {
    let of: String = verb.iter().map(|word| format!(" {word}")).collect();
    let cause = match flag.starts_with('-') {
        true => format!("`{}` is not a flag of kms-byok{of}", shown(flag)),
        false => format!("`{}` is one word too many for kms-byok{of}", shown(flag)),
    };
    let suggested = texts(error, ContextKind::SuggestedArg).iter().map(|arg| named(arg)).collect::<Vec<_>>();
    Wrong { cause, hint: meant(&suggested).unwrap_or_else(|| see(verb)) }
}

/// What a parser of values says: cause and fix where it is an error of ours, else only the fix.
fn unfit_value(error: &clap::Error, what: &str, value: &str) -> Wrong {
    let source = std::error::Error::source(error);
    let said = source.map(ToString::to_string).unwrap_or_default();
    match source.and_then(hint_of) {
        Some(hint) => Wrong { cause: format!("{what}: {said}"), hint: sentence(&hint) },
        None if source.is_some_and(|source| source.is::<AddrParseError>()) => Wrong {
            cause: format!("`{}` is not a value of {what}", shown(value)),
            hint: "write an address and a port, as in 127.0.0.1:4566".to_owned(),
        },
        None => Wrong {
            cause: format!("`{}` is not a value of {what}", shown(value)),
            hint: range_in(&said).unwrap_or(said),
        },
    }
}

/// clap says of a number out of range `1 is not in 2..=9`.
fn range_in(said: &str) -> Option<String> {
    let (least, most) = said.split_once(" is not in ")?.1.split_once("..")?;
    Some(match most.strip_prefix('=') {
        Some(most) => format!("use a number from {least} to {most}"),
        None => format!("use a number of at least {least}"),
    })
}

fn texts(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

/// A flag or an argument by its name alone: clap shows `--key-id <K>` and `[KEY]`.
fn named(arg: &str) -> String {
    let name = if arg.starts_with('-') { arg.split(' ').next().unwrap_or(arg) } else { arg };
    name.trim_matches(['[', ']', '<', '>']).to_owned()
}

/// What has to be added, as in `KEY or --key-id K`: clap shows `<KEY|--key-id <K>>`.
fn to_add(arg: &str) -> String {
    arg.replace(['<', '>', '[', ']'], "").replace('|', " or ")
}

/// clap names what is likeliest last.
fn meant(suggested: &[String]) -> Option<String> {
    let likeliest = suggested.last()?;
    Some(format!("write `{likeliest}` if that is what you mean"))
}

fn one_of(values: &[String]) -> Option<String> {
    (!values.is_empty()).then(|| format!("use one of {}", values.join(", ")))
}

/// A value in one line, and no longer than a line can be.
fn shown(value: &str) -> String {
    const MOST: usize = 60;
    let text = printable::line(value);
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Leaves out what may be a key, given where there is no place for it.
fn without_keys(mut text: String, words: impl Iterator<Item = OsString>) -> String {
    for word in words {
        let word = word.to_string_lossy();
        let value = word.split_once('=').map_or(&*word, |(_, value)| value);
        for part in [&*word, value] {
            if may_be_a_key(part) {
                let kept = format!("({} characters that may be a key)", part.chars().count());
                text = text.replace(part, &kept).replace(&shown(part), &kept);
            }
        }
    }
    text
}
