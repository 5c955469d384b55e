//! What is printed to be pasted works in another shell: it has the Region, the endpoint and the flags of the run, and JSON knows what
//! the text knows.

use serde_json::json;

use crate::support::cloud::Cloud;
use crate::support::next::next_of;
use crate::support::{self, Run, run};

const PROVISION: &str = "provision --alias alias/a --wrapping-key-spec RSA_2048";

/// A run whose Region comes from the environment.
fn with_region_of_environment(cloud: &Cloud, line: &str) -> Run {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut command = cloud.bench.command(&words);
    command.args(["--endpoint-url", cloud.url()]).env("AWS_REGION", "eu-west-3");
    command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
    run(&mut command, b"")
}

#[test]
fn a_region_of_the_environment_is_in_every_command_that_is_printed() {
    let cloud = Cloud::new("--fault GetParametersForImport:1:error=AccessDeniedException");
    cloud.bench.write("key", support::material(3));
    let stopped = with_region_of_environment(&cloud, &format!("{PROVISION} --material key --quiet"));
    assert_eq!(stopped.code, Some(3), "{}", stopped.stderr);
    // The shell of this test has no Region.
    cloud.shell(next_of(&stopped), b"").succeeds();
    let deleted =
        with_region_of_environment(&cloud, "delete-material --key-id alias/a --yes --output json --quiet").json();
    let restore = deleted["restore"].as_str().unwrap().replace("FILE", "key");
    cloud.shell(&restore, b"").succeeds();
    let status = with_region_of_environment(&cloud, "status --key-id alias/a --output json").json();
    assert_eq!(status["key_state"], "Enabled", "{status}");
}

#[test]
fn what_was_deleted_before_can_be_brought_back_too() {
    let cloud = Cloud::new("");
    cloud.bench.write("key", support::material(3));
    cloud.run(&format!("{PROVISION} --material key")).succeeds();
    let delete = "delete-material --key-id alias/a --yes --output json --quiet";
    let first = cloud.run(delete).json();
    let again = cloud.run(delete).json();
    assert_eq!((&again["changed"], &again["restore"]), (&json!(false), &first["restore"]));
    cloud.shell(&again["restore"].as_str().unwrap().replace("FILE", "key"), b"").succeeds();
    assert_eq!(cloud.states(), ["Enabled"]);
}

#[test]
fn a_rotation_goes_on_as_quietly_and_as_strictly_as_it_began() {
    for (source, ends) in [("--generate --keep new", "--resume"), ("--generate --discard", "--resume")] {
        let cloud = Cloud::new("--fault RotateKeyOnDemand:1:error=AccessDeniedException");
        cloud.run(&format!("{PROVISION} --generate --discard")).succeeds();
        let stopped = cloud
            .run(&format!("rotate --key-id alias/a {source} --expires-in 9d --quiet --strict --verify full --wait 9s"));
        let next = next_of(&stopped);
        for flag in [" --quiet", " --strict", " --verify full", " --wait 9s", ends] {
            assert!(next.contains(flag), "{flag}: {next}");
        }
        assert!(!next.contains("--generate") && !next.contains("--expires"), "{next}");
        let done = cloud.shell(next, b"");
        assert_eq!((done.code, &*done.stderr), (Some(0), ""), "{next}");
    }
}

#[test]
fn key_material_that_nobody_has_any_more_is_taken_back_before_other_is_made() {
    // The fourth import is the one into the replica.
    let cloud = Cloud::new("--fault ImportKeyMaterial:4:error=AccessDeniedException");
    cloud.bench.write("key", support::material(3));
    cloud.run(&format!("{PROVISION} --multi-region --material key")).succeeds();
    cloud.run("replicate --key-id alias/a --to eu-west-1 --material key --wrapping-key-spec RSA_2048").succeeds();
    let stopped = cloud.run("rotate --key-id alias/a --generate --discard --quiet --wrapping-key-spec RSA_2048");
    assert_eq!(stopped.code, Some(3), "{}", stopped.stderr);
    let next = next_of(&stopped);
    assert!(
        next.starts_with("kms-byok delete-material --key-id arn:") && next.contains(" && kms-byok rotate "),
        "{next}"
    );
    cloud.shell(next, b"").succeeds();
}

