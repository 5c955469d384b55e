//! Keys that a token makes: imported without a byte of them being seen, proven by the token itself, and made once.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use openssl::hash::{MessageDigest, hash};
use serde_json::{Value, json};

use crate::support::embedded_kms::Kms;
use crate::support::token::Token;
use crate::support::{Bench, EmbeddedKms, Run};

const SYMMETRIC: &str = "--wrapping-algorithm RSAES_OAEP_SHA_1 --allow-sha1";
const PRIVATE: &str = "--wrapping-algorithm RSA_AES_KEY_WRAP_SHA_1 --allow-sha1";

/// A token, and an embedded KMS.
struct Scene<'a> {
    token: Token<'a>,
    server: EmbeddedKms,
}

impl<'a> Scene<'a> {
    fn new(bench: &'a Bench, flags: &str) -> Option<Self> {
        let token = Token::new(bench)?;
        Some(Scene { token, server: bench.serve_with(&format!("--no-quotas {flags}")) })
    }

    fn run(&self, line: &str) -> Run {
        self.token.kms_byok(&format!("{line} --endpoint-url {} --region us-east-1", self.server.url()))
    }

    fn kms(&self) -> Kms {
        Kms::at(self.server.url())
    }

    /// How many keys in the token have that label, public halves aside.
    fn count(&self, label: &str) -> usize {
        let listed = self.token.pkcs11("--list-objects");
        let labels = listed.lines().scan("", |head, line| {
            if let Some((kind, _)) = line.split_once(" Object;") {
                *head = kind;
            }
            Some((*head != "Public Key").then_some(line.trim()))
        });
        labels.flatten().filter(|line| *line == format!("label:      {label}")).count()
    }

    fn describe(&self, key: &str) -> Value {
        self.kms().ok("DescribeKey", json!({ "KeyId": key }))["KeyMetadata"].clone()
    }

    /// The line that makes a key in the token.
    fn made(&self, label: &str, rest: &str) -> String {
        let token = self.token.flags(label);
        format!("provision --alias alias/{label} --generate {token} --wrapping-key-spec RSA_2048 {rest}")
    }
}

fn item<'a>(answer: &'a Value, id: &str) -> &'a str {
    let items = answer["proof"]["items"].as_array().unwrap();
    let found = items.iter().find(|item| item["id"] == id && item["outcome"] == "proven");
    found.unwrap_or_else(|| panic!("{id}: {answer:#}"))["text"].as_str().unwrap()
}

