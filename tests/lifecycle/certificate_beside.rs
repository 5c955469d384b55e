//! A certificate that lies beside the private key, in one PEM file or in a PKCS#12 file: every verb that reads the key checks that the
//! certificate is that of the key, and shows its subject.

use serde_json::{Value, json};

use crate::support::scene::Scene;

const EC: &str = "EC -pkeyopt ec_paramgen_curve:P-256";
const SMALL: &str = "--wrapping-key-spec RSA_2048";

/// `NAME.key` in `NAME.p12` with its certificate and that of its authority, and in `NAME.both.pem`, for `one` and `two`; and `wrong.pem`, the
/// key of one with the certificate of the other.
fn scene() -> Scene {
    let scene = Scene::new("");
    let bench = &scene.bench;
    bench.write_private("pass", "sesame\n");
    bench.pair("RSA -pkeyopt rsa_keygen_bits:2048", "root");
    bench.certificate("root");
    for name in ["one", "two"] {
        bench.pair(EC, name);
        bench.openssl(&format!("req -new -key {name}.key -subj /O=Example/CN={name} -out {name}.csr"));
        let issue = "x509 -req -CA root.crt -CAkey root.key -set_serial";
        bench.openssl(&format!(
            "{issue} {} -in {name}.csr -days 2 -out {name}.crt",
            name.len() + usize::from(name == "two")
        ));
        let export = format!("pkcs12 -export -inkey {name}.key -in {name}.crt -certfile root.crt");
        bench.openssl(&format!("{export} -passout file:pass -out {name}.p12"));
        bench.write_private(
            &format!("{name}.both.pem"),
            [bench.read(&format!("{name}.crt")), bench.read(&format!("{name}.key"))].concat(),
        );
    }
    bench.write_private("wrong.pem", [bench.read("one.key"), bench.read("two.crt")].concat());
    scene
}

#[test]
fn every_verb_that_reads_a_private_key_shows_whose_certificate_is_beside_it() {
    let scene = scene();
    let shown = |line: &str, name: &str| {
        let run = scene.run(&format!("{line} --output json"));
        assert_eq!(run.json()["material"]["certificate_subject"], format!("O=Example, CN={name}"), "{line}");
        let said = format!("the certificate beside the key is `O=Example, CN={name}`\n");
        assert_eq!(run.stderr.matches(&said).count(), 1, "{line}: {}", run.stderr);
        run.json()
    };
    for (number, kind) in ["p12 --passphrase-file pass", "both.pem"].iter().enumerate() {
        let key = format!("alias/k{number}");
        let spec = "--key-spec ECC_NIST_P256";
        shown(&format!("provision --alias {key} {spec} --multi-region --material one.{kind} {SMALL}"), "one");
        shown(&format!("provision --alias {key} {spec} --multi-region --material one.{kind} {SMALL}"), "one");
        let answer = shown(&format!("verify --key-id {key} --material one.{kind}"), "one");
        assert_eq!(answer["certificate_subject"], "O=Example, CN=one");
        let text = scene.run(&format!("verify --key-id {key} --material one.{kind} --quiet"));
        assert!(text.succeeds().stdout.contains("\nsubject    O=Example, CN=one\n"), "{}", text.stdout);
        shown(&format!("replicate --key-id {key} --to eu-west-1 --material one.{kind} {SMALL}"), "one");
        shown(&format!("rotate --key-id {key} --material two.{kind} {SMALL}"), "two");
        scene.json(&format!("create-key --alias alias/w{number} {spec}"));
        scene.json(&format!("get-parameters --key-id alias/w{number} --dir w{number} {SMALL}"));
        let run = scene.bench.kms_byok(&format!("wrap --dir w{number} --material one.{kind} --output json"));
        assert_eq!(run.json()["material"]["certificate_subject"], "O=Example, CN=one");
    }
    // Without one, there is nothing to show.
    let report =
        scene.json(&format!("provision --alias alias/bare --key-spec ECC_NIST_P256 --material one.key {SMALL}"));
    assert_eq!(report["material"]["certificate_subject"], Value::Null);
}

#[test]
fn a_key_beside_the_certificate_of_another_one_is_refused_by_every_verb_before_anything_is_made() {
    let scene = scene();
    scene.provision("--alias alias/k --key-spec ECC_NIST_P256 --multi-region --material one.key");
    scene.json(&format!("get-parameters --key-id alias/k --dir d {SMALL}"));
    let changing = ["CreateKey", "ImportKeyMaterial", "ReplicateKey", "UpdateAlias", "CreateAlias"];
    let made = changing.map(|operation| scene.calls(operation));
    for line in [
        "provision --alias alias/new --key-spec ECC_NIST_P256 --material wrong.pem",
        "verify --key-id alias/k --material wrong.pem",
        "replicate --key-id alias/k --to eu-west-1 --material wrong.pem",
        "rotate --key-id alias/k --material wrong.pem",
        "wrap --dir d --material wrong.pem",
    ] {
        let (answer, _) = if line.starts_with("wrap") {
            let run = scene.bench.kms_byok(&format!("{line} --output json"));
            (serde_json::from_str(&run.stdout).unwrap(), run.stderr)
        } else {
            scene.fails(1, line)
        };
        let cause = "the certificate beside the private key belongs to another key: its subject is `O=Example, CN=two`";
        assert_eq!(
            (&answer["error"]["id"], answer["exit_code"].is_null()),
            (&json!("certificate_mismatch"), true),
            "{line}"
        );
        assert!(answer["error"]["cause"].as_str().unwrap().ends_with(cause), "{line}: {answer}");
    }
    assert_eq!(changing.map(|operation| scene.calls(operation)), made);
}
