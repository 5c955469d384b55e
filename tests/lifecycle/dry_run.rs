//! `--dry-run`: the calls it prints are the calls the run makes, what the run would refuse is refused, and nothing changes anywhere.

use std::sync::Arc;

use kms_byok::Silent;
use kms_byok::kms::{Connection, Kms};
use serde_json::{Value, json};

use crate::support::cloud::timeless;
use crate::support::stage::Stage;
use crate::support::{self, Run};

const RSA: &str = "--wrapping-key-spec RSA_2048";

/// What a dry run may ask.
const READS: [&str; 4] = ["DescribeKey", "GetKeyPolicy", "ListGrants", "ListKeyRotations"];

/// The answer of a dry run, after making sure that it only read in AWS and wrote nothing here.
fn dry(stage: &Stage, line: &str) -> Value {
    let before = stage.bench.names();
    let (run, answered) = stage.answered_during(|| stage.run(&format!("{line} --dry-run --output json --quiet")));
    let answer = run.json();
    assert!(answered.iter().all(|call| READS.contains(&call.as_str())), "{line}: {answered:?}");
    assert_eq!(stage.bench.names(), before, "{line}");
    assert_eq!((&answer["dry_run"], &answer["changed"]), (&true.into(), &false.into()));
    answer
}

fn calls(answer: &Value) -> Vec<&str> {
    answer["plan"].as_array().unwrap().iter().map(|step| step["call"].as_str().unwrap()).collect()
}

/// Plans, then does it, and compares.
#[track_caller]
fn comes_true(stage: &Stage, line: &str) -> Run {
    let answer = dry(stage, line);
    let (run, answered) = stage.answered_during(|| stage.run(line));
    run.succeeds();
    assert_eq!(in_any_order(calls(&answer)), in_any_order(answered), "{line}");
    run
}

/// Calls that are made side by side come in no order.
fn in_any_order(calls: Vec<impl ToString>) -> Vec<String> {
    let mut calls: Vec<String> = calls.iter().map(ToString::to_string).collect();
    calls.sort_unstable();
    calls
}

#[test]
fn the_plan_of_a_new_key_comes_true_for_every_kind_and_level() {
    let stage = Stage::new("");
    for (number, more) in [
        "",
        "--verify off",
        "--verify state",
        "--verify full",
        "--key-spec HMAC_384",
        "--key-spec RSA_2048",
        "--key-spec RSA_2048 --key-usage ENCRYPT_DECRYPT",
        "--key-spec ECC_NIST_P256 --key-usage KEY_AGREEMENT",
        "--key-spec ECC_NIST_EDWARDS25519 --verify full",
    ]
    .into_iter()
    .enumerate()
    {
        comes_true(&stage, &format!("provision AT {RSA} --generate --discard --alias alias/{number} {more}"));
    }
    comes_true(&stage, &format!("provision AT {RSA} --generate --discard"));
    comes_true(&stage, "create-key AT");
    comes_true(&stage, "create-key AT --alias alias/empty");
}

#[test]
fn the_plan_for_a_key_that_exists_tells_which_of_the_rules_applies() {
    let stage = Stage::new("");
    let (by_alias, unnamed) = ("create-key AT --alias alias/a", "create-key AT --output json");
    stage.run(by_alias).succeeds();
    let arn = stage.run(unnamed).json()["key_arn"].as_str().unwrap().to_owned();
    comes_true(&stage, by_alias);
    let complete = format!("provision AT {RSA} --generate --discard --alias alias/a");
    let answer = dry(&stage, &complete);
    assert_eq!((&answer["key_state"], calls(&answer)[1]), (&"PendingImport".into(), "GetKeyPolicy"));
    comes_true(&stage, &complete);
    let answer = dry(&stage, &complete);
    assert_eq!(answer["key_state"], "Enabled");
    assert!(!calls(&answer).contains(&"ImportKeyMaterial"));
    comes_true(&stage, &format!("{complete} --verify full"));
    comes_true(&stage, &format!("provision AT {RSA} --generate --discard --alias alias/new --adopt {arn}"));
    comes_true(&stage, &format!("create-key AT --alias alias/adopted --adopt {arn}"));
    comes_true(&stage, &format!("create-key AT --alias alias/adopted --adopt {arn}"));
}