/// The reply to the import does not say what it was, and whether it arrived is for the next run to see.
#[test]
fn a_rotation_whose_import_is_in_doubt_and_whose_bytes_nobody_has_goes_on_or_begins_again() {
    for (fault, generates) in [("2-4:reset-before", true), ("2:empty-object", false)] {
        let cloud = Cloud::new(&format!("--fault ImportKeyMaterial:{fault}"));
        cloud.run(&format!("{PROVISION} --generate --discard")).succeeds();
        let stopped = cloud.run("rotate --key-id alias/a --generate --discard --expires-in 9d --quiet");
        assert_eq!(stopped.code, Some(3), "{}", stopped.stderr);
        let next = next_of(&stopped);
        assert!(next.contains(" --generate --discard ") && next.contains(" --resume"), "{next}");
        let answer = cloud.shell(&format!("{next} --output json"), b"").json();
        assert_eq!((&answer["generated"], &answer["rotation"]["rotated"]), (&json!(generates), &json!(true)));
    }
}

#[test]
fn key_material_of_an_import_in_doubt_is_looked_up_and_taken_back_where_a_replica_lacks_it() {
    // The third import is the rotation's into the primary key.
    let cloud = Cloud::new("--fault ImportKeyMaterial:3:empty-object");
    cloud.bench.write("key", support::material(3));
    cloud.run(&format!("{PROVISION} --multi-region --material key")).succeeds();
    cloud.run("replicate --key-id alias/a --to eu-west-1 --material key --wrapping-key-spec RSA_2048").succeeds();
    let lost = cloud.run("rotate --key-id alias/a --generate --discard --quiet --wrapping-key-spec RSA_2048");
    assert_eq!(lost.code, Some(3), "{}", lost.stderr);
    let looked = cloud.shell(next_of(&lost), b"");
    assert_eq!(looked.code, Some(3), "{}", looked.stderr);
    let next = next_of(&looked);
    assert!(
        next.starts_with("kms-byok delete-material --key-id arn:") && next.contains(" --key-material-id "),
        "{next}"
    );
    assert!(next.contains(" && kms-byok rotate ") && next.contains(" --resume "), "{next}");
    cloud.shell(next, b"").succeeds();
}

#[test]
fn json_knows_which_call_is_in_doubt_and_says_where_it_ran() {
    let cloud = Cloud::new("--fault CreateKey:1:reset-after --fault ListKeys:1-2:error=AccessDeniedException");
    let line = format!("{PROVISION} --generate --discard --quiet");
    let lost = cloud.run(&format!("{line} --output json"));
    assert_eq!(lost.code, Some(3), "{}", lost.stderr);
    let report = lost.json_of_failure();
    assert_eq!((&report["in_doubt"], &report["changed"]), (&json!("CreateKey"), &json!(false)), "{report}");
    assert!(lost.stderr.contains("unknown: whether CreateKey took effect"), "{}", lost.stderr);
    let next = report["next"].as_str().unwrap();
    assert!(next.contains(" --lost-request ") && !next.contains("--find-lost"), "{next}");
    let done = cloud.run(&line.replace("--quiet", "--quiet --find-lost --output json")).json_of_failure();
    assert!(done["error"]["hint"].as_str().is_some(), "{done}");
    let done = cloud.shell(next, b"").json();
    assert_eq!((&done["in_doubt"], &done["changed"]), (&json!(null), &json!(true)), "{done}");
    for dry in [format!("{PROVISION} --generate --discard"), "rotate --key-id alias/a --generate --discard".to_owned()]
    {
        let plan = cloud.run(&format!("{dry} --dry-run --output json")).json();
        assert_eq!(plan["rehearsal"], true, "{dry}");
    }
}

#[test]
fn after_a_reply_that_cannot_be_used_the_key_is_asked_before_it_is_reported() {
    let cloud = Cloud::new("--fault ImportKeyMaterial:1:drop=KeyId");
    cloud.bench.write("key", support::material(3));
    let run = cloud.run(&format!("{PROVISION} --material key --quiet"));
    assert!(run.code != Some(0) && run.stderr.contains(", Enabled, named by alias/a\n"), "{}", run.stderr);
    cloud.shell(next_of(&run), b"").succeeds();
}

