//! The commands in a sentence, completed: pasted, each asks the same endpoint about the same key.

use std::ffi::OsString;

use kms_byok::for_the_binary::recipe::quoted;

use super::Invocation;

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

    /// The key as it was typed, for as long as KMS has said nothing of it.
    pub(crate) fn typed_key(&self) -> Option<String> {
        self.typed("--key-id").map(|key| key.to_string_lossy().into_owned())
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
    use super::*;

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
        // Where KMS has said nothing about the key yet, it is the one that was typed.
        for line in ["rotate --key-id alias/a --resume", "rotate --key-id=alias/a --resume"] {
            let words = line.split(' ').map(OsString::from).collect();
            let run = Invocation { words, region: Some("eu-west-1".parse().unwrap()), ..Invocation::default() };
            let complete = run.complete("see `kms-byok status`", run.typed_key().as_deref());
            assert_eq!(complete, "see `kms-byok status --key-id alias/a --region eu-west-1`");
        }
    }
}
