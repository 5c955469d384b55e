//! The dangers that the design names, each with its test. Lost replies of CreateKey and runs at the same time are in
//! `parallel.rs`, those of RotateKeyOnDemand in `rotate_regions.rs`, those of ReplicateKey and planted replicas in `replicate.rs`.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::scene::Scene;
use crate::support::struck::has_struck;
use crate::support::{self, Run};

/// A key that somebody else may decrypt with, under the alias that is about to be provisioned.
fn planted(scene: &Scene) -> String {
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::000000000000:root" }, "Action": "kms:*", "Resource": "*" },
            { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::999999999999:root" }, "Action": "kms:Decrypt", "Resource": "*" },
        ],
    });
    let key = scene.kms.key(json!({ "Origin": "EXTERNAL", "Policy": policy.to_string() }));
    scene.kms.ok("CreateAlias", json!({ "AliasName": "alias/a", "TargetKeyId": key }));
    key
}

#[test]
fn a_planted_alias_with_a_foreign_policy_receives_nothing() {
    let scene = Scene::new("");
    scene.material("one", 32);
    let key = planted(&scene);
    for source in ["--material one", "--generate --keep copy"] {
        let run = scene.run(&format!("provision --alias alias/a {source} --quiet"));
        assert_eq!(run.code, Some(1), "{}", run.stderr);
        let said = format!(
            "error: `alias/a` points to key {key}, which this run did not create, and its key policy is not the one asked for\n\
             because: it lets in account 999999999999\n\
             hint: read its policy (`aws kms get-key-policy --region us-east-1 --key-id {key}`), or if you trust the key run \
             `kms-byok provision --alias alias/a {source} --quiet --endpoint-url "
        );
        assert!(run.stderr.starts_with(&said) && run.stderr.ends_with(&format!(" --adopt {key}`\n")), "{}", run.stderr);
    }
    assert_eq!((scene.calls("GetParametersForImport"), scene.calls("ImportKeyMaterial")), (0, 0));
    assert!(!scene.bench.exists("copy"));
    assert_eq!(scene.kms.state(&key), "PendingImport");
}

#[test]
fn vouching_for_another_key_than_the_alias_names_imports_into_neither() {
    let scene = Scene::new("");
    scene.material("one", 32);
    let key = planted(&scene);
    let mine = scene.kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    let (answer, _) = scene.fails(1, &format!("provision --alias alias/a --material one --adopt {mine}"));
    assert_eq!(answer["error"]["cause"], format!("`alias/a` points to key {key}, but the adopted key is {mine}"));
    assert_eq!(scene.calls("ImportKeyMaterial"), 0);
    // Vouched for by its own ARN it is filled.
    scene.json(&format!("provision --alias alias/a --material one --adopt {key}"));
    assert_eq!((scene.kms.state(&key), scene.kms.state(&mine)), ("Enabled".to_owned(), "PendingImport".to_owned()));
}

#[test]
fn an_empty_key_with_the_default_policy_is_completed() {
    let scene = Scene::new("");
    scene.material("one", 32);
    let key = scene.kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    scene.kms.ok("CreateAlias", json!({ "AliasName": "alias/a", "TargetKeyId": key }));
    assert_eq!(scene.json("provision --alias alias/a --material one")["key_arn"], key);
}

#[test]
fn a_key_whose_material_has_expired_takes_only_the_original_bytes() {
    let scene = Scene::new("");
    scene.material("one", 32);
    scene.material("other", 32);
    let line = "provision --alias alias/a --expires-in 10d --quiet";
    let arn = scene.provision("--alias alias/a --material one --expires-in 10d");
    let id = scene.describe(&arn)["CurrentKeyMaterialId"].clone();
    scene.kms.move_clock(json!({ "advance": "11d" }));
    let imports = scene.calls("ImportKeyMaterial");
    let run = scene.run(&format!("{line} --generate --keep copy"));
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.ends_with(&format!(
            "error: key {arn} had key material before, which expired or was deleted: it takes only the original bytes\n\
             hint: give the original key material with --material FILE, or make a new key under another alias\n"
        )),
        "{}",
        run.stderr
    );
    assert_eq!(scene.calls("ImportKeyMaterial"), imports);
    assert!(!scene.bench.exists("copy"));
    let (answer, _) = scene.fails(1, &format!("{line} --material other"));
    assert_eq!(answer["error"]["cause"], format!("the key material is not the one that key `{arn}` takes"));
    assert_eq!(scene.describe(&arn)["KeyState"], "PendingImport");
    let answer = scene.json(&format!("{line} --material one"));
    assert_eq!((&answer["key_state"], &answer["key_material_id"]), (&json!("Enabled"), &id));
}

