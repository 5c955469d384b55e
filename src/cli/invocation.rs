//! How a run was called. The commands that it prints repeat it, so that each works as pasted, in another shell, too.

use std::ffi::OsString;

use kms_byok::for_the_binary::recipe::quoted;
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

/// The verbs that reach KMS.
const CONNECTED: &[&str] = &[
    "provision",
    "create-key",
    "get-parameters",
    "import",
    "status",
    "verify",
    "public-key",
    "rotate",
    "replicate",
    "delete-material",
    "doctor",
];
/// Those of them that are about one key, and take it as `--key-id`.
const ABOUT_A_KEY: &[&str] = &["get-parameters", "status", "verify", "public-key", "rotate", "delete-material"];

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

    /// Completes the commands in a sentence, so that a pasted command asks the same endpoint about the same key.
    pub(crate) fn complete(&self, sentence: &str, key: Option<&str>) -> String {
        let mut parts = sentence.split('`');
        let mut complete = parts.next().unwrap_or_default().to_owned();
        let mut quoted = true;
        for part in parts {
            complete.push('`');
            match (part.strip_prefix("kms-byok "), part.starts_with("aws kms ")) {
                (Some(_), _) if quoted => complete.push_str(&self.complete_all(part, key)),
                (None, true) if quoted => complete.push_str(&self.complete_aws(part, key)),
                _ => complete.push_str(part),
            }
            quoted = !quoted;
        }
        complete
    }

    /// The same for a command line of the aws CLI.
    pub(crate) fn complete_aws(&self, line: &str, key: Option<&str>) -> String {
        let mut command = line.to_owned();
        let about_a_key =
            ["enable-key", "cancel-key-deletion", "get-key-policy"].iter().any(|call| line.ends_with(call));
        if let Some(key) = key.filter(|_| about_a_key) {
            command.push_str(&format!(" --key-id {}", quoted(key)));
        }
        let profile = self.global.iter().position(|word| word == "--profile");
        let profile =
            profile.and_then(|place| self.global.get(place + 1)).map(|name| name.to_string_lossy().into_owned());
        for (flag, value) in [
            ("--region", self.region.as_deref()),
            ("--profile", profile.as_deref()),
            ("--endpoint-url", self.endpoint.as_deref()),
        ] {
            if let Some(value) = value.filter(|_| !line.split(' ').any(|word| word == flag)) {
                command.push_str(&format!(" {flag} {}", quoted(value)));
            }
        }
        command
    }

    /// The value that was typed for a flag.
    fn typed(&self, flag: &str) -> Option<OsString> {
        let mut words = self.words.iter();
        words
            .find_map(|word| {
                let text = word.to_string_lossy();
                match text.split_once('=') {
                    Some((name, value)) if name == flag => Some(Some(value.into())),
                    _ => (text == flag).then_some(None),
                }
            })?
            .or_else(|| words.next().cloned())
    }

    /// Several commands in a row, each by itself.
    fn complete_all(&self, line: &str, key: Option<&str>) -> String {
        let one = |command: &str| match command.strip_prefix("kms-byok ") {
            Some(line) => self.complete_command(line, key),
            None => command.to_owned(),
        };
        let each = line.split(" && ").map(|part| part.split(" || ").map(one).collect::<Vec<_>>().join(" || "));
        each.collect::<Vec<_>>().join(" && ")
    }

    /// With what the user has said in the place of what is to be filled in.
    fn filled(&self, line: &str, key: Option<&str>) -> String {
        let key = key.map(OsString::from).or_else(|| self.typed("--key-id"));
        let mut line = line.to_owned();
        for (placeholder, value) in [("--key-id KEY", key), ("--dir DIR", self.typed("--dir"))] {
            if let (Some(value), Some(flag)) = (value, placeholder.split(' ').next()) {
                line = line.replace(placeholder, &format!("{flag} {}", quoted(&value)));
            }
        }
        line
    }

    fn complete_command(&self, line: &str, key: Option<&str>) -> String {
        let verb = line.split(' ').next().unwrap_or_default();
        let mut command = format!("kms-byok {}", self.filled(line, key));
        let has = |command: &str, flag: &str| command.split([' ', '=']).any(|word| word == flag);
        if !CONNECTED.contains(&verb) {
            return command;
        }
        // A verb that is only named is no command; where all that it needs is known it becomes one.
        match (verb, key, self.typed("--dir")) {
            ("get-parameters", Some(_), Some(directory)) if !has(line, "--dir") => {
                command.push_str(&format!(" --dir {}", quoted(directory)));
                if !has(line, "--force") {
                    command.push_str(" --force");
                }
            }
            ("get-parameters", ..) if !has(line, "--dir") => return command,
            ("status" | "doctor" | "create-key", ..) => {}
            _ if line == verb => return command,
            _ => {}
        }
        if let Some(key) = key.filter(|_| ABOUT_A_KEY.contains(&verb) && !has(line, "--key-id")) {
            command.push_str(&format!(" --key-id {}", quoted(key)));
        }
        let mut flags = self.global.iter().peekable();
        while let Some(flag) = flags.next() {
            let value = flags.next_if(|word| !word.as_encoded_bytes().starts_with(b"-"));
            let flag = flag.to_string_lossy();
            if !has(&command, &flag) && !matches!(&*flag, "--output" | "--quiet" | "--color") {
                command.push_str(&format!(" {flag}"));
                value.iter().for_each(|value| command.push_str(&format!(" {}", quoted(value))));
            }
        }
        for (flag, value) in [("--region", self.region.as_deref()), ("--endpoint-url", self.endpoint.as_deref())] {
            if let Some(value) = value.filter(|_| !has(&command, flag)) {
                command.push_str(&format!(" {flag} {}", quoted(value)));
            }
        }
        command
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

    #[test]
    fn commands_in_sentences_ask_the_same_endpoint_about_the_same_key() {
        let run = Invocation {
            global: ["--profile", "p q", "--require-fips"].map(OsString::from).into(),
            region: Some("eu-west-1".parse().unwrap()),
            endpoint: Some("https://kms.test".to_owned()),
            ..Invocation::default()
        };
        let all = "--profile 'p q' --require-fips --region eu-west-1 --endpoint-url https://kms.test";
        for (sentence, complete) in [
            ("look at `kms-byok status`", format!("look at `kms-byok status --key-id ARN {all}`")),
            ("`kms-byok rotate --key-id K --resume` it", format!("`kms-byok rotate --key-id K --resume {all}` it")),
            ("run `kms-byok create-key`", format!("run `kms-byok create-key {all}`")),
            ("`a` and kms-byok status", "`a` and kms-byok status".to_owned()),
            (
                "`kms-byok get-parameters --key-id KEY --dir D && kms-byok wrap --dir D`",
                format!("`kms-byok get-parameters --key-id ARN --dir D {all} && kms-byok wrap --dir D`"),
            ),
            ("run `kms-byok wrap --dir D`", "run `kms-byok wrap --dir D`".to_owned()),
        ] {
            assert_eq!(run.complete(sentence, Some("ARN")), complete);
        }
        assert_eq!(Invocation::default().complete("see `kms-byok status`", None), "see `kms-byok status`");
    }
}
