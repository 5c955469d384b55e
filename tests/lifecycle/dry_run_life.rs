//! `--dry-run` of `rotate`, `replicate` and `delete-material`: the calls it prints, with their Regions, are the calls the run makes.

use serde_json::{Value, json};

use crate::support::cloud::timeless;
use crate::support::scene::Scene;

const ROTATE: &str = "rotate --key-id alias/a --wrapping-key-spec RSA_2048";
const REPLICATE: &str = "replicate --key-id alias/a --wrapping-key-spec RSA_2048";
/// What a dry run may ask for: it reads.
const READS: [&str; 11] = [
    "DescribeKey",
    "GenerateMac",
    "GetKeyLastUsage",
    "GetKeyPolicy",
    "GetKeyRotationStatus",
    "GetPublicKey",
    "ListAliases",
    "ListGrants",
    "ListKeyRotations",
    "ListResourceTags",
    "Sign",
];

fn scene(more: &str) -> (Scene, String) {
    Scene::with_key("", more)
}

/// The requests that were answered, each with its Region.
fn calls(scene: &Scene) -> Vec<String> {
    let log = String::from_utf8(scene.bench.read("calls.log")).unwrap();
    let words = log.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    words.map(|words| format!("{} {}", words[2], words[1])).collect()
}

/// The plan, after making sure that only was read and nothing written.
#[track_caller]
fn dry(scene: &Scene, line: &str) -> Value {
    let (before, names) = (calls(scene).len(), scene.bench.names());
    let answer = scene.json(&format!("{line} --dry-run --quiet"));
    let asked = calls(scene).split_off(before);
    let only_reads = asked.iter().all(|call| READS.contains(&call.split(' ').next().unwrap()));
    assert!(only_reads, "{line}: {asked:?}");
    assert_eq!(scene.bench.names(), names, "{line}");
    assert_eq!((&answer["dry_run"], &answer["changed"]), (&true.into(), &false.into()));
    answer
}

fn planned(answer: &Value) -> Vec<String> {
    let steps = answer["plan"].as_array().unwrap().iter();
    let region = |step: &Value| step["region"].as_str().unwrap_or("us-east-1").to_owned();
    steps.map(|step| format!("{} {}", step["call"].as_str().unwrap(), region(step))).collect()
}

/// Whoever waits asks as often as it takes: the same question again and again counts once.
fn once(mut calls: Vec<String>) -> Vec<String> {
    calls.dedup();
    calls
}

/// Plans, then does it, and compares.
#[track_caller]
fn comes_true(scene: &Scene, line: &str) -> Value {
    let answer = dry(scene, line);
    let before = calls(scene).len();
    scene.json(line);
    assert_eq!(once(planned(&answer)), once(calls(scene).split_off(before)), "{line}");
    answer
}

/// The dry run is refused as the run is, and neither changes anything.
#[track_caller]
fn refused_alike(scene: &Scene, line: &str) {
    let before = calls(scene).len();
    let dry = scene.run(&format!("{line} --quiet --dry-run"));
    assert!(calls(scene)[before..].iter().all(|call| READS.contains(&call.split(' ').next().unwrap())), "{line}");
    let run = scene.run(&format!("{line} --quiet"));
    assert!(matches!(run.code, Some(1 | 2)), "{line}: {:?} {}", run.code, run.stderr);
    let (planned, said) = (timeless(&dry.stderr), timeless(&run.stderr));
    assert_eq!((dry.code, planned, dry.stdout.as_str()), (run.code, said, ""), "{line}");
}

#[test]
fn the_plan_of_a_rotation_comes_true_at_every_level() {
    let (scene, arn) = scene("");
    for level in ["off", "state", "use", "full"] {
        comes_true(&scene, &format!("{ROTATE} --generate --discard --verify {level}"));
    }
    let answer = comes_true(&scene, &format!("{ROTATE} --material two"));
    assert_eq!((&answer["key_arn"], &answer["writes"]), (&json!(arn), &json!([])));
    comes_true(&scene, &format!("{ROTATE} --resume")); // over already: proof only
    let answer = dry(&scene, &format!("{ROTATE} --generate --keep copy"));
    assert_eq!(answer["writes"], json!(["copy"]));
}