#[test]
fn a_key_of_every_spec_is_made_imported_and_proven_and_the_token_computes_what_kms_computes() {
    let bench = Bench::new();
    let Some(scene) = Scene::new(&bench, "") else { return };
    let message = BASE64_STANDARD.encode("a message");
    for (spec, flags, sign, kms_algorithm) in [
        ("SYMMETRIC_DEFAULT", format!("{SYMMETRIC} --verify full"), "", ""),
        ("HMAC_256", SYMMETRIC.to_owned(), "SHA256-HMAC", "HMAC_SHA_256"),
        ("RSA_2048", format!("{PRIVATE} --key-usage SIGN_VERIFY"), "SHA256-RSA-PKCS", "RSASSA_PKCS1_V1_5_SHA_256"),
        ("RSA_3072", format!("{PRIVATE} --key-usage SIGN_VERIFY"), "SHA256-RSA-PKCS", "RSASSA_PKCS1_V1_5_SHA_256"),
        ("RSA_4096", format!("{PRIVATE} --key-usage ENCRYPT_DECRYPT"), "", ""),
        ("ECC_NIST_P256", format!("{PRIVATE} --key-usage SIGN_VERIFY"), "ECDSA", "ECDSA_SHA_256"),
        ("ECC_NIST_P384", format!("{PRIVATE} --key-usage SIGN_VERIFY"), "ECDSA", "ECDSA_SHA_384"),
        ("ECC_NIST_P521", format!("{PRIVATE} --key-usage KEY_AGREEMENT"), "", ""),
        ("ECC_SECG_P256K1", format!("{PRIVATE} --key-usage SIGN_VERIFY"), "ECDSA", "ECDSA_SHA_256"),
    ] {
        let label = format!("made-{}", spec.replace('_', "-"));
        let answer =
            scene.run(&scene.made(&label, &format!("--key-spec {spec} {flags} -o json --record {label}.json"))).json();
        assert_eq!(answer["proof"]["outcome"], "proven", "{spec}: {answer:#}");
        assert_eq!(
            (&answer["generated"], &answer["plaintext"], &answer["kept"]),
            (&true.into(), &Value::Null, &Value::Null)
        );
        let id = answer["key_id"].as_str().unwrap().replace('-', "");
        assert_eq!(answer["token"]["object"], *label);
        assert_eq!((&answer["token"]["id"], &answer["token"]["made"]), (&id.as_str().into(), &true.into()), "{spec}");
        let record: Value = serde_json::from_slice(&bench.read(&format!("{label}.json"))).unwrap();
        assert_eq!(record["token"], answer["token"]);
        assert_eq!((&record["generated"], &record["plaintext"]), (&true.into(), &Value::Null));
        let shown = match spec {
            "SYMMETRIC_DEFAULT" => "KMS took a second import of the same bytes as the current key material, ",
            "HMAC_256" => "KMS computes the same HMAC of a fresh nonce as the token does with your key",
            _ => "KMS reports the public key of your private key",
        };
        assert!(item(&answer, "bytes").starts_with(shown), "{spec}: {answer:#}");
        assert_eq!(scene.count(&label), 1);
        // What was made is kept as it should be.
        let listed = scene.token.pkcs11(&format!("--list-objects --label {label}"));
        assert!(
            listed.contains("sensitive, always sensitive, extractable") || listed.contains("sensitive, extractable"),
            "{listed}"
        );
        let kms = scene.kms();
        let key = answer["key_arn"].as_str().unwrap();
        if sign.is_empty() {
            continue;
        }
        let format = if sign == "ECDSA" { " --signature-format openssl" } else { "" };
        let digest = if kms_algorithm.ends_with("384") { MessageDigest::sha384() } else { MessageDigest::sha256() };
        // SoftHSM signs with ECDSA what somebody else has hashed.
        let hashed = hash(digest, b"a message").unwrap().to_vec();
        bench.write("message", if sign == "ECDSA" { hashed } else { b"a message".to_vec() });
        scene
            .token
            .pkcs11(&format!("--sign --mechanism {sign} --id {id} --input-file message --output-file signed{format}"));
        let signed = BASE64_STANDARD.encode(bench.read("signed"));
        match spec {
            "HMAC_256" => {
                let mac =
                    kms.ok("GenerateMac", json!({ "KeyId": key, "Message": message, "MacAlgorithm": kms_algorithm }));
                assert_eq!(mac["Mac"], signed, "{spec}");
            }
            _ => {
                let asked =
                    json!({ "KeyId": key, "Message": message, "SigningAlgorithm": kms_algorithm, "Signature": signed });
                assert_eq!(kms.ok("Verify", asked)["SignatureValid"], true, "{spec}");
                let asked = json!({ "KeyId": key, "Message": message, "SigningAlgorithm": kms_algorithm });
                let by_kms = kms.ok("Sign", asked)["Signature"].as_str().unwrap().to_owned();
                // PKCS#1 v1.5 leaves nothing to chance.
                assert_eq!(by_kms == signed, spec.starts_with("RSA"), "{spec}");
            }
        }
    }
}

