//! `replicate`: the same bytes in other Regions, with a policy, tags and an alias of their own.

use serde_json::{Value, json};

use crate::support;
use crate::support::scene::Scene;

const REPLICATE: &str = "replicate --key-id alias/a --wrapping-key-spec RSA_2048";

/// A multi-Region key with material `one`.
fn scene(flags: &str) -> (Scene, String) {
    Scene::with_key(flags, "--multi-region")
}

fn in_region(arn: &str, region: &str) -> String {
    arn.replace("us-east-1", region)
}

#[test]
fn each_region_gets_the_same_bytes_and_a_name_tags_and_policy_of_its_own() {
    let (scene, arn) = scene("");
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::000000000000:root" }, "Action": "kms:*", "Resource": "*" }],
    });
    scene.bench.write("policy.json", policy.to_string());
    let run = scene.run(&format!(
        "{REPLICATE} --to eu-west-2 ap-south-1 --material one --alias alias/a --description abroad --tag team=keys --policy policy.json --expires-in 30d --output json"
    ));
    let answer = run.json();
    assert_eq!((&answer["key_arn"], &answer["changed"]), (&json!(arn), &json!(true)));
    let id = scene.describe(&arn)["CurrentKeyMaterialId"].clone();
    for (index, region) in ["eu-west-2", "ap-south-1"].into_iter().enumerate() {
        let (replica, kms) = (in_region(&arn, region), scene.kms.in_region(region));
        let report = &answer["replicas"][index];
        assert_eq!((&report["key_arn"], &report["region"]), (&json!(replica), &json!(region)));
        assert_eq!((&report["alias"], &report["key_state"]), (&json!("alias/a"), &json!("Enabled")));
        assert_eq!((&report["created"], &report["imported"]), (&json!(true), &json!(true)));
        assert_eq!((&report["key_material_id"], &report["proof"]["outcome"]), (&id, &json!("proven")));
        let proven = format!("KMS in {region} decrypts what KMS in us-east-1 encrypted");
        assert!(report["proof"]["proven"].as_array().unwrap().contains(&json!(proven)), "{report}");
        assert!(run.stderr.contains(&format!("proven in {region}: {proven}\n")), "{}", run.stderr);
        let metadata = kms.describe("alias/a");
        assert_eq!((&metadata["Arn"], &metadata["Description"]), (&json!(replica), &json!("abroad")));
        assert!(report["expires"].is_string() && metadata["ValidTo"].is_number());
        let tags = kms.ok("ListResourceTags", json!({ "KeyId": replica }))["Tags"].clone();
        assert_eq!(tags, json!([{ "TagKey": "team", "TagValue": "keys" }]));
        let found = kms.ok("GetKeyPolicy", json!({ "KeyId": replica }))["Policy"].clone();
        assert_eq!(serde_json::from_str::<Value>(found.as_str().unwrap()).unwrap(), policy);
    }
    assert!(answer["expires"].is_null(), "the primary's expiry is its own");
}

