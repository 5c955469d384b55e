//! The example policies, and an embedded KMS that writes down what it is asked.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use kms_byok::rehearsal::{Server, Settings};
use serde_json::Value;

use super::Bench;

pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/iam");

/// The names of all policies, without `.json`.
pub(crate) fn names() -> Vec<String> {
    let names = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.map(|name| name.strip_suffix(".json").unwrap().to_owned()).collect()
}

pub(crate) fn statements(name: &str) -> Vec<Value> {
    statements_in(FOLDER, name)
}

pub(crate) fn statements_in(folder: &str, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(Path::new(folder).join(format!("{name}.json"))).unwrap();
    let policy: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(policy["Version"], "2012-10-17", "{name}");
    let statements = policy["Statement"].as_array().unwrap().clone();
    assert!(statements.iter().all(|statement| statement["Effect"] == "Allow"), "{name}");
    statements
}

pub(crate) fn actions(statement: &Value) -> Vec<String> {
    words(&statement["Action"])
}

/// A word or a list of words, as IAM takes either.
pub(crate) fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(word) => vec![word.clone()],
        other => other.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect(),
    }
}

/// The calls that a policy allows. kms:TagResource is what CreateKey and ReplicateKey need for the tags they carry, and kms:CreateKey
/// what ReplicateKey needs in the Region of the replica: they are not calls of their own there.
pub(crate) fn calls_allowed_by(name: &str) -> BTreeSet<String> {
    let actions: BTreeSet<String> = statements(name).iter().flat_map(actions).collect();
    assert_eq!(actions.contains("kms:TagResource"), actions.contains("kms:CreateKey"), "{name}");
    let beneath = |action: &str| match action {
        "kms:TagResource" => true,
        "kms:CreateKey" => actions.contains("kms:ReplicateKey"),
        _ => false,
    };
    let calls = actions.iter().filter(|action| !beneath(action));
    calls.map(|action| action.strip_prefix("kms:").unwrap().to_owned()).collect()
}

/// An embedded KMS that writes down what it is asked.
pub(crate) struct Scene {
    pub(crate) bench: Bench,
    server: Server,
    /// The key that the last run named, for `{last}`.
    last: RefCell<String>,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Scene::with_fault(None)
    }

    pub(crate) fn with_fault(fault: Option<&str>) -> Self {
        let bench = Bench::new();
        let access_log = Some(bench.path("calls"));
        let faults = fault.iter().map(|fault| fault.parse().unwrap()).collect();
        let server = Server::start(Settings { access_log, faults, ..Settings::default() }).unwrap();
        bench.write(
            "keys.csv",
            "id,alias,key_spec,key_usage,material\n\
             a,alias/a,,,generate-discard\n\
             m,alias/m,HMAC_256,,generate-discard\n\
             s,alias/s,RSA_2048,,generate-discard\n\
             d,alias/d,ECC_NIST_P256,KEY_AGREEMENT,generate-discard\n",
        );
        bench.write("one.csv", "id,alias,material\na,alias/a,generate-discard\n");
        Scene { bench, server, last: RefCell::default() }
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    pub(crate) fn line(&self, line: &str) -> String {
        let at = format!("--endpoint-url {} --region us-east-1", self.server.url());
        let line = line.replace("{last}", &self.last.borrow());
        line.replace("{small}", &format!("{at} --wrapping-key-spec RSA_2048")).replace("{at}", &at)
    }

    #[track_caller]
    pub(crate) fn run(&self, line: &str) {
        let (fails, line) = line.strip_prefix("! ").map_or((false, line), |line| (true, line));
        let run = self.bench.kms_byok_with_credentials(&self.line(line));
        assert_eq!(run.code == Some(0), !fails, "{line}: {}{}", run.stdout, run.stderr);
        if let Some(arn) = run.stdout.split_whitespace().find(|word| word.starts_with("arn:aws:kms:us-east-1:")) {
            arn.clone_into(&mut self.last.borrow_mut());
        }
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        let log = String::from_utf8(self.bench.read("calls")).unwrap();
        log.lines().map(|line| line.split(' ').nth(2).unwrap().to_owned()).collect()
    }
}
