//! Expiry: limits held before KMS is asked, renewal by importing the same bytes, and clocks that differ.

use serde_json::{Value, json};

use crate::support;
use crate::support::scene::Scene;

fn scene(serve: &str) -> Scene {
    let scene = Scene::new(serve);
    scene.material("one", 32);
    scene.material("other", 32);
    scene
}

/// get-parameters, wrap and import of a file into `alias/a`; `import` gets the flags.
fn import(scene: &Scene, file: &str, flags: &str) -> support::Run {
    let directory = format!("D{}", scene.calls("GetParametersForImport"));
    scene.json(&format!("get-parameters --key-id alias/a --dir {directory} --wrapping-key-spec RSA_2048"));
    scene.bench.kms_byok(&format!("wrap --dir {directory} --material {file}")).succeeds();
    scene.run(&format!("import --dir {directory} --output json {flags}"))
}

#[test]
fn limits_are_refused_before_kms_is_asked() {
    let bench = support::Bench::new();
    bench.write("one", support::material(7));
    let nowhere = "--endpoint-url http://127.0.0.1:9 --region us-east-1";
    for verb in [
        "provision --alias alias/a --material one",
        "rotate --key-id alias/a --material one",
        "replicate --key-id alias/a --to eu-west-2 --material one",
    ] {
        for (flags, cause, hint) in [
            ("--expires-in 366d", "is more than 365 days away\n", "hint: choose "),
            (
                "--expires-at 2020-01-31T12:00:00Z",
                "the expiry 2020-01-31T12:00:00Z is in the past\n",
                "hint: choose a time in the future",
            ),
            ("--expires-at tomorrow", "`tomorrow` is not a time\n", "hint: write it as RFC 3339 does"),
        ] {
            let run = bench.kms_byok_with_credentials(&format!("{verb} {flags} {nowhere} --quiet"));
            assert_eq!(run.code, Some(2), "{verb} {flags}: {}", run.stderr);
            assert!(run.stderr.contains(cause) && run.stderr.contains(hint), "{verb} {flags}: {}", run.stderr);
        }
        assert_eq!(bench.kms_byok(&format!("{verb} --expires-in 1d --expires never")).code, Some(2));
    }
}

#[test]
fn the_longest_expiry_is_365_days_and_never_is_the_default() {
    let scene = scene("");
    let answer = scene.json("provision --alias alias/a --material one --expires-in 365d");
    assert!(answer["expires"].is_string());
    assert!(scene.json("provision --alias alias/b --material one")["expires"].is_null());
    assert!(scene.json("provision --alias alias/c --material one --expires never")["expires"].is_null());
    let at = time(now() + 30.0 * 86_400.0);
    let offset = at.replace('Z', "+00:00");
    let answer = scene.json(&format!("provision --alias alias/d --material one --expires-at {offset}"));
    assert_eq!(answer["expires"], *at);
}

#[test]
fn importing_the_same_bytes_renews_the_expiry_also_to_never() {
    let scene = scene("");
    let arn = scene.provision("--alias alias/a --material one --expires-in 10d --material-description first");
    let before = scene.describe(&arn);
    let answer = import(&scene, "one", "--expires-in 90d").json();
    assert_eq!(answer["key_material_id"], before["CurrentKeyMaterialId"]);
    let now = scene.describe(&arn);
    let days = (now["ValidTo"].as_f64().unwrap() - before["ValidTo"].as_f64().unwrap()) / 86_400.0;
    assert!((79.9..80.1).contains(&days), "{days}");
    assert_eq!(scene.materials(&arn)[0]["KeyMaterialDescription"], "first", "KMS keeps the description");
    assert!(import(&scene, "one", "").json()["expires"].is_null());
    assert_eq!(scene.describe(&arn)["ExpirationModel"], "KEY_MATERIAL_DOES_NOT_EXPIRE");
    assert_eq!(scene.materials(&arn).len(), 1);
}

#[test]
fn other_bytes_renew_nothing_and_the_reason_is_said() {
    for (key, of) in [("", "SYMMETRIC_DEFAULT"), ("--key-spec HMAC_256", "HMAC_256")] {
        let scene = scene("");
        let arn = scene.provision(&format!("--alias alias/a --material one --expires-in 10d {key}"));
        let before = scene.describe(&arn);
        let run = import(&scene, "other", "--expires-in 90d");
        assert_eq!(run.code, Some(1), "{of}: {}", run.stderr);
        assert!(
            run.stderr.contains(&format!(
                "error: the key material is not the one that key `{arn}` takes\n\
                 because: IncorrectKeyMaterialException"
            )),
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains("hint: import exactly the bytes of the first import"), "{}", run.stderr);
        assert_eq!(scene.describe(&arn), before);
    }
}

