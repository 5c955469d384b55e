//! `--jwks`: the public keys of an alias, generation by generation, in a file that is written whole before the alias moves.

use serde_json::{Value, json};

use crate::support::scene::Scene;

const ROTATE: &str = "rotate --key-id alias/app --wrapping-key-spec RSA_2048";
const BACK: &str = "rotate --key-id alias/app --rollback";
const FILE: &str = "set.json";

/// `alias/app` on a key of that spec; its ARN.
fn scene_of(spec: &str, flags: &str) -> (Scene, String) {
    let scene = Scene::new(flags);
    let arn = scene.provision(&format!("--alias alias/app --key-spec {spec} --generate --discard"));
    (scene, arn)
}

fn scene() -> (Scene, String) {
    scene_of("ECC_NIST_P256", "")
}

/// A rotation; the answer and the ARN of the new key.
fn rotate(scene: &Scene, flags: &str) -> (Value, String) {
    let answer = scene.json(&format!("{ROTATE} --generate --discard --quiet {flags}"));
    let new = answer["key_arn"].as_str().unwrap().to_owned();
    (answer, new)
}

fn id(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap()
}

fn jwk(scene: &Scene, key: &str) -> Value {
    scene.json(&format!("public-key --key-id {key}"))["public_key"]["jwk"].clone()
}

fn jwks(scene: &Scene, keys: &[&str]) -> Vec<Value> {
    keys.iter().map(|key| jwk(scene, key)).collect()
}

fn file(scene: &Scene) -> Vec<Value> {
    let set: Value = serde_json::from_slice(&scene.bench.read(FILE)).unwrap();
    set["keys"].as_array().unwrap().clone()
}

fn kids(keys: &[Value]) -> Value {
    keys.iter().map(|key| key["kid"].clone()).collect()
}

/// RFC 7638: the members that every key of its kind has, in the order of their names.
fn thumbprint(jwk: &Value) -> String {
    let names: &[&str] = match jwk["kty"].as_str().unwrap() {
        "RSA" => &["e", "kty", "n"],
        "EC" => &["crv", "kty", "x", "y"],
        _ => &["crv", "kty", "x"],
    };
    let members: Vec<String> = names.iter().map(|name| format!("\"{name}\":{}", jwk[*name])).collect();
    let digest = openssl::sha::sha256(format!("{{{}}}", members.join(",")).as_bytes());
    let text = openssl::base64::encode_block(&digest);
    text.replace('+', "-").replace('/', "_").trim_end_matches('=').to_owned()
}

fn tag(scene: &Scene, key: &str, name: &str, value: &str) {
    let tags = json!([{ "TagKey": format!("kms-byok:{name}"), "TagValue": value }]);
    scene.kms.ok("TagResource", json!({ "KeyId": key, "Tags": tags }));
}

#[test]
fn the_set_has_every_generation_and_the_key_of_the_alias_first() {
    for (spec, alg) in [
        ("RSA_2048", "RS256"),
        ("ECC_NIST_P256", "ES256"),
        ("ECC_SECG_P256K1", "ES256K"),
        ("ECC_NIST_EDWARDS25519", "EdDSA"),
    ] {
        let (scene, first) = scene_of(spec, "");
        let (answer, second) = rotate(&scene, "--jwks set.json");
        let keys = jwks(&scene, &[&second, &first]);
        assert_eq!(file(&scene), keys, "{spec}");
        assert!(keys.iter().all(|key| key["alg"] == alg && key["kid"] == thumbprint(key)), "{spec}: {keys:?}");
        let told = &answer["alias_rotation"]["jwks_file"];
        assert_eq!(*told, json!({ "file": FILE, "kids": kids(&keys), "not_kept": [], "changed": true }), "{spec}");
        // A file that somebody has lost is whole again.
        std::fs::remove_file(scene.bench.path(FILE)).unwrap();
        let (_, third) = rotate(&scene, "--jwks set.json");
        assert_eq!(file(&scene), jwks(&scene, &[&third, &second, &first]), "{spec}");
        let answer = scene.json(&format!("{BACK} --jwks set.json"));
        let keys = jwks(&scene, &[&second, &third, &first]);
        assert_eq!(file(&scene), keys, "{spec}");
        assert_eq!(answer["alias_rotation"]["jwks_file"]["kids"], kids(&keys), "{spec}");
        // Once more, nothing is written; and the tags lead to the same from nothing.
        let again = scene.json(&format!("{BACK} --jwks set.json"));
        assert_eq!(again["alias_rotation"]["jwks_file"]["changed"], false, "{spec}");
        std::fs::remove_file(scene.bench.path(FILE)).unwrap();
        let shown = scene.json("public-key alias/app --jwks set.json");
        assert_eq!((file(&scene), &shown["jwks_file"]["kids"]), (keys.clone(), &kids(&keys)), "{spec}");
        // Whoever verifies with the set verifies what each has signed.
        for key in [&first, &second, &third] {
            let line = format!("verify --key-id {key} --public-key set.json");
            assert_eq!(scene.json(&line)["proof"]["outcome"], "proven", "{spec}");
        }
    }
}

