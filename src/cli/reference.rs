//! The reference pages of the verbs, from the same definitions as the flags: `docs/reference`.

use std::fs;

use clap::{Arg, Command, CommandFactory};

use kms_byok::{Setting, Step};
use strum::VariantArray;

use super::committed::{cell, is_committed};
use super::help::layout::Words;
use super::help::pages::{PAGES, Page, find};
use super::help::shown;
use super::{Cli, words};

#[test]
fn the_pages_of_the_verbs_are_what_clap_knows() {
    let mut root = shown::command(Cli::command());
    root.build();
    let mut verbs = Vec::new();
    for verb in root.get_subcommands() {
        verbs.push((verb.get_name().to_owned(), verb));
        let inner = verb.get_subcommands();
        verbs.extend(inner.map(|inner| (format!("{} {}", verb.get_name(), inner.get_name()), inner)));
    }
    for (name, verb) in &verbs {
        is_committed(&file(name), &page(name, verb));
    }
    is_committed("README.md", &overview(&root, &verbs));
    let known: Vec<String> = verbs.iter().map(|(name, _)| file(name)).collect();
    let others = ["README.md", "errors.md", "causes.md", "proof.md", "truths.md"];
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference");
    for entry in fs::read_dir(folder).expect("the folder is there").flatten() {
        let page = entry.file_name().to_string_lossy().into_owned();
        assert!(known.contains(&page) || others.contains(&page.as_str()), "docs/reference/{page} is of no verb");
    }
}

#[test]
fn every_flag_and_verb_that_hints_name_is_there() {
    let mut root = shown::command(Cli::command());
    root.build();
    let verbs: Vec<&Command> =
        root.get_subcommands().flat_map(|verb| [verb].into_iter().chain(verb.get_subcommands())).collect();
    let flags: Vec<&str> = verbs.iter().flat_map(|verb| verb.get_arguments()).filter_map(Arg::get_long).collect();
    for setting in Setting::VARIANTS {
        let flag = words::flag(*setting);
        assert!(flags.contains(&flag.trim_start_matches("--")), "{setting:?}: {flag}");
    }
    for step in Step::VARIANTS {
        let mut words = words::verb(*step).split(' ');
        let verb = words.try_fold(&root, |verb: &Command, word| verb.find_subcommand(word));
        assert!(verb.is_some(), "{step:?}: {}", words::verb(*step));
    }
}

#[test]
fn every_verb_has_a_page_and_every_flag_that_a_page_puts_first_is_there() {
    let mut root = shown::command(Cli::command());
    root.build();
    let mut names = vec![String::new()];
    for verb in root.get_subcommands() {
        names.push(verb.get_name().to_owned());
        names.extend(verb.get_subcommands().map(|inner| format!("{} {}", verb.get_name(), inner.get_name())));
    }
    for page in PAGES {
        assert!(names.iter().any(|name| name == page.verb), "`{}` is no verb", page.verb);
    }
    for name in &names {
        let page = Page::of(name);
        assert_eq!(page.verb, name, "it has no page in src/cli/help/pages.rs");
        assert!(page.usage.iter().all(|form| form.starts_with(format!("kms-byok {name}").trim_end())), "{name}");
        let words: Vec<String> = name.split_whitespace().map(str::to_owned).collect();
        let verb = find(&root, &words).expect("it was found above");
        for flag in page.first {
            assert!(verb.get_arguments().any(|arg| arg.get_id() == flag), "{name}: {flag}");
        }
    }
}

/// What scripts set on every call may come from a variable; whom to trust, what to lose and what is secret may not.
#[test]
fn these_flags_and_no_others_can_come_from_variables() {
    let mut root = shown::command(Cli::command());
    root.build();
    let verbs = root.get_subcommands().flat_map(|verb| [verb].into_iter().chain(verb.get_subcommands()));
    let mut named: Vec<String> = verbs
        .chain([&root])
        .flat_map(Command::get_arguments)
        .filter_map(|arg| Some(format!("{} {}", arg.get_long()?, arg.get_env()?.to_string_lossy())))
        .collect();
    named.sort();
    named.dedup();
    let six = ["color", "connect-timeout", "output", "quiet", "read-timeout", "strict"];
    let six = six.map(|flag| format!("{flag} KMS_BYOK_{}", flag.to_uppercase().replace('-', "_")));
    assert_eq!(named, six);
}

fn file(verb: &str) -> String {
    format!("{}.md", verb.replace(' ', "-"))
}

