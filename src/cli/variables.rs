//! The variables that stand for flags. An empty one is none, and a bad value is told by the variable's name.

use std::env;

use clap::builder::OsStr;
use clap::builder::Resettable;
use clap::{Arg, Command};

/// Without the variables that are empty.
pub(crate) fn without_empty(command: Command) -> Command {
    command.mut_args(|arg| {
        match arg.get_env().is_some_and(|name| env::var_os(name).is_some_and(|value| value.is_empty())) {
            true => arg.env(Resettable::<OsStr>::Reset),
            false => arg,
        }
    })
}

/// The variable that gave a flag its value: the words have no such flag.
pub(crate) fn of_flag(command: &Command, flag: &str) -> Option<String> {
    let arg = command.get_arguments().find(|arg| arg.get_long().is_some_and(|long| flag == format!("--{long}")))?;
    let name = arg.get_env()?.to_string_lossy().into_owned();
    (!is_typed(arg) && env::var_os(&name).is_some_and(|value| !value.is_empty())).then_some(name)
}

/// A variable whose value is no text at all.
pub(crate) fn not_utf8(command: &Command) -> Option<String> {
    let mut names = command.get_arguments().filter_map(Arg::get_env);
    let name = names.find(|name| env::var_os(name).is_some_and(|value| value.to_str().is_none()))?;
    Some(name.to_string_lossy().into_owned())
}

fn is_typed(arg: &Arg) -> bool {
    let long = arg.get_long().map(|long| format!("--{long}")).unwrap_or_default();
    let short = arg.get_short().map(|short| format!("-{short}"));
    env::args_os().skip(1).any(|word| {
        let word = word.to_string_lossy();
        let attached = short.as_ref().is_some_and(|short| word.starts_with(&**short));
        word == *long || word.split_once('=').is_some_and(|(name, _)| name == long) || attached
    })
}