/// Whoever verifies sees no difference between two keys in KMS with the same bytes, and a `kid` names one key.
#[test]
fn a_public_key_that_comes_back_is_in_the_set_once() {
    let (scene, first) = scene();
    scene.run("generate --key-spec ECC_NIST_P256 --out two").succeeds();
    let again = |flags: &str| {
        let answer = scene.json(&format!("{ROTATE} --material two --quiet {flags}"));
        answer["key_arn"].as_str().unwrap().to_owned()
    };
    let second = again("");
    let (_, third) = rotate(&scene, "--jwks set.json");
    assert_eq!(file(&scene), jwks(&scene, &[&third, &second, &first]));
    let fourth = again("--jwks set.json");
    assert_ne!(fourth, second);
    let keys = jwks(&scene, &[&fourth, &third, &first]);
    assert_eq!(file(&scene), keys);
    std::fs::remove_file(scene.bench.path(FILE)).unwrap();
    let shown = scene.json("public-key alias/app --jwks set.json");
    assert_eq!((file(&scene), &shown["jwks_file"]["kids"]), (keys.clone(), &kids(&keys)));
}

#[test]
fn a_prepared_key_is_in_the_set_before_its_switch() {
    let (scene, old) = scene();
    let (answer, new) = rotate(&scene, "--prepare --jwks set.json");
    let keys = jwks(&scene, &[&new, &old]);
    assert_eq!(file(&scene), keys);
    assert!(answer["next"].as_str().unwrap().contains(" --jwks set.json "), "{answer}");
    let before = scene.bench.read(FILE);
    let run = scene.run(&format!("{ROTATE} --switch {new} --jwks set.json --quiet"));
    assert!(run.succeeds().stdout.contains("JWK Set    set.json unchanged: this key, and 1 more\n"), "{}", run.stdout);
    assert_eq!(scene.bench.read(FILE), before);
    // A rotation that is over can make it, too.
    std::fs::remove_file(scene.bench.path(FILE)).unwrap();
    scene.json(&format!("{ROTATE} --switch {new} --jwks set.json"));
    assert_eq!(file(&scene), keys);
}

#[test]
fn the_set_is_written_before_the_alias_moves() {
    let (scene, old) = scene_of("ECC_NIST_P256", "--fault UpdateAlias:1:error=AccessDeniedException");
    let (answer, _) = scene.fails(3, &format!("{ROTATE} --generate --discard --jwks set.json"));
    let new = answer["key_arn"].as_str().unwrap();
    assert_eq!((scene.named_by("alias/app"), file(&scene)), (old.clone(), jwks(&scene, &[new, &old])));
    scene.paste(answer["next"].as_str().unwrap()).unwrap().succeeds();
    assert_eq!((scene.named_by("alias/app"), file(&scene)), (new.to_owned(), jwks(&scene, &[new, &old])));
}

