//! The commands that this program prints: each works as pasted, in another shell too, and says what the run itself was told.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

pub(crate) use kms_byok::lifecycle::recipe::quoted;

use kms_byok::kms::Kms;
use kms_byok::lifecycle::{Journal, Report};
use kms_byok::material::Format;

use super::global::Global;
use super::output::Output;

/// How this run was called, and the endpoint and Region that it got to.
#[derive(Clone, Default)]
pub(crate) struct Invocation {
    words: Vec<OsString>,
    /// The flags for the connection and the output, as another verb takes them.
    global: Vec<OsString>,
    region: Option<String>,
    endpoint: Option<String>,
}

/// A command line for a shell.
pub(crate) struct Command {
    words: Vec<OsString>,
    /// The flags for connection and output, which come last.
    global: Vec<OsString>,
    region: Option<String>,
    endpoint: Option<String>,
}

/// A flag, and how many values follow it: `MANY` are those up to the next flag.
pub(crate) type Flag = (&'static str, usize);
const MANY: usize = usize::MAX;

/// What says where key material comes from, and what becomes of generated one.
pub(crate) const SOURCE: &[Flag] = &[
    ("--generate", 0),
    ("--discard", 0),
    ("--keep", 1),
    ("--escrow-out", 1),
    ("--escrow", MANY),
    ("--material", 1),
    ("--in", 1),
    ("--material-format", 1),
    ("--material-from-escrow", 1),
    ("--recipient-key", 1),
    ("--passphrase-file", 1),
];
/// What says how it is wrapped, and with what it is imported.
pub(crate) const IMPORT: &[Flag] = &[
    ("--wrapping-algorithm", 1),
    ("--wrapping-key-spec", 1),
    ("--allow-sha1", 0),
    ("--expires", 1),
    ("--expires-in", 1),
    ("--expires-at", 1),
    ("--material-description", 1),
];
/// The verbs that reach KMS.
const CONNECTED: &[&str] = &[
    "provision",
    "create-key",
    "get-parameters",
    "import",
    "status",
    "verify",
    "rotate",
    "replicate",
    "delete-material",
    "doctor",
];
/// Those of them that are about one key, and take it as `--key-id`.
const ABOUT_A_KEY: &[&str] = &["get-parameters", "status", "verify", "rotate", "delete-material"];

impl Invocation {
    pub(crate) fn new(global: &Global) -> Self {
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
        Invocation { words: env::args_os().skip(1).collect(), global: flags, region: None, endpoint: None }
    }

    /// With where the connection goes.
    pub(crate) fn reached(&mut self, kms: &Kms) {
        self.region = Some(kms.region().to_owned());
        self.endpoint = kms.endpoint().map(str::to_owned);
    }

    /// The command line of this run.
    pub(crate) fn again(&self) -> Command {
        self.command(self.words.clone(), Vec::new())
    }

    /// Another verb for the same endpoint, Region and profile.
    pub(crate) fn verb(&self, verb: &str) -> Command {
        self.command(vec![verb.into()], self.global.clone())
    }

    fn command(&self, words: Vec<OsString>, global: Vec<OsString>) -> Command {
        Command { words, global, region: self.region.clone(), endpoint: self.endpoint.clone() }
    }

    /// Completes the commands in a sentence: whoever pastes one asks the same endpoint, about the same key.
    pub(crate) fn complete(&self, sentence: &str, key: Option<&str>) -> String {
        let mut parts = sentence.split('`');
        let mut complete = parts.next().unwrap_or_default().to_owned();
        let mut quoted = true;
        for part in parts {
            complete.push('`');
            match (part.strip_prefix("kms-byok "), part.starts_with("aws kms ")) {
                (Some(line), _) if quoted => complete.push_str(&self.complete_command(line, key)),
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
        for (flag, value) in [("--region", &self.region), ("--profile", &profile), ("--endpoint-url", &self.endpoint)] {
            if let Some(value) = value.as_ref().filter(|_| !line.split(' ').any(|word| word == flag)) {
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

    fn complete_command(&self, line: &str, key: Option<&str>) -> String {
        let verb = line.split(' ').next().unwrap_or_default();
        let mut command = format!("kms-byok {line}");
        let has = |command: &str, flag: &str| command.split([' ', '=']).any(|word| word == flag);
        let whole = !line.contains(" && ") && !line.contains(" || ");
        if !CONNECTED.contains(&verb) || !whole {
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
            if !has(&command, &flag) && !matches!(&*flag, "--output" | "--quiet") {
                command.push_str(&format!(" {flag}"));
                value.iter().for_each(|value| command.push_str(&format!(" {}", quoted(value))));
            }
        }
        for (flag, value) in [("--region", &self.region), ("--endpoint-url", &self.endpoint)] {
            if let Some(value) = value.as_ref().filter(|_| !has(&command, flag)) {
                command.push_str(&format!(" {flag} {}", quoted(value)));
            }
        }
        command
    }
}

impl Command {
    /// Without these flags and their values.
    pub(crate) fn without(mut self, flags: &[Flag]) -> Self {
        let mut words = Vec::new();
        let mut values = 0;
        for word in self.words {
            let text = word.to_string_lossy();
            let (name, inline) = text.split_once('=').map_or((&*text, false), |(name, _)| (name, true));
            let dropped = flags.iter().find(|(flag, _)| *flag == name);
            if let Some((_, count)) = dropped {
                values = if inline && *count != MANY { 0 } else { *count };
            } else if values > 0 && (values < MANY || !text.starts_with('-')) {
                values -= usize::from(values < MANY);
            } else {
                values = 0;
                words.push(word);
            }
        }
        self.words = words;
        self
    }

    pub(crate) fn flag(mut self, flag: &str) -> Self {
        self.words.push(flag.into());
        self
    }

    pub(crate) fn value(mut self, flag: &str, value: impl AsRef<OsStr>) -> Self {
        self.words.extend([flag.into(), value.as_ref().into()]);
        self
    }

    /// With the key by its ARN, so that nobody can move it meanwhile.
    pub(crate) fn key(self, arn: &str) -> Self {
        self.without(&[("--key-id", 1)]).value("--key-id", arn)
    }

    /// With the user's word for that key, unless it has one already.
    pub(crate) fn adopting(self, arn: Option<&str>) -> Self {
        match arn.filter(|_| !self.has("--adopt")) {
            Some(arn) => self.value("--adopt", arn),
            None => self,
        }
    }

    /// With the bytes of the copy that a report names, in the place of what it was told to take.
    pub(crate) fn copy(self, report: &Report) -> Option<Self> {
        let this = self.without(SOURCE);
        match (&report.kept, &report.escrow) {
            (Some(kept), _) => Some(this.value("--material", kept)),
            (None, Some(escrow)) => {
                Some(this.value("--material-from-escrow", escrow).value("--recipient-key", RECIPIENT_KEY))
            }
            (None, None) => None,
        }
    }

    /// With another file of key material, and a format where one has to be said. Nothing where several files were given, and the format
    /// would be said of all.
    pub(crate) fn other_material(&self, given: &Path, file: &Path, format: Option<Format>) -> Option<String> {
        let (mut words, mut files, mut rest) = (Vec::new(), 0, self.words.iter());
        while let Some(word) = rest.next() {
            let bytes = word.as_bytes();
            let (flag, inline) = match bytes.iter().position(|byte| *byte == b'=') {
                Some(at) if bytes.starts_with(b"--") => (&bytes[..at], Some(OsStr::from_bytes(&bytes[at + 1..]))),
                _ => (bytes, None),
            };
            let mut value = || inline.or_else(|| rest.next().map(OsString::as_os_str)).unwrap_or_default();
            match flag {
                b"--material" | b"--in" => {
                    let value = value();
                    files += 1;
                    let value = if value == given.as_os_str() { file.as_os_str() } else { value };
                    words.extend(["--material".into(), value.to_owned()]);
                }
                b"--material-format" => drop(value()),
                _ => words.push(word.clone()),
            }
        }
        let (global, region, endpoint) = (self.global.clone(), self.region.clone(), self.endpoint.clone());
        let mut command = Command { words, global, region, endpoint };
        if let Some(format) = format {
            command = command.value("--material-format", format.name());
        }
        (format.is_none() || files == 1).then(|| command.to_string())
    }

    /// Goes on with a key that was made, or first finds one that may have been made.
    pub(crate) fn same_key(self, journal: &Journal, report: &Report) -> Self {
        match journal.lost_request() {
            Some(id) => self.without(&[("--find-lost", 0), ("--lost-request", 1)]).value("--lost-request", id),
            None => self.adopting(report.key_arn.as_deref()),
        }
    }

    /// Completes an import. Material that is in the key already is not new any more, so after a success `--import-type new` becomes
    /// `existing`; where nobody knows, KMS is asked both, and refuses the wrong one without harm.
    pub(crate) fn same_import(self, unknown: bool) -> String {
        let command = self.to_string();
        let renewed = command.replacen("--import-type new", "--import-type existing", 1);
        let renewed = renewed.replacen("--import-type=new", "--import-type=existing", 1);
        if unknown && renewed != command { format!("{renewed} || {command}") } else { renewed }
    }

    fn has(&self, flag: &str) -> bool {
        self.words.iter().chain(&self.global).any(|word| {
            let word = word.to_string_lossy();
            word == flag || word.split_once('=').is_some_and(|(name, _)| name == flag)
        })
    }
}

/// The private key that opens an escrow file is nowhere near this program: only its owner knows the name of the file.
const RECIPIENT_KEY: &str = "KEY";

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("kms-byok")?;
        for word in self.words.iter().chain(&self.global) {
            write!(f, " {}", quoted(word))?;
        }
        for (flag, value) in [("--region", &self.region), ("--endpoint-url", &self.endpoint)] {
            if let Some(value) = value.as_ref().filter(|_| !self.has(flag)) {
                write!(f, " {flag} {}", quoted(value))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Invocation {
        let words = line.split(' ').map(OsString::from).collect();
        Invocation { words, region: Some("eu-west-1".to_owned()), ..Invocation::default() }
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
    fn a_region_that_was_typed_is_not_said_twice() {
        for line in ["status --region us-east-1", "status --region=us-east-1"] {
            assert_eq!(of(line).again().to_string(), format!("kms-byok {line}"));
        }
    }

    #[test]
    fn commands_in_sentences_ask_the_same_endpoint_about_the_same_key() {
        let run = Invocation {
            global: ["--profile", "p q", "--require-fips"].map(OsString::from).into(),
            region: Some("eu-west-1".to_owned()),
            endpoint: Some("https://kms.test".to_owned()),
            ..Invocation::default()
        };
        let all = "--profile 'p q' --require-fips --region eu-west-1 --endpoint-url https://kms.test";
        for (sentence, complete) in [
            ("look at `kms-byok status`", format!("look at `kms-byok status --key-id ARN {all}`")),
            ("`kms-byok rotate --key-id K --resume` it", format!("`kms-byok rotate --key-id K --resume {all}` it")),
            ("run `kms-byok create-key`", format!("run `kms-byok create-key {all}`")),
            ("`a` and kms-byok status", "`a` and kms-byok status".to_owned()),
            ("run `kms-byok wrap --dir D`", "run `kms-byok wrap --dir D`".to_owned()),
        ] {
            assert_eq!(run.complete(sentence, Some("ARN")), complete);
        }
        assert_eq!(Invocation::default().complete("see `kms-byok status`", None), "see `kms-byok status`");
    }
}
