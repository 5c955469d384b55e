//! The examples in the help of every verb are real: each runs here, against an embedded KMS with what it takes for granted.

use kms_byok::rehearsal::{Server, Settings};

use crate::support::{self, Bench, Run};

/// The verbs whose examples succeed one after the other, each with what the ones before it have left.
const STORY: &[&str] = &[
    "doctor",
    "create-key",
    "get-parameters",
    "generate",
    "wrap",
    "import",
    "status",
    "verify",
    "completions",
    "man",
    "help",
    "rehearsal ping",
];

/// The verbs whose examples succeed each on a stage of its own.
const SCENES: &[&str] = &[
    "provision",
    "public-key",
    "rotate",
    "replicate",
    "delete-material",
    "fleet",
    "fleet plan",
    "fleet run",
    "fleet status",
    "diagnose",
];

/// Verbs with a test of their own.
const APART: &[&str] = &["rehearsal", "rehearsal serve"];

#[test]
fn the_story_of_one_key() {
    let stage = Stage::new();
    for verb in STORY {
        stage.prepare_for_story(verb);
        for example in stage.examples(verb) {
            stage.succeeds(&example);
        }
    }
}

#[test]
fn each_on_a_stage_of_its_own() {
    for verb in SCENES {
        for number in 0..Stage::new().examples(verb).len() {
            let stage = Stage::new();
            stage.prepare_scene(verb, number);
            stage.succeeds(&stage.examples(verb)[number]);
        }
    }
}

#[test]
fn the_embedded_kms_serves() {
    let stage = Stage::new();
    for example in stage.examples("rehearsal serve") {
        let line = example.strip_prefix("kms-byok rehearsal serve ").unwrap().replace(":4566", ":0");
        let server = stage.bench.serve_with(&line);
        stage.bench.kms_byok(&format!("rehearsal ping --endpoint-url {}", server.url())).succeeds();
    }
}

/// A verb that nobody has put into a list above: its examples must at least be understood (exit code 2 is wrong usage).
#[test]
fn all_others_are_understood() {
    let stage = Stage::new();
    let known: Vec<&&str> = STORY.iter().chain(SCENES).chain(APART).collect();
    for verb in stage.bench.verbs().iter().filter(|verb| !known.contains(&&verb.as_str())) {
        for example in stage.examples(verb) {
            let run = stage.run(&example);
            assert_ne!(run.code, Some(2), "{example}: {}{}", run.stdout, run.stderr);
        }
    }
}

/// A directory with what the examples name, and an embedded KMS. Those of one process share their wrapping keys.
struct Stage {
    bench: Bench,
    server: Server,
}

impl Bench {
    /// The examples in a verb's help.
    pub(super) fn examples(&self, verb: &str) -> Vec<String> {
        self.examples_of(&self.kms_byok(&format!("{verb} --help")).succeeds().stdout)
    }

    /// The examples in a help text, those of several lines in one.
    pub(super) fn examples_of(&self, help: &str) -> Vec<String> {
        let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1).take_while(|line| !line.is_empty());
        let examples = lines.flat_map(|line| [line, "\n"]).collect::<String>().replace(" \\\n      ", " ");
        examples.lines().map(|line| line.trim().to_owned()).collect()
    }
}

impl Stage {
    fn new() -> Self {
        Stage { bench: Bench::new(), server: Server::start(Settings::default()).unwrap() }
    }

    fn examples(&self, verb: &str) -> Vec<String> {
        self.bench.examples(verb)
    }

    #[track_caller]
    fn succeeds(&self, example: &str) {
        let run = self.run(example);
        assert_eq!(run.code, Some(0), "{example}: {}{}", run.stdout, run.stderr);
    }

    /// Runs an example. What stands after a shell's `>` or `|` is left out, and what a person would answer is given by a flag.
    fn run(&self, example: &str) -> Run {
        let words = example.split(['>', '|']).next().unwrap().strip_prefix("kms-byok ").unwrap();
        let mut line = words.replace("http://127.0.0.1:4566", &self.server.url());
        if line.contains("1234abcd-12ab-34cd-56ef-1234567890ab") {
            line = line.replace("1234abcd-12ab-34cd-56ef-1234567890ab", &self.of_payments("key_id"));
        }
        if line.contains(" 0123abcd ") {
            line = line.replace("0123abcd", &self.of_payments("key_material_id"));
        }
        if line.starts_with("delete-material") && !line.contains("--yes") {
            line.push_str(" --yes");
        }
        if line.contains("--rehearse") || line.contains("--endpoint-url") {
            return self.bench.kms_byok(&line);
        }
        self.with_credentials(&line)
    }