#[test]
fn the_report_says_where_the_key_is_and_that_the_token_is_its_backup() {
    let bench = Bench::new();
    let Some(scene) = Scene::new(&bench, "") else { return };
    let run = scene.run(&scene.made("payments", SYMMETRIC));
    let answer = &run.succeeds().stdout;
    assert!(run.stderr.contains("\nmade `payments` in token `ceremony`; its bytes stay there\n"), "{}", run.stderr);
    assert!(
        answer.contains(
            "\ntoken      `payments` in token `ceremony`\n\
             backup     the token: KMS gives no key back, and from there it can be imported again\n"
        ),
        "{answer}"
    );
    assert!(!answer.contains("\nplaintext ") && !answer.contains("\nkept "), "{answer}");
}

/// Whatever the import came to, the key in the token is the one that is imported next, by the command that is printed and by the same
/// command.
#[test]
fn a_run_that_broke_off_goes_on_with_the_key_that_it_has_made() {
    for again in [false, true] {
        let bench = Bench::new();
        let Some(scene) = Scene::new(&bench, "--fault ImportKeyMaterial:1:error=AccessDeniedException") else { return };
        let line =
            scene.made("payments", &format!("--key-spec ECC_NIST_P256 --key-usage SIGN_VERIFY {PRIVATE} -o json"));
        let first = scene.run(&line);
        assert_eq!(first.code, Some(3), "{}", first.stderr);
        let answer = first.json_of_failure();
        assert_eq!(answer["token"]["made"], true, "{answer:#}");
        let next = answer["next"].as_str().unwrap().to_owned();
        assert!(
            !next.contains("--generate") && next.contains("--pkcs11-module ") && next.contains("--pkcs11-uri "),
            "{next}"
        );
        assert_eq!(scene.count("payments"), 1);
        let second = match again {
            true => scene.run(&line),
            false => scene.token.kms_byok(&next.replace('\'', "").replacen("kms-byok ", "", 1)),
        };
        let answer = second.json();
        assert_eq!((&answer["key_state"], &answer["token"]["made"]), (&"Enabled".into(), &false.into()), "{answer:#}");
        assert_eq!(answer["proof"]["outcome"], "proven");
        assert_eq!(scene.count("payments"), 1);
        // And once it is done, nothing is made any more.
        let third = scene.run(&line).json();
        assert_eq!(
            (&third["changed"], &third["generated"], &third["token"]),
            (&false.into(), &false.into(), &Value::Null)
        );
        assert_eq!(scene.count("payments"), 1);
    }
}

#[test]
fn a_name_that_is_taken_is_refused_before_there_is_a_key_and_nothing_in_the_token_changes() {
    let bench = Bench::new();
    let Some(scene) = Scene::new(&bench, "") else { return };
    scene.token.pkcs11("--keygen --key-type AES:32 --label payments --id 01 --extractable --sensitive");
    let said = "error: token `ceremony` has `payments` already, and a new key is to be made\n\
                hint: leave --generate out to use that key, or give the new one another name with `object=`\n";
    for line in [
        scene.made("payments", &format!("{SYMMETRIC} --quiet")),
        scene.made("payments", &format!("{SYMMETRIC} --quiet --dry-run")),
        scene.made("payments", &format!("{PRIVATE} --key-spec ECC_NIST_P256 --key-usage SIGN_VERIFY --quiet")),
    ] {
        scene.run(&line).refuses(1, said);
        assert_eq!(scene.count("payments"), 1);
    }
    // A key in KMS that waits is not the one that it was made for.
    scene.run("create-key --alias alias/payments").succeeds();
    scene.run(&scene.made("payments", &format!("{SYMMETRIC} --quiet"))).refuses(1, said);
    bench.wrapping_key(2048);
    let wrap = format!(
        "wrap --generate {} --inkey PublicKey.bin --out out {SYMMETRIC} --quiet",
        scene.token.flags("payments")
    );
    scene.token.kms_byok(&wrap).refuses(1, said);
    assert_eq!((scene.count("payments"), bench.exists("out")), (1, false));
    assert_eq!(scene.describe("alias/payments")["KeyState"], "PendingImport");
    // With the key that is there.
    let answer = scene.run(&format!("{} -o json", scene.made("payments", SYMMETRIC)).replace("--generate ", "")).json();
    assert_eq!((&answer["generated"], &answer["token"]["id"]), (&false.into(), &"01".into()));
}

