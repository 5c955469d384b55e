//! The commands that a refusal prints: each runs when it is pasted, and the right one leads to the bytes.

use std::process::Command;

use serde_json::Value;

use super::Table;

impl Table {
    /// What is wrong with the commands that a refusal of `verb` prints: each runs when it is pasted, and those that the row calls right
    /// lead to the bytes that KMS had before.
    pub(super) fn failing_choices(&self, row: &Value, number: usize) -> Vec<String> {
        let field = |name: &str| row[name].as_str().unwrap_or_default();
        if field("outcome") == "bytes" {
            return Vec::new();
        }
        let (name, spec, passphrase) = (field("name"), field("spec"), field("passphrase"));
        let mut material = format!("--material {name} {}", field("flags"));
        if !passphrase.is_empty() {
            material.push_str(&format!(" --passphrase-file {name}.passphrase"));
        }
        let (raw, known) = (spec.contains("HMAC") || spec.contains("SYM"), self.keys.contains_key(spec));
        let algorithm = if raw { "RSAES_OAEP_SHA_256" } else { "RSA_AES_KEY_WRAP_SHA_256" };
        let dir = format!("{spec}.{number}");
        let to = if known {
            format!("--dir {dir} --force")
        } else {
            format!(
                "--inkey SYMMETRIC_DEFAULT.0/PublicKey.bin --out {name}.blob --force --key-spec {spec} --wrapping-algorithm {algorithm}"
            )
        };
        let mut wrong = Vec::new();
        let commands = self.commands(&format!("wrap {to} {material}"));
        let right: Vec<u64> = row["right"].as_array().unwrap().iter().filter_map(Value::as_u64).collect();
        let count = row["commands"].as_u64().map_or(commands.len(), |count| usize::try_from(count).unwrap());
        if commands.len() != count || right.iter().any(|index| *index >= commands.len() as u64) {
            wrong.push(format!("{name} {spec}: the commands are {commands:?}"));
        }
        // Bare machines have neither.
        let needs = |tool: &str| commands.iter().any(|command| command.split([' ', '(']).any(|word| word == tool));
        if needs("jq") && !name.contains("-jq") || needs("xxd") {
            wrong.push(format!("{name} {spec}: a command asks for more than POSIX: {commands:?}"));
        }
        for (index, command) in (0..).zip(&commands) {
            if self.lacks_tool(command) || row["closed"] == true {
                continue;
            }
            let before = self.cloud.bench.names();
            let mut outcome = self.pasted(command, passphrase);
            let made: Vec<String> =
                self.cloud.bench.names().into_iter().filter(|made| !before.contains(made)).collect();
            let made: Vec<&String> =
                made.iter().filter(|made| made.starts_with(name) && !made.ends_with(".blob")).collect();
            // A command that only converts is followed by the verb.
            if outcome == "bytes" && !command.contains("kms-byok ") {
                let scalar = if command.contains(".hex") { " --material-format scalar" } else { "" };
                self.cloud.bench.write(&format!("{name}.passphrase"), passphrase);
                let again = format!("wrap {to} --material {}{scalar} --passphrase-file {name}.passphrase", made[0]);
                outcome = self.outcome(&again);
            }
            if outcome == "bytes" && known && !right.is_empty() {
                let imported = self.outcome(&format!("import --dir {dir} --verify off"));
                let expected = if right.contains(&index) { "bytes" } else { "refused" };
                let came = if imported == "bytes" { "bytes" } else { "refused" };
                outcome =
                    if came == expected { "bytes".to_owned() } else { format!("import {imported}, not {expected}") };
            }
            if outcome != "bytes" {
                wrong.push(format!("{name} {spec}: `{command}`: {outcome}"));
            }
            made.iter().for_each(|made| std::fs::remove_file(self.cloud.bench.path(made)).unwrap());
        }
        wrong
    }

    /// What is wrong with the command that `provision` prints for a row, pasted: it makes a key, and KMS proves that it has its bytes.
    pub(super) fn failing_provision(&self, row: &Value) -> Option<String> {
        let field = |name: &str| row[name].as_str().unwrap_or_default();
        let (name, spec, passphrase) = (field("name"), field("spec"), field("passphrase"));
        let file = if passphrase.is_empty() { String::new() } else { format!(" --passphrase-file {name}.passphrase") };
        let flags = format!("--alias alias/choice-{} --key-spec {spec} --wrapping-key-spec RSA_2048", &name[..3]);
        let commands = self.commands(&format!("provision --material {name} {} {flags}{file}", field("flags")));
        let right = usize::try_from(row["right"][0].as_u64()?).unwrap();
        let command = commands.get(right).filter(|command| command.contains("kms-byok provision"))?;
        if self.lacks_tool(command) {
            return None;
        }
        let outcome = self.pasted(command, passphrase);
        let proven = outcome == "bytes"
            && self.outcome(&format!(
                "verify --key-id alias/choice-{} --material reference.{spec}{}",
                &name[..3],
                if spec.contains("SYM") || spec.contains("HMAC") { " --material-format raw" } else { "" }
            )) == "bytes";
        (!proven).then(|| format!("{name} {spec}: `{command}`: {outcome}"))
    }