    fn with_credentials(&self, line: &str) -> Run {
        let url = self.server.url();
        self.bench.kms_byok_with_credentials(&format!("--endpoint-url {url} --region us-east-1 {line}"))
    }

    #[track_caller]
    fn do_first(&self, line: &str) {
        self.with_credentials(line).succeeds();
    }

    fn of_payments(&self, field: &str) -> String {
        let status = self.with_credentials("status --key-id alias/payments --output json");
        status.json()[field].as_str().unwrap().to_owned()
    }

    fn prepare_for_story(&self, verb: &str) {
        let bench = &self.bench;
        match verb {
            "doctor" => self.do_first("create-key --alias alias/payments"),
            "generate" => {
                for name in ["alice", "bob", "carol"] {
                    bench.openssl(&format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.key"));
                    bench.openssl(&format!("req -x509 -new -key {name}.key -subj /CN={name} -days 2 -out {name}.pem"));
                }
            }
            "wrap" => {
                self.secret("payments.key", &bench.read("PlaintextKeyMaterial.bin"));
                for name in ["PublicKey.bin", "ImportToken.bin"] {
                    bench.write(name, bench.read(&format!("D/{name}")));
                }
            }
            "verify" => {
                bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out signing.pem");
                self.do_first("provision --alias alias/signing --key-spec ECC_NIST_P256 --material signing.pem");
                bench.openssl("req -x509 -new -key signing.pem -subj /CN=signing -days 2 -out signing.crt");
            }
            _ => {}
        }
    }

    fn prepare_scene(&self, verb: &str, number: usize) {
        self.secret("payments.key", &support::material(7));
        self.secret("payments-2.key", &support::material(8));
        let small = "--wrapping-key-spec RSA_2048";
        let provision = format!("provision --alias alias/payments --material payments.key {small}");
        match (verb, number) {
            ("fleet plan", 1) => self.bench.write("keys.csv", "id\npayments\n"),
            ("fleet run", 1) => {
                self.bench.write("keys.csv", "id,alias,material\npayments,alias/payments,generate-discard\n");
                self.do_first("fleet run keys.csv --wrapping-key-spec RSA_2048");
            }
            ("fleet" | "fleet plan" | "fleet run", _) => {
                self.bench.write("keys.csv", "id,material\npayments,payments.key\n")
            }
            ("fleet status", _) => {
                self.bench.write("keys.csv", "id,material\npayments,payments.key\n");
                self.do_first("fleet run keys.csv --wrapping-key-spec RSA_2048");
            }
            ("rotate", 0) => {
                let bench = &self.bench;
                bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out recovery.key");
                bench.openssl("req -x509 -new -key recovery.key -subj /CN=recovery -days 2 -out recovery.pem");
                self.do_first(&provision);
            }
            ("rotate", _) => {
                for name in ["app", "app-2"] {
                    self.bench
                        .openssl(&format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.pem"));
                }
                self.do_first(&format!(
                    "provision --alias alias/app --key-spec ECC_NIST_P256 --material app.pem {small}"
                ));
            }
            ("replicate", number) => {
                self.do_first(&format!("{provision} --multi-region"));
                if number > 0 {
                    self.do_first(&format!("rotate --key-id alias/payments --material payments-2.key {small}"));
                }
            }
            ("delete-material", _) => self.do_first(&provision),
            ("public-key", _) => {
                self.bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out signing.pem");
                for alias in ["alias/app", "alias/tokens"] {
                    let key = "--key-spec ECC_NIST_P256 --material signing.pem";
                    self.do_first(&format!("provision --alias {alias} {key} {small}"));
                }
            }
            ("diagnose", 0) => {
                self.do_first("create-key --alias alias/payments");
                self.do_first(&format!("get-parameters --key-id alias/payments --dir payments.import {small}"));
                self.do_first("wrap --dir payments.import --material payments.key");
            }
            ("diagnose", _) => {
                self.bench.wrapping_key(2048);
                self.secret("throwaway.pem", &self.bench.read("wrapping.pem"));
                self.do_first("wrap --material payments.key --inkey PublicKey.bin --out EncryptedKeyMaterial.bin");
            }
            _ => {}
        }
    }

    fn secret(&self, name: &str, bytes: &[u8]) {
        self.bench.write_private(name, bytes);
    }
}
