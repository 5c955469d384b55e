//! Asks a real JSON Schema validator, the pinned Python environment's.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// One validator process for many documents: exit code 0 and a line for each, `ok` or what is wrong with it.
const VALIDATE: &str = "
import json, sys
from jsonschema.validators import Draft202012Validator as Validator
validators = {}
for path in sys.argv[1:]:
    schema = json.load(open(path))
    Validator.check_schema(schema)
    validators[schema['title']] = Validator(schema)
for line in sys.stdin:
    document = json.loads(line)
    name = document['schema'] if document.get('schema') in validators else next(iter(validators))
    errors = sorted(error.json_path + ': ' + error.message for error in validators[name].iter_errors(document))
    print('; '.join(errors).replace('\\n', ' ') or 'ok')
";

/// What is wrong with each document by the schema that it names among these files of `docs/schemas`, or else by the first of them; `ok` where
/// nothing is. `None` (and a line that says so) where there is no validator.
pub fn validate(schemas: &[String], documents: &[Value]) -> Option<Vec<String>> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let environment =
        std::env::var_os("KMS_BYOK_PYTHON").map_or_else(|| manifest.join("target/python/bin"), PathBuf::from);
    let python = environment.join("python");
    let has_validator = Command::new(&python).args(["-c", "import jsonschema"]).stderr(Stdio::null()).status();
    if !has_validator.is_ok_and(|status| status.success()) {
        println!("skipped: no jsonschema in `{}`; scripts/python-env installs it", environment.display());
        return None;
    }
    let mut process = Command::new(python)
        .args(["-c", VALIDATE])
        .args(schemas.iter().map(|name| manifest.join("docs/schemas").join(name)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // It answers while it reads: whoever writes must not wait for it to end.
    let mut stdin = process.stdin.take().unwrap();
    let lines: String = documents.iter().map(|document| format!("{document}\n")).collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
    let output = process.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "the validator failed");
    let verdicts: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(verdicts.len(), documents.len());
    Some(verdicts)
}
