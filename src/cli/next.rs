//! The command that completes a partial run: the same one, with what the run has found out.

use std::env;
use std::ffi::OsString;

pub(crate) use kms_byok::ceremony::recipe::quoted;

use kms_byok::ceremony::{Journal, Report};

use super::Context;

/// This run's command line, quoted for a shell, with `--adopt ARN` when there is a key that the run can go on with.
pub(crate) fn same_command(adopt: Option<&str>) -> String {
    with_adopt(words(), adopt)
}

fn with_adopt(mut words: Vec<String>, adopt: Option<&str>) -> String {
    if let Some(arn) = adopt
        && !words.iter().any(|word| word == "--adopt" || word.starts_with("--adopt="))
    {
        words.extend(["--adopt".to_owned(), arn.to_owned()]);
    }
    words.join(" ")
}

/// This run's command line with the user's word for the key `arn`, besides those that it has for other keys.
pub(crate) fn vouching_command(arn: &str) -> String {
    format!("{} --adopt {arn}", same_command(None))
}

/// The flags that give the bytes of the copy that a report names, instead of making new ones.
pub(crate) fn from_copy(report: &Report) -> Option<String> {
    match (&report.kept, &report.escrow) {
        (Some(kept), _) => Some(format!("--material {}", quoted(kept))),
        (None, Some(escrow)) => Some(format!("--material-from-escrow {} --recipient-key KEY", quoted(escrow))),
        (None, None) => None,
    }
}

/// This run's command line with other key material than what it generates.
pub(crate) fn same_command_with(material: &str, adopt: Option<&str>) -> String {
    let mut words = words_but_generate(env::args_os().skip(1));
    words.push(material.to_owned());
    with_adopt(words, adopt)
}

/// The flags of `--generate` and of what becomes of its copy are left out, with their values.
fn words_but_generate(given: impl Iterator<Item = OsString>) -> Vec<String> {
    let mut words = vec!["kms-byok".to_owned()];
    let mut values = 0;
    for word in given {
        let text = word.to_string_lossy();
        let (flag, inline) = text.split_once('=').map_or((&*text, false), |(flag, _)| (flag, true));
        let dropped = match flag {
            "--generate" | "--discard" => Some(0),
            "--keep" | "--escrow-out" => Some(usize::from(!inline)),
            "--escrow" => Some(usize::MAX),
            _ => None,
        };
        if let Some(count) = dropped {
            values = count;
        } else if values > 0 && (values < usize::MAX || !text.starts_with('-')) {
            values -= usize::from(values < usize::MAX);
        } else {
            values = 0;
            words.push(quoted(&word));
        }
    }
    words
}

/// Another command for the same endpoint, Region and profile.
pub(crate) fn command(context: &Context, line: &str) -> String {
    let global = &context.global;
    let mut command = format!("kms-byok {line}");
    for (flag, value) in
        [("--region", &global.region), ("--profile", &global.profile), ("--endpoint-url", &global.endpoint_url)]
    {
        if let Some(value) = value {
            command.push_str(&format!(" {flag} {}", quoted(value)));
        }
    }
    for (flag, given) in [
        ("--allow-endpoint-env", global.allow_endpoint_env),
        ("--insecure-endpoint", global.insecure_endpoint),
        ("--fips-endpoint", global.fips_endpoint),
        ("--require-fips", global.require_fips),
    ] {
        if given {
            command.push_str(&format!(" {flag}"));
        }
    }
    command
}

/// The command that goes on with a key that was made, and first finds one that may have been made.
pub(crate) fn same_key(journal: &Journal, report: &Report) -> String {
    match journal.lost_request() {
        Some(id) => format!("{} --lost-request {id}", same_command(None)),
        None => same_command(report.key_arn.as_deref()),
    }
}

/// The command that completes an import. Material that is in the key already is not new any more, so after a success `--import-type
/// new` becomes `existing`; where nobody knows, KMS is asked both, and refuses the wrong one without harm.
pub(crate) fn same_import(unknown: bool) -> String {
    let command = same_command(None);
    let renewed = command.replacen("--import-type new", "--import-type existing", 1);
    let renewed = renewed.replacen("--import-type=new", "--import-type=existing", 1);
    if unknown && renewed != command { format!("{renewed} || {command}") } else { renewed }
}

fn words() -> Vec<String> {
    ["kms-byok".to_owned()].into_iter().chain(env::args_os().skip(1).map(|word| quoted(&word))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_generating_is_left_out_with_its_values() {
        for line in [
            "provision --generate --keep k --alias alias/a",
            "provision --alias alias/a --keep=k --generate",
            "provision --generate --discard --alias alias/a",
            "provision --escrow one.pem two.pem --escrow-out out --alias alias/a --generate",
            "provision --escrow=one.pem --escrow two.pem --alias alias/a --escrow-out=out --generate",
        ] {
            let words = words_but_generate(line.split(' ').map(OsString::from));
            assert_eq!(words, ["kms-byok", "provision", "--alias", "alias/a"], "{line}");
        }
    }
}