#[test]
fn wrong_usage_ends_with_2() {
    let cloud = Cloud::new("");
    cloud.bench.write("key", support::material(3));
    cloud.run("create-key --alias alias/h --key-spec HMAC_256").succeeds();
    cloud.run("get-parameters --key-id alias/h --dir D --wrapping-key-spec RSA_2048").succeeds();
    cloud.run("wrap --dir D --material key").succeeds();
    for line in [
        "wrap --dir D --material key --force --expect-public-key abc",
        "wrap --material key --inkey D/WrappingPublicKey.bin --out key",
        "wrap --material key --inkey D/WrappingPublicKey.bin --out ./key --force",
        "import --key-id alias/h --dir D --import-type new",
        "rehearsal serve --listen 0.0.0.0:0",
        "rehearsal serve --listen [::]:0",
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let run = match line.starts_with("rehearsal") {
            true => run(&mut cloud.bench.command(&words), b""),
            false => cloud.run(line),
        };
        assert_eq!(run.code, Some(2), "{line}: {}", run.stderr);
        assert!(run.stderr.contains("\nhint: ") || run.stderr.contains("Usage: "), "{line}: {}", run.stderr);
    }
    for url in ["http://10.0.0.1", "http://kms.example.org:8080"] {
        let words = ["status", "--key-id", "alias/a", "--region", "us-east-1", "--endpoint-url", url];
        assert_eq!(run(&mut cloud.bench.command(&words), b"").code, Some(2), "{url}");
    }
}

#[test]
fn a_wrong_import_type_is_named_as_the_cause() {
    let cloud = Cloud::new("");
    cloud.bench.write("key", support::material(3));
    cloud.run(&format!("{PROVISION} --material key")).succeeds();
    cloud.run("create-key --alias alias/empty").succeeds();
    for (alias, word, cause, hint) in [
        (
            "alias/a",
            "new",
            "KMS does not take these bytes as new key material of key ARN, which may have them already",
            "leave --import-type new out: what the key has is imported as existing",
        ),
        (
            "alias/empty",
            "existing",
            "key ARN never had key material, so there is none to import again",
            "leave --import-type existing out",
        ),
    ] {
        let directory = alias.rsplit('/').next().unwrap();
        cloud
            .run(&format!("get-parameters --key-id {alias} --dir {directory} --wrapping-key-spec RSA_2048"))
            .succeeds();
        cloud.run(&format!("wrap --dir {directory} --material key")).succeeds();
        let refused = cloud.run(&format!("import --dir {directory} --import-type {word} --quiet"));
        let said = cloud.plain(&refused.stderr);
        let (first, rest) = said.split_once('\n').unwrap();
        assert_eq!((refused.code, first), (Some(1), &*format!("error: {cause}")));
        assert!(rest.starts_with("because: IncorrectKeyMaterialException"), "{said}");
        assert!(rest.contains(&format!("\nhint: {hint}\n")), "{said}");
        cloud.run(&format!("import --dir {directory}")).succeeds();
    }
}

#[test]
fn what_diagnose_knows_stands_in_the_commands_that_it_prints() {
    let cloud = Cloud::new("");
    cloud.bench.write("key", support::material(3));
    cloud.run("create-key --alias alias/a").succeeds();
    cloud.run("get-parameters --key-id alias/a --dir D --wrapping-key-spec RSA_2048").succeeds();
    cloud.run("wrap --dir D --material key").succeeds();
    // The directory of the shell recipe.
    std::fs::remove_file(cloud.bench.path("D/parameters.json")).unwrap();
    let found = cloud.run("diagnose --dir D --key-id alias/a --output json").json_of_failure();
    let told = found.to_string();
    assert!(!told.contains("--key-id KEY") && !told.contains("--dir DIR"), "{told}");
    for unknown in found["unknown"].as_array().unwrap() {
        let how = unknown["find_out"].as_str().unwrap();
        if how.contains("`kms-byok get-parameters") {
            assert!(how.contains("--region us-east-1"), "{how}");
        }
    }
}
