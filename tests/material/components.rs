//! Key components: made for custodians, opened without this program, and combined in any order to the key that KMS then has.

use std::os::unix::fs::PermissionsExt;

use openssl::sign::Signer;
use serde_json::{Value, json};

use crate::support::openssl3::openssl3;
use crate::support::recovery::EC;
use crate::support::{Bench, Run};

pub(super) const CUSTODIANS: [&str; 3] = ["alice", "bob", "carol"];

impl Bench {
    /// Certificates and keys of three custodians, and a set of components for them with this prefix.
    pub(super) fn sealed_set(&self, spec: &str) -> Value {
        for name in CUSTODIANS {
            if !self.exists(&format!("{name}.pem")) {
                self.certificate_with(name, EC, "");
            }
        }
        let line = "generate --components 3 --out-prefix sealed --custodian alice.pem bob.pem carol.pem --output json";
        self.kms_byok(&format!("{line} --key-spec {spec} --show-kcv")).json()
    }

    pub(super) fn plain_set(&self, spec: &str, count: u8) -> Value {
        let line = format!("generate --components {count} --out-prefix plain --plain --key-spec {spec}");
        self.kms_byok(&format!("{line} --show-kcv --output json")).json()
    }
}

/// The bytes that the text of a component has.
pub(super) fn value_of(text: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(text).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("Value: ")).unwrap();
    hex::decode(line.replace(' ', "")).unwrap()
}

pub(super) fn xor(parts: &[Vec<u8>]) -> Vec<u8> {
    (0..parts[0].len()).map(|place| parts.iter().fold(0, |sum, part| sum ^ part[place])).collect()
}

fn check_value(run: &Run) -> Value {
    run.json()["key_check_value"].clone()
}

/// What goes into the wrapping is what openssl finds in it.
fn wrapped_key(bench: &Bench, flags: &str) -> Vec<u8> {
    bench.kms_byok(&format!("wrap {flags} --inkey PublicKey.bin --out wrapped --force")).succeeds();
    bench.openssl(
        "pkeyutl -decrypt -inkey wrapping.pem -in wrapped -out unwrapped -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256",
    );
    bench.read("unwrapped")
}

#[test]
fn each_custodian_opens_one_component_and_their_xor_is_the_key() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    let answer = bench.sealed_set("SYMMETRIC_DEFAULT");
    let mut parts = Vec::new();
    for (name, number) in CUSTODIANS.iter().zip(1..) {
        let part = &answer["parts"][number - 1];
        let file = format!("sealed-{number}-of-3.cms");
        let custodian = json!({ "subject": format!("O = Example, CN = {name}"), "sha256": bench.fingerprint(name) });
        assert_eq!(part, &json!({ "component": number, "out": file, "custodian": custodian }));
        bench.openssl(&format!("cms -decrypt -inform DER -in {file} -inkey {name}.key -recip {name}.pem -out opened"));
        let text = String::from_utf8(bench.read("opened")).unwrap();
        let set = answer["components"]["set"].as_str().unwrap();
        let whole = answer["key_check_value"].as_str().unwrap();
        let head = format!(
            "Key component of kms-byok\nSet: {set}\nComponent: {number} of 3\nKey spec: SYMMETRIC_DEFAULT\nCheck value of the key: {whole}\nCheck value: "
        );
        assert!(text.starts_with(&head), "{text}");
        let custodian = format!("\nCustodian: O = Example, CN = {name}, SHA-256 {}\nValue: ", bench.fingerprint(name));
        assert!(text.contains(&custodian), "{text}");
        parts.push(value_of(text.as_bytes()));
    }
    let key = xor(&parts);
    assert!(parts.iter().all(|part| part.len() == 32 && *part != key));
    let keys = "--recipient-key alice.key --recipient-key bob.key --recipient-key carol.key";
    for order in [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]] {
        let files = order.map(|number| format!("--component sealed-{number}-of-3.cms")).join(" ");
        assert_eq!(wrapped_key(&bench, &format!("{files} {keys}")), key, "{order:?}");
    }
    assert_eq!(answer["key_check_value"], openssl_check_value(&bench, &key));
}

/// The first 5 bytes of the CMAC over a block of zeros, by the `openssl` command.
fn openssl_check_value(bench: &Bench, key: &[u8]) -> String {
    bench.write("zeros", [0; 16]);
    let line = format!("mac -cipher AES-256-CBC -macopt hexkey:{} -in zeros CMAC", hex::encode(key));
    let output = std::process::Command::new(openssl3())
        .args(line.split_whitespace())
        .current_dir(bench.directory())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()[..10].to_ascii_uppercase()
}

