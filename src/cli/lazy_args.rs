//! Flags that are defined only when their verb is used: defining all of them takes longer than parsing a public key.

use std::env;
use std::ops::Deref;

use clap::{ArgMatches, Args, Command, FromArgMatches};

/// The flags of a verb. Its one sentence stands at the variant of `Verb`, because the list of verbs is shown without their flags.
pub(super) struct LazyArgs<A>(A);

impl<A> Deref for LazyArgs<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.0
    }
}

impl<A: Args> Args for LazyArgs<A> {
    fn augment_args(verb: Command) -> Command {
        if is_asked_for(&verb) { A::augment_args(verb) } else { verb }
    }

    fn augment_args_for_update(verb: Command) -> Command {
        A::augment_args_for_update(verb)
    }
}

impl<A: FromArgMatches> FromArgMatches for LazyArgs<A> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        A::from_arg_matches(matches).map(LazyArgs)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

/// Whether the command line has the verb's name anywhere. The two verbs that print all definitions need them all; `help` names its verb.
///
/// clap's own `defer` would put the global flags before the verb's in its help.
fn is_asked_for(verb: &Command) -> bool {
    // The test of the reference pages has no command line, and needs them all too.
    cfg!(test) || env::args_os().skip(1).any(|word| word == verb.get_name() || word == "completions" || word == "man")
}
