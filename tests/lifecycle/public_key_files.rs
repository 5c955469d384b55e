//! The files of `public-key`: one form, a JWK Set of several generations, and certificates that are compared.

use serde_json::{Value, json};

use crate::support::pairs;
use crate::support::scene::Scene;

fn scene() -> Scene {
    let scene = Scene::new("");
    scene.pair(pairs::of("ECC_NIST_P256", "SIGN_VERIFY"), "k");
    scene
}

#[test]
fn one_form_goes_to_standard_output_or_to_a_file() {
    let scene = scene();
    let bench = &scene.bench;
    let answer = scene.json("public-key alias/k")["public_key"].clone();
    let line = format!("{}\n", answer["openssh"].as_str().unwrap());
    for (form, expected) in [("pem", bench.read("k.pem")), ("openssh", line.into_bytes())] {
        let run = scene.run(&format!("public-key alias/k --format {form} --quiet"));
        assert_eq!(run.succeeds().stdout.as_bytes(), expected);
    }
    let jwk = scene.run("public-key alias/k --format jwk --quiet").succeeds().stdout.clone();
    assert_eq!(serde_json::from_str::<Value>(&jwk).unwrap(), answer["jwk"]);
    for (flags, file) in [("", "k.pem"), ("--format der", "k.der")] {
        let told = scene.json(&format!("public-key alias/k {flags} --out out"));
        assert_eq!(told["out"], "out");
        assert_eq!(bench.read("out"), bench.read(file));
        let (refused, _) = scene.fails(1, &format!("public-key alias/k {flags} --out out"));
        assert_eq!(refused["error"]["id"], "exists");
        // Each is known as an earlier output, and replaced when that is asked for.
        scene.json(&format!("public-key alias/k {flags} --out out --force"));
        std::fs::remove_file(bench.path("out")).unwrap();
    }
    let (refused, _) = scene.fails(2, "public-key alias/k --format pem");
    assert_eq!(refused["error"]["cause"], "--format without --out and --output json exclude each other");
    let (refused, _) = scene.fails(2, "public-key alias/k --format ethereum --out address");
    assert_eq!(refused["error"]["cause"], "Ethereum has no form for ECC_NIST_P256 keys");
    assert!(!bench.exists("address"));
}

#[test]
fn what_is_no_public_key_is_moved_aside_and_never_lost() {
    let scene = scene();
    let key = scene.bench.read("k.key");
    scene.bench.write_private("out", &key);
    scene.json("public-key alias/k --out out --force");
    assert_eq!(scene.bench.read("out"), scene.bench.read("k.pem"));
    let moved: Vec<String> =
        scene.bench.names().into_iter().filter(|name| name.starts_with("out.superseded-")).collect();
    assert_eq!(moved.len(), 1);
    assert_eq!(scene.bench.read(&moved[0]), key);
}

/// What is in the file, and what the report says of it.
fn kept(scene: &Scene, line: &str) -> (Vec<Value>, Value) {
    let told = scene.json(&format!("public-key {line} --jwks jwks.json"))["jwks_file"].clone();
    let set: Value = serde_json::from_slice(&scene.bench.read("jwks.json")).unwrap();
    (set["keys"].as_array().unwrap().clone(), told)
}

#[test]
fn a_jwk_set_keeps_the_current_key_first_and_the_superseded_behind_it() {
    let scene = scene();
    scene.pair(pairs::of("RSA_2048", "SIGN_VERIFY"), "next");
    let old = scene.json("public-key alias/k")["public_key"]["jwk"].clone();
    let new = scene.json("public-key alias/next")["public_key"]["jwk"].clone();
    let (keys, told) = kept(&scene, "alias/k");
    assert_eq!(keys, std::slice::from_ref(&old));
    assert_eq!(told, json!({ "file": "jwks.json", "kids": [old["kid"]], "not_kept": [], "changed": true }));
    let alias = scene.describe(&arn(&scene, "next"));
    scene.kms.ok("UpdateAlias", json!({ "AliasName": "alias/k", "TargetKeyId": alias["KeyId"] }));
    let (keys, told) = kept(&scene, "alias/k");
    assert_eq!(keys, [new.clone(), old.clone()]);
    assert_eq!(told["kids"], json!([new["kid"], old["kid"]]));
    let before = scene.bench.read("jwks.json");
    assert_eq!(kept(&scene, "alias/k").1["changed"], false);
    assert_eq!(scene.bench.read("jwks.json"), before);
    let shown = scene.run("public-key alias/k --jwks jwks.json --quiet").succeeds().stdout.clone();
    assert!(shown.contains("\nJWK Set          jwks.json unchanged: this key, and 1 more\n"), "{shown}");
    // Whoever verifies with the set verifies what either key signs.
    for key in [arn(&scene, "next"), arn_of(&scene, &old)] {
        let line = format!("verify --key-id {key} --public-key jwks.json");
        assert_eq!(scene.json(&line)["proof"]["outcome"], "proven");
    }
}

fn arn(scene: &Scene, name: &str) -> String {
    scene.json(&format!("status --key-id alias/{name}"))["key_arn"].as_str().unwrap().to_owned()
}

