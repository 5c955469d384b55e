//! `status`: every key material, every Region, and what expires.

use serde_json::{Value, json};

use crate::support::scene::Scene;
use crate::support::{self, importing};

fn scene(flags: &str) -> Scene {
    let scene = Scene::new(flags);
    scene.material("one", 32);
    scene.material("two", 32);
    scene
}

#[test]
fn every_key_material_is_shown_with_its_state_and_expiry() {
    let scene = scene("");
    let arn = scene.provision("--alias alias/a --material one --expires-in 30d --material-description first");
    scene.json("rotate --key-id alias/a --material two");
    let pending = importing::random(32);
    scene.kms.import(&arn, &pending, json!({ "ImportType": "NEW_KEY_MATERIAL" })).unwrap();

    let answer = scene.json("status --key-id alias/a");
    assert_eq!(
        (&answer["key_arn"], &answer["key_state"], &answer["rotations_left"]),
        (&json!(arn), &json!("Enabled"), &json!(24))
    );
    let shown: Vec<(Value, Value, Value, bool)> = answer["materials"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (one["state"].clone(), one["import_state"].clone(), one["current"].clone(), one["expires"].is_string())
        })
        .collect();
    assert_eq!(
        shown,
        [
            (json!("PENDING_ROTATION"), json!("IMPORTED"), json!(false), false),
            (json!("CURRENT"), json!("IMPORTED"), json!(true), false),
            (json!("NON_CURRENT"), json!("IMPORTED"), json!(false), true),
        ]
    );
    assert_eq!(answer["materials"][2]["description"], "first");
    assert_eq!(answer["materials"][1]["key_material_id"], answer["key_material_id"]);
    assert_eq!(answer["materials"][2]["expires"], answer["expires"], "the key's expiry is the earliest");

    let text = scene.run("status --key-id alias/a --quiet").succeeds().stdout.clone();
    let ids: Vec<&str> =
        answer["materials"].as_array().unwrap().iter().map(|one| one["key_material_id"].as_str().unwrap()).collect();
    let expires = answer["expires"].as_str().unwrap();
    for line in [
        format!("material      {}: waits for rotation, imported, never expires\n", ids[0]),
        format!("material      {}: current, imported, never expires\n", ids[1]),
        format!("material      {}: earlier, imported, expires {expires}, `first`\n", ids[2]),
        "rotations     24 of 25 on demand are left\n".to_owned(),
    ] {
        assert!(text.contains(&line), "{line}{text}");
    }
}

#[test]
fn a_multi_region_key_is_shown_in_all_its_regions_from_each_of_them() {
    let scene = scene("");
    let arn = scene.provision("--alias alias/a --material one --multi-region");
    scene.json("replicate --key-id alias/a --to eu-west-2 --material one --expires-in 10d");
    scene.kms.ok("ReplicateKey", json!({ "KeyId": arn, "ReplicaRegion": "ap-south-1" }));
    let seen = |line: &str| {
        let answer = scene.json(line);
        let mut regions: Vec<(String, String, bool)> = std::iter::once(&answer)
            .chain(answer["other_regions"].as_array().unwrap())
            .map(|one| {
                let text = |name: &str| one[name].as_str().unwrap().to_owned();
                (text("region"), format!("{} {}", text("role"), text("key_state")), one["expires"].is_string())
            })
            .collect();
        regions.sort();
        regions
    };
    let expected = [
        ("ap-south-1".to_owned(), "replica PendingImport".to_owned(), false),
        ("eu-west-2".to_owned(), "replica Enabled".to_owned(), true),
        ("us-east-1".to_owned(), "primary Enabled".to_owned(), false),
    ];
    std::thread::sleep(std::time::Duration::from_millis(300)); // the replica is Creating until then
    assert_eq!(seen("status --key-id alias/a"), expected);
    let replica = arn.replace("us-east-1", "eu-west-2");
    let line = format!("status --key-id {replica} --output json --endpoint-url {} --region eu-west-2", scene.kms.url);
    let answer = scene.bench.kms_byok_with_credentials(&line).json();
    assert_eq!((&answer["role"], answer["other_regions"].as_array().unwrap().len()), (&json!("replica"), 2));
    // The replica's expiry counts, also when the primary is asked about.
    let (answer, _) = fails_4(&scene, "status --key-id alias/a --expiring-within 11d");
    let found: Vec<(&Value, &Value)> =
        answer["expiring"].as_array().unwrap().iter().map(|one| (&one["region"], &one["what"])).collect();
    assert_eq!(found, [(&json!("ap-south-1"), &json!("no_material")), (&json!("eu-west-2"), &json!("expires"))]);
}