#[test]
fn the_plan_of_each_step_comes_true() {
    let stage = Stage::new("");
    stage.secret("a.key", support::material(7));
    stage.run("create-key AT --alias alias/a").succeeds();
    let answer = dry(&stage, "get-parameters AT --key-id alias/a --dir D");
    assert_eq!(answer["writes"], json!(["D/PublicKey.bin", "D/ImportToken.bin", "D/parameters.json"]));
    comes_true(&stage, "get-parameters AT --key-id alias/a --dir D");
    stage.run("wrap --dir D --material a.key").succeeds();
    comes_true(&stage, "import AT --dir D");
    comes_true(&stage, "import AT --dir D --verify off");
    stage.secret("b.key", support::material(8));
    stage.run("get-parameters AT --key-id alias/a --dir E").succeeds();
    stage.run("wrap --dir E --material b.key").succeeds();
    comes_true(&stage, "import AT --dir E --import-type new");
    comes_true(
        &stage,
        "import AT --key-id alias/a --encrypted D/EncryptedKeyMaterial.bin --import-token D/ImportToken.bin",
    );
}

/// An earlier run that may have lost a key makes the next one look through all keys first.
#[test]
fn the_search_for_a_lost_key_is_in_the_plan() {
    let stage = Stage::new("--fault CreateAlias:1:error=AccessDeniedException");
    let line = format!("provision AT {RSA} --alias alias/a --generate --discard");
    assert_ne!(stage.run(&line).code, Some(0));
    let answer = dry(&stage, &line);
    assert_eq!(calls(&answer)[1..5], ["ListKeys", "ListResourceTags", "DescribeKey", "ListAliases"]);
    assert_eq!(stage.bench.names(), [".local", "log"]);
    let answer = dry(&stage, &format!("provision AT {RSA} --alias alias/b --find-lost --generate --discard"));
    assert_eq!(calls(&answer)[1], "ListKeys");
}

#[test]
fn what_the_run_would_refuse_is_refused() {
    let stage = Stage::new("");
    stage.secret("a.key", [7; 31]);
    stage.bench.write("escrow.pem", "no certificate");
    for alias in ["taken", "emptied"] {
        stage.run(&format!("provision AT {RSA} --alias alias/{alias} --generate --discard")).succeeds();
    }
    empty(&stage, "alias/emptied");
    stage.bench.write("policy.json", open_policy());
    stage.run("create-key AT --alias alias/foreign --policy policy.json").succeeds();
    let foreign =
        stage.run("create-key AT --alias alias/foreign --policy policy.json --output json").json()["key_arn"].clone();
    stage.run(&format!("get-parameters AT --key-id {} --dir D", foreign.as_str().unwrap())).succeeds();
    for line in [
        "provision AT --alias alias/a --generate",
        "provision AT --alias alias/a --material a.key",
        "provision AT --alias alias/a --material missing",
        "provision AT --alias alias/a --generate --escrow escrow.pem --escrow-out a.cms",
        "provision AT --alias alias/a --generate --keep missing/a.key",
        "provision AT --alias alias/a --key-spec RSA_2048 --wrapping-algorithm RSAES_OAEP_SHA_256 --generate --discard",
        "provision AT --alias alias/a --key-spec ECC_NIST_P521 --wrapping-key-spec RSA_2048 --generate --discard",
        "provision AT --alias alias/a --wrapping-algorithm RSAES_OAEP_SHA_1 --generate --discard",
        "provision AT --alias alias/a --key-spec HMAC_256 --material-description x --generate --discard",
        "provision AT --alias alias/a --generate --discard --expires-in 400d",
        "provision AT --alias alias/a --generate --discard --tag aws:x=1",
        "provision AT --alias alias/taken --key-spec HMAC_256 --generate --discard",
        "provision AT --alias alias/taken --expires-in 3d --generate --discard",
        "provision AT --alias alias/foreign --generate --discard",
        "provision AT --alias alias/emptied --generate --discard",
        "create-key AT --alias alias/taken --multi-region",
        "create-key AT --alias alias/taken --adopt alias/foreign",
        "create-key AT --alias alias/b --adopt alias/none",
        "get-parameters AT --key-id alias/none --dir E",
        "get-parameters AT --key-id alias/foreign --dir D",
        "get-parameters AT --key-id alias/foreign --dir log",
        "get-parameters AT --key-id alias/foreign --dir /proc/none/D",
        "import AT --dir D",
        "import AT --dir missing",
        "import AT --key-id alias/foreign --encrypted D/PublicKey.bin --import-token D/ImportToken.bin",
    ] {
        let before = stage.bench.names();
        let (dry, answered) = stage.answered_during(|| stage.run(&format!("{line} --quiet --dry-run")));
        assert!(answered.iter().all(|call| READS.contains(&call.as_str())), "{line}: {answered:?}");
        let run = stage.run(&format!("{line} --quiet"));
        assert!(matches!(run.code, Some(1 | 2)), "{line}: {:?} {}", run.code, run.stderr);
        // The command that a hint prints is the one that was given.
        let said = timeless(&dry.stderr.replace(" --dry-run", ""));
        assert_eq!((dry.code, said, dry.stdout.as_str()), (run.code, timeless(&run.stderr), ""), "{line}");
        assert_eq!(stage.bench.names(), before, "{line}");
    }
}

