//! A key whose material has expired or was deleted takes the same bytes and no others, and a copy of them is never lost.

use serde_json::json;

use super::{PROVISION, others};
use crate::support;
use crate::support::cloud::Cloud;

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
