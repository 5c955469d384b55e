//! The workflow in `examples/github-app` and the policies beside it: the scripts of its steps run against the embedded KMS, with a `docker`
//! that runs the program instead of an image, and each role may do exactly what its jobs have called.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::support::executable::write_executable;
use crate::support::policies::{Scene, actions, statements_in, words};
use crate::support::{Run, ended};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/github-app");
const ALIAS: &str = "alias/github-app";

fn workflow() -> String {
    fs::read_to_string(format!("{FOLDER}/rotate.yml")).unwrap()
}

/// The script of the step with that id.
fn script(id: &str) -> String {
    let workflow = workflow();
    let step = workflow.split(&format!("      - id: {id}\n")).nth(1).unwrap_or_else(|| panic!("no step {id}"));
    let body = step.split("        run: |\n").nth(1).unwrap();
    let lines = body.lines().take_while(|line| line.starts_with("          "));
    lines.map(|line| format!("{}\n", &line[10..])).collect()
}

/// An App with its key in KMS, and the next key that GitHub has made.
struct App {
    scene: Scene,
    old: String,
}

impl App {
    fn new() -> Self {
        let scene = Scene::new();
        for name in ["one", "two", "other"] {
            scene.bench.openssl(&format!("genrsa -out {name}.pem 2048"));
            scene.bench.write_private(name, scene.bench.read(&format!("{name}.pem")));
        }
        scene.run(&format!("provision {{small}} --alias {ALIAS} --key-spec RSA_2048 --material one"));
        // A container forgets everything, and so does a runner.
        let docker = format!(
            "#!/bin/bash\nexport HOME=$(mktemp -d -p \"$PWD\")\nwhile [[ $1 != \"$IMAGE\" ]]; do shift; done\nshift\n\
             exec {} --endpoint-url {} \"$@\"\n",
            env!("CARGO_BIN_EXE_kms-byok"),
            scene.url()
        );
        fs::create_dir(scene.bench.path("bin")).unwrap();
        write_executable(&scene.bench.path("bin/docker"), &docker);
        let old = named(&scene);
        App { scene, old }
    }

