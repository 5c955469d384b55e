//! The definitions as help, completions and man pages show them: every verb takes the flags for a connection, but only where there is
//! one do they say anything.

use clap::{Arg, Command, ValueHint};

const CONNECTION: &str = "Connection";

/// The flags for a connection that say something to the verbs that make none, or make it to one address only.
const OFFLINE: [(&str, &[&str]); 7] = [
    ("generate", &["require_fips"]),
    ("wrap", &["require_fips"]),
    ("completions", &[]),
    ("man", &[]),
    ("help", &[]),
    ("rehearsal serve", &[]),
    ("rehearsal ping", &["endpoint_url"]),
];

/// All verbs, each with the flags that say something to it.
pub(crate) fn command(root: Command) -> Command {
    let connection: Vec<Arg> = root.get_arguments().filter(|arg| is_of_connection(arg)).cloned().collect();
    let root = root.mut_args(|arg| if is_of_connection(&arg) { arg.global(false) } else { arg });
    with_connection(root, "", &connection)
}

fn is_of_connection(arg: &Arg) -> bool {
    arg.get_help_heading() == Some(CONNECTION)
}

fn with_connection(command: Command, name: &str, connection: &[Arg]) -> Command {
    command.mut_args(completed).mut_subcommands(|verb| {
        let name = format!("{name} {}", verb.get_name()).trim_start().to_owned();
        let only = OFFLINE.iter().find(|(offline, _)| *offline == name).map(|(_, flags)| *flags);
        let says = |arg: &&Arg| only.is_none_or(|flags| flags.contains(&arg.get_id().as_str()));
        let flags = connection.iter().filter(says).map(|arg| arg.clone().global(false));
        let verb = if verb.has_subcommands() { verb } else { verb.args(flags) };
        with_connection(verb, &name, connection)
    })
}

/// What is neither a file nor one of a few values is completed by nothing, not by file names.
fn completed(arg: Arg) -> Arg {
    let open = arg.get_value_hint() == ValueHint::Unknown && arg.get_possible_values().is_empty();
    if arg.get_action().takes_values() && open { arg.value_hint(ValueHint::Other) } else { arg }
}