/// The ARN of the key that has this JWK.
fn arn_of(scene: &Scene, jwk: &Value) -> String {
    let keys = scene.json("status")["keys"].as_array().unwrap().clone();
    let arns = keys.iter().map(|key| key["key_arn"].as_str().unwrap().to_owned());
    arns.into_iter().find(|arn| scene.json(&format!("public-key {arn}"))["public_key"]["jwk"] == *jwk).unwrap()
}

#[test]
fn what_others_wrote_in_a_jwk_set_stays_and_one_key_is_there_once() {
    let scene = scene();
    let jwk = scene.json("public-key alias/k")["public_key"]["jwk"].clone();
    let mut named = jwk.clone();
    named["kid"] = "by hand".into();
    let hmac = json!({ "kty": "RSA", "kid": "other", "n": "AQ", "e": "AQAB", "x5t": "abc" });
    let set = json!({ "keys": [hmac, named], "issuer": "https://example.test" });
    scene.bench.write("jwks.json", set.to_string());
    assert_eq!(kept(&scene, "alias/k").0, [jwk, hmac]);
    let set: Value = serde_json::from_slice(&scene.bench.read("jwks.json")).unwrap();
    assert_eq!(set["issuer"], "https://example.test");
}

#[test]
fn a_link_to_a_file_that_is_no_public_jwk_set_is_refused_and_both_stay() {
    let scene = scene();
    std::os::unix::fs::symlink("other", scene.bench.path("jwks.json")).unwrap();
    for content in ["{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}", "no JSON"] {
        scene.bench.write("other", content);
        let (answer, _) = scene.fails(1, "public-key alias/k --jwks jwks.json");
        let other = scene.bench.path("other").canonicalize().unwrap().display().to_string();
        let cause = format!("`{other}` is not a JWK Set of public keys: a link leads to it");
        assert_eq!(answer["error"]["cause"], cause);
        assert_eq!(scene.bench.read("other"), content.as_bytes());
    }
    // A link to a set stays a link, and the set is kept.
    scene.bench.write("other", "{\"keys\":[]}");
    assert_eq!(kept(&scene, "alias/k").0.len(), 1);
    assert!(scene.bench.path("jwks.json").is_symlink());
}

#[test]
fn a_certificate_belongs_to_the_key_or_exit_4_and_no_file() {
    let scene = scene();
    let bench = &scene.bench;
    bench.certificate("k");
    bench.write_private("pass", "secret\n");
    bench.openssl("pkcs12 -export -inkey k.key -in k.crt -passout file:pass -out k.p12");
    for (flags, file) in [("", "k.crt"), ("--passphrase-file pass", "k.p12")] {
        let answer = scene.json(&format!("public-key alias/k --certificate {file} {flags}"));
        assert_eq!(answer["certificate"], json!({ "file": file, "subject": "O=Example, CN=k", "matches": true }));
    }
    bench.pair("EC -pkeyopt ec_paramgen_curve:P-256", "other");
    bench.certificate("other");
    let line = "public-key alias/k --certificate other.crt --out out --jwks jwks.json";
    let (answer, _) = scene.fails(4, line);
    assert_eq!(
        answer["certificate"],
        json!({ "file": "other.crt", "subject": "O=Example, CN=other", "matches": false })
    );
    let run = scene.run(line);
    assert!(
        run.stdout.contains("\ncertificate      other.crt BELONGS TO ANOTHER KEY, O=Example, CN=other\n"),
        "{}",
        run.stdout
    );
    assert!(!bench.exists("out") && !bench.exists("jwks.json"));
}

#[test]
fn the_hint_for_a_private_key_names_no_flag_that_the_verb_lacks() {
    let scene = scene();
    let (answer, _) = scene.fails(1, "public-key alias/k --certificate k.key");
    assert_eq!(
        answer["error"]["hint"],
        "give the public key or the certificate, or compare with the private key by `kms-byok verify` with --material"
    );
}

#[test]
fn a_dash_is_standard_output_for_one_form_and_no_file_for_a_set() {
    let scene = scene();
    for (flags, file) in [("--out -", "k.pem"), ("--out - --format der", "k.der")] {
        let run = scene.bench.kms_byok_with_credentials(&format!("public-key alias/k {flags} --quiet {}", scene.at()));
        assert_eq!(run.succeeds().stdout, String::from_utf8_lossy(&scene.bench.read(file)), "{flags}");
    }
    let (refused, _) = scene.fails(2, "public-key alias/k --out -");
    assert_eq!(refused["error"]["cause"], "--out - and --output json exclude each other");
    for line in ["public-key alias/k --jwks -", "rotate alias/k --generate --discard --jwks -"] {
        scene.run(&format!("{line} --quiet")).refuses(
            2,
            "error: `-` is not a value of --jwks\n\
             hint: name a file; write ./- for one with that name\n",
        );
    }
    assert!(!scene.bench.exists("-"));
    scene.json("public-key alias/k --jwks ./-");
    assert!(scene.bench.exists("-"));
}
