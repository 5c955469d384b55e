//! `provision` and `create-key` again: what exists and matches is left alone, what was never filled is completed, and anything else
//! is refused with the difference.

use serde_json::json;

use crate::support::cloud::Cloud;
use crate::support::{self, embedded_kms};

const PROVISION: &str = "provision --alias alias/a --wrapping-key-spec RSA_2048";

/// Calls of another program to the same server.
fn others(cloud: &Cloud) -> embedded_kms::Kms {
    embedded_kms::Kms::at(cloud.url())
}

#[test]
fn a_key_that_is_there_and_matches_is_left_alone() {
    let cloud = Cloud::new("");
    let first = cloud.run(&format!("{PROVISION} --generate --discard --output json")).json();
    for flags in ["--generate --discard", "--generate --keep key", "--generate --discard --verify full"] {
        let again = cloud.run(&format!("{PROVISION} {flags} --output json")).json();
        for (name, expected) in [("changed", json!(false)), ("generated", json!(false)), ("kept", json!(null))] {
            assert_eq!(again[name], expected, "{flags}: {name}");
        }
        for name in ["key_arn", "key_id", "alias", "key_state", "key_material_id", "key_spec", "key_usage", "expires"] {
            assert_eq!(again[name], first[name], "{flags}: {name}");
        }
        // Nothing at hand to compare the bytes with.
        assert_eq!(again["proof"]["outcome"], "not_compared");
    }
    assert!(!cloud.bench.exists("key"));
    assert_eq!((cloud.requests("CreateKey"), cloud.requests("ImportKeyMaterial")), (1, 1));
    let run = cloud.run(&format!("{PROVISION} --generate --discard --verify off"));
    assert_eq!(cloud.plain(&run.succeeds().stderr), "endpoint: URL\nalias/a exists and is what was asked for: ARN\n");
}

#[test]
fn bytes_that_were_not_compared_are_not_called_proven() {
    let cloud = Cloud::new("");
    cloud.bench.write("key", support::material(7));
    cloud.bench.write("other", support::material(8));
    let first = cloud.run(&format!("{PROVISION} --material key --output json")).json();
    assert_eq!(first["proof"]["outcome"], "proven");
    for material in ["key", "other"] {
        let again = cloud.run(&format!("{PROVISION} --material {material} --output json")).json();
        assert_eq!((&again["changed"], &again["proof"]["outcome"]), (&json!(false), &json!("not_compared")));
        let bytes = again["proof"]["items"].as_array().unwrap().iter().filter(|item| item["id"] == "bytes");
        assert!(bytes.clone().count() > 0 && bytes.clone().all(|item| item["outcome"] == "not_compared"), "{again}");
        assert_eq!(again["proof"]["contradiction"], json!(null));
    }
    assert_eq!(cloud.requests("ImportKeyMaterial"), 1);
}

#[test]
fn everything_is_proven_by_a_second_import_also_where_the_key_is_there() {
    let cloud = Cloud::new("");
    cloud.bench.write("key", support::material(7));
    cloud.bench.write("other", support::material(8));
    cloud.run(&format!("{PROVISION} --material key")).succeeds();
    let again = cloud.run(&format!("{PROVISION} --material key --verify full --output json")).json();
    assert_eq!((&again["changed"], &again["proof"]["outcome"]), (&json!(false), &json!("proven")), "{again}");
    let before = cloud.keys();
    let arn = before[0].arn.clone();
    cloud.run(&format!("{PROVISION} --material other --verify full --quiet")).refuses_with(
        1,
        &format!(
            "error: the key material given is not that of key {arn}: KMS refuses these bytes as key material of the key: it holds other bytes\n\
             hint: give the key material that the key was imported with\n"
        ),
    );
    assert_eq!(cloud.keys(), before);
}