#[test]
fn a_copy_is_never_overwritten_nor_deleted_by_whatever_comes_after_it() {
    let scene = Scene::new("--fault ImportKeyMaterial:1:error=AccessDeniedException");
    scene.bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out rec.key");
    scene.bench.openssl("req -x509 -new -key rec.key -subj /CN=recovery -days 2 -out rec.pem");
    let copies = |scene: &Scene, name: &str| -> Vec<Vec<u8>> {
        let names = scene.bench.names().into_iter().filter(|file| file.starts_with(name));
        let mut bytes: Vec<Vec<u8>> = names.map(|file| scene.bench.read(&file)).collect();
        bytes.sort();
        bytes
    };
    let line = "provision --alias alias/a --wrapping-key-spec RSA_2048 --generate --escrow rec.pem --escrow-out k.cms";
    scene.fails(3, line); // after a failure
    let first = copies(&scene, "k.cms");
    assert_eq!(first.len(), 1);
    scene.json(line); // after a success
    let second = copies(&scene, "k.cms");
    assert!(second.len() == 2 && second.contains(&first[0]));
    scene.json(line); // nothing is generated, and nothing touched
    assert_eq!(copies(&scene, "k.cms"), second);
    scene.json("rotate --key-id alias/a --generate --escrow rec.pem --escrow-out k.cms");
    let third = copies(&scene, "k.cms");
    assert!(third.len() == 3 && second.iter().all(|copy| third.contains(copy)));
    // Plaintext copies are kept in the same way; none of them can be forced away.
    scene.provision("--alias alias/b --generate --keep plain");
    scene.json("rotate --key-id alias/b --generate --keep plain");
    assert_eq!(copies(&scene, "plain").len(), 2);
    assert_eq!(scene.run("provision --alias alias/c --generate --keep plain --force").code, Some(2));
}

