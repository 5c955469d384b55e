//! Files of key material as people have them, made with the tools that people use: every verb reads each as the same bytes, or names
//! the same cause.

mod choices;

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
