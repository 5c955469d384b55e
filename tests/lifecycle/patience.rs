//! What is waited for and what is repeated: throttling and eventual consistency are waited out, and a call that makes something twice is
//! sent once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kms_byok::kms::{Connection, Kms, NewKey};
use kms_byok::material::{KeySpec, KeyUsage};
use kms_byok::{Explain, KmsError, Silent};

use crate::support::cloud::{Cloud, wait};
use crate::support::next::next_of;
use crate::support::{self, embedded_kms};

const PROVISION: &str = "provision --alias alias/a --wrapping-key-spec RSA_2048 --generate --discard";

#[test]
fn throttling_is_waited_out_at_every_call() {
    let operations = [
        "DescribeKey",
        "CreateKey",
        "CreateAlias",
        "GetParametersForImport",
        "ImportKeyMaterial",
        "Encrypt",
        "Decrypt",
    ];
    each(operations, |operation| {
        // More than the SDK's own three attempts.
        let cloud = Cloud::new(&format!("--fault {operation}:1-4:throttle"));
        let run = cloud.run(&format!("{PROVISION} --output json"));
        assert_eq!(run.json()["proof"]["outcome"], "proven", "{operation}");
        let said = format!("repeating {operation} for up to 60 s: KMS throttles it\n");
        assert!(run.stderr.contains(&said), "{operation}: {}", run.stderr);
        assert_eq!(cloud.states(), ["Enabled"], "{operation}");
    });
}

/// All at once: most of the time is spent waiting.
fn each<const N: usize>(cases: [&'static str; N], test: impl Fn(&'static str) + Sync) {
    std::thread::scope(|scope| cases.map(|case| scope.spawn(|| test(case))).map(|case| case.join().unwrap()));
}

#[test]
fn the_quotas_of_kms_are_kept_to_by_waiting() {
    let bench = support::Bench::new();
    let kms = bench.serve_with(""); // one GetParametersForImport a second
    for number in 0..3 {
        let line = format!(
            "provision --alias alias/{number} --wrapping-key-spec RSA_2048 --generate --discard --endpoint-url {} --region us-east-1",
            kms.url()
        );
        bench.kms_byok_with_credentials(&line).succeeds();
    }
}

#[test]
fn waiting_has_an_end_and_says_how_long_it_was() {
    let cloud = Cloud::new("--fault CreateKey:always:throttle");
    let connection = Connection { max_wait: Duration::from_millis(300), ..Connection::default() };
    let kms = Kms::isolated(cloud.url(), "AKIDTEST", &connection, Arc::new(Silent));
    let new = NewKey {
        spec: KeySpec::SymmetricDefault,
        usage: KeyUsage::EncryptDecrypt,
        description: None,
        policy: None,
        tags: Vec::new(),
        multi_region: false,
    };
    let error = wait(kms.create_key(&new)).unwrap_err();
    assert!(error.to_string().starts_with("KMS throttles CreateKey, after 0."), "{error}");
    assert_eq!(error.because().as_deref(), Some("ThrottlingException"));
    assert!(!error.may_have_changed());
}

#[test]
fn a_new_key_and_alias_are_waited_for_until_all_of_kms_knows_them() {
    let cloud = Cloud::new("--consistency-delay 2s");
    let run = cloud.run(&format!("{PROVISION} --output json"));
    assert_eq!(run.json()["proof"]["outcome"], "proven");
    assert!(run.stderr.contains("the change of the key has not reached all of KMS\n"), "{}", run.stderr);
    assert_eq!(cloud.requests("CreateKey"), 1);
}

#[test]
fn a_key_of_somebody_else_is_not_waited_for() {
    let cloud = Cloud::new("");
    let begun = Instant::now();
    assert_eq!(cloud.run("status --key-id 00000000-0000-0000-0000-000000000000").code, Some(1));
    assert_eq!((cloud.requests("DescribeKey"), begun.elapsed() < Duration::from_secs(5)), (1, true));
}

