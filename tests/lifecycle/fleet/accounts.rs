//! Rows of several accounts: by a profile, and by a role that is assumed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::embedded_kms::Kms;
use crate::support::scene::Scene;
use crate::support::{Run, run};

const ONE: &str = "111122223333";
const TWO: &str = "444455556666";
const THREE: &str = "777788889999";

const RUN: &str = "fleet run keys.csv --allow-endpoint-env --alias alias/{id} --material generate-discard --wrapping-key-spec RSA_2048";

/// A scene in us-east-1 whose profile `one` is of the first account; `two` is a role of the second.
fn scene(flags: &str) -> Scene {
    let scene = Scene::new(flags);
    scene.bench.write(
        "config",
        format!(
            "[default]\nregion = us-east-1\n[profile one]\naws_access_key_id = {ONE}\naws_secret_access_key = s\nregion = eu-west-1\n\
             [profile two]\nrole_arn = arn:aws:iam::{TWO}:role/keys\nsource_profile = one\nregion = us-west-2\n"
        ),
    );
    scene
}

fn run_line(scene: &Scene, line: &str) -> Run {
    let mut command = scene.bench.command(&line.split_whitespace().collect::<Vec<_>>());
    command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
    command.env("AWS_CONFIG_FILE", scene.bench.path("config"));
    command.env("AWS_ENDPOINT_URL_KMS", &scene.kms.url).env("AWS_ENDPOINT_URL_STS", &scene.kms.url);
    run(&mut command, b"")
}

/// The aliases in an account and Region, asked without the product.
fn aliases(scene: &Scene, account: &str, region: &str) -> BTreeSet<String> {
    let mut client = Kms::at(&scene.kms.url);
    (client.access_key_id, client.region) = (account.to_owned(), region.to_owned());
    let listed = client.ok("ListAliases", json!({}));
    let keys = client.ok("ListKeys", json!({}))["Keys"].as_array().unwrap().len();
    let names = listed["Aliases"].as_array().unwrap().iter().map(|one| one["AliasName"].as_str().unwrap().to_owned());
    let names: BTreeSet<String> = names.collect();
    assert_eq!(keys, names.len(), "{account} {region}");
    names
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| format!("alias/{name}")).collect()
}

fn lines(text: &str) -> (Vec<Value>, Value) {
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = lines.pop().unwrap();
    (lines, last)
}

/// Every way to an account: none, a profile, a profile that assumes a role, a role, a role from a profile, and the Region of each.
const ROWS: &str = "id,profile,role_arn,regions\na,,,\nb,one,,\nc,two,,\nd,,arn:aws:iam::777788889999:role/keys,eu-west-1\n\
                    e,one,arn:aws:iam::777788889999:role/other,us-east-1;us-west-2\nf,one,,us-east-1\n";

#[test]
fn each_row_becomes_a_key_in_its_account_and_region_and_every_task_finds_it_there() {
    let scene = scene("");
    scene.bench.write("keys.csv", ROWS);
    run_line(&scene, &format!("{RUN} --quota none")).succeeds();
    for (account, region, expected) in [
        ("000000000000", "us-east-1", &["a"][..]),
        (ONE, "eu-west-1", &["b"]),
        (ONE, "us-east-1", &["f"]),
        (TWO, "us-west-2", &["c"]),
        (THREE, "eu-west-1", &["d"]),
        (THREE, "us-east-1", &["e"]),
        (THREE, "us-west-2", &["e"]),
        (ONE, "us-west-2", &[]),
        (TWO, "us-east-1", &[]),
    ] {
        assert_eq!(aliases(&scene, account, region), names(expected), "{account} {region}");
    }
    let made = scene.calls("CreateKey");
    assert_eq!(made, 7);
    // Again, without the journal, and rotated and compared.
    run_line(&scene, &format!("{RUN} --quota none --journal other")).succeeds();
    for task in ["verify", "rotate --round 1"] {
        let run = run_line(&scene, &format!("{RUN} --quota none --only {task} --output json"));
        run.succeeds();
        assert_eq!(lines(&run.stdout).1["done"], 7);
    }
    assert_eq!((scene.calls("CreateKey"), scene.calls("RotateKeyOnDemand")), (made, 7));
    let plan = run_line(&scene, &format!("{} --output json", RUN.replace("fleet run", "fleet plan")));
    let plan: Value = serde_json::from_str(&plan.succeeds().stdout).unwrap();
    assert_eq!((&plan["make"], &plan["unchanged"]), (&json!(0), &json!(7)));
}

#[test]
fn shards_have_whole_accounts_and_regions() {
    let scene = scene("");
    scene.bench.write("keys.csv", ROWS);
    for shard in 1..=3 {
        run_line(&scene, &format!("{RUN} --quota none --shard {shard}/3")).succeeds();
    }
    assert_eq!(scene.calls("CreateKey"), 7);
    let status = run_line(&scene, &RUN.replace("fleet run", "fleet status"));
    assert!(status.stdout.ends_with("7 keys: 7 done, 0 failed, 0 left\n"), "{}{}", status.stdout, status.stderr);
}

#[test]
fn the_quotas_of_accounts_are_used_side_by_side() {
    let scene = scene("");
    let rows: String = (1..=8).map(|n| format!("k{n},arn:aws:iam::{n:012}:role/keys\n")).collect();
    scene.bench.write("keys.csv", format!("id,role_arn\n{rows}"));
    let plan = run_line(&scene, &format!("{} --output json", RUN.replace("fleet run", "fleet plan")));
    let plan: Value = serde_json::from_str(&plan.succeeds().stdout).unwrap();
    assert_eq!((&plan["make"], &plan["seconds"]), (&json!(8), &json!(1)), "{plan}");
    // One of each account is in no bucket's way: at a set in a quarter of an hour, the second of an account would wait.
    run_line(&scene, &format!("{RUN} --quota GetParametersForImport=0.001")).succeeds();
    assert_eq!(scene.calls("GetParametersForImport"), 8);
}

#[test]
fn a_role_that_is_refused_fails_the_rows_of_its_account_with_the_cause_and_no_others() {
    let scene = scene("--fault AssumeRole:always:error=AccessDenied");
    scene.bench.write("keys.csv", "id,role_arn\na,\nb,arn:aws:iam::444455556666:role/keys\nc,\n");
    let run = run_line(&scene, &format!("{RUN} --quota none --concurrency 1 --output json"));
    assert_eq!(run.code, Some(3), "{}{}", run.stdout, run.stderr);
    let (keys, last) = lines(&run.stdout);
    let states: Vec<&str> = keys.iter().map(|key| key["state"].as_str().unwrap()).collect();
    assert_eq!((states, &last["failed"]), (vec!["done", "failed", "done"], &json!(1)), "{}", run.stdout);
    assert!(keys[1]["error"].to_string().contains("AccessDenied"), "{}", keys[1]);
    // Once the role may be assumed, the same command completes it.
    scene.kms.http("POST", "/_rehearsal/faults", &[], br#"{"faults": []}"#).unwrap();
    run_line(&scene, &format!("{RUN} --quota none")).succeeds();
    assert_eq!(aliases(&scene, TWO, "us-east-1"), names(&["b"]));
}