    /// What is wrong with the commands of `diagnose` and `verify` for a row whose right choice is known: as many as `wrap` has, and the
    /// right one leads to the bytes that KMS has.
    pub(super) fn failing_elsewhere(&self, row: &Value, number: usize) -> Vec<String> {
        let field = |name: &str| row[name].as_str().unwrap_or_default();
        let (name, spec, passphrase) = (field("name"), field("spec"), field("passphrase"));
        let (Some(right), Some(key)) = (row["right"][0].as_u64(), self.keys.get(spec)) else { return Vec::new() };
        let mut material = format!("--material {name} {}", field("flags"));
        if !passphrase.is_empty() {
            material.push_str(&format!(" --passphrase-file {name}.passphrase"));
        }
        let dir = format!("{spec}.{number}");
        let wrap = self.commands(&format!("wrap --dir {dir} --force {material}"));
        let diagnosed = self.cloud.run(&format!("diagnose --dir {dir} {material} --output json --quiet"));
        let answer: Value = serde_json::from_str(&diagnosed.stdout).unwrap_or_default();
        let cause = answer["causes"].as_array().into_iter().flatten().find(|cause| cause["id"] == row["outcome"]);
        let fix = parts(cause.and_then(|cause| cause["fix"].as_str()).unwrap_or_default());
        let verify = self.commands(&format!("verify --key-id {key} {material}"));
        let mut wrong = Vec::new();
        for (verb, commands) in [("diagnose", fix), ("verify", verify)] {
            let right = commands.get(usize::try_from(right).unwrap()).filter(|_| commands.len() == wrap.len());
            let Some(command) = right else {
                wrong.push(format!("{name} {spec}: {verb}: the commands are {commands:?}, and those of wrap {wrap:?}"));
                continue;
            };
            if self.lacks_tool(command) || !command.contains("kms-byok ") {
                continue;
            }
            let before = self.cloud.bench.names();
            let mut outcome = self.pasted(command, passphrase);
            if outcome == "bytes" && verb == "diagnose" {
                outcome = self.outcome(&format!("import --dir {dir} --verify off"));
            }
            if outcome != "bytes" {
                wrong.push(format!("{name} {spec}: {verb}: `{command}`: {outcome}"));
            }
            let made = self.cloud.bench.names().into_iter().filter(|made| !before.contains(made));
            made.filter(|made| made.starts_with(name))
                .for_each(|made| std::fs::remove_file(self.cloud.bench.path(&made)).unwrap());
        }
        wrong
    }

    /// What is wrong with the commands for a row that comes on standard input, which they read again.
    pub(super) fn failing_on_stdin(&self, row: &Value, number: usize) -> Option<String> {
        let field = |name: &str| row[name].as_str().unwrap_or_default();
        let (name, spec, passphrase) = (field("name"), field("spec"), field("passphrase"));
        let right = usize::try_from(row["right"][0].as_u64()?).unwrap();
        let dir = self.keys.contains_key(spec).then(|| format!("{spec}.{number}"))?;
        let file = if passphrase.is_empty() { String::new() } else { format!(" --passphrase-file {name}.passphrase") };
        let line = format!("wrap --dir {dir} --force --material - {}{file} --quiet --output json", field("flags"));
        let content = self.cloud.bench.read(name);
        let refused = self.cloud.run_reading(&line, &content);
        let answer: Value = serde_json::from_str(&refused.stdout).unwrap_or_default();
        let commands = parts(answer["error"]["hint"].as_str().unwrap_or_default());
        let Some(command) = commands.get(right) else {
            return Some(format!("{name} {spec}: on standard input the commands are {commands:?}"));
        };
        // Some programs only convert files, and some ask.
        if !command.contains("kms-byok ") || self.lacks_tool(command) || command.contains("getpass") {
            return None;
        }
        let pasted = self.cloud.shell(command, &content);
        let imported = self.outcome(&format!("import --dir {dir} --verify off"));
        (pasted.code != Some(0) || imported != "bytes")
            .then(|| format!("{name} {spec}: on standard input `{command}`: {imported} {}", pasted.stderr))
    }

    /// The commands in the hint of a refusal.
    fn commands(&self, line: &str) -> Vec<String> {
        let run = self.cloud.run(&format!("{line} --quiet --output json"));
        let answer: Value = serde_json::from_str(&run.stdout).unwrap_or_default();
        let hint = answer["error"]["hint"].as_str().unwrap_or_default();
        parts(hint)
    }

    fn lacks_tool(&self, command: &str) -> bool {
        let keys = ["keytool", "puttygen", "ssh-keygen", "openpgp2ssh", "jq", "eth_keyfile", "psec"];
        let tools = keys.into_iter().chain(["gzip", "bzip2", "xz", "zstd", "lz4", "tar"]);
        let words: Vec<&str> = command.split([' ', '(', ',']).collect();
        let there = |tool: &str| {
            if let "eth_keyfile" | "psec" = tool {
                let import = format!("import {tool}");
                return Command::new(&self.python)
                    .args(["-W", "ignore", "-c", &import])
                    .output()
                    .unwrap()
                    .status
                    .success();
            }
            let path = std::env::var_os("PATH").unwrap_or_default();
            std::env::split_paths(&path).any(|directory| directory.join(tool).exists())
        };
        let lacking = tools.into_iter().find(|tool| words.contains(tool) && !there(tool));
        if let Some(tool) = lacking {
            *self.skipped.lock().unwrap().entry(tool).or_default() += 1;
        }
        lacking.is_some()
    }
}

/// The commands in a sentence. What is named in capitals, nobody but the user knows.
fn parts(sentence: &str) -> Vec<String> {
    let parts = sentence.split('`').skip(1).step_by(2);
    parts.filter(|part| part.contains(' ') && !part.contains(" KEY ")).map(str::to_owned).collect()
}