#[test]
fn a_set_that_cannot_be_written_is_refused_before_anything_is_made() {
    let (scene, old) = scene();
    scene.bench.write_private("key", "text");
    std::fs::create_dir(scene.bench.path("folder")).unwrap();
    for (file, id) in [("nowhere/set.json", "unwritable"), ("folder", "directory")] {
        let (answer, _) = scene.fails(1, &format!("{ROTATE} --generate --discard --jwks {file}"));
        assert_eq!(answer["error"]["id"], id, "{file}: {answer}");
    }
    for (line, code, id) in [
        ("--material key --jwks key", 2, "same_file"),
        ("--generate --keep set.json --jwks set.json", 2, "two_outputs"),
        ("--generate --discard --jwks set.json --record set.json", 2, "two_outputs"),
    ] {
        let (answer, _) = scene.fails(code, &format!("{ROTATE} {line}"));
        assert_eq!(answer["error"]["id"], id, "{line}: {answer}");
    }
    assert_eq!((scene.keys(), scene.named_by("alias/app"), scene.calls("CreateKey")), (1, old, 1));
    assert_eq!(scene.bench.read("key"), b"text");
}

#[test]
fn keys_without_a_public_key_have_no_set() {
    let (scene, _) = scene_of("HMAC_256", "");
    let symmetric = scene.provision("--alias alias/s --generate --discard");
    for flags in ["--generate --discard", "--generate --discard --dry-run", "--rollback"] {
        let line = format!("rotate --key-id alias/app {flags} --jwks set.json --quiet");
        scene.run(&line).refuses(1, "error: HMAC_256 keys have no public key\nhint: name an RSA, EC or Ed25519 key\n");
    }
    let run = scene.run("rotate --key-id alias/s --generate --discard --jwks set.json --quiet");
    assert!(run.stderr.contains(&format!("key {symmetric} is symmetric")), "{}", run.stderr);
    assert_eq!((run.code, scene.calls("CreateKey")), (Some(2), 2));
    assert!(!scene.bench.exists(FILE));
}

#[test]
fn a_file_that_is_no_set_is_moved_aside_and_said() {
    let (scene, first) = scene();
    let private = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AAAA"}]}"#;
    for content in ["no JSON", r#"{"kty":"EC"}"#, r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#, private, ""] {
        for line in ["public-key alias/app", BACK, ROTATE] {
            let line = match line {
                ROTATE => format!("{ROTATE} --generate --discard"),
                BACK => {
                    rotate(&scene, "");
                    BACK.to_owned()
                }
                line => line.to_owned(),
            };
            scene.bench.write(FILE, content);
            let run = scene.run(&format!("{line} --jwks set.json --quiet"));
            run.succeeds();
            let aside: Vec<String> =
                scene.bench.names().into_iter().filter(|name| name.starts_with("set.json.superseded-")).collect();
            assert_eq!(aside.len(), 1, "{line}: {content}");
            assert_eq!(scene.bench.read(&aside[0]), content.as_bytes(), "{line}");
            let moved = scene.bench.path(FILE).canonicalize().unwrap().display().to_string();
            assert!(
                run.stderr
                    .contains(&format!("warning: `{moved}` is no JWK Set and is kept: it is now `{moved}.superseded-")),
                "{line}: {}",
                run.stderr
            );
            std::fs::remove_file(scene.bench.path(&aside[0])).unwrap();
            let now = scene.named_by("alias/app");
            assert_eq!(file(&scene)[0], jwk(&scene, &now), "{line}");
        }
    }
    assert!(file(&scene).contains(&jwk(&scene, &first)));
}

#[test]
fn tags_in_a_circle_lead_to_each_key_once() {
    let (scene, first) = scene();
    let (_, second) = rotate(&scene, "");
    tag(&scene, &first, "supersedes", id(&second));
    tag(&scene, &first, "rolled-back-from", &format!("{} {}", id(&first), id(&second)));
    scene.json("public-key alias/app --jwks set.json");
    assert_eq!(file(&scene), jwks(&scene, &[&second, &first]));
}

