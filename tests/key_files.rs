//! Files of key material as people have them, made with the tools that people use: every verb reads each as the same bytes, or names
//! the same cause.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout)] // what is skipped and counted is printed

mod support {
    pub(crate) mod cloud;
    pub(crate) mod pinned;
    #[path = "mod.rs"]
    mod run;
    pub(crate) use run::*;
}

use std::collections::BTreeMap;
use std::process::Command;
use std::thread;

use serde_json::Value;
use support::cloud::Cloud;
use support::run;

/// One KMS with a key for each key spec that has material, which takes no other bytes again, and its import parameters.
struct Table {
    cloud: Cloud,
    rows: Vec<Value>,
    keys: BTreeMap<String, String>,
}

fn table() -> Option<Table> {
    let programs = support::pinned::python(&["python"], &["cryptography"])?;
    let cloud = Cloud::new("");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/key_files.py");
    let mut python = Command::new(programs.join("python"));
    let mut made = run(python.arg(script).current_dir(cloud.bench.directory()), b"").json();
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
    Some(Table { cloud, rows, keys })
}

impl Table {
    /// `bytes`, or the id of the cause, of a run that answers in JSON.
    fn outcome(&self, line: &str) -> String {
        let run = self.cloud.run(&format!("{line} --quiet --output json"));
        if run.code == Some(0) {
            return "bytes".to_owned();
        }
        let answer: Value = serde_json::from_str(&run.stdout).unwrap_or_default();
        answer["error"]["id"].as_str().unwrap_or(&run.stderr).to_owned()
    }

    /// The fix that `diagnose` prints for a file that is read, pasted into a shell, where KMS then has not the right bytes.
    fn failing_fix(&self, row: &Value) -> Option<String> {
        let field = |name: &str| row[name].as_str().unwrap_or_default();
        let (name, spec) = (field("name"), field("spec"));
        if field("outcome") != "bytes" || !field("passphrase").is_empty() {
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
                let wrapped = self.outcome(&format!("wrap --dir {dir} --force {material}"));
                if wrapped == "bytes" {
                    // KMS takes no other bytes than those it had.
                    seen.push(("import", self.outcome(&format!("import --dir {dir} --verify off"))));
                }
                seen.push(("wrap", wrapped));
                seen.push(("verify", self.outcome(&format!("verify --key-id {} {material}", self.keys[spec]))));
            }
            None => {
                let out = format!("--inkey SYMMETRIC_DEFAULT.0/PublicKey.bin --out {name}.blob");
                let line = format!("wrap {out} --key-spec {spec} --wrapping-algorithm {algorithm} {material}");
                seen.push(("wrap", self.outcome(&line)));
            }
        }
        let alias = &name[..3];
        let flags = format!("--alias alias/row-{alias} --key-spec {spec} --wrapping-key-spec RSA_2048 --verify off");
        seen.push(("provision", self.outcome(&format!("provision {material} {flags}"))));
        let bare = format!("--material {name} {}", field("flags"));
        let diagnosed = self.cloud.run(&format!("diagnose {bare} --key-spec {spec} --output json --quiet"));
        let answer: Value = serde_json::from_str(&diagnosed.stdout).unwrap_or_default();
        let causes: Vec<&str> =
            answer["causes"].as_array().into_iter().flatten().filter_map(|cause| cause["id"].as_str()).collect();
        let refused = |id: &str| expected.split('/').any(|expected| expected == id);
        // A file that is read may still have been wrapped as it stands; `diagnose` takes no passphrase for it.
        let form = ["material_encoded", "material_container", "trailing_newline"];
        let locked = ["passphrase_needed", "missing_cipher"];
        let agrees = if !field("passphrase").is_empty() && expected != "foreign_container" {
            causes.iter().all(|cause| form.contains(cause) || locked.contains(cause))
        } else if expected == "bytes" {
            !answer["causes"].is_null() && causes.iter().all(|cause| form.contains(cause))
        } else {
            causes.iter().any(|cause| refused(cause))
        };
        let mut wrong: Vec<String> = seen
            .into_iter()
            .filter(|(_, outcome)| !refused(outcome))
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
                scope.spawn(move || rows.iter().flat_map(|row| table.disagreements(row, number)).collect::<Vec<_>>())
            })
            .collect();
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    let fixes: Vec<String> = table.rows.iter().filter_map(|row| table.failing_fix(row)).collect();
    assert!(fixes.is_empty(), "{} fixes fail\n{}", fixes.len(), fixes.join("\n"));
    assert!(wrong.is_empty(), "{} disagreements\n{}", wrong.len(), wrong.join("\n"));
    println!("{} rows", table.rows.len());
}