#[test]
fn the_plan_of_a_rotation_by_alias_comes_true() {
    for spec in ["ECC_NIST_P256", "HMAC_256"] {
        let (scene, _) = scene("");
        for file in ["first", "second"] {
            scene.bench.kms_byok(&format!("generate --key-spec {spec} --out {file}")).succeeds();
        }
        let old = scene.provision(&format!("--alias alias/app --key-spec {spec} --material first --tag team=pay"));
        let rotate = "rotate --key-id alias/app --wrapping-key-spec RSA_2048";
        let answer = comes_true(&scene, &format!("{rotate} --material second"));
        assert_eq!((&answer["key_arn"], &answer["writes"]), (&json!(old), &json!([])));
        comes_true(&scene, &format!("{rotate} --material second"));
        let answer = comes_true(&scene, &format!("{rotate} --generate --keep copy --verify state"));
        assert_eq!(answer["writes"], json!(["copy"]));
        comes_true(&scene, &format!("{rotate} --generate --discard --prepare"));
        comes_true(&scene, &format!("{rotate} --generate --discard"));
        let back = "rotate --key-id alias/app --rollback";
        let answer = comes_true(&scene, back);
        assert_eq!(answer["writes"], json!([]));
        comes_true(&scene, back);
        comes_true(&scene, &format!("{rotate} --material second"));
        comes_true(&scene, &format!("{back} --verify state"));
        if spec != "HMAC_256" {
            comes_true(&scene, &format!("{back} --verify state --jwks keys.json"));
            comes_true(&scene, &format!("{rotate} --material second --verify state --jwks keys.json"));
            comes_true(&scene, &format!("{rotate} --material second --verify off --jwks keys.json"));
            comes_true(&scene, &format!("{back} --verify off --jwks keys.json"));
            comes_true(&scene, &format!("{rotate} --generate --keep third --verify state --jwks keys.json"));
            let prepared = scene.json(&format!("{rotate} --generate --keep fourth --prepare"));
            let new = prepared["key_arn"].as_str().unwrap();
            comes_true(&scene, &format!("{rotate} --switch {new} --verify state --jwks keys.json"));
        }
        comes_true(&scene, &format!("{rotate} --generate --keep last --disable-old --yes"));
        comes_true(&scene, &format!("{rotate} --material last --disable-old --yes"));
        refused_alike(&scene, back);
    }
}

#[test]
fn the_plan_of_a_rotation_in_three_regions_comes_true() {
    let (scene, _) = scene("--multi-region");
    scene.json(&format!("{REPLICATE} --to eu-west-2,ap-south-1 --material one"));
    comes_true(&scene, &format!("{ROTATE} --generate --discard"));
    comes_true(&scene, &format!("{ROTATE} --material two --verify full"));
}

#[test]
fn the_plan_goes_on_with_what_waits_for_rotation() {
    let (scene, _) = scene("");
    scene.json("get-parameters --key-id alias/a --dir D --wrapping-key-spec RSA_2048");
    scene.bench.kms_byok("wrap --dir D --material two").succeeds();
    scene.json("import --dir D --import-type new");
    refused_alike(&scene, &format!("{ROTATE} --generate --discard"));
    let given = dry(&scene, &format!("{ROTATE} --material two"));
    assert!(planned(&given).contains(&"ImportKeyMaterial us-east-1".to_owned()));
    let answer = comes_true(&scene, &format!("{ROTATE} --resume"));
    assert!(!planned(&answer).contains(&"ImportKeyMaterial us-east-1".to_owned()));
}

#[test]
fn the_plan_generates_only_where_nothing_waits_for_rotation_to_go_on_with() {
    let (scene, _) = scene("");
    scene.json("get-parameters --key-id alias/a --dir D --wrapping-key-spec RSA_2048");
    scene.bench.kms_byok("wrap --dir D --material two").succeeds();
    scene.json("import --dir D --import-type new");
    for imports in [false, true] {
        let answer = comes_true(&scene, &format!("{ROTATE} --generate --discard --resume --verify full"));
        assert_eq!(planned(&answer).contains(&"ImportKeyMaterial us-east-1".to_owned()), imports);
    }
}

#[test]
fn the_plan_of_a_replication_comes_true() {
    let (scene, arn) = scene("--multi-region");
    let answer = comes_true(
        &scene,
        &format!("{REPLICATE} --to eu-west-2 ap-south-1 --material one --alias alias/a --tag team=payments"),
    );
    let permissions = answer["permissions"].as_array().unwrap();
    for permission in ["kms:ReplicateKey", "kms:CreateKey", "kms:TagResource", "kms:CreateAlias"] {
        assert!(permissions.contains(&json!(permission)), "{permission}");
    }
    comes_true(&scene, &format!("{REPLICATE} --to eu-west-2 --material one --alias alias/b --verify full"));
    scene.json(&format!("{ROTATE} --material two"));
    comes_true(&scene, &format!("{REPLICATE} --to eu-west-1 --material one --material two"));
    comes_true(&scene, &format!("{REPLICATE} --to eu-north-1 --material two --material one --verify state"));
    comes_true(&scene, &format!("{REPLICATE} --to us-west-2 --material one --material two --verify off"));
    // An empty replica is completed.
    let replica = arn.replace("us-east-1", "ca-central-1");
    let primary = json!({ "KeyId": arn, "ReplicaRegion": "ca-central-1" });
    scene.kms.ok("ReplicateKey", primary);
    comes_true(&scene, &format!("{REPLICATE} --to ca-central-1 --material one --material two"));
    assert_eq!(scene.describe(&replica)["KeyState"], "Enabled");
}