/// All verbs with their sentence, and the flags that each of them takes.
fn overview(root: &Command, verbs: &[(String, &Command)]) -> String {
    let mut page = format!("{GENERATED}# Reference\n\n| verb | what it does |\n|---|---|\n");
    for (name, verb) in verbs {
        page.push_str(&format!("| [`{name}`]({}) | {} |\n", file(name), cell(&about(verb))));
    }
    page.push_str("\nCauses, errors and proofs have ids for scripts: [errors](errors.md), [causes](causes.md), [proof](proof.md).\n");
    page.push_str("\n## Flags of every verb\n");
    page.push_str(&flags(root.get_arguments().collect(), 3));
    page
}

fn page(name: &str, verb: &Command) -> String {
    let usage = Page::of(name).usage.join("\n");
    let mut page = format!("{GENERATED}# {name}\n\n{}.\n\n```text\n{usage}\n```\n", about(verb));
    let Words { notes, examples } = Words::of(verb);
    for note in notes {
        page.push_str(&format!("\n{note}\n"));
    }
    if !examples.is_empty() {
        page.push_str(&format!("\n## Examples\n\n```sh\n{}\n```\n", examples.join("\n")));
    }
    page.push_str(&flags(verb.get_arguments().filter(|flag| !is_everywhere(flag)).collect(), 2));
    let of_connection = verb.get_arguments().filter(|flag| flag.get_help_heading() == Some("Connection"));
    let which = match of_connection.map(spelling).collect::<Vec<_>>().as_slice() {
        [] if verb.has_subcommands() => String::new(),
        [] => "; those for a connection have no effect here".to_owned(),
        [one] => format!("; of those for a connection, only {one} has an effect here"),
        _ => String::new(),
    };
    page.push_str(&format!("\nEvery verb also takes [these flags](README.md#flags-of-every-verb){which}.\n"));
    page
}

fn is_everywhere(flag: &Arg) -> bool {
    let of_all = matches!(flag.get_help_heading(), Some("Connection" | "Output"));
    of_all || matches!(flag.get_id().as_str(), "help" | "version")
}

/// A table for each heading, in the order of the help.
fn flags(flags: Vec<&Arg>, level: usize) -> String {
    let mut headings: Vec<&str> = Vec::new();
    let heading_of = |flag: &Arg| match flag.get_help_heading() {
        Some(heading) => heading.to_owned(),
        None if flag.is_positional() => "Arguments".to_owned(),
        None => "Options".to_owned(),
    };
    let shown: Vec<(String, &Arg)> =
        flags.into_iter().filter(|flag| !flag.is_hide_set()).map(|flag| (heading_of(flag), flag)).collect();
    for (heading, _) in &shown {
        if !headings.contains(&heading.as_str()) {
            headings.push(heading);
        }
    }
    let mut text = String::new();
    for heading in headings {
        text.push_str(&format!("\n{} {heading}\n\n| flag | what it does |\n|---|---|\n", "#".repeat(level)));
        for (_, flag) in shown.iter().filter(|(of, _)| of == heading) {
            text.push_str(&format!("| {} | {} |\n", cell(&spelling(flag)), cell(&meaning(flag))));
        }
    }
    text
}

/// As in `-o`, `--output OUTPUT`.
fn spelling(flag: &Arg) -> String {
    let takes_value = flag.get_action().takes_values();
    let names = flag.get_value_names().unwrap_or_default();
    let value = names.iter().filter(|_| takes_value).map(|name| format!(" {name}")).collect::<String>();
    let several = if flag.get_num_args().is_some_and(|count| count.max_values() > 1) { "..." } else { "" };
    if flag.is_positional() {
        return format!("`{}{several}`", value.trim());
    }
    let short = flag.get_short().map(|short| format!("`-{short}`, ")).unwrap_or_default();
    format!("{short}`--{}{value}{several}`", flag.get_long().unwrap_or_default())
}

fn meaning(flag: &Arg) -> String {
    let help = flag.get_long_help().or(flag.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut text = help.replace('<', "&lt;").replace('*', "\\*");
    let values: Vec<String> = flag
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if flag.get_action().takes_values() && values.len() > 1 {
        text.push_str(&format!("; one of {}", values.join(", ")));
    }
    let defaults: Vec<String> =
        flag.get_default_values().iter().map(|value| format!("`{}`", value.to_string_lossy())).collect();
    if flag.get_action().takes_values() && !defaults.is_empty() {
        text.push_str(&format!(" [default: {}]", defaults.join(", ")));
    }
    for alias in flag.get_visible_aliases().unwrap_or_default() {
        text.push_str(&format!(" [also `--{alias}`]"));
    }
    if flag.is_required_set() {
        text.push_str(" (required)");
    }
    if let Some(variable) = flag.get_env() {
        text.push_str(&format!(" [variable: `{}`]", variable.to_string_lossy()));
    }
    text
}

fn about(verb: &Command) -> String {
    verb.get_about().map(ToString::to_string).unwrap_or_default()
}

const GENERATED: &str = "<!-- Written by scripts/docs from the definitions of the flags. -->\n";