#[test]
fn two_rotations_at_once_end_with_one_and_the_other_s_copy_is_put_aside() {
    let scene = Scene::new("");
    let arn = scene.provision("--alias alias/a --generate --discard");
    let line = format!(
        "rotate --key-id alias/a --wrapping-key-spec RSA_2048 --generate --keep copy --output json {}",
        scene.at()
    );
    let words: Vec<&str> = line.split_whitespace().collect();
    let runs: Vec<_> = (0..2)
        .map(|number| {
            let directory = scene.bench.path(&format!("run{number}"));
            std::fs::create_dir(&directory).unwrap();
            let mut command = scene.bench.command(&words);
            command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test").current_dir(directory);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let runs: Vec<Run> = runs.into_iter().map(|run| Run::of(run.wait_with_output().unwrap())).collect();
    let winners: Vec<usize> = (0..2).filter(|run| runs[*run].code == Some(0)).collect();
    // The second may also have come when the first had ended: then the key was rotated twice.
    assert!(!winners.is_empty(), "{}{}", runs[0].stderr, runs[1].stderr);
    assert_eq!(scene.materials(&arn).len(), 1 + winners.len());
    for (number, run) in runs.iter().enumerate() {
        let copy = format!("run{number}/copy");
        if winners.contains(&number) {
            let verify = scene.json(&format!("verify --key-id alias/a --material {copy}"));
            assert_eq!(verify["proof"]["outcome"], "proven");
        } else {
            assert!(!scene.bench.exists(&copy), "a copy that is not the key has its name: {}", run.stderr);
            assert!(matches!(run.code, Some(1 | 3)), "{}", run.stderr);
        }
    }
}

/// How a run is killed: the request that is under way then, and whether KMS has carried it out.
const KILLS: [&str; 2] = ["latency=60s", "latency-after=60s"];
/// A fault strikes when the request has come; after it, KMS has done its part within this time.
const CARRIED_OUT: Duration = Duration::from_millis(100);

/// Starts the binary, and kills it when the request that the fault of the embedded KMS holds is under way. False when it ended by itself.
fn killed(scene: &Scene, line: &str) -> bool {
    let line = format!("{line} {}", scene.at());
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut command = scene.bench.command(&words);
    command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !has_struck(&scene.kms.url) {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(CARRIED_OUT);
    child.kill().unwrap(); // SIGKILL
    child.wait().unwrap();
    true
}

/// The operations that were asked for since the server started.
fn asked(scene: &Scene) -> Vec<String> {
    let log = String::from_utf8(scene.bench.read("calls.log")).unwrap();
    log.lines().map(|line| line.split(' ').nth(2).unwrap().to_owned()).collect()
}

/// Kills `line` at each request that `wanted` names, before and after KMS has carried it out, and repeats it; then `check` looks.
fn kill_everywhere(setup: impl Fn(&Scene), line: &str, wanted: impl Fn(&str) -> bool, check: impl Fn(&Scene, &Value)) {
    let scene = Scene::new("");
    setup(&scene);
    let base = asked(&scene).len();
    scene.json(line);
    let requests: Vec<(usize, String)> = asked(&scene).into_iter().enumerate().skip(base).collect();
    let mut kills = 0;
    for (number, operation) in requests.into_iter().filter(|(_, operation)| wanted(operation)) {
        for kill in KILLS {
            let scene = Scene::new(&format!("--fault *:{}:{kill}", number + 1));
            setup(&scene);
            assert!(killed(&scene, line), "it ended before {operation}");
            let run = scene.run(&format!("{line} --output json"));
            assert_eq!(run.code, Some(0), "killed at {operation} with {kill}: {}", run.stderr);
            check(&scene, &run.json());
            kills += 1;
        }
    }
    assert!(kills >= 6, "{kills} kills");
}

/// What a run leaves behind in KMS changes with these only.
fn changes(operation: &str) -> bool {
    ["CreateKey", "CreateAlias", "ImportKeyMaterial", "ReplicateKey", "RotateKeyOnDemand"].contains(&operation)
}

#[test]
fn a_provision_killed_at_any_step_is_completed_by_repeating_it() {
    let line = "provision --alias alias/a --wrapping-key-spec RSA_2048 --generate --keep copy";
    kill_everywhere(
        |_| {},
        line,
        |operation| !operation.starts_with("Describe") && !operation.starts_with("List"),
        |scene, answer| {
            let keys = scene.kms.ok("ListKeys", json!({}))["Keys"].clone();
            assert_eq!(keys.as_array().unwrap().len(), 1, "one key, and nothing is left over: {keys}");
            assert_eq!((&answer["key_arn"], &answer["key_state"]), (&keys[0]["KeyArn"], &json!("Enabled")));
            assert_eq!(scene.kms.describe("alias/a")["Arn"], keys[0]["KeyArn"]);
            // The file with the name is the key; what was generated before it and is not, has another.
            assert_eq!(scene.json("verify --key-id alias/a --material copy")["proof"]["outcome"], "proven");
        },
    );
}

#[test]
fn a_replication_killed_at_any_change_is_completed_by_repeating_it() {
    kill_everywhere(
        |scene| {
            scene.bench.write_private("one", support::material(7));
            scene.provision("--alias alias/a --material one --multi-region");
        },
        "replicate --key-id alias/a --to eu-west-2 --material one --alias alias/a --wrapping-key-spec RSA_2048",
        changes,
        |scene, answer| {
            let europe = scene.kms.in_region("eu-west-2");
            assert_eq!(europe.ok("ListKeys", json!({}))["Keys"].as_array().unwrap().len(), 1);
            assert_eq!(europe.describe("alias/a")["KeyState"], "Enabled");
            assert_eq!(answer["replicas"][0]["proof"]["outcome"], "proven");
        },
    );
}

#[test]
fn a_rotation_killed_at_any_change_is_completed_by_repeating_it_and_spends_one_rotation() {
    kill_everywhere(
        |scene| {
            scene.bench.write_private("one", support::material(7));
            scene.bench.write_private("two", support::material(8));
            scene.provision("--alias alias/a --material one --multi-region");
            scene.json("replicate --key-id alias/a --to eu-west-2 --material one --wrapping-key-spec RSA_2048 --quiet");
        },
        "rotate --key-id alias/a --material two --wrapping-key-spec RSA_2048",
        changes,
        |scene, answer| {
            let arn = answer["key_arn"].as_str().unwrap();
            let materials = scene.materials(arn);
            assert_eq!(materials.len(), 2);
            let states: Vec<&str> = materials.iter().map(|one| one["KeyMaterialState"].as_str().unwrap()).collect();
            assert_eq!(states, ["CURRENT", "NON_CURRENT"]);
            let europe = scene.kms.in_region("eu-west-2").describe(&arn.replace("us-east-1", "eu-west-2"));
            assert_eq!(europe["CurrentKeyMaterialId"], materials[0]["KeyMaterialId"]);
            assert_eq!(scene.json("status --key-id alias/a")["rotations_left"], 24);
            assert_eq!(scene.json("verify --key-id alias/a --material two")["proof"]["outcome"], "proven");
        },
    );
}
