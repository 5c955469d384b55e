//! The words of the command line, each flag by its long name: the commands that are printed repeat them, and are put together from them.

use std::env;
use std::ffi::{OsStr, OsString};
use std::iter::Peekable;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

/// The arguments that are also flags, and those flags.
const ALSO_FLAGS: [(&str, &str); 2] = [("key", "--key-id"), ("name", "--alias")];

/// What the user gave.
#[derive(Clone, Default)]
pub(crate) struct Typed {
    /// The verb and all that was typed with it.
    pub(crate) words: Vec<OsString>,
    /// What came from variables, as the flags that say the same.
    pub(crate) from_variables: Vec<OsString>,
}

impl Typed {
    /// Of a command line that was parsed with this definition.
    pub(crate) fn of(root: &Command, matches: &ArgMatches) -> Self {
        let words = Walk::over(root, env::args_os().skip(1)).spelt;
        Typed { words, from_variables: from_variables(root, matches) }
    }
}

fn from_variables(root: &Command, matches: &ArgMatches) -> Vec<OsString> {
    let mut flags = Vec::new();
    for arg in root.get_arguments() {
        let id = arg.get_id().as_str();
        if arg.get_env().is_none() || matches.value_source(id) != Some(ValueSource::EnvVariable) {
            continue;
        }
        let flag = format!("--{}", arg.get_long().unwrap_or_default());
        if arg.get_action().takes_values() {
            let values = matches.get_raw(id).into_iter().flatten();
            flags.extend(values.flat_map(|value| [OsString::from(&flag), value.to_owned()]));
        } else if matches.get_flag(id) {
            flags.push(flag.into());
        }
    }
    flags
}

/// The verb that a command line names, as in `rehearsal serve`, whether or not the rest of it can be parsed.
pub(crate) fn verb_of(root: &Command, words: impl Iterator<Item = OsString>) -> Vec<String> {
    Walk::over(root, words).verb
}

/// The value of a flag, also on a command line that cannot be parsed; else that of the variable.
pub(crate) fn value_of(long: &str, short: Option<char>, variable: &str) -> Option<OsString> {
    let mut words = env::args_os().skip(1);
    let mut found = None;
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        let inline = text.split_once('=').filter(|(name, _)| *name == long).map(|(_, value)| value.to_owned());
        let attached = short.and_then(|short| text.strip_prefix(&*format!("-{short}")).map(str::to_owned));
        if text == long {
            found = words.next();
        } else if let Some(value) = inline {
            found = Some(value.into());
        } else if let Some(value) = attached {
            let value = value.strip_prefix('=').unwrap_or(&value).to_owned();
            found = if value.is_empty() { words.next() } else { Some(value.into()) };
        }
    }
    found.or_else(|| env::var_os(variable).filter(|value| !value.is_empty()))
}

/// A walk over the words with the definitions at hand. Of a command line that was parsed it finds what the parser found.
struct Walk<'a> {
    at: &'a Command,
    verb: Vec<String>,
    spelt: Vec<OsString>,
}

impl<'a> Walk<'a> {
    fn over(root: &'a Command, words: impl Iterator<Item = OsString>) -> Self {
        let mut walk = Walk { at: root, verb: Vec::new(), spelt: Vec::new() };
        let mut words = words.peekable();
        while let Some(word) = words.next() {
            let text = word.to_string_lossy().into_owned();
            if text == "--" {
                words.by_ref().for_each(|word| walk.argument(word));
            } else if let Some(flag) = text.strip_prefix("--") {
                walk.long(flag, word, &mut words);
            } else if text.len() > 1 && text.starts_with('-') {
                walk.short(&text[1..], word, &mut words);
            } else if let Some(inner) = walk.at.find_subcommand(&text) {
                walk.at = inner;
                walk.verb.push(text);
                walk.spelt.push(word);
            } else {
                walk.argument(word);
            }
        }
        walk
    }

    fn long(&mut self, flag: &str, word: OsString, words: &mut Peekable<impl Iterator<Item = OsString>>) {
        let (name, inline) = flag.split_once('=').map_or((flag, false), |(name, _)| (name, true));
        let is_it =
            |arg: &&Arg| arg.get_long() == Some(name) || arg.get_all_aliases().unwrap_or_default().contains(&name);
        self.spelt.push(word);
        if let (Some(arg), false) = (self.at.get_arguments().find(is_it), inline) {
            self.values(arg, words);
        }
    }

    /// Several short flags may share a word, and the value of the last one too.
    fn short(&mut self, cluster: &str, word: OsString, words: &mut Peekable<impl Iterator<Item = OsString>>) {
        let mut rest = cluster.chars();
        while let Some(letter) = rest.next() {
            let arg = self.at.get_arguments().find(|arg| arg.get_short() == Some(letter));
            let Some((arg, long)) = arg.and_then(|arg| Some((arg, arg.get_long()?))) else {
                return self.spelt.push(word); // no definition: as it stands
            };
            self.spelt.push(format!("--{long}").into());
            if !arg.get_action().takes_values() {
                continue;
            }
            match rest.as_str() {
                "" => self.values(arg, words),
                value => self.spelt.push(value.strip_prefix('=').unwrap_or(value).into()),
            }
            return;
        }
    }

    /// The values that follow a flag.
    fn values(&mut self, arg: &Arg, words: &mut Peekable<impl Iterator<Item = OsString>>) {
        if !arg.get_action().takes_values() {
            return;
        }
        self.spelt.extend(words.next());
        let most = arg.get_num_args().map_or(1, |range| range.max_values());
        let is_value = |word: &OsString| word == "-" || !word.as_encoded_bytes().starts_with(b"-");
        for _ in 1..most {
            let Some(word) = words.next_if(is_value) else { return };
            self.spelt.push(word);
        }
    }

    fn argument(&mut self, word: OsString) {
        let id = self.at.get_positionals().next().map(|arg| arg.get_id().as_str());
        let flag = ALSO_FLAGS.iter().find(|(argument, _)| Some(*argument) == id);
        self.spelt.extend(flag.map(|(_, flag)| OsString::from(OsStr::new(flag))));
        self.spelt.push(word);
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::Cli;
    use super::*;

    fn spelt(line: &str) -> String {
        let mut root = Cli::command();
        root.build();
        let words = Walk::over(&root, line.split(' ').map(OsString::from)).spelt;
        words.iter().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn short_flags_and_arguments_are_spelt_as_the_flags_that_they_are() {
        for (typed, long) in [
            ("status alias/a", "status --key-id alias/a"),
            ("-o json status -q alias/a", "--output json status --quiet --key-id alias/a"),
            ("status -ojson alias/a", "status --output json --key-id alias/a"),
            ("status -o=json -vv", "status --output json --verbose --verbose"),
            ("provision -qo json alias/a --discard", "provision --quiet --output json --alias alias/a --discard"),
            ("replicate alias/a --to r s --tag a=b", "replicate --key-id alias/a --to r s --tag a=b"),
            ("wrap --in - --dir=D", "wrap --in - --dir=D"),
            ("verify --material -key -- alias/a", "verify --material -key --key-id alias/a"),
            ("rehearsal serve --clock -90d", "rehearsal serve --clock -90d"),
        ] {
            assert_eq!(spelt(typed), long);
        }
    }
}
