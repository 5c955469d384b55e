//! A command line that cannot be read: what is printed, and nothing that may be a key.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use kms_byok::FileError;
use kms_byok::for_the_binary::printable;
use serde_json::json;

use super::failure::{Failure, failure};
use super::invocation::Invocation;
use super::output::{self, Output, line};
use super::words::sentence;

/// Prints what is wrong with the command line: in clap's words, with our fix where the cause is ours. Help and version are answers.
pub(crate) fn usage(error: clap::Error) -> ExitCode {
    let source = std::error::Error::source(&error);
    let hint = source.and_then(kms_byok::for_the_binary::hint_of).map(|hint| sentence(&hint));
    if !error.use_stderr() {
        // Words of this program, coloured on a terminal.
        let printed = error.print().and_then(|()| io::stdout().flush());
        return match printed.err().filter(|error| error.kind() != io::ErrorKind::BrokenPipe) {
            None => ExitCode::SUCCESS,
            Some(source) => {
                failure(&Failure::new(FileError::AnswerLost { source }.into(), Output::Text, Invocation::default()))
            }
        };
    }
    let text = without_keys(of_clap(error), env::args_os());
    let cause = text.lines().next().unwrap_or_default();
    match &hint {
        Some(hint) => output::say(&(line(cause) + &line(&format!("hint: {hint}")))),
        None => output::say(&text),
    }
    if asks_for_json(env::args_os()) {
        let said = text.split("\n\n").next().unwrap_or_default();
        let cause = said.strip_prefix("error: ").unwrap_or(said).split_whitespace().collect::<Vec<_>>().join(" ");
        let hint = hint.unwrap_or_else(|| "see `kms-byok --help`, or --help after the verb".to_owned());
        let object = json!({ "error": { "id": "usage", "cause": cause, "because": null, "hint": hint, "aws_code": null, "exit_code": 2 } });
        output::answer(Output::Json, &object, "");
    }
    ExitCode::from(2)
}

/// What clap says, with each word of the command line on one line.
fn of_clap(mut error: clap::Error) -> String {
    let typed: Vec<(ContextKind, String)> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(text) => Some((kind, printable::line(text))),
            _ => None,
        })
        .collect();
    for (kind, text) in typed {
        error.insert(kind, ContextValue::String(text));
    }
    let text = error.render().to_string();
    // What our own parsers say may hold the value too; clap puts it last, and adds no usage.
    let more = "\n\nFor more information, try '--help'.\n";
    match (error.kind(), text.strip_suffix(more)) {
        (ErrorKind::ValueValidation, Some(said)) => printable::line(said) + more,
        _ => text,
    }
}

/// Leaves out what may be a key, given where there is no place for it: PEM, 32 hex digits, or as much base64.
fn without_keys(mut text: String, words: impl Iterator<Item = OsString>) -> String {
    for word in words {
        let word = word.to_string_lossy();
        let value = word.split_once('=').map_or(&*word, |(_, value)| value);
        for part in [&*word, value] {
            let digits = part.strip_prefix("0x").unwrap_or(part);
            let all = |fits: fn(u8) -> bool| digits.len() >= 32 && digits.bytes().all(fits);
            let hex = all(|byte| byte.is_ascii_hexdigit() || byte == b':');
            let base64 = all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
            if part.contains("-----BEGIN") || part.contains('\n') || hex || base64 {
                text = text.replace(part, &format!("({} characters that may be a key)", part.chars().count()));
            }
        }
    }
    text
}

/// Whether the words ask for `--output json`, as far as words say that which are no command line.
fn asks_for_json(words: impl Iterator<Item = OsString>) -> bool {
    let words: Vec<OsString> = words.collect();
    words.iter().any(|word| word == "--output=json")
        || words.windows(2).any(|pair| pair[0] == "--output" && pair[1] == "json")
}