#[test]
fn what_does_not_go_with_a_key_made_in_a_token_is_refused() {
    let bench = Bench::new();
    let Some(scene) = Scene::new(&bench, "") else { return };
    for (flags, second) in [("--keep k", "--keep"), ("--discard", "--discard")] {
        let said = format!("error: --pkcs11-uri and {second} exclude each other\n");
        let run = scene.run(&scene.made("payments", &format!("{SYMMETRIC} --quiet {flags}")));
        assert_eq!((run.code, run.stderr.starts_with(&said)), (Some(2), true), "{}", run.stderr);
    }
    let nameless = scene.token.flags_of("token=ceremony?pin-source=file:pin");
    scene.run(&format!("provision --alias alias/a --generate {nameless} {SYMMETRIC} --quiet")).refuses(
        2,
        "error: the PKCS#11 URI gives the new key no name\n\
         hint: add `object=LABEL` to it, as in `pkcs11:token=TOKEN;object=LABEL`\n",
    );
    let Some(behind) = scene.token.behind("without=1040") else { return };
    let line = format!(
        "provision --alias alias/a --generate {} {PRIVATE} --key-spec ECC_NIST_P256 --key-usage SIGN_VERIFY --quiet --endpoint-url {} --region us-east-1",
        behind.flags("payments"),
        scene.server.url()
    );
    behind.kms_byok(&line).refuses(
        1,
        "error: token `ceremony` cannot make ECC_NIST_P256 key material: it does not have CKM_EC_KEY_PAIR_GEN\n\
         hint: make it with the tool of the token's maker, and leave --generate out\n",
    );
    assert_eq!(scene.count("payments"), 0);
}

#[test]
fn keys_rotate_to_keys_that_the_token_makes() {
    let bench = Bench::new();
    let Some(scene) = Scene::new(&bench, "") else { return };
    scene.run(&scene.made("one", SYMMETRIC)).succeeds();
    let line = format!(
        "rotate --key-id alias/one --generate {} --wrapping-key-spec RSA_2048 {SYMMETRIC} --verify full -o json",
        scene.token.flags("one-2")
    );
    let answer = scene.run(&line).json();
    assert_eq!((&answer["rotation"]["rotated"], &answer["token"]["object"]), (&true.into(), &"one-2".into()));
    assert!(item(&answer, "bytes").contains("as the current key material"), "{answer:#}");
    // By alias: a new key, for which the token makes a new one.
    scene.run(&scene.made("two", &format!("{PRIVATE} --key-spec ECC_NIST_P256 --key-usage SIGN_VERIFY"))).succeeds();
    let line = format!(
        "rotate --key-id alias/two --generate {} --wrapping-key-spec RSA_2048 {PRIVATE} -o json",
        scene.token.flags("two-2")
    );
    let answer = scene.run(&line).json();
    assert_eq!((&answer["alias_rotation"]["moved"], &answer["token"]["made"]), (&true.into(), &true.into()));
    assert_eq!(answer["token"]["id"], answer["key_id"].as_str().unwrap().replace('-', ""));
    assert_eq!(item(&answer, "bytes"), "KMS reports the public key of your private key");
    for label in ["one", "one-2", "two", "two-2"] {
        assert_eq!(scene.count(label), 1, "{label}");
    }
    // And to one that is there, whose import is not answered: the command that is printed finishes it.
    scene.token.pkcs11("--keygen --key-type AES:32 --label three --id 03 --extractable --sensitive");
    let line =
        format!("rotate --key-id alias/one {} --wrapping-key-spec RSA_2048 {SYMMETRIC}", scene.token.flags("three"));
    scene.run(&line).succeeds();
    let again = scene.run(&line);
    assert!(
        again.succeeds().stderr.contains("it is the current key material already: nothing is rotated"),
        "{}",
        again.stderr
    );
}