#[test]
fn every_kind_of_key_replicates_with_the_proof_of_its_kind() {
    let scene = Scene::new("");
    for (spec, algorithm) in [
        ("HMAC_256", ""),
        ("RSA_2048", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"),
        ("ECC_NIST_P256", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"),
        ("ECC_NIST_EDWARDS25519", "-algorithm ed25519"),
    ] {
        let file = format!("{spec}.key");
        match algorithm {
            "" => scene.material(&file, 32),
            _ => scene.bench.openssl(&format!("genpkey {algorithm} -out {file}")),
        }
        let arn = scene.provision(&format!("--key-spec {spec} --material {file} --multi-region"));
        let answer = scene.json(&format!("replicate --key-id {arn} --to eu-west-2 --material {file} --quiet"));
        let proof = &answer["replicas"][0]["proof"];
        assert_eq!(
            (&proof["outcome"], &answer["replicas"][0]["key_state"]),
            (&json!("proven"), &json!("Enabled")),
            "{spec}"
        );
        let compares = proof["proven"].to_string();
        assert!(compares.contains("your") || compares.contains("OpenSSL"), "{spec}: {compares}");
    }
}

#[test]
fn a_replica_that_is_there_is_left_alone() {
    let (scene, arn) = scene("");
    let line = format!("{REPLICATE} --to eu-west-2 --material one");
    scene.json(&line);
    let (imports, before) = (scene.calls("ImportKeyMaterial"), scene.describe(&in_region(&arn, "eu-west-2")));
    let answer = scene.json(&line);
    assert_eq!((&answer["changed"], &answer["replicas"][0]["imported"]), (&json!(false), &json!(false)));
    assert_eq!(answer["replicas"][0]["proof"]["outcome"], "proven");
    assert_eq!((scene.calls("ImportKeyMaterial"), scene.describe(&in_region(&arn, "eu-west-2"))), (imports, before));
    assert_eq!(scene.calls("ReplicateKey"), 1);
    // An alias that is missing there is still made.
    scene.json(&format!("{line} --alias alias/a"));
    assert_eq!(scene.kms.in_region("eu-west-2").describe("alias/a")["Arn"], in_region(&arn, "eu-west-2"));
    let (answer, _) = scene.fails(1, &format!("{line} --expires-in 30d"));
    assert_eq!(
        answer["error"]["cause"],
        "`replica in eu-west-2` exists and is not what was asked for: its key material never expires, which is not the expiry asked for"
    );
}

#[test]
fn a_replica_that_waits_for_key_material_is_completed() {
    let (scene, arn) = scene("");
    scene.kms.ok("ReplicateKey", json!({ "KeyId": arn, "ReplicaRegion": "eu-west-2" }));
    let answer = scene.json(&format!("{REPLICATE} --to eu-west-2 --material one"));
    let replica = &answer["replicas"][0];
    assert_eq!(
        (&replica["created"], &replica["imported"], &replica["key_state"]),
        (&json!(false), &json!(true), &json!("Enabled"))
    );
    assert_eq!(scene.calls("ReplicateKey"), 1);
}

#[test]
fn a_replica_with_a_foreign_policy_receives_nothing_unless_it_is_adopted() {
    let (scene, arn) = scene("");
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::999999999999:root" }, "Action": "kms:*", "Resource": "*" }],
    });
    scene.kms.ok("ReplicateKey", json!({ "KeyId": arn, "ReplicaRegion": "eu-west-2", "Policy": policy.to_string() }));
    let imports = scene.calls("ImportKeyMaterial");
    let replica = in_region(&arn, "eu-west-2");
    // Also the Region that could be served stays untouched.
    let line = format!("{REPLICATE} --to ap-south-1 eu-west-2 --material one --quiet");
    scene.run(&line).refuses(
        1,
        &format!(
            "error: key {replica} was not created by this run, and its key policy is not the one asked for\n\
             because: it lets in account 999999999999\n\
             hint: read its policy (`aws kms get-key-policy --region eu-west-2 --key-id {replica}`), or if you trust the key run \
             `kms-byok {} --adopt {replica}`\n",
            format_args!("{line} {}", scene.at())
        ),
    );
    assert_eq!((scene.calls("ImportKeyMaterial"), scene.calls("ReplicateKey")), (imports, 1));
    let (answer, _) =
        scene.fails(1, &format!("{REPLICATE} --to eu-west-2 --material one --adopt {}", in_region(&arn, "sa-east-1")));
    assert!(answer["error"]["cause"].as_str().unwrap().starts_with("the adopted key "), "{answer}");
    assert_eq!(scene.describe(&replica)["KeyState"], "PendingImport");
    scene.json(&format!("{REPLICATE} --to eu-west-2 --material one --adopt {replica}"));
    assert_eq!(scene.describe(&replica)["KeyState"], "Enabled");
}

#[test]
fn a_replica_whose_creation_was_not_answered_is_found() {
    for fault in ["reset-after", "500-after", "empty-object"] {
        let (scene, arn) = scene(&format!("--fault ReplicateKey:1:{fault}"));
        let run = scene.run(&format!("{REPLICATE} --to eu-west-2 --material one --output json"));
        assert_eq!(run.json()["replicas"][0]["key_state"], "Enabled", "{fault}");
        assert!(
            run.stderr.contains(&format!("found the replica {}\n", in_region(&arn, "eu-west-2"))),
            "{}",
            run.stderr
        );
        assert_eq!(scene.calls("ReplicateKey"), 1, "{fault}");
    }
}

#[test]
fn a_creation_that_was_not_answered_and_left_nothing_is_uncertain() {
    let (scene, _) = scene("--fault ReplicateKey:1:reset-before");
    let line = format!("{REPLICATE} --to eu-west-2 --material one");
    let (answer, stderr) = scene.fails(3, &line);
    assert_eq!(answer["error"]["cause"], "the reply to ReplicateKey is lost, and the key may exist");
    assert!(stderr.contains("unknown: whether ReplicateKey took effect; its reply was not seen\n"), "{stderr}");
    assert!(answer["next"].as_str().unwrap().starts_with("kms-byok replicate --key-id alias/a "));
    scene.json(&line);
}