#[test]
fn another_file_for_a_key_whose_answers_tell_is_named_as_another_file() {
    let cloud = Cloud::new("");
    for (spec, told) in [
        ("HMAC_384", "KMS computes another HMAC than OpenSSL does with this key material"),
        ("RSA_2048", "KMS reports another public key than that of this private key"),
        ("ECC_NIST_P256", "KMS reports another public key than that of this private key"),
    ] {
        let alias = format!("provision --alias alias/{spec} --key-spec {spec} --wrapping-key-spec RSA_2048");
        for name in ["right", "wrong"] {
            cloud.run(&format!("generate --key-spec {spec} --out {spec}.{name}")).succeeds();
        }
        cloud.run(&format!("{alias} --material {spec}.right")).succeeds();
        let again = cloud.run(&format!("{alias} --material {spec}.right --output json")).json();
        assert_eq!((&again["changed"], &again["proof"]["outcome"]), (&json!(false), &json!("proven")), "{again}");
        let arn = again["key_arn"].as_str().unwrap();
        cloud.run(&format!("{alias} --material {spec}.wrong --quiet")).refuses_with(
            1,
            &format!(
                "error: the key material given is not that of key {arn}: {told}\n\
                 hint: give the key material that the key was imported with\n"
            ),
        );
    }
    assert_eq!(cloud.requests("ImportKeyMaterial"), 3);
}

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"000000000000"},"Action":"kms:*","Resource":"*"},{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:role/app"},"Action":["kms:Encrypt","kms:Decrypt"],"Resource":"*"}]}"#;

#[test]
fn everything_that_was_asked_for_is_compared_and_all_differences_are_in_one_answer() {
    let cloud = Cloud::new("");
    cloud.bench.write("policy", POLICY);
    cloud.bench.write("same", POLICY.replace(r#""000000000000""#, r#"["arn:aws:iam::000000000000:root"]"#));
    cloud.bench.write("other", POLICY.replace("kms:Decrypt", "kms:ReEncrypt*"));
    let made = "--policy policy --tag team=a --tag stage=b --description one --material-description two";
    cloud.run(&format!("{PROVISION} --generate --discard {made}")).succeeds();
    let before = cloud.keys();
    let again = |flags: &str| cloud.run(&format!("{PROVISION} --generate --discard --quiet {flags}"));
    for flags in [made, "--policy same", "--tag stage=b", "--description one", "--material-description two", ""] {
        let answer = again(&format!("{flags} --output json")).json();
        assert_eq!(answer["changed"], false, "{flags}");
    }
    let refuses = |flags: &str, differences: &str| {
        again(flags).refuses(
            1,
            &format!(
                "error: `alias/a` exists and is not what was asked for: {differences}\n\
                 hint: choose another alias, or flags that match the key\n"
            ),
        );
    };
    refuses("--policy other", "its key policy is not the one asked for");
    refuses("--tag team=b", "its tag `team` is `a`, but `b` was asked for");
    refuses("--tag new=", "it has no tag `new`, but `new=` was asked for");
    refuses("--description uno", "its description is `one`, but `uno` was asked for");
    refuses("--description=", "its description is `one`, but an empty one was asked for");
    refuses("--material-description due", "its key material's description is `two`, but `due` was asked for");
    refuses(
        "--key-usage ENCRYPT_DECRYPT --multi-region --expires-in 9d --description uno --tag team=b --policy other --material-description due",
        "its kind is single-Region, but multi-Region was asked for; \
         its key material never expires, which is not the expiry asked for; \
         its description is `one`, but `uno` was asked for; \
         its tag `team` is `a`, but `b` was asked for; \
         its key policy is not the one asked for; \
         its key material's description is `two`, but `due` was asked for",
    );
    let create = |flags: &str| cloud.run(&format!("create-key --alias alias/a --quiet {flags}"));
    create("--policy same --tag team=a --description one").succeeds();
    create("--tag team=b --description uno").refuses(
        1,
        "error: `alias/a` exists and is not what was asked for: its description is `one`, but `uno` was asked for; \
         its tag `team` is `a`, but `b` was asked for\n\
         hint: choose another alias, or flags that match the key\n",
    );
    assert_eq!(cloud.keys(), before);
}

#[test]
fn what_may_not_be_read_is_said_to_be_not_compared() {
    let cloud = Cloud::new(
        "--fault ListResourceTags:always:error=AccessDeniedException --fault GetKeyPolicy:always:error=AccessDeniedException --fault ListKeyRotations:always:error=AccessDeniedException",
    );
    cloud.bench.write("policy", POLICY);
    let made = "--policy policy --tag team=a --material-description two";
    cloud.run(&format!("{PROVISION} --generate --discard {made}")).succeeds();
    let again = cloud.run(&format!("{PROVISION} --generate --discard {made} --output json")).json();
    assert_eq!((&again["changed"], &again["proof"]["outcome"]), (&json!(false), &json!("not_permitted")));
    let refused = json!(["kms:ListResourceTags", "kms:GetKeyPolicy", "kms:ListKeyRotations"]);
    assert_eq!(again["proof"]["not_permitted"], refused);
    cloud.run(&format!("{PROVISION} --generate --discard {made} --strict --quiet")).refuses(
        1,
        "error: `alias/a` exists, but the credentials do not permit comparing its tags with what was asked for\n\
         hint: allow kms:ListResourceTags, or leave out --strict\n",
    );
}

#[test]
fn a_key_that_waits_is_completed_only_as_what_was_asked_for() {
    let cloud = Cloud::new("");
    cloud.empty_key("--alias alias/a --tag team=a --description one");
    cloud.run(&format!("{PROVISION} --generate --discard --tag team=b --description uno --quiet")).refuses(
        1,
        "error: `alias/a` exists and is not what was asked for: its description is `one`, but `uno` was asked for; \
         its tag `team` is `a`, but `b` was asked for\n\
         hint: choose another alias, or flags that match the key\n",
    );
    assert_eq!(cloud.requests("ImportKeyMaterial"), 0);
    let done =
        cloud.run(&format!("{PROVISION} --generate --discard --tag team=a --description one --output json")).json();
    let tags = done["proof"]["items"].as_array().unwrap().iter().find(|item| item["id"] == "tags").unwrap();
    assert_eq!((&tags["outcome"], &done["changed"]), (&json!("proven"), &json!(true)));
}

#[test]
fn a_key_that_was_never_filled_is_completed() {
    let cloud = Cloud::new("");
    let arn = cloud.empty_key("--alias alias/a");
    let run = cloud.run(&format!("{PROVISION} --generate --discard --output json"));
    let answer = run.json();
    assert_eq!(answer["key_arn"], arn);
    assert_eq!(
        (&answer["changed"], &answer["generated"], &answer["key_state"]),
        (&true.into(), &true.into(), &"Enabled".into())
    );
    assert!(run.stderr.contains(&format!("alias/a exists and waits for key material: {arn}\n")), "{}", run.stderr);
    assert_eq!(cloud.requests("CreateKey"), 1);
}

#[test]
fn create_key_leaves_alone_what_matches_and_refuses_what_differs() {
    let cloud = Cloud::new("");
    let arn = cloud.empty_key("--alias alias/a --key-spec HMAC_256");
    let again = cloud.run("create-key --alias alias/a --key-spec HMAC_256 --output json").json();
    assert_eq!((&again["key_arn"], &again["changed"]), (&arn.clone().into(), &false.into()));
    cloud.run("create-key --alias alias/a --quiet").refuses(
        1,
        "error: `alias/a` exists and is not what was asked for: its key spec is HMAC_256, but SYMMETRIC_DEFAULT was asked for; \
         its key usage is GENERATE_VERIFY_MAC, but ENCRYPT_DECRYPT was asked for\n\
         hint: choose another alias, or flags that match the key\n",
    );
    cloud.run("create-key --alias alias/a --key-spec HMAC_256 --quiet").succeeds();
    assert_eq!(cloud.requests("CreateKey"), 1);
}

#[test]
fn every_difference_is_named_and_nothing_is_changed() {
    let cloud = Cloud::new("");
    let kms = others(&cloud);
    cloud.run(&format!("{PROVISION} --generate --discard")).succeeds();
    let arn = cloud.keys()[0].arn.clone();
    let rsa = "provision --alias alias/rsa --key-spec RSA_2048 --wrapping-key-spec RSA_2048";
    cloud.run(&format!("{rsa} --generate --discard")).succeeds();
    let own = kms.key(json!({}));
    kms.ok("CreateAlias", json!({ "AliasName": "alias/own", "TargetKeyId": own }));
    let before = (cloud.keys(), cloud.requests("ImportKeyMaterial"));
    let differs = |line: &str, name: &str, difference: &str| {
        cloud.run(&format!("{line} --generate --discard --quiet")).refuses(
            1,
            &format!(
                "error: `{name}` exists and is not what was asked for: {difference}\n\
                 hint: choose another alias, or flags that match the key\n"
            ),
        );
    };
    differs(
        &format!("{PROVISION} --key-spec HMAC_512"),
        "alias/a",
        "its key spec is SYMMETRIC_DEFAULT, but HMAC_512 was asked for; \
         its key usage is ENCRYPT_DECRYPT, but GENERATE_VERIFY_MAC was asked for",
    );
    differs(
        &format!("{rsa} --key-usage ENCRYPT_DECRYPT"),
        "alias/rsa",
        "its key usage is SIGN_VERIFY, but ENCRYPT_DECRYPT was asked for",
    );
    differs(
        &format!("{PROVISION} --multi-region"),
        "alias/a",
        "its kind is single-Region, but multi-Region was asked for",
    );
    differs("provision --alias alias/own", "alias/own", "its origin is AWS_KMS, but EXTERNAL was asked for");
    differs(
        &format!("{PROVISION} --expires-in 90d"),
        "alias/a",
        "its key material never expires, which is not the expiry asked for",
    );
    assert_eq!((cloud.keys(), cloud.requests("ImportKeyMaterial")), before);
    kms.ok("DisableKey", json!({ "KeyId": arn }));
    let not_in_use = |state: &str, fix: &str| {
        cloud.run(&format!("{PROVISION} --generate --discard --quiet")).refuses(
            1,
            &format!("error: `alias/a` exists and is what was asked for, but it is {state}\nhint: {fix}\n"),
        );
    };
    let at = format!("--region us-east-1 --key-id {arn} --endpoint-url {}", cloud.url());
    not_in_use("Disabled", &format!("enable it: `aws kms enable-key {at}`"));
    differs(
        &format!("{PROVISION} --multi-region"),
        "alias/a",
        "its kind is single-Region, but multi-Region was asked for; it is Disabled, but Enabled or PendingImport was expected",
    );
    kms.ok("ScheduleKeyDeletion", json!({ "KeyId": arn, "PendingWindowInDays": 7 }));
    not_in_use(
        "PendingDeletion",
        &format!("run `aws kms cancel-key-deletion {at}` and then the same command again, or use another key"),
    );
}

#[test]
fn a_key_that_is_about_to_be_deleted_is_refused_and_the_fix_leads_on_whether_it_has_key_material_or_not() {
    let cloud = Cloud::new("");
    let kms = others(&cloud);
    let filled = cloud.run(&format!("{PROVISION} --generate --discard --output json")).json();
    let empty = cloud.run("create-key --alias alias/empty --output json").json();
    for (alias, key) in [("alias/a", filled), ("alias/empty", empty)] {
        let arn = key["key_arn"].as_str().unwrap();
        kms.ok("ScheduleKeyDeletion", json!({ "KeyId": arn, "PendingWindowInDays": 7 }));
        let at = format!("--region us-east-1 --key-id {arn} --endpoint-url {}", cloud.url());
        for verb in ["create-key", "provision --generate --discard"] {
            cloud.run(&format!("{verb} --alias {alias} --quiet")).refuses(
                1,
                &format!(
                    "error: `{alias}` exists and is what was asked for, but it is PendingDeletion\n\
                     hint: run `aws kms cancel-key-deletion {at}` and then the same command again, or use another key\n"
                ),
            );
        }
        kms.ok("CancelKeyDeletion", json!({ "KeyId": arn }));
        cloud.run(&format!("create-key --alias {alias} --quiet")).succeeds();
    }
    cloud.run("provision --alias alias/empty --generate --discard --quiet").succeeds();
    cloud.run(&format!("{PROVISION} --generate --discard --quiet")).refuses(
        1,
        &format!(
            "error: `alias/a` exists and is what was asked for, but it is Disabled\n\
             hint: enable it: `aws kms enable-key --region us-east-1 --key-id {} --endpoint-url {}`\n",
            cloud.run("create-key --alias alias/a --output json --quiet").json()["key_arn"].as_str().unwrap(),
            cloud.url()
        ),
    );
}

#[test]
fn an_expiry_asked_for_in_days_is_met_by_the_key_of_an_earlier_day_and_not_by_a_later_one() {
    let cloud = Cloud::new("");
    cloud.run(&format!("{PROVISION} --generate --discard --expires-in 30d")).succeeds();
    let again = |flags: &str| cloud.run(&format!("{PROVISION} --generate --discard --output json {flags}"));
    assert_eq!(again("--expires-in 30d").json()["changed"], false);
    assert_eq!(again("--expires-in 60d").json()["changed"], false);
    let at = again("--expires-in 30d").json()["expires"].as_str().unwrap().to_owned();
    assert_eq!(again(&format!("--expires-at {at}")).json()["changed"], false);
    for flags in ["--expires-in 10d", "--expires never", ""] {
        let run = again(flags);
        let cause = run.json_of_failure()["error"]["cause"].as_str().unwrap().to_owned();
        assert_eq!(run.code, Some(1), "{flags}");
        assert!(
            cause.ends_with(&format!("its key material expires {at}, which is not the expiry asked for")),
            "{cause}"
        );
    }
}

#[test]
fn a_key_that_had_material_takes_only_the_original_bytes() {
    let cloud = Cloud::new("");
    cloud.bench.write("key", support::material(7));
    cloud.bench.write("other", support::material(8));
    let first = cloud.run(&format!("{PROVISION} --material key --output json")).json();
    let arn = first["key_arn"].as_str().unwrap();
    others(&cloud).ok("DeleteImportedKeyMaterial", json!({ "KeyId": arn }));
    cloud.run(&format!("{PROVISION} --generate --keep new --quiet")).refuses(
        1,
        &format!(
            "error: key {arn} had key material before, which expired or was deleted: it takes only the original bytes\n\
             hint: give the original key material with --material FILE, or make a new key under another alias\n"
        ),
    );
    assert!(!cloud.bench.exists("new"));
    cloud.run(&format!("{PROVISION} --material other --quiet")).refuses_with(
        1,
        &format!(
            "error: the key material is not the one that key `{arn}` takes\n\
             because: IncorrectKeyMaterialException: The key material is not the same key material that was previously imported.\n\
             hint: import exactly the bytes of the first import if there was one (mind a trailing newline), or create another key for these\n"
        ),
    );
    assert_eq!(cloud.states(), ["PendingImport"]);
    let again = cloud.run(&format!("{PROVISION} --material key --output json")).json();
    assert_eq!((&again["changed"], &again["key_material_id"]), (&true.into(), &first["key_material_id"]));
    assert_eq!(cloud.states(), ["Enabled"]);
}

#[test]
fn the_same_holds_for_material_that_has_expired() {
    let cloud = Cloud::new("");
    cloud.bench.write("key", support::material(7));
    cloud.run(&format!("{PROVISION} --material key --expires-in 1d")).succeeds();
    others(&cloud).move_clock(json!({ "advance": "25h" }));
    assert_eq!(cloud.states(), ["PendingImport"]);
    assert_eq!(cloud.run(&format!("{PROVISION} --generate --discard --expires-in 30d")).code, Some(1));
    let again = cloud.run(&format!("{PROVISION} --material key --expires-in 30d --output json")).json();
    assert_eq!((&again["changed"], &again["key_state"]), (&true.into(), &"Enabled".into()));
}

/// For every kind of key: nothing is generated, and nothing that may be its copy is touched.
#[test]
fn nothing_is_generated_for_a_key_whose_material_is_gone() {
    let cloud = Cloud::new("");
    let specs = ["SYMMETRIC_DEFAULT", "HMAC_256", "ECC_NIST_P256", "ECC_NIST_EDWARDS25519", "RSA_2048"];
    for (spec, expires) in specs.iter().flat_map(|spec| [(spec, false), (spec, true)]) {
        let alias = format!("alias/{spec}-{expires}");
        let copy = format!("{spec}-{expires}");
        let line = format!(
            "provision --alias {alias} --key-spec {spec} --wrapping-key-spec RSA_2048 --generate --keep {copy}"
        );
        let flags = if expires { " --expires-in 1d" } else { "" };
        let arn = cloud.run(&format!("{line}{flags} --output json")).json()["key_arn"].as_str().unwrap().to_owned();
        if expires {
            others(&cloud).move_clock(json!({ "advance": "25h" }));
        } else {
            others(&cloud).ok("DeleteImportedKeyMaterial", json!({ "KeyId": arn }));
        }
        let (bytes, names, imports) =
            (cloud.bench.read(&copy), cloud.bench.names(), cloud.requests("ImportKeyMaterial"));
        for _ in 0..2 {
            let refusal = if spec.starts_with("HMAC") {
                format!(
                    "error: key {arn} waits for key material, KMS does not tell whether it had any before, and `{copy}` may be its copy\n\
                     hint: run `kms-byok {} --material {copy}` to import that file, or name another file for the new copy\n",
                    cloud.line(&format!("{}{flags} --quiet", line.replace(&format!(" --generate --keep {copy}"), "")))
                )
            } else {
                format!(
                    "error: key {arn} had key material before, which expired or was deleted: it takes only the original bytes\n\
                     hint: give the original key material with --material FILE, or make a new key under another alias\n"
                )
            };
            cloud.run(&format!("{line}{flags} --quiet")).refuses_with(1, &refusal);
        }
        assert_eq!((cloud.bench.read(&copy), cloud.bench.names()), (bytes, names), "{spec}");
        assert_eq!(cloud.requests("ImportKeyMaterial"), imports, "{spec}");
        let given = line.replace("--generate --keep", "--material");
        assert_eq!(cloud.run(&format!("{given}{flags} --output json")).json()["key_state"], "Enabled");
    }
}

/// An HMAC key whose copy has another name: KMS's refusal is the first to tell.
#[test]
fn bytes_that_kms_refuses_do_not_stay_under_the_name_that_was_given() {
    let cloud = Cloud::new("");
    let line = "provision --alias alias/a --key-spec HMAC_256 --wrapping-key-spec RSA_2048 --generate --quiet --keep";
    cloud.run(&format!("{line} first")).succeeds();
    let arn = cloud.keys()[0].arn.clone();
    others(&cloud).ok("DeleteImportedKeyMaterial", json!({ "KeyId": arn }));
    let run = cloud.run(&format!("{line} new"));
    let refusal = format!("error: key {arn} had key material before, which expired or was deleted: it takes only the");
    assert!(run.code == Some(1) && run.stderr.contains(&refusal), "{}", run.stderr);
    assert!(!cloud.bench.exists("new") && cloud.bench.exists("first"));
    assert_eq!(cloud.bench.names().iter().filter(|name| name.starts_with("new.superseded-")).count(), 1);
}

/// KMS takes neither these bytes nor this request: the file that had the name has it again.
#[test]
fn a_file_that_made_way_for_a_copy_gets_its_name_back_when_the_import_is_refused() {
    for fault in ["IncorrectKeyMaterialException", "InvalidCiphertextException", "AccessDeniedException"] {
        let cloud = Cloud::new(&format!("--fault ImportKeyMaterial:1:error={fault}"));
        cloud.empty_key("--alias alias/a");
        cloud.bench.write("copy", "the only copy of another key");
        let run = cloud.run(&format!("{PROVISION} --generate --keep copy --output json"));
        assert_eq!(
            (run.code, cloud.bench.read("copy")),
            (Some(1), b"the only copy of another key".to_vec()),
            "{fault}"
        );
        assert!(run.stderr.contains("` is `copy` again\n"), "{fault}: {}", run.stderr);
        let aside = cloud.bench.names().into_iter().filter(|name| name.starts_with("copy.superseded-")).count();
        assert_eq!(aside, 1, "{fault}");
    }
}

/// The command of the fix, as it is printed.
#[test]
fn a_run_that_was_killed_between_backup_and_import_is_completed_by_the_command_of_the_fix() {
    for (spec, flags) in [("HMAC_256", ""), ("HMAC_512", " --expires-in 9d --strict"), ("SYMMETRIC_DEFAULT", "")] {
        let cloud = Cloud::new("--fault ImportKeyMaterial:1:latency=6s");
        let line = format!(
            "provision --alias alias/a --key-spec {spec} --wrapping-key-spec RSA_2048 --generate --keep 'a copy'{flags}"
        );
        let command = format!("kms-byok {} ", cloud.line(&line));
        // The shell of the test is not what is killed.
        let mut run = cloud.command("");
        run = {
            let mut killed = std::process::Command::new("sh");
            killed.args(["-c", &format!("exec {command}")]).current_dir(cloud.bench.directory()).env_clear();
            killed.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
            let binary = std::path::Path::new(env!("CARGO_BIN_EXE_kms-byok")).parent().unwrap();
            killed.env("PATH", format!("{}:/usr/bin:/bin", binary.display()));
            killed
        };
        let mut child = run.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::null()).spawn().unwrap();
        let mut talk = std::io::BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("wrapped ") {
            assert!(std::io::BufRead::read_line(&mut talk, &mut said).unwrap() > 0, "{said}");
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let bytes = cloud.bench.read("a copy");
        let again = cloud.shell(&command, b"");
        if spec == "SYMMETRIC_DEFAULT" {
            // KMS tells that this one had none: the copy is nobody's, and makes way.
            again.succeeds();
            assert_eq!(cloud.states(), ["Enabled"]);
            continue;
        }
        assert_eq!(again.code, Some(1), "{}", again.stderr);
        let fix = again.stderr.split("hint: run `").nth(1).unwrap().split("` to import that file").next().unwrap();
        cloud.shell(fix, b"").succeeds();
        assert_eq!((cloud.bench.read("a copy"), cloud.states()), (bytes, vec!["Enabled".to_owned()]), "{spec}");
        let verify = cloud.line("verify --key-id alias/a --output json");
        assert_eq!(
            cloud.shell(&format!("kms-byok {verify} --material 'a copy'"), b"").json()["proof"]["outcome"],
            "proven"
        );
    }
}