/// Deletes the material of a key, which then takes only the same bytes back.
fn empty(stage: &Stage, alias: &str) {
    let kms = Kms::isolated(stage.kms.url(), "AKIDTEST", &Connection::default(), Arc::new(Silent));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let arn = kms.describe(alias).await.unwrap().arn;
        kms.delete_material(&arn, None).await.unwrap();
    });
}

fn open_policy() -> String {
    let statement = json!({ "Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*" });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

#[test]
fn the_answer_names_calls_permissions_quotas_and_files() {
    let stage = Stage::new("");
    let answer = dry(&stage, &format!("provision AT {RSA} --verify off --generate --keep a.key"));
    let plan = json!([
        { "call": "CreateKey", "permission": "kms:CreateKey", "quota_per_second": 5, "region": null,
          "why": "makes an EXTERNAL SYMMETRIC_DEFAULT key, with a tag that finds it again if the reply is lost" },
        { "call": "GetParametersForImport", "permission": "kms:GetParametersForImport", "quota_per_second": 1, "region": null,
          "why": "gets an RSA_2048 wrapping key and an import token for RSAES_OAEP_SHA_256" },
        { "call": "ImportKeyMaterial", "permission": "kms:ImportKeyMaterial", "quota_per_second": 15, "region": null,
          "why": "sends the wrapped key material and its token" },
        { "call": "DescribeKey", "permission": "kms:DescribeKey", "quota_per_second": 2000, "region": null,
          "why": "checks whether the key is enabled now" },
    ]);
    let expected = json!({
        "schema": "kms-byok/dry-run/1", "error": null,
        "dry_run": true, "key_arn": null, "key_id": null, "account": null, "alias": null, "region": "us-east-1",
        "endpoint": stage.kms.url(), "key_spec": null, "key_usage": null, "key_state": null, "key_material_id": null,
        "expires": null, "rehearsal": false, "changed": false, "exists": [], "in_doubt": null, "leftovers": [],
        "next": null, "plan": plan,
        "permissions": ["kms:CreateKey", "kms:GetParametersForImport", "kms:ImportKeyMaterial", "kms:DescribeKey",
                        "kms:TagResource"],
        "writes": ["a.key"],
    });
    assert_eq!(answer, expected);
    let run = stage.run(&format!("provision AT {RSA} --verify off --generate --keep a.key --dry-run --quiet"));
    let text = format!(
        "dry run      nothing was changed\n\
         Region       us-east-1\n\
         endpoint     {}\n\
         permissions  kms:CreateKey, kms:GetParametersForImport, kms:ImportKeyMaterial, kms:DescribeKey, kms:TagResource\n\
         writes       a.key\n\
         \x20 1  CreateKey                  5/s  makes an EXTERNAL SYMMETRIC_DEFAULT key, with a tag that finds it again if the reply is lost\n\
         \x20 2  GetParametersForImport     1/s  gets an RSA_2048 wrapping key and an import token for RSAES_OAEP_SHA_256\n\
         \x20 3  ImportKeyMaterial         15/s  sends the wrapped key material and its token\n\
         \x20 4  DescribeKey             2000/s  checks whether the key is enabled now\n",
        stage.kms.url()
    );
    assert_eq!(run.succeeds().stdout, text);
}

#[test]
fn a_run_that_does_not_take_place_has_no_record() {
    let stage = Stage::new("");
    stage
        .run("provision AT --generate --discard --dry-run --record r")
        .refuses(2, "error: --dry-run and --record exclude each other\nhint: leave one of them out\n");
    assert_eq!((stage.bench.names(), stage.answered().len()), (vec!["log".to_owned()], 0));
}

/// Neither credentials nor a KMS are needed where nothing is to be asked; a rehearsal plans as it runs.
#[test]
fn a_plan_that_depends_on_nothing_in_aws_asks_for_nothing() {
    let stage = Stage::new("");
    let line =
        "provision --region eu-west-1 --endpoint-url http://127.0.0.1:9 --generate --discard --dry-run --output json";
    let answer = stage.bench.kms_byok(line).json();
    assert_eq!((&answer["region"], calls(&answer)[0]), (&"eu-west-1".into(), "CreateKey"));
    let answer = stage
        .bench
        .kms_byok("provision --rehearse --alias alias/a --generate --discard --dry-run --output json")
        .json();
    assert_eq!((&answer["rehearsal"], calls(&answer)[1]), (&true.into(), "CreateKey"));
}