#[test]
fn material_that_has_expired_comes_back_with_the_same_bytes_and_a_new_expiry() {
    let scene = scene("");
    let arn = scene.provision("--alias alias/a --material one --expires-in 10d");
    let id = scene.describe(&arn)["CurrentKeyMaterialId"].clone();
    scene.kms.move_clock(json!({ "advance": "11d" }));
    assert_eq!(scene.describe(&arn)["KeyState"], "PendingImport");
    // The parameters are made by KMS's clock, and this machine's is not there yet.
    let answer = import(&scene, "one", "--expires-in 30d").json();
    assert_eq!((&answer["key_state"], &answer["key_material_id"]), (&json!("Enabled"), &id));
}

#[test]
fn a_clock_that_differs_is_reported_and_expiry_counts_from_kms_s() {
    let scene = scene("--clock +2h");
    let run = scene.run("provision --alias alias/a --material one --expires-in 1d --output json");
    let answer = run.json();
    let warnings: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("warning: ")).collect();
    let said =
        ["1 h 59 min", "2 h"].map(|time| format!("warning: this machine's clock is {time} behind KMS's: set it (NTP)"));
    assert!(warnings.len() == 1 && said.iter().any(|line| line == warnings[0]), "{}", run.stderr);
    let valid_to = scene.describe(answer["key_arn"].as_str().unwrap())["ValidTo"].as_f64().unwrap();
    let left = valid_to - now();
    assert!((26.0 * 3600.0 - left).abs() < 120.0, "{left}");
    // Within five minutes it is nobody's business.
    let scene = self::scene("--clock +4m");
    let run = scene.run("provision --alias alias/a --material one");
    assert!(!run.succeeds().stderr.contains("warning"), "{}", run.stderr);
}

/// Counted once, from KMS's time, also for the command that completes the run.
#[test]
fn everything_that_one_run_imports_expires_at_the_same_time() {
    // Three times: where the clocks differ, the SDK takes a refusal for one of the signature's time and tries again.
    let scene = scene("--clock +2h --fault ImportKeyMaterial:5-7:error=AccessDeniedException");
    let arn = scene.provision("--alias alias/a --material one --multi-region");
    let regions = ["us-east-1", "eu-west-2", "ap-south-1"].map(|region| arn.replace("us-east-1", region));
    let wrapping = "--wrapping-key-spec RSA_2048";
    scene.json(&format!(
        "replicate --key-id alias/a --to eu-west-2,ap-south-1 --material one --expires-in 80d {wrapping}"
    ));
    let valid_to = |arn: &str| scene.materials(arn)[0]["ValidTo"].as_f64().unwrap();
    assert_eq!(valid_to(&regions[1]), valid_to(&regions[2]));
    let (answer, _) = scene.fails(3, &format!("rotate --key-id alias/a --material other --expires-in 90d {wrapping}"));
    let next = answer["next"].as_str().unwrap().to_owned();
    let sent = valid_to(&arn);
    assert!((90.0 * 86_400.0 + 7200.0 - (sent - now())).abs() < 120.0, "{sent}");
    assert!(next.contains(&format!(" --expires-at {}", time(sent))), "{sent}: {next}");
    scene.bench.kms_byok_with_credentials(&next["kms-byok ".len()..]).succeeds();
    assert_eq!(regions.map(|arn| valid_to(&arn)), [sent.floor(); 3]);
}

#[test]
fn an_expiry_that_only_this_machine_s_clock_allows_is_refused_before_there_is_a_key() {
    let scene = scene("--clock +2h");
    let soon = now() + 3600.0;
    let at = time(soon);
    let run = scene.run(&format!("provision --alias alias/a --material one --expires-at {at} --quiet"));
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    let cause = format!("error: the expiry {at} is in the past by KMS's clock, and this machine's is ");
    let found = run.stderr.lines().find(|line| line.starts_with("error: ")).unwrap();
    assert!(found.starts_with(&cause) && found.ends_with(" behind it"), "{found}");
    assert!(run.stderr.ends_with("hint: set this machine's clock (NTP), or choose another time\n"), "{}", run.stderr);
    assert_eq!(scene.kms.ok("ListKeys", json!({}))["Keys"], json!([]));
}

#[test]
fn a_signature_refused_for_its_time_says_by_how_much_the_clock_differs() {
    for (clock, cause) in [
        ("-90d", "error: this machine's clock is 90 days ahead of AWS's\n"),
        ("+0s", "error: this machine's clock differs from AWS's\n"),
    ] {
        let scene = Scene::new(&format!("--clock {clock} --fault DescribeKey:1:error=RequestExpired"));
        let run = scene.run("status --key-id alias/a --quiet");
        assert_eq!(run.code, Some(1));
        assert!(
            run.stderr.contains(cause) || run.stderr.contains(&cause.replace("90 days", "89 days 23 h")),
            "{clock}: {}",
            run.stderr
        );
        assert!(run.stderr.ends_with("hint: set this machine's clock (NTP)\n"), "{}", run.stderr);
    }
}

