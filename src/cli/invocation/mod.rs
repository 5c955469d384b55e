//! How a run was called. The commands that it prints repeat it, so that each works as pasted, in another shell, too.

mod sentence;

use std::ffi::OsString;

use kms_byok::kms::{Kms, Region};

use super::colour::Colour;
use super::global::Global;
use super::next_command::Command;
use super::output::Output;
use super::typed::Typed;

/// How this run was called, and the endpoint and Region that it got to.
#[derive(Clone, Default)]
pub(crate) struct Invocation {
    /// As they were typed, each flag by its long name.
    words: Vec<OsString>,
    /// What came from variables, as flags: another shell may not have them.
    from_variables: Vec<OsString>,
    /// The flags for the connection and the output, as another verb takes them.
    global: Vec<OsString>,
    region: Option<Region>,
    endpoint: Option<String>,
}

impl Invocation {
    pub(crate) fn new(global: &Global, typed: Typed) -> Self {
        let mut flags: Vec<OsString> = Vec::new();
        for (flag, value) in
            [("--region", &global.region), ("--profile", &global.profile), ("--endpoint-url", &global.endpoint_url)]
        {
            if let Some(value) = value {
                flags.extend([flag.into(), value.into()]);
            }
        }
        let switches = [
            ("--allow-endpoint-env", global.allow_endpoint_env),
            ("--insecure-endpoint", global.insecure_endpoint),
            ("--fips-endpoint", global.fips_endpoint),
            ("--require-fips", global.require_fips),
            ("--strict", global.strict),
            ("--quiet", global.quiet),
        ];
        flags.extend(switches.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag.into()));
        for (flag, span) in [("--connect-timeout", global.connect_timeout), ("--read-timeout", global.read_timeout)] {
            if let Some(span) = span {
                flags.extend([flag.into(), humantime::format_duration(span).to_string().replace(' ', "").into()]);
            }
        }
        if global.output == Output::Json {
            flags.extend(["--output".into(), "json".into()]);
        }
        if global.color != Colour::Auto {
            flags.extend(["--color".into(), global.color.name().into()]);
        }
        let Typed { words, from_variables } = typed;
        Invocation { words, from_variables, global: flags, region: None, endpoint: None }
    }

    /// With where the connection goes.
    pub(crate) fn reached(&mut self, kms: &Kms) {
        self.region = Some(kms.region().clone());
        self.endpoint = kms.endpoint().map(str::to_owned);
    }

    /// The command line of this run.
    pub(crate) fn again(&self) -> Command {
        self.command(self.words.clone(), self.from_variables.clone())
    }

    /// Another verb for the same endpoint, Region and profile.
    pub(crate) fn verb(&self, verb: &str) -> Command {
        self.command(vec![verb.into()], self.global.clone())
    }

    fn command(&self, words: Vec<OsString>, global: Vec<OsString>) -> Command {
        Command { words, global, region: self.region.clone(), endpoint: self.endpoint.clone() }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use kms_byok::material::Format;

    use super::super::next_command::SOURCE;
    use super::*;

    fn of(line: &str) -> Invocation {
        let words = line.split(' ').map(OsString::from).collect();
        Invocation { words, region: Some("eu-west-1".parse().unwrap()), ..Invocation::default() }
    }

    #[test]
    fn what_says_where_the_bytes_come_from_is_left_out_with_its_values() {
        for line in [
            "provision --generate --keep k --alias alias/a",
            "provision --alias alias/a --keep=k --generate",
            "provision --generate --discard --alias alias/a",
            "provision --escrow one.pem two.pem --escrow-out out --alias alias/a --generate",
            "provision --escrow=one.pem --escrow two.pem --alias alias/a --escrow-out=out --generate",
            "provision --material k --material-format hex --alias alias/a",
        ] {
            let command = of(line).again().without(SOURCE).to_string();
            assert_eq!(command, "kms-byok provision --alias alias/a --region eu-west-1", "{line}");
        }
    }

    #[test]
    fn the_same_command_reads_another_file_whatever_the_flag_was_called() {
        let other = |line: &str, format| of(line).again().other_material(Path::new("k"), Path::new("k.cut"), format);
        for (line, format, expected) in [
            ("wrap --in k --dir d", None, "kms-byok wrap --material k.cut --dir d"),
            ("wrap --dir d --in=k --material-format raw", None, "kms-byok wrap --dir d --material k.cut"),
            (
                "verify --material-format=hex --material k --key-id k",
                Some(Format::Raw),
                "kms-byok verify --material k.cut --key-id k --material-format raw",
            ),
            ("replicate --material a --material k", None, "kms-byok replicate --material a --material k.cut"),
        ] {
            assert_eq!(other(line, format), Some(format!("{expected} --region eu-west-1")));
        }
        // The other file may be of another format.
        assert_eq!(other("replicate --material a --material k", Some(Format::Raw)), None);
    }

    #[test]
    fn one_value_of_a_flag_is_replaced_and_its_others_stay() {
        for (line, expected) in [
            ("wrap --recipient-key a --in k", "wrap --in k --recipient-key c"),
            ("wrap --recipient-key a --in k --recipient-key=b", "wrap --in k --recipient-key b --recipient-key c"),
            ("wrap --recipient-key b --recipient-key a", "wrap --recipient-key b --recipient-key c"),
        ] {
            let command = of(line).again().with_other("--recipient-key", Path::new("a"), Path::new("c")).to_string();
            assert_eq!(command, format!("kms-byok {expected} --region eu-west-1"));
        }
    }

    #[test]
    fn a_region_that_was_typed_is_not_said_twice() {
        for line in ["status --region us-east-1", "status --region=us-east-1"] {
            assert_eq!(of(line).again().to_string(), format!("kms-byok {line}"));
        }
    }
}
