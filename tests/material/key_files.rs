//! Files of key material as people have them, made with the tools that people use: every verb reads each as the same bytes, or names
//! the same cause.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use serde_json::Value;

use crate::support::cloud::Cloud;
use crate::support::{self, Run, ended, run};

/// One KMS with a key for each key spec that has material, which takes no other bytes again, and its import parameters.
struct Table {
    cloud: Cloud,
    rows: Vec<Value>,
    keys: BTreeMap<String, String>,
    python: PathBuf,
    /// Commands that need a tool which is not installed, by the tool.
    skipped: Mutex<BTreeMap<&'static str, usize>>,
}

fn table() -> Option<Table> {
    let python = support::pinned::python(&["python"], &["cryptography"])?.join("python");
    let cloud = Cloud::new("");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/key_files.py");
    let mut maker = Command::new(&python);
    let made = ended(maker.arg(script).current_dir(cloud.bench.directory()), b"");
    let mut made = Run::of_others(made).json();
    for skipped in made["skipped"].as_array().unwrap() {
        println!("skipped: {}", skipped.as_str().unwrap());
    }
    let rows: Vec<Value> = made["rows"].take().as_array().unwrap().clone();
    let mut keys = BTreeMap::new();
    for name in cloud.bench.names() {
        let Some(spec) = name.strip_prefix("reference.") else { continue };
        let flags =
            format!("--alias alias/{spec} --key-spec {spec} --wrapping-key-spec RSA_2048 --quiet --output json");
        let format = if spec.contains("HMAC") || spec.contains("SYM") { "raw" } else { "der" };
        let answer = cloud.run(&format!("provision --material {name} --material-format {format} {flags}")).json();
        let key = answer["key_arn"].as_str().unwrap().to_owned();
        for number in 0..2 {
            let algorithm = if format == "raw" { "RSAES_OAEP_SHA_256" } else { "RSA_AES_KEY_WRAP_SHA_256" };
            let flags = format!("--wrapping-algorithm {algorithm} --wrapping-key-spec RSA_2048 --dir {spec}.{number}");
            cloud.run(&format!("get-parameters --key-id {key} {flags}")).succeeds();
        }
        keys.insert(spec.to_owned(), key);
    }
    assert!(rows.len() >= 120, "{}", rows.len());
    Some(Table { cloud, rows, keys, python, skipped: Mutex::default() })
}

impl Table {
    /// `bytes`, or the id of the cause, of a run that answers in JSON.
    fn outcome(&self, line: &str) -> String {
        self.reading(line, &Value::Null)
    }

    /// The same, where the answer says how the file was read; or what it says instead.
    fn reading(&self, line: &str, expected: &Value) -> String {
        let run = self.cloud.run(&format!("{line} --quiet --output json"));
        let answer: Value = serde_json::from_str(&run.stdout).unwrap_or_default();
        if run.code != Some(0) {
            return answer["error"]["id"].as_str().unwrap_or(&run.stderr).to_owned();
        }
        let material = &answer["material"];
        let fits = [&material["encoding"], &material["container"]] == [&expected[0], &expected[1]];
        let counted = material["bytes"].as_u64().is_some_and(|bytes| bytes >= 32);
        if expected.is_null() || (fits && counted) { "bytes".to_owned() } else { format!("read as {material}") }
    }