#[test]
fn a_key_that_cannot_be_seen_is_named() {
    let (scene, first) = scene();
    let (_, second) = rotate(&scene, "");
    let mac = scene.provision("--alias alias/c --key-spec HMAC_256 --generate --discard");
    let agrees =
        scene.provision("--alias alias/b --key-spec ECC_NIST_P256 --key-usage KEY_AGREEMENT --generate --discard");
    let nowhere = "1234abcd-12ab-34cd-56ef-1234567890ab";
    let foreign = "arn:aws:kms:us-east-1:999999999999:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    for (value, key_id, why) in [
        (nowhere, nowhere, "there is no such key"),
        (foreign, foreign, "there is no such key"),
        ("alias/c", "alias/c", "there is no such key"),
        (id(&mac), id(&mac), "it is for GENERATE_VERIFY_MAC, and no earlier key of this one"),
        (id(&agrees), id(&agrees), "it is for KEY_AGREEMENT, and no earlier key of this one"),
    ] {
        tag(&scene, &first, "supersedes", value);
        let run = scene.run("public-key alias/app --jwks set.json --output json --quiet");
        let told = run.json()["jwks_file"].clone();
        assert_eq!(told["not_kept"], json!([{ "key_id": key_id, "why": why }]), "{value}");
        let warning = format!("warning: for the JWK Set, key {key_id}: {why}\n");
        assert!(run.stderr.contains(&warning), "{value}: {}", run.stderr);
        assert_eq!(file(&scene), jwks(&scene, &[&second, &first]));
    }
    // What the file has of a key that KMS does not show any more stays.
    scene.kms.ok("ScheduleKeyDeletion", json!({ "KeyId": first }));
    let told = scene.json("public-key alias/app --jwks set.json")["jwks_file"].clone();
    assert_eq!(told["not_kept"][0]["key_id"], id(&first));
    assert_eq!(told["kids"].as_array().unwrap().len(), 2);
}

#[test]
fn what_may_not_be_read_is_named_and_the_current_key_is_never_missing() {
    let (scene, first) = scene();
    let (_, second) = rotate(&scene, "");
    // The first public key is that of the key of the alias.
    for (fault, missing) in [
        ("ListResourceTags:1:error=", Some(&second)),
        ("GetPublicKey:2:error=", Some(&first)),
        ("GetKeyPolicy:1:error=", Some(&first)),
        ("GetPublicKey:1:error=", None),
    ] {
        let faults = json!({ "faults": [format!("{fault}AccessDeniedException")] }).to_string();
        let reply = scene.kms.http("POST", "/_rehearsal/faults", &[], faults.as_bytes());
        assert_eq!(reply.unwrap().status, 200);
        let run = scene.run("public-key alias/app --jwks set.json --output json --quiet");
        assert_eq!(run.code, Some(i32::from(missing.is_none())), "{fault}: {}", run.stderr);
        let Some(missing) = missing else {
            assert!(!scene.bench.exists(FILE), "{fault}");
            continue;
        };
        let told = run.json()["jwks_file"].clone();
        assert_eq!(told["not_kept"][0]["key_id"], id(missing), "{fault}");
        let why = told["not_kept"][0]["why"].as_str().unwrap();
        assert!(why.contains("not permit") || why.contains("may not be read"), "{why}");
        assert_eq!(file(&scene), jwks(&scene, &[&second]), "{fault}");
        std::fs::remove_file(scene.bench.path(FILE)).unwrap();
    }
}

/// A key of somebody in the same account who lets in another account, and who may tag keys.
fn planted(scene: &Scene) -> (String, String) {
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::000000000000:root" }, "Action": "kms:*", "Resource": "*" },
        { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::999999999999:root" }, "Action": "kms:Sign", "Resource": "*" },
    ] });
    let key =
        scene.kms.key(json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY", "Policy": policy.to_string() }));
    (scene.describe(&key)["Arn"].as_str().unwrap().to_owned(), policy.to_string())
}