#[test]
fn components_in_plaintext_are_private_files_and_their_key_is_proven_in_kms() {
    let bench = Bench::new();
    for (spec, count) in [("SYMMETRIC_DEFAULT", 2), ("HMAC_256", 3), ("HMAC_512", 9)] {
        let answer = bench.plain_set(spec, count);
        let files: Vec<String> = (1..=count).map(|number| format!("plain-{number}-of-{count}.txt")).collect();
        for file in &files {
            assert_eq!(std::fs::metadata(bench.path(file)).unwrap().permissions().mode() & 0o7777, 0o600, "{file}");
        }
        assert_eq!(answer["format"], "components");
        assert!(answer["parts"].as_array().unwrap().iter().all(|part| part["custodian"].is_null()));
        let flags: String = files.iter().rev().map(|file| format!(" --component {file}")).collect();
        let line = format!("provision --rehearse --wrapping-key-spec RSA_2048 --key-spec {spec} --output json{flags}");
        let run = bench.kms_byok(&format!("{line} --show-kcv"));
        let report = run.json();
        assert_eq!((&report["proof"]["outcome"], &report["generated"]), (&"proven".into(), &false.into()), "{spec}");
        let composition = json!({ "set": answer["components"]["set"], "count": count, "custodians": [] });
        assert_eq!((&report["components"], &report["key_check_value"]), (&composition, &answer["key_check_value"]));
        let said = format!(
            "combined the {count} components of set {} to the key material\n",
            composition["set"].as_str().unwrap()
        );
        assert!(run.stderr.contains(&said), "{}", run.stderr);
        // Nothing derived from the key is shown unasked.
        let run = bench.kms_byok(&line);
        let value = answer["key_check_value"].as_str().unwrap();
        assert!(!format!("{}{}", run.stdout, run.stderr).contains(value), "{}{}", run.stdout, run.stderr);
        assert_eq!(check_value(&run), Value::Null);
    }
}

#[test]
fn the_check_value_of_an_hmac_key_is_its_hmac_of_a_fixed_text() {
    let bench = Bench::new();
    let answer = bench.plain_set("HMAC_384", 3);
    let parts: Vec<_> = (1..=3).map(|number| value_of(&bench.read(&format!("plain-{number}-of-3.txt")))).collect();
    let key = openssl::pkey::PKey::hmac(&xor(&parts)).unwrap();
    let mut signer = Signer::new(openssl::hash::MessageDigest::sha256(), &key).unwrap();
    let mac = signer.sign_oneshot_to_vec(b"key check value of kms-byok").unwrap();
    assert_eq!(answer["key_check_value"], hex::encode_upper(&mac[..5]));
}

#[test]
fn components_of_another_maker_are_bytes_hex_or_base64() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    let parts = [1, 2, 3].map(|seed| crate::support::material(seed).to_vec());
    let key = xor(&parts);
    bench.write_private("raw", &parts[0]);
    bench.write_private("hex", hex::encode(&parts[1]) + "\n");
    bench.write_private("base64", base64::Engine::encode(&base64::prelude::BASE64_STANDARD, &parts[2]));
    bench.write_private("whole", &key);
    let shown = bench.kms_byok("wrap --in whole --inkey PublicKey.bin --out of-whole --show-kcv --output json");
    let value = check_value(&shown);
    let value = value.as_str().unwrap();
    let flags = format!("--component raw --component hex --component base64 --components 3 --expect-kcv {value}");
    assert_eq!(wrapped_key(&bench, &flags), key);
    assert_eq!(wrapped_key(&bench, &flags.to_lowercase()), key);
    let text = bench.kms_byok(&format!("wrap {flags} --inkey PublicKey.bin --out again --show-kcv"));
    let text = &text.succeeds().stdout;
    assert!(text.ends_with(&format!("\ncheck value         {value}\n")), "{text}");
}

#[test]
fn verify_and_rotate_take_components_too() {
    let bench = Bench::new();
    let kms = bench.serve();
    let at = format!("--endpoint-url {} --region us-east-1", kms.url());
    let flags = |prefix: &str| format!("--component {prefix}-1-of-2.txt --component {prefix}-2-of-2.txt");
    for prefix in ["one", "two"] {
        bench.kms_byok(&format!("generate --components 2 --plain --out-prefix {prefix}")).succeeds();
    }
    let run = |line: &str| bench.kms_byok_with_credentials(&format!("{line} {at} --output json"));
    run(&format!("provision --alias alias/a --wrapping-key-spec RSA_2048 {}", flags("one"))).succeeds();
    assert_eq!(run(&format!("verify --key-id alias/a {}", flags("one"))).json()["proof"]["outcome"], "proven");
    let other = run(&format!("verify --key-id alias/a {}", flags("two")));
    assert_eq!((other.code, &other.json_of_failure()["proof"]["outcome"]), (Some(4), &"contradicted".into()));
    let rotated = run(&format!("rotate --key-id alias/a --wrapping-key-spec RSA_2048 {}", flags("two"))).json();
    assert_eq!((&rotated["rotation"]["rotated"], &rotated["components"]["count"]), (&true.into(), &2.into()));
    assert_eq!(run(&format!("verify --key-id alias/a {}", flags("two"))).json()["proof"]["outcome"], "proven");
}