#[test]
fn a_failure_in_the_second_region_tells_what_stands_in_the_first() {
    let (scene, arn) = scene("--fault ReplicateKey:2:error=AccessDeniedException");
    let line = format!("{REPLICATE} --to eu-west-2 ap-south-1 --material one");
    let (answer, stderr) = scene.fails(3, &line);
    assert_eq!(answer["replicas"].as_array().unwrap().len(), 1);
    assert!(
        stderr.contains(&format!("exists: replica {}, Enabled, made by this run\n", in_region(&arn, "eu-west-2"))),
        "{stderr}"
    );
    let answer = scene.json(&line);
    let created: Vec<bool> = answer["replicas"].as_array().unwrap().iter().map(|one| one["created"] == true).collect();
    assert_eq!(created, [false, true]);
}

#[test]
fn wrong_bytes_are_refused_and_the_right_ones_complete_the_replica() {
    let (scene, arn) = scene("");
    scene.material("other", 32);
    let (answer, _) = scene.fails(3, &format!("{REPLICATE} --to eu-west-2 --material other"));
    let replica = in_region(&arn, "eu-west-2");
    assert_eq!(answer["error"]["cause"], format!("the key material is not the one that key `{replica}` takes"));
    assert_eq!(scene.describe(&replica)["KeyState"], "PendingImport");
    scene.json(&format!("{REPLICATE} --to eu-west-2 --material one"));

    scene.bench.openssl("genpkey -algorithm ed25519 -out right.pem");
    scene.bench.openssl("genpkey -algorithm ed25519 -out wrong.pem");
    let arn = scene.provision("--key-spec ECC_NIST_EDWARDS25519 --material right.pem --multi-region");
    let (answer, _) = scene.fails(1, &format!("replicate --key-id {arn} --to eu-west-2 --material wrong.pem"));
    assert_eq!(
        answer["error"]["cause"],
        format!(
            "the key material given is not that of key {arn}: KMS reports another public key than that of this private key"
        )
    );
    assert_eq!(scene.calls("ReplicateKey"), 1);
}

#[test]
fn what_cannot_be_replicated_is_refused_before_anything_is_made() {
    let (scene, arn) = scene("");
    let single = scene.provision("--alias alias/single --material one");
    let cause = |line: &str| scene.fails(1, line).0["error"]["cause"].as_str().unwrap().to_owned();
    assert_eq!(
        cause("replicate --key-id alias/single --to eu-west-2 --material one"),
        format!("key {single} is a single-Region key, but KMS replicates only multi-Region keys")
    );
    assert_eq!(
        cause(&format!("{REPLICATE} --to us-east-1 --material one")),
        format!("`us-east-1` is the Region of the primary key {arn}")
    );
    assert_eq!(
        scene.fails(2, &format!("{REPLICATE} --to nowhere! --material one")).0["error"]["cause"],
        "`nowhere!` is not the name of an AWS Region"
    );
    let empty = scene.kms.key(json!({ "Origin": "EXTERNAL", "MultiRegion": true }));
    assert_eq!(
        cause(&format!("replicate --key-id {empty} --to eu-west-2 --material one")),
        format!("key {empty} is PendingImport, and replication needs it Enabled")
    );
    let europe = scene.kms.in_region("eu-west-2");
    let other = europe.key(json!({}));
    europe.ok("CreateAlias", json!({ "AliasName": "alias/taken", "TargetKeyId": other }));
    assert_eq!(
        cause(&format!("{REPLICATE} --to eu-west-2 --material one --alias alias/taken")),
        format!("`alias/taken` in eu-west-2 points to another key, {other}")
    );
    assert_eq!(scene.calls("ReplicateKey"), 0);
    scene.json(&format!("{REPLICATE} --to eu-west-2 --material one"));
    let replica = in_region(&arn, "eu-west-2");
    let line = format!(
        "replicate --key-id {replica} --to ap-south-1 --material one --quiet --endpoint-url {} --region eu-west-2",
        scene.kms.url
    );
    scene.bench.kms_byok_with_credentials(&line).refuses(
        1,
        &format!(
            "error: key {replica} is a replica, and replication begins at the primary key {arn}\n\
             hint: name the primary key: --key-id {arn} --region us-east-1\n"
        ),
    );
    support::Bench::new().kms_byok("replicate --key-id alias/a --to eu-west-2").refuses(
        2,
        "error: the key material is missing\n\
         hint: add --material FILE (`-` for standard input), once for each key material\n",
    );
}