#[test]
fn a_tag_alone_puts_no_key_of_somebody_else_into_the_set() {
    for (on_current, name) in [(true, "supersedes"), (true, "rolled-back-from"), (false, "supersedes")] {
        let (scene, first) = scene();
        let (_, second) = rotate(&scene, "");
        let (planted, policy) = planted(&scene);
        let (tagged, other) = if on_current { (&second, &first) } else { (&first, &second) };
        tag(&scene, tagged, name, id(&planted));
        tag(&scene, &planted, "superseded-by", id(&second));
        tag(&scene, &planted, "supersedes", id(other));
        let why = format!(
            "it is not put in: only a tag names {planted}, and its key policy is not the one asked for: it lets in account 999999999999"
        );
        let told = scene.json("public-key alias/app --jwks set.json")["jwks_file"].clone();
        assert_eq!(told["not_kept"], json!([{ "key_id": id(&planted), "why": why }]), "{name}");
        assert!(!file(&scene).contains(&jwk(&scene, &planted)), "{name}");
        assert_eq!(file(&scene)[0], jwk(&scene, &second), "{name}");
        // The rotation that is over already knows the key before it by its tag alone, and the next one follows the same tags.
        for line in [format!("--switch {second}"), "--generate --discard".to_owned()] {
            tag(&scene, tagged, name, id(&planted));
            let answer = scene.json(&format!("{ROTATE} {line} --jwks set.json"));
            let kept = &answer["alias_rotation"]["jwks_file"];
            assert_eq!(kept["not_kept"], json!([{ "key_id": id(&planted), "why": why }]), "{name} {line}");
            assert!(!file(&scene).contains(&jwk(&scene, &planted)), "{name} {line}");
        }
        // The user may say that it is his.
        scene.bench.write("policy.json", &policy);
        let before = scene.bench.read(FILE);
        for flags in [format!("--adopt {planted}"), "--policy policy.json".to_owned()] {
            scene.bench.write(FILE, &before);
            scene.json(&format!("public-key alias/app --jwks set.json {flags}"));
            assert!(file(&scene).contains(&jwk(&scene, &planted)), "{name} {flags}");
        }
        // What is in the file already is the user's word for it.
        let told = scene.json("public-key alias/app --jwks set.json")["jwks_file"].clone();
        assert_eq!((&told["not_kept"], &told["changed"]), (&json!([]), &json!(false)), "{name}");
    }
}

#[test]
fn an_alias_that_somebody_has_moved_leaves_no_key_of_theirs_in_the_set_when_it_goes_back() {
    let (scene, first) = scene();
    let (planted, _) = planted(&scene);
    tag(&scene, &planted, "supersedes", id(&first));
    scene.kms.ok("UpdateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": planted }));
    let answer = scene.json(&format!("{BACK} --jwks set.json"));
    assert_eq!((scene.named_by("alias/app"), file(&scene)), (first.clone(), jwks(&scene, &[&first])));
    assert_eq!(answer["alias_rotation"]["jwks_file"]["not_kept"][0]["key_id"], id(&planted));
}

#[test]
fn a_dry_run_names_the_calls_for_the_set_and_the_file() {
    let (scene, _) = scene();
    rotate(&scene, "");
    for line in [format!("{ROTATE} --generate --discard --jwks set.json"), format!("{BACK} --jwks set.json")] {
        let plan = scene.json(&format!("{line} --dry-run"));
        let planned: Vec<&str> =
            plan["plan"].as_array().unwrap().iter().map(|step| step["call"].as_str().unwrap()).collect();
        assert_eq!(plan["writes"], json!([FILE]), "{line}");
        assert!(!scene.bench.exists(FILE), "{line}");
        let before = scene.operations().len();
        scene.json(&line);
        let made = scene.operations().split_off(before);
        let count = |calls: &[&str], name: &str| calls.iter().filter(|call| **call == name).count();
        let made: Vec<&str> = made.iter().map(String::as_str).collect();
        for name in ["GetPublicKey", "ListResourceTags", "GetKeyPolicy", "UpdateAlias"] {
            assert_eq!(count(&planned, name), count(&made, name), "{line} {name}: {planned:?} {made:?}");
        }
        std::fs::remove_file(scene.bench.path(FILE)).unwrap();
    }
}

#[test]
fn no_more_than_fifty_keys_of_one_alias_are_looked_at() {
    let (scene, _) = scene();
    let made: Vec<String> =
        (0..60).map(|_| scene.kms.key(json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY" }))).collect();
    for pair in made.windows(2) {
        tag(&scene, &pair[0], "supersedes", id(&pair[1]));
    }
    let told = scene.json(&format!("public-key {} --jwks set.json", made[0]))["jwks_file"].clone();
    assert_eq!(told["kids"].as_array().unwrap().len(), 50);
    assert_eq!(
        told["not_kept"],
        json!([{ "key_id": id(&made[50]), "why": "it is not looked at: 50 keys of one alias are enough" }])
    );
}