    /// What is wrong with the commands that a refusal of `verb` prints: each runs when it is pasted, and those that the row calls right
    /// lead to the bytes that KMS had before.
    fn failing_choices(&self, row: &Value, number: usize) -> Vec<String> {
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
    fn failing_provision(&self, row: &Value) -> Option<String> {
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
    fn failing_elsewhere(&self, row: &Value, number: usize) -> Vec<String> {
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
    fn failing_on_stdin(&self, row: &Value, number: usize) -> Option<String> {
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

    /// `bytes`, or what a terminal shows, of a command that is pasted there; its questions are answered with the passphrase.
    fn pasted(&self, command: &str, passphrase: &str) -> String {
        let binary = Path::new(env!("CARGO_BIN_EXE_kms-byok")).parent().unwrap();
        let path = std::env::var("PATH").unwrap();
        let typed = if passphrase.is_empty() { "sesame" } else { passphrase };
        let model = self.cloud.command("");
        let mut paste = Command::new(&self.python);
        paste.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/paste.py")).args([typed, command]);
        paste.current_dir(self.cloud.bench.directory()).env_clear();
        paste.envs(model.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let python = self.python.parent().unwrap().display();
        let run = run(paste.env("PATH", format!("{}:{python}:{path}", binary.display())), b"");
        if run.code == Some(0) { "bytes".to_owned() } else { format!("{:?} {}{}", run.code, run.stdout, run.stderr) }
    }

    /// The fix that `diagnose` prints for a file that is read, pasted into a shell, where KMS then has not the right bytes.
    fn failing_fix(&self, row: &Value) -> Option<String> {
        let field = |name: &str| row[name].as_str().unwrap_or_default();
        let (name, spec) = (field("name"), field("spec"));
        if field("outcome") != "bytes" || !field("passphrase").is_empty() || !self.keys.contains_key(spec) {
            return None;
        }
        let raw = spec.contains("HMAC") || spec.contains("SYM");
        // The algorithm of the parameter sets of these keys.
        let algorithm = if raw { "RSAES_OAEP_SHA_256" } else { "RSA_AES_KEY_WRAP_SHA_256" };
        let meant = format!("--key-spec {spec} --wrapping-algorithm {algorithm}");
        let line = format!("diagnose --material {name} {} {meant} --output json --quiet", field("flags"));
        let answer: Value = serde_json::from_str(&self.cloud.run(&line).stdout).unwrap();
        let fix = answer["causes"][0]["fix"].as_str()?;
        let command = fix.split('`').find(|part| part.starts_with("kms-byok "))?;
        for file in ["PublicKey.bin", "ImportToken.bin"] {
            self.cloud.bench.write(file, self.cloud.bench.read(&format!("{spec}.0/{file}")));
        }
        let pasted = self.cloud.shell(command, b"");
        if pasted.code != Some(0) {
            return Some(format!("{name} {spec}: `{command}`: {}", pasted.stderr));
        }
        let files = "--encrypted EncryptedKeyMaterial.bin --import-token ImportToken.bin --verify off";
        let imported = self.outcome(&format!("import --key-id {} {files}", self.keys[spec]));
        (imported != "bytes").then(|| format!("{name} {spec}: `{command}`: import {imported}"))
    }

    /// What the verbs make of a row, where it is not what the table says.
    fn disagreements(&self, row: &Value, number: usize) -> Vec<String> {
        let field = |name: &str| row[name].as_str().unwrap_or_default();
        let (name, spec, expected) = (field("name"), field("spec"), field("outcome"));
        let mut material = format!("--material {name} {}", field("flags"));
        if !field("passphrase").is_empty() {
            self.cloud.bench.write(&format!("{name}.passphrase"), field("passphrase"));
            material.push_str(&format!(" --passphrase-file {name}.passphrase"));
        }
        let mut seen = Vec::new();
        let raw = spec.contains("HMAC") || spec.contains("SYM");
        let algorithm = if raw { "RSAES_OAEP_SHA_256" } else { "RSA_AES_KEY_WRAP_SHA_256" };
        let dir = self.keys.contains_key(spec).then(|| format!("{spec}.{number}"));
        match &dir {
            Some(dir) => {
                let wrapped = self.reading(&format!("wrap --dir {dir} --force {material}"), &row["reading"]);
                if wrapped == "bytes" {
                    // KMS takes no other bytes than those it had.
                    seen.push(("import", self.outcome(&format!("import --dir {dir} --verify off"))));
                }
                seen.push(("wrap", wrapped));
                let line = format!("verify --key-id {} {material}", self.keys[spec]);
                seen.push(("verify", self.reading(&line, &row["reading"])));
            }
            None => {
                let out = format!("--inkey SYMMETRIC_DEFAULT.0/PublicKey.bin --out {name}.blob");
                let line = format!("wrap {out} --key-spec {spec} --wrapping-algorithm {algorithm} {material}");
                seen.push(("wrap", self.reading(&line, &row["reading"])));
            }
        }
        let alias = &name[..3];
        let flags = format!("--alias alias/row-{alias} --key-spec {spec} --wrapping-key-spec RSA_2048");
        seen.push(("provision", self.reading(&format!("provision {material} {flags}"), &row["reading"])));
        let diagnosed = self.cloud.run(&format!("diagnose {material} --key-spec {spec} --output json --quiet"));
        let answer: Value = serde_json::from_str(&diagnosed.stdout).unwrap_or_default();
        let causes: Vec<&str> =
            answer["causes"].as_array().into_iter().flatten().filter_map(|cause| cause["id"].as_str()).collect();
        let refused = |id: &str| expected.split('/').any(|expected| expected == id);
        let named = answer["error"]["id"].as_str().is_some_and(refused);
        // A file that is read may still have been wrapped as it stands.
        let form = ["material_encoded", "material_container", "trailing_newline", "material_text"];
        let agrees = if expected == "bytes" {
            !answer["causes"].is_null() && causes.iter().all(|cause| form.contains(cause))
        } else {
            // `--strict` is not for files that are only explained.
            named || field("flags").contains("--strict") || causes.iter().any(|cause| refused(cause))
        };
        let mut wrong: Vec<String> = seen
            .into_iter()
            .filter(|(_, outcome)| !refused(outcome))
            // There is no other key spec to choose for a key that is there.
            .filter(|(verb, outcome)| {
                (*verb, outcome.as_str(), expected.get(..9)) != ("verify", "unfit_material", Some("material_"))
            })
            .map(|(verb, outcome)| format!("{name} {spec} {}: {verb} {outcome}, not {expected}", field("flags")))
            .collect();
        if !agrees {
            wrong.push(format!("{name} {spec}: diagnose {causes:?} {}, not {expected}", diagnosed.stderr));
        }
        wrong
    }
}

/// The commands in a sentence. What is named in capitals, nobody but the user knows.
fn parts(sentence: &str) -> Vec<String> {
    let parts = sentence.split('`').skip(1).step_by(2);
    parts.filter(|part| part.contains(' ') && !part.contains(" KEY ")).map(str::to_owned).collect()
}

#[test]
fn provision_wrap_import_verify_and_diagnose_agree_on_every_key_file() {
    let Some(table) = table() else { return };
    let half = table.rows.len().div_ceil(2);
    let wrong: Vec<String> = thread::scope(|scope| {
        let table = &table;
        let halves: Vec<_> = table
            .rows
            .chunks(half)
            .enumerate()
            .map(|(number, rows)| {
                let all = move |row| {
                    let seen = [table.disagreements(row, number), table.failing_choices(row, number)].concat();
                    let alone = table.failing_on_stdin(row, number).into_iter().chain(table.failing_provision(row));
                    [seen, table.failing_elsewhere(row, number), alone.collect()].concat()
                };
                scope.spawn(move || rows.iter().flat_map(all).collect::<Vec<_>>())
            })
            .collect();
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    let fixes: Vec<String> = table.rows.iter().filter_map(|row| table.failing_fix(row)).collect();
    let choices = table.rows.iter().filter(|row| !row["right"].as_array().unwrap().is_empty()).count();
    assert!(choices > 80, "{choices}");
    let wrong = [wrong, fixes].concat();
    assert!(wrong.is_empty(), "{} disagreements\n{}", wrong.len(), wrong.join("\n"));
    for (tool, count) in &*table.skipped.lock().unwrap() {
        println!("skipped: {count} commands that need {tool}");
    }
    println!("{} rows, {choices} of them with a choice that is right", table.rows.len());
}