#[test]
fn the_plan_for_an_adopted_replica_and_for_a_private_key_come_true() {
    let (scene, arn) = scene("--multi-region");
    let replica = arn.replace("us-east-1", "eu-west-2");
    scene.kms.ok("ReplicateKey", json!({ "KeyId": arn, "ReplicaRegion": "eu-west-2" }));
    comes_true(&scene, &format!("{REPLICATE} --to eu-west-2 --material one --adopt {replica}"));
    scene.bench.kms_byok("generate --key-spec ECC_NIST_P256 --out ec.pem").succeeds();
    scene.provision("--alias alias/ec --key-spec ECC_NIST_P256 --material ec.pem --multi-region");
    comes_true(&scene, "replicate --key-id alias/ec --wrapping-key-spec RSA_2048 --to eu-west-2 --material ec.pem");
}

#[test]
fn the_plan_of_a_deletion_comes_true_and_needs_no_confirmation() {
    let (scene, arn) = scene("");
    let answer = comes_true(&scene, "delete-material --key-id alias/a --yes");
    assert_eq!(answer["key_state"], "Enabled");
    comes_true(&scene, "delete-material --key-id alias/a --yes"); // nothing is left to delete
    scene.bench.kms_byok("generate --key-spec HMAC_256 --out mac").succeeds();
    scene.provision("--alias alias/mac --key-spec HMAC_256 --material mac");
    let run = scene.run("delete-material --key-id alias/mac --dry-run");
    assert!(run.succeeds().stdout.contains("DeleteImportedKeyMaterial"));
    comes_true(&scene, "delete-material --key-id alias/mac --yes");
    scene.provision("--alias alias/a --material one");
    scene.json("get-parameters --key-id alias/a --dir D --wrapping-key-spec RSA_2048");
    scene.bench.kms_byok("wrap --dir D --material two").succeeds();
    scene.json("import --dir D --import-type new");
    let id = scene.materials(&arn).iter().find(|one| one["KeyMaterialState"] == "PENDING_ROTATION").unwrap()["KeyMaterialId"]
        .as_str()
        .unwrap()
        .to_owned();
    refused_alike(&scene, "delete-material --key-id alias/a --yes");
    comes_true(&scene, &format!("delete-material --key-id alias/a --key-material-id {id} --yes"));
}

#[test]
fn what_the_run_would_refuse_is_refused() {
    let (scene, arn) = scene("--multi-region");
    scene.provision("--alias alias/mac --key-spec HMAC_256 --generate --discard");
    scene.provision("--alias alias/single --material two");
    scene.bench.kms_byok("generate --key-spec ECC_NIST_P256 --out ec.pem").succeeds();
    scene.bench.kms_byok("generate --key-spec ECC_NIST_P256 --out other.pem").succeeds();
    scene.provision("--alias alias/ec --key-spec ECC_NIST_P256 --material ec.pem --multi-region");
    let europe = "--material one --to eu-west-2";
    let foreign = arn.replace("us-east-1", "eu-west-1");
    for line in [
        "rotate --key-id alias/none --generate --discard",
        "rotate --key-id alias/mac --resume",
        "rotate --key-id alias/ec --material missing",
        "rotate --key-id alias/ec --generate --discard --key-spec HMAC_256",
        "rotate --key-id alias/ec --alias alias/mac --generate --discard",
        "rotate --key-id alias/ec --generate --discard --wrapping-algorithm RSAES_OAEP_SHA_1",
        "rotate --key-id alias/a --generate --discard --prepare",
        "rotate --key-id alias/a",
        "rotate --key-id alias/a --resume",
        "rotate --key-id alias/a --generate --keep missing/copy",
        "rotate --key-id alias/a --generate --discard --expires-in 400d",
        &format!("replicate --key-id alias/single {europe}"),
        "replicate --key-id alias/a --material one --to us-east-1",
        "replicate --key-id alias/a --material one --to Europe",
        "replicate --key-id alias/a --material one --to eu-west-2a",
        "replicate --key-id alias/a --material missing --to eu-west-2",
        &format!("replicate --key-id alias/a {europe} --adopt {foreign}"),
        "replicate --key-id alias/ec --material other.pem --to eu-west-2",
        "delete-material --key-id alias/none --yes",
        "delete-material --key-id alias/a --key-material-id 0123 --yes",
        "delete-material --key-id alias/mac --key-material-id 0123 --yes",
    ] {
        refused_alike(&scene, line);
    }
}