fn fails_4(scene: &Scene, line: &str) -> (Value, String) {
    let run = scene.run(&format!("{line} --output json"));
    assert_eq!(run.code, Some(4), "{}{}", run.stdout, run.stderr);
    (serde_json::from_str(&run.stdout).unwrap(), run.stderr)
}

fn aliases(answer: &Value, list: &str) -> Vec<String> {
    let mut names: Vec<String> =
        answer[list].as_array().unwrap().iter().map(|one| one["aliases"][0].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn what_expires_in_time_is_exit_code_4_over_one_key_a_prefix_or_the_region() {
    let scene = scene("");
    for (alias, expiry) in
        [("prod-a", "--expires-in 10d"), ("prod-b", "--expires-in 60d"), ("prod-c", ""), ("test-a", "--expires-in 5d")]
    {
        scene.provision(&format!("--alias alias/{alias} --generate --discard {expiry}"));
    }
    scene.kms.key(json!({ "Description": "not imported" }));
    assert_eq!(scene.json("status --key-id alias/prod-a --expiring-within 9d")["expiring"], json!([]));
    let (answer, _) = fails_4(&scene, "status --key-id alias/prod-a --expiring-within 11d");
    assert_eq!(answer["expiring"][0]["what"], "expires");
    assert_eq!(answer["expiring"][0]["expires"], answer["expires"]);

    assert_eq!(
        scene.json("status --alias-prefix alias/prod- --expiring-within 9d")["keys"].as_array().unwrap().len(),
        3
    );
    let (answer, _) = fails_4(&scene, "status --alias-prefix alias/prod- --expiring-within 30d");
    assert_eq!(aliases(&answer, "expiring"), ["alias/prod-a"]);
    let (answer, _) = fails_4(&scene, "status --expiring-within 90d");
    assert_eq!(aliases(&answer, "expiring"), ["alias/prod-a", "alias/prod-b", "alias/test-a"]);
    assert_eq!(aliases(&answer, "keys"), ["alias/prod-a", "alias/prod-b", "alias/prod-c", "alias/test-a"]);
    // Without the question nothing is a finding.
    assert_eq!(scene.json("status")["expiring"], json!(null));

    let run = scene.run("status --alias-prefix alias/prod- --expiring-within 30d --quiet");
    assert_eq!((run.code, run.stderr.as_str()), (Some(4), ""));
    let arn = scene.kms.describe("alias/prod-a")["Arn"].as_str().unwrap().to_owned();
    let found = run.stdout.lines().find(|line| line.starts_with("alias/prod-a ")).unwrap();
    assert!(found.contains(&arn) && found.ends_with(", in 9 days 23 h") || found.ends_with(", in 10 days"), "{found}");
}

#[test]
fn what_has_expired_already_is_found_too() {
    let scene = scene("");
    scene.provision("--alias alias/sym --material one --expires-in 10d");
    scene.provision("--alias alias/mac --key-spec HMAC_256 --generate --discard --expires-in 10d");
    scene.kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"); // never filled, and so never expired
    scene.kms.move_clock(json!({ "advance": "11d" }));
    let (answer, _) = fails_4(&scene, "status --expiring-within 1d");
    let mut found: Vec<(String, String)> = answer["expiring"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["aliases"][0].as_str().unwrap().to_owned(), one["what"].as_str().unwrap().to_owned()))
        .collect();
    found.sort();
    let pair = |alias: &str, what: &str| (alias.to_owned(), what.to_owned());
    assert_eq!(found, [pair("alias/mac", "no_material"), pair("alias/sym", "gone")]);
    // After rotations the one that is gone is named.
    let arn = scene.provision("--alias alias/two --material one --expires-in 10d");
    scene.json("rotate --key-id alias/two --material two");
    scene.kms.move_clock(json!({ "advance": "11d" }));
    let (answer, _) = fails_4(&scene, "status --key-id alias/two --expiring-within 1d");
    assert_eq!(answer["expiring"].as_array().unwrap().len(), 1);
    assert_eq!(answer["expiring"][0]["key_material_id"], scene.materials(&arn)[1]["KeyMaterialId"]);
}

#[test]
fn what_may_not_be_seen_is_said_and_refused_with_strict() {
    let scene = scene("--fault ListKeyRotations:always:error=AccessDeniedException");
    let arn = scene.provision("--alias alias/a --material one --expires-in 10d");
    let run = scene.run("status --key-id alias/a --output json");
    let answer = run.json();
    let warning =
        format!("kms:ListKeyRotations is not permitted on key {arn}, so what it would show is missing here\n");
    assert!(run.stderr.ends_with(&format!("warning: {warning}")), "{}", run.stderr);
    assert_eq!(answer["not_permitted"], json!([{ "permission": "kms:ListKeyRotations", "key_arn": arn }]));
    assert_eq!(answer["materials_complete"], false);
    assert_eq!(answer["materials"][0]["key_material_id"], answer["key_material_id"]);
    assert_eq!(answer["rotations_left"], json!(null));
    fails_4(&scene, "status --key-id alias/a --expiring-within 11d");
    let run = scene.run("status --key-id alias/a --strict --quiet");
    assert_eq!((run.code, run.stderr), (Some(4), format!("warning: {warning}")));
    assert!(run.stdout.contains("others are not known: kms:ListKeyRotations is not permitted\n"), "{}", run.stdout);
}

#[test]
fn a_key_that_may_not_be_described_does_not_hide_the_others() {
    let scene =
        scene("--fault DescribeKey:5:error=AccessDeniedException --fault ListAliases:3:error=AccessDeniedException");
    scene.provision("--alias alias/a --material one --expires-in 10d");
    scene.provision("--alias alias/b --material two --expires-in 10d");
    assert_eq!(scene.calls("DescribeKey"), 4, "the fault counts on it");
    let (answer, stderr) = fails_4(&scene, "status --expiring-within 11d");
    assert_eq!((answer["keys"].as_array().unwrap().len(), answer["not_permitted"].as_array().unwrap().len()), (1, 1));
    assert!(stderr.contains("warning: kms:DescribeKey is not permitted on key arn:"), "{stderr}");
    scene.json("status --alias-prefix alias/none");
    // Without names the Region is still seen; a prefix means nothing then.
    let (answer, stderr) = fails_4(&scene, "status --expiring-within 11d");
    assert_eq!(answer["not_permitted"], json!([{ "permission": "kms:ListAliases", "key_arn": null }]));
    assert!(stderr.contains("warning: kms:ListAliases is not permitted, so"), "{stderr}");
    assert_eq!(support::Bench::new().kms_byok("status --alias-prefix prod").code, Some(2));
}

/// KMS's lists and DescribeKey are consistent in the end only, and one key may fail for reasons of its own.
#[test]
fn a_key_that_cannot_be_seen_is_listed_as_such_and_the_others_are_shown() {
    for (fault, id, cause) in [
        ("error=NotFoundException", "not_found", "KMS in us-east-1 has no key `ARN`"),
        ("error=KMSInternalException", "unavailable", "KMS cannot do DescribeKey at the moment"),
        ("501", "not_implemented", "`URL` does not have DescribeKey"),
        (
            "drop=KeyMetadata.KeyState",
            "field_missing",
            "the reply to DescribeKey has no KeyState, which KMS always sends",
        ),
    ] {
        let retried = id == "unavailable";
        // The keys are asked side by side, and the SDK tries three times where it may pass.
        let scene = scene(&format!("--fault DescribeKey:{}:{fault}", if retried { "5-10" } else { "5" }));
        let arns = [
            scene.provision("--alias alias/a --material one --expires-in 10d"),
            scene.provision("--alias alias/b --material two --expires-in 10d"),
        ];
        assert_eq!(scene.calls("DescribeKey"), 4, "the fault counts on it");
        let answer = scene.json("status");
        let (seen, unseen) = (answer["keys"].as_array().unwrap(), answer["not_seen"].as_array().unwrap());
        let expected = if retried { (0, 2) } else { (1, 1) };
        assert_eq!((seen.len(), unseen.len()), expected, "{fault}: {answer:#}");
        for one in unseen {
            let arn = one["key_arn"].as_str().unwrap();
            assert!(arns.iter().any(|known| known == arn));
            let cause = cause.replace("ARN", arn).replace("URL", &scene.kms.url);
            assert_eq!(
                *one,
                json!({ "operation": "DescribeKey", "key_arn": arn, "id": id, "cause": cause, "aws_code": one["aws_code"] })
            );
        }
        assert_eq!(answer["not_permitted"], json!([]));
    }
}

#[test]
fn a_key_that_cannot_be_seen_is_a_warning_and_with_strict_exit_4() {
    let scene = scene("--fault DescribeKey:5:error=NotFoundException --fault DescribeKey:7:error=NotFoundException");
    scene.provision("--alias alias/a --material one --expires-in 300d");
    scene.provision("--alias alias/b --material two --expires-in 300d");
    let lines = |run: &support::Run| {
        let (missing, shown): (Vec<String>, Vec<String>) = run
            .stdout
            .lines()
            .map(str::to_owned)
            .partition(|line| line.contains("  not seen: KMS in us-east-1 has no key"));
        assert_eq!(
            (missing.len(), &shown[..]),
            (1, &["nothing expires in that time".to_owned()][..]),
            "{}",
            run.stdout
        );
        let arn = missing[0].split(' ').next().unwrap().to_owned();
        assert_eq!(
            run.stderr,
            format!("warning: key {arn} cannot be seen: KMS in us-east-1 has no key `{arn}`\n"),
            "what is not seen may expire as well"
        );
    };
    let run = scene.run("status --expiring-within 30d --quiet");
    assert_eq!(run.code, Some(0));
    lines(&run);
    let run = scene.run("status --expiring-within 30d --quiet --strict");
    assert_eq!(run.code, Some(4));
    lines(&run);
}

/// Credentials that fail for one key fail for all: that is no question of this key.
#[test]
fn what_would_fail_for_every_key_is_an_error() {
    let scene = scene("--fault DescribeKey:3:error=ExpiredTokenException");
    scene.provision("--alias alias/a --material one");
    assert_eq!(scene.calls("DescribeKey"), 2, "the fault counts on it");
    let run = scene.run("status --quiet");
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    assert!(run.stderr.starts_with("error: the AWS credentials have expired\n"), "{}", run.stderr);
}

#[test]
fn a_key_of_another_origin_is_shown_and_never_expires() {
    let scene = scene("");
    let arn = scene.kms.key(json!({ "Description": "KMS's own\u{1b}[2J" }));
    let answer = scene.json(&format!("status --key-id {arn} --expiring-within 365d"));
    assert_eq!((&answer["origin"], &answer["expiring"]), (&json!("AWS_KMS"), &json!([])));
    let text = scene.run(&format!("status --key-id {arn} --quiet")).succeeds().stdout.clone();
    assert!(!text.contains('\u{1b}'), "{text:?}");
}