/// Whatever happens to the reply, CreateKey is sent once; the other calls are sent again.
#[test]
fn create_key_is_sent_once() {
    each(
        ["reset-before", "reset-after", "500", "503", "500-after", "truncated", "empty-object", "html=502"],
        lose_the_reply,
    );
}

fn lose_the_reply(fault: &'static str) {
    let cloud = Cloud::new(&format!("--fault CreateKey:1:{fault} --fault ListKeys:1:error=AccessDeniedException"));
    let run = cloud.run(PROVISION);
    assert_eq!((run.code, cloud.requests("CreateKey")), (Some(3), 1), "{fault}: {}", run.stderr);
    assert!(run.stderr.contains("unknown: whether CreateKey took effect; its reply was not seen\n"), "{}", run.stderr);
    // The printed command finds the key if there is one, also where nothing could be written down.
    let next = next_of(&run).to_owned();
    assert!(next.contains(" --lost-request "), "{next}");
    std::fs::remove_dir_all(cloud.bench.path(".local")).unwrap();
    cloud.shell(&next, b"").succeeds();
    assert_eq!(cloud.states(), ["Enabled"], "{fault}");
}

#[test]
fn a_timeout_of_create_key_is_a_lost_reply_too() {
    let cloud = Cloud::new("--fault CreateKey:always:latency=60s");
    let begun = Instant::now();
    let run = cloud.run(&format!("{PROVISION} --read-timeout 1s"));
    // One second for the call, and the search for the key; not one second for each of three calls.
    assert_eq!((run.code, run.stderr.matches("repeating").count()), (Some(3), 0), "{}", run.stderr);
    assert!(run.stderr.contains("because: no complete reply from `"), "{}", run.stderr);
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_lost_key_is_found_before_all_of_kms_knows_it() {
    let cloud = Cloud::new("--consistency-delay 2s --fault CreateKey:1:reset-after");
    cloud.run(PROVISION).succeeds();
    assert_eq!((cloud.states(), cloud.requests("CreateKey")), (vec!["Enabled".to_owned()], 1));
}

#[test]
fn an_alias_whose_creation_was_not_answered_still_names_this_runs_key() {
    let cloud = Cloud::new("--consistency-delay 2s --fault CreateAlias:1:reset-after");
    let answer = cloud.run(&format!("{PROVISION} --output json")).json();
    assert_eq!((&answer["leftovers"], &answer["alias"]), (&serde_json::json!([]), &"alias/a".into()));
    assert_eq!(cloud.states(), ["Enabled"]);
}

#[test]
fn calls_that_do_no_harm_are_repeated() {
    each(["DescribeKey", "CreateAlias", "GetParametersForImport", "ImportKeyMaterial", "Encrypt"], |operation| {
        for fault in ["reset-before", "reset-after", "503"] {
            let cloud = Cloud::new(&format!("--fault {operation}:1:{fault}"));
            let answer = cloud.run(&format!("{PROVISION} --output json")).json();
            assert_eq!(answer["proof"]["outcome"], "proven", "{operation} {fault}");
            assert_eq!((cloud.states(), cloud.requests("CreateKey")), (vec!["Enabled".to_owned()], 1));
        }
    });
}

/// Material that is said to be new is refused the second time: a repetition would report that nothing had happened.
#[test]
fn an_import_of_material_said_to_be_new_is_sent_once() {
    let cloud = Cloud::new("--fault ImportKeyMaterial:1:reset-after");
    let arn = cloud.empty_key("");
    cloud.run(&format!("get-parameters --key-id {arn} --dir D --wrapping-key-spec RSA_2048")).succeeds();
    cloud.bench.kms_byok("wrap --dir D --generate --discard").succeeds();
    let run = cloud.run("import --dir D --import-type new --quiet");
    assert_eq!((run.code, cloud.requests("ImportKeyMaterial")), (Some(3), 1), "{}", run.stderr);
    assert!(run.stderr.contains("and the key material may have been imported\n"), "{}", run.stderr);
    cloud.shell(next_of(&run), b"").succeeds();
    assert_eq!(cloud.states(), ["Enabled"]);
}

/// Whether the lost import arrived or not, one command completes it, for a key that has other key material too.
#[test]
fn new_material_whose_import_is_in_doubt_is_imported_as_whichever_it_is() {
    for (fault, sent) in [("reset-before", 3), ("reset-after", 2), ("empty-object", 2)] {
        let cloud = Cloud::new(&format!("--fault ImportKeyMaterial:2:{fault}"));
        let arn = cloud.run(&format!("{PROVISION} --output json")).json()["key_arn"].as_str().unwrap().to_owned();
        cloud.run(&format!("get-parameters --key-id {arn} --dir D --wrapping-key-spec RSA_2048")).succeeds();
        cloud.bench.kms_byok("wrap --dir D --generate --discard").succeeds();
        let run = cloud.run("import --dir D --import-type new --quiet");
        assert_eq!(run.code, Some(3), "{fault}: {}", run.stderr);
        assert!(next_of(&run).contains(" --import-type either "), "{fault}: {}", run.stderr);
        let before = cloud.requests("ImportKeyMaterial");
        let done = cloud.shell(&format!("{} --output json", next_of(&run)), b"").json();
        assert_eq!((&done["changed"], before), (&true.into(), 2), "{fault}");
        assert_eq!(cloud.requests("ImportKeyMaterial"), before + sent - 1, "{fault}");
        cloud.run("rotate --key-id alias/a --resume").succeeds();
    }
}

#[test]
fn aliases_are_resolved_for_the_calls_that_take_none() {
    let cloud = Cloud::new("");
    let arn = cloud.empty_key("--alias alias/a");
    let id = arn.rsplit('/').next().unwrap();
    let alias_arn = "arn:aws:kms:us-east-1:000000000000:alias/a";
    cloud.bench.write("key", support::material(7));
    for (number, name) in ["alias/a", alias_arn, id, arn.as_str()].into_iter().enumerate() {
        let get = format!("get-parameters --key-id {name} --dir {number} --wrapping-key-spec RSA_2048 --output json");
        assert_eq!(cloud.run(&get).json()["key_arn"], arn);
        cloud.bench.kms_byok(&format!("wrap --dir {number} --material key")).succeeds();
        for source in [
            format!("--dir {number} --key-id {name}"),
            format!(
                "--key-id {name} --encrypted {number}/EncryptedKeyMaterial.bin --import-token {number}/ImportToken.bin"
            ),
        ] {
            assert_eq!(cloud.run(&format!("import {source} --output json")).json()["key_arn"], arn, "{source}");
        }
        let verify = format!("verify --key-id {name} --material key --output json");
        assert_eq!(cloud.run(&verify).json()["key_arn"], arn);
        assert_eq!(cloud.run(&format!("status --key-id {name} --output json")).json()["key_arn"], arn);
    }
    let refused = wait(cloud.kms().parameters(
        "alias/a",
        kms_byok::wrap::WrappingAlgorithm::RsaesOaepSha256,
        kms_byok::wrap::WrappingKeySpec::Rsa2048,
    ));
    assert!(matches!(refused, Err(KmsError::Refused(_))), "the embedded KMS takes an alias where KMS does not");
}

/// The state of a key of minutes ago may not have reached all of KMS; that of an older one has.
#[test]
fn the_state_of_a_key_is_waited_for_while_the_key_is_young() {
    let refused = |times: &str, age: &str| {
        let cloud = Cloud::new(&format!("--fault ImportKeyMaterial:{times}:error=KMSInvalidStateException"));
        let arn = cloud.empty_key("--alias alias/a");
        embedded_kms::Kms::at(cloud.url()).move_clock(serde_json::json!({ "advance": age }));
        let seen = ["DescribeKey", "ListKeyRotations"].map(|operation| cloud.requests(operation));
        let run = cloud.run(&format!("{PROVISION} --quiet --wait 2s"));
        (cloud, arn, seen, run)
    };
    let (cloud, _, _, run) = refused("1-3", "4m");
    run.succeeds();
    assert_eq!(cloud.requests("ImportKeyMaterial"), 4);
    let (cloud, _, _, run) = refused("always", "4m");
    assert!(run.code == Some(1) && cloud.requests("ImportKeyMaterial") > 3, "{}", run.stderr);
    let (cloud, arn, seen, run) = refused("always", "6m");
    run.refuses_with(
        1,
        &format!(
            "error: the state of key `{arn}` does not allow ImportKeyMaterial\n\
             because: KMSInvalidStateException\n\
             hint: look at it with `kms-byok status --key-id {arn} --region us-east-1 --endpoint-url {}`\n",
            cloud.url()
        ),
    );
    assert_eq!(cloud.requests("ImportKeyMaterial"), 1);
    // One look at the key and at its key materials before, and one after.
    let asked = [cloud.requests("DescribeKey") - seen[0], cloud.requests("ListKeyRotations") - seen[1]];
    assert_eq!(asked, [2, 2], "alias, and the cause");
}

/// A replica that this run has made is waited for whatever its date, and one that was there before is not.
#[test]
fn the_state_of_a_replica_is_waited_for_in_the_run_that_made_it() {
    let old = "--fault DescribeKey:1+:set=KeyMetadata.CreationDate=1577836800";
    for before in [false, true] {
        // The first import is the primary's.
        let struck = if before { "ImportKeyMaterial:2-9" } else { "ImportKeyMaterial:2-4" };
        let cloud = Cloud::new(&format!("{old} --fault {struck}:error=KMSInvalidStateException"));
        cloud.bench.write("key", support::material(7));
        let provision = PROVISION.replace("--generate --discard", "--material key");
        let arn = cloud.run(&format!("{provision} --multi-region --output json")).json()["key_arn"]
            .as_str()
            .unwrap()
            .to_owned();
        if before {
            let kms = embedded_kms::Kms::at(cloud.url());
            kms.ok("ReplicateKey", serde_json::json!({ "KeyId": arn, "ReplicaRegion": "eu-west-1" }));
        }
        let replicate =
            "replicate --key-id alias/a --to eu-west-1 --material key --wrapping-key-spec RSA_2048 --quiet --wait 9s";
        let adopt = if before { format!(" --adopt {}", arn.replace("us-east-1", "eu-west-1")) } else { String::new() };
        let run = cloud.run(&format!("{replicate}{adopt}"));
        let imports = cloud.requests("ImportKeyMaterial") - 1;
        let expected = if before { (Some(1), 1) } else { (Some(0), 4) };
        assert_eq!((run.code, imports), expected, "{}", run.stderr);
    }
}

/// KMS takes no third key material while the second one waits, and the cause is looked up once.
#[test]
fn the_cause_of_a_refused_state_is_looked_up() {
    let cloud = Cloud::new("");
    let arn = cloud.run(&format!("{PROVISION} --output json")).json()["key_arn"].as_str().unwrap().to_owned();
    let import = |name: &str| {
        cloud.bench.write(name, support::material(name.len() as u8));
        cloud.run(&format!("get-parameters --key-id {arn} --dir D-{name} --wrapping-key-spec RSA_2048")).succeeds();
        cloud.bench.kms_byok(&format!("wrap --dir D-{name} --material {name}")).succeeds();
        cloud.run(&format!("import --dir D-{name} --import-type new"))
    };
    import("second").succeeds();
    let refused = import("the-third");
    let said = cloud.plain(&refused.stderr);
    let cause =
        "error: the state of key ARN does not allow the import: key material MATERIAL waits for rotation in it\n";
    let hint = "hint: rotate to it with `kms-byok rotate --resume --key-id ARN --region us-east-1 --endpoint-url URL`, \
                or take it back with `kms-byok delete-material`\n";
    assert!(refused.code == Some(1) && said.contains(cause) && said.contains(hint), "{said}");
}