fn now() -> f64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64()
}

fn time(seconds: f64) -> String {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds as u64);
    humantime::format_rfc3339_seconds(time).to_string()
}

#[test]
fn the_same_relative_expiry_is_met_a_day_later() {
    let scene = scene("");
    let line = "provision --alias alias/a --material one --expires-in 90d";
    scene.json(line);
    scene.kms.move_clock(json!({ "advance": "1d" }));
    assert_eq!(scene.json(line)["changed"], false);
    let (answer, _): (Value, _) = scene.fails(1, "provision --alias alias/a --material one --expires-in 30d");
    assert!(answer["error"]["cause"].as_str().unwrap().contains("which is not the expiry asked for"), "{answer}");
}

#[test]
fn after_rotations_each_material_that_has_expired_is_asked_for() {
    let scene = scene("");
    let arn = scene.provision("--alias alias/a --material one --expires-in 10d");
    scene.json("rotate --key-id alias/a --material other --expires-in 10d");
    scene.kms.move_clock(json!({ "advance": "11d" }));
    let first = scene.materials(&arn)[1]["KeyMaterialId"].as_str().unwrap().to_owned();
    let run = import(&scene, "other", "");
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert!(
        run.stderr.contains(&format!(
            "error: the import succeeded, but key {arn} still waits for other key material: {first}\n\
             hint: import those bytes too, each with its own parameters\n"
        )),
        "{}",
        run.stderr
    );
    let run = import(&scene, "one", "");
    assert_eq!((&run.json()["key_state"], &run.json()["key_material_id"]), (&json!("Enabled"), &json!(first)));
    assert!(run.stderr.contains("it is earlier key material of the key, which decrypts only\n"), "{}", run.stderr);
    assert_eq!(run.json()["proof"]["outcome"], "proven");
}

/// What DescribeKey says afterwards is compared with what was asked for, both ways and by every verb.
#[test]
fn another_expiry_than_the_one_asked_for_is_a_contradiction() {
    let expires = "--fault DescribeKey:FROM+:set=KeyMetadata.ValidTo=1900000000 \
                   --fault DescribeKey:FROM+:set=KeyMetadata.ExpirationModel=KEY_MATERIAL_EXPIRES";
    let never = "--fault DescribeKey:FROM+:drop=KeyMetadata.ValidTo \
                 --fault DescribeKey:FROM+:set=KeyMetadata.ExpirationModel=KEY_MATERIAL_DOES_NOT_EXPIRE";
    let provision = "provision --alias alias/a --wrapping-key-spec RSA_2048 --material one";
    let says = |run: &support::Run, wanted: &str| {
        let answer = run.json_of_failure();
        let cause = answer["error"]["cause"].as_str().unwrap().to_owned();
        assert!(run.code == Some(3) && cause.starts_with("what KMS answers contradicts the import: "), "{cause}");
        assert!(cause.contains(wanted), "{cause}");
        assert_eq!(answer["proof"]["outcome"], "contradicted");
    };
    let asked_never = "it was imported without expiry, and KMS says that it expires 2030-03-17T17:46:40Z";
    for level in ["use", "off"] {
        let lying = scene(&expires.replace("FROM", "2"));
        says(&lying.run(&format!("{provision} --output json --expires never --verify {level}")), asked_never);
        let lying = scene(&never.replace("FROM", "2"));
        says(
            &lying.run(&format!("{provision} --output json --expires-in 1d --verify {level}")),
            ", and KMS says that it does not expire",
        );
    }
    // Two of provision: the alias, and the key after the import; then those of the second verb.
    let lying = scene(&expires.replace("FROM", "4"));
    lying.json(provision);
    lying.json("get-parameters --key-id alias/a --dir D --wrapping-key-spec RSA_2048");
    lying.bench.kms_byok("wrap --dir D --material one").succeeds();
    says(&lying.run("import --dir D --output json --wait 1s"), asked_never);
    let rotate = "rotate --key-id alias/a --wrapping-key-spec RSA_2048 --material other --output json";
    let lying = scene(&expires.replace("FROM", "4"));
    lying.json(provision);
    says(&lying.run(rotate), asked_never);
    let lying = scene(&expires.replace("FROM", "5"));
    lying.json(&format!("{provision} --multi-region"));
    let replicate =
        "replicate --key-id alias/a --to eu-west-1 --wrapping-key-spec RSA_2048 --material one --output json";
    says(&lying.run(replicate), asked_never);
}