    /// Runs a step, with these variables besides those of the workflow and of the credentials.
    fn step(&self, id: &str, variables: &[(&str, &str)]) -> Run {
        let bench = &self.scene.bench;
        let mut bash = Command::new("bash");
        bash.args(["-e", "-c", &script(id)]).current_dir(bench.directory());
        let path = format!("{}:{}", bench.path("bin").display(), std::env::var("PATH").unwrap());
        bash.env("PATH", path).env("GITHUB_OUTPUT", bench.path("output"));
        for (name, value) in [
            ("AWS_REGION", "us-east-1"),
            ("IMAGE", "registry.example.com/kms-byok:slim"),
            ("ALIAS", ALIAS),
            ("AWS_ACCESS_KEY_ID", "AKIDTEST"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_SESSION_TOKEN", "test"),
        ] {
            bash.env(name, value);
        }
        Run::of_others(ended(bash.envs(variables.iter().copied()), b""))
    }

    /// Prepares the key in that file, whose fingerprint is given as GitHub shows that of another file; the ARN that it hands on.
    fn prepare(&self, file: &str, shown: &str) -> Result<String, Run> {
        let bench = &self.scene.bench;
        let _ = fs::remove_file(bench.path("output"));
        bench.openssl(&format!("rsa -in {shown}.pem -pubout -outform DER -out {shown}.der"));
        bench.openssl(&format!("dgst -sha256 -binary -out {shown}.sha256 {shown}.der"));
        bench.openssl(&format!("base64 -A -in {shown}.sha256 -out {shown}.base64"));
        let fingerprint = format!("SHA256:{}", String::from_utf8(bench.read(&format!("{shown}.base64"))).unwrap());
        let key = String::from_utf8(bench.read(file)).unwrap();
        let run = self.step("prepare", &[("APP_PRIVATE_KEY", key.trim_end()), ("FINGERPRINT", &fingerprint)]);
        if run.code != Some(0) {
            assert!(!bench.exists("output"));
            return Err(run);
        }
        let output = String::from_utf8(bench.read("output")).unwrap();
        Ok(output.trim_end().strip_prefix("key_arn=").unwrap().to_owned())
    }

    fn rotate(&self) -> String {
        let prepare = || self.prepare("two", "two").unwrap_or_else(|run| panic!("{}{}", run.stdout, run.stderr));
        let new = prepare();
        // Once more, on a runner that remembers nothing: no other key is made.
        assert_eq!(prepare(), new);
        assert_eq!(named(&self.scene), self.old, "nothing moves before the fingerprint was compared");
        self.step("switch", &[("NEW_KEY", &new)]).succeeds();
        assert_eq!(named(&self.scene), new);
        new
    }
}

/// The key that the alias points to.
fn named(scene: &Scene) -> String {
    let line = scene.line(&format!("status {{at}} --key-id {ALIAS} --output json"));
    scene.bench.kms_byok_with_credentials(&line).json()["key_arn"].as_str().unwrap().to_owned()
}

/// What a policy allows, without the prefix.
fn allowed(name: &str) -> BTreeSet<String> {
    let all = statements_in(FOLDER, name).iter().flat_map(actions).collect::<Vec<_>>();
    all.iter().map(|action| action.strip_prefix("kms:").unwrap().to_owned()).collect()
}

#[test]
fn each_role_may_do_exactly_what_its_jobs_call() {
    let app = App::new();
    let since = |before: usize| app.scene.calls().split_off(before).into_iter().collect::<BTreeSet<String>>();
    // The calls of this test's own look at the alias are among those of the role.
    let before = app.scene.calls().len();
    app.rotate();
    app.step("back", &[]).succeeds();
    assert_eq!(named(&app.scene), app.old);
    assert_eq!(since(before), allowed("rotate"));
    let new = app.rotate();
    let before = app.scene.calls().len();
    let run = app.step("disable-old", &[]);
    assert!(run.succeeds().stdout.contains("\ndisabled   the previous key\n"), "{}", run.stdout);
    assert_eq!(since(before), allowed("disable-old"));
    assert_eq!(named(&app.scene), new);
}

#[test]
fn the_alias_does_not_move_to_a_key_that_github_does_not_show() {
    let app = App::new();
    let before = app.scene.calls().iter().filter(|call| *call == "UpdateAlias").count();
    let run = app.prepare("two", "other").unwrap_err();
    assert!(run.stdout.contains("::error::the new key is SHA256:"), "{}{}", run.stdout, run.stderr);
    assert_eq!(named(&app.scene), app.old);
    assert_eq!(app.scene.calls().iter().filter(|call| *call == "UpdateAlias").count(), before);
}

/// What is sent is within the conditions.
#[test]
fn the_conditions_are_those_of_the_key_and_of_its_import() {
    let app = App::new();
    app.prepare("two", "two").unwrap_or_else(|run| panic!("{}{}", run.stdout, run.stderr));
    let prepared: Value = serde_json::from_slice(&app.scene.bench.read("prepared.json")).unwrap();
    let condition = |action: &str, key: &str| {
        let statement =
            statements_in(FOLDER, "rotate").into_iter().find(|one| actions(one) == [format!("kms:{action}")]);
        words(&statement.unwrap()["Condition"]["StringEquals"][format!("kms:{key}")])
    };
    for (action, key, field) in [
        ("CreateKey", "KeySpec", "key_spec"),
        ("CreateKey", "KeyUsage", "key_usage"),
        ("GetParametersForImport", "WrappingAlgorithm", "wrapping_algorithm"),
        ("GetParametersForImport", "WrappingKeySpec", "wrapping_key_spec"),
    ] {
        assert_eq!(condition(action, key), [prepared[field].as_str().unwrap()], "{action} {key}");
    }
    assert_eq!(
        (condition("CreateKey", "KeyOrigin"), &prepared["expires"]),
        (vec!["EXTERNAL".to_owned()], &Value::Null)
    );
    assert_eq!(condition("ImportKeyMaterial", "ExpirationModel"), ["KEY_MATERIAL_DOES_NOT_EXPIRE"]);
    for name in ["rotate", "disable-old", "sign"] {
        for statement in statements_in(FOLDER, name) {
            assert!(actions(&statement).iter().all(|action| !action.contains('*')), "{name}");
            let aliases: Vec<String> =
                words(&statement["Resource"]).into_iter().filter(|resource| resource.contains(":alias/")).collect();
            let is_move = actions(&statement) == ["kms:UpdateAlias"];
            assert_eq!(aliases.len(), usize::from(is_move), "{name}: {aliases:?}");
            assert!(aliases.iter().all(|alias| alias.ends_with(&format!(":{ALIAS}"))), "{aliases:?}");
            let signs = actions(&statement) == ["kms:Sign"];
            let algorithm = &statement["Condition"]["StringEquals"]["kms:SigningAlgorithm"];
            assert_eq!(signs, algorithm == "RSASSA_PKCS1_V1_5_SHA_256", "{name}");
        }
    }
}

/// Nobody takes the roles but jobs of that environment, and each job takes a role whose policy is here.
#[test]
fn the_roles_trust_the_environment_of_the_workflow_alone() {
    let workflow = workflow();
    let value = |line: &str, name: &str| {
        line.trim().strip_prefix(name).map(|value| value.split(" #").next().unwrap().to_owned())
    };
    let environments: BTreeSet<String> = workflow.lines().filter_map(|line| value(line, "environment: ")).collect();
    let [statement] = &statements_in(FOLDER, "trust")[..] else { panic!("more than one statement") };
    assert_eq!(statement["Action"], "sts:AssumeRoleWithWebIdentity");
    let provider = statement["Principal"]["Federated"].as_str().unwrap();
    let issuer = provider.split_once(":oidc-provider/").unwrap().1;
    let condition = statement["Condition"].as_object().unwrap();
    assert_eq!(condition.keys().collect::<Vec<_>>(), ["StringEquals"], "no wildcard is compared");
    assert_eq!(condition["StringEquals"][format!("{issuer}:aud")], "sts.amazonaws.com");
    let subject = condition["StringEquals"][format!("{issuer}:sub")].as_str().unwrap();
    let (_, environment) = subject.split_once(":environment:").unwrap();
    assert_eq!((environments, subject.contains('*')), (BTreeSet::from([environment.to_owned()]), false));
    let jobs = workflow.lines().filter(|line| line.trim() == "runs-on: ubuntu-latest").count();
    assert_eq!(workflow.matches("    environment: ").count(), jobs);
    let roles: Vec<String> = workflow.lines().filter_map(|line| value(line, "role-to-assume: ")).collect();
    assert_eq!(roles.len(), jobs);
    for role in roles {
        let name = role.split_once(":role/github-app-").unwrap().1;
        assert!(fs::exists(format!("{FOLDER}/{name}.json")).unwrap(), "{role}");
    }
    assert!(workflow.contains("NOT RUN"));
    // No input and no secret is written into a script.
    for id in ["prepare", "switch", "back", "disable-old"] {
        assert!(!script(id).contains("${{"), "{id}");
    }
}
