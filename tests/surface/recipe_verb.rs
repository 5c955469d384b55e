//! `recipe`: the script it prints is run here by bash with the aws CLI and openssl, and the key it makes is the key.

use std::path::Path;
use std::sync::Arc;

use kms_byok::Silent;
use kms_byok::kms::{Connection, Kms};

use crate::support;
use crate::support::aws_cli::aws_cli;
use crate::support::stage::Stage;

impl Stage {
    /// Runs the recipe, and gives the key it made.
    #[track_caller]
    fn makes_a_key(&self, words: &[&str], aws: &Path) -> String {
        let run = self.bash(&self.recipe(words), aws, b"");
        run.succeeds();
        assert!(run.stderr.ends_with("Enabled\n"), "{}", run.stderr);
        run.stdout.trim().to_owned()
    }

    #[track_caller]
    fn holds(&self, key: &str, file: &str) {
        let answer = self.run(&format!("verify AT --key-id {key} --material {file} --output json")).json();
        assert_eq!(answer["proof"]["outcome"], "proven", "{answer}");
    }

    fn kms(&self) -> Kms {
        Kms::isolated(self.kms.url(), "AKIDTEST", &Connection::default(), Arc::new(Silent))
    }
}

#[test]
fn the_script_makes_a_working_key_of_every_kind() {
    let Some(aws) = aws_cli() else { return };
    let stage = Stage::new("");
    for (spec, algorithm) in [
        ("SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_256"),
        ("HMAC_384", "RSAES_OAEP_SHA_256"),
        ("ECC_NIST_P256", "RSAES_OAEP_SHA_256"),
        ("ECC_NIST_P521", "RSA_AES_KEY_WRAP_SHA_256"),
        ("ECC_NIST_EDWARDS25519", "RSA_AES_KEY_WRAP_SHA_1"),
        ("RSA_2048", "RSA_AES_KEY_WRAP_SHA_256"),
    ] {
        let words =
            ["--key-spec", spec, "--wrapping-algorithm", algorithm, "--allow-sha1", "--generate", "--keep", spec];
        let key = stage.makes_a_key(&words, &aws);
        stage.holds(&key, spec);
    }
}

#[test]
fn the_script_keeps_a_copy_for_recovery_certificates_and_brings_it_back() {
    let Some(aws) = aws_cli() else { return };
    let stage = Stage::new("");
    for (name, algorithm) in [
        ("rsa", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"),
        ("ec", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"),
    ] {
        stage.bench.openssl(&format!("genpkey {algorithm} -out {name}.key"));
        stage.bench.openssl(&format!("req -x509 -new -key {name}.key -subj /CN={name} -days 2 -out {name}.pem"));
    }
    let words = ["--key-spec", "HMAC_512", "--generate", "--escrow", "rsa.pem", "ec.pem", "--escrow-out", "a.cms"];
    let key = stage.makes_a_key(&words, &aws);
    stage.bench.openssl("cms -decrypt -inform DER -in a.cms -inkey ec.key -out opened");
    stage.holds(&key, "opened");
    stage.bench.openssl("cms -cmsout -print -noout -inform DER -in a.cms -out printed");
    let printed = String::from_utf8(stage.bench.read("printed")).unwrap();
    for needed in ["authEnvelopedData", "aes-256-gcm", "rsaesOaep", "dhSinglePass-stdDH-sha256kdf-scheme"] {
        assert!(printed.contains(needed) && !printed.contains("sha1"), "{needed}: {printed}");
    }
    for recipient in ["rsa.key", "ec.key"] {
        let words = ["--key-spec", "HMAC_512", "--material-from-escrow", "a.cms", "--recipient-key", recipient];
        assert_eq!(stage.plaintext(&words), stage.bench.read("opened"), "{recipient}");
    }
    // A changed file ends the script before it asks AWS for anything.
    let mut changed = stage.bench.read("a.cms");
    *changed.last_mut().unwrap() ^= 1;
    stage.bench.write("a.cms", changed);
    let words = ["--key-spec", "HMAC_512", "--material-from-escrow", "a.cms", "--recipient-key", "ec.key"];
    stage.fails_before_aws(&stage.recipe(&words), 4, "");
}

const HOSTILE: &str = "it's \"quoted\" $HOME `touch pwned` $(touch pwned)\n; touch pwned # \\ é€";

#[test]
fn nothing_that_was_typed_becomes_shell() {
    let Some(aws) = aws_cli() else { return };
    let stage = Stage::new("");
    let file = "-k'e y $(touch pwned)\n";
    stage.secret(file, support::material(7));
    let statement = r#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"kms:*","Resource":"*"}"#;
    let policy = "policy $(touch pwned).json";
    stage.bench.write(policy, format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#));
    let tag = format!("a b={HOSTILE}");
    let material = format!("--material={file}");
    let words = [
        &["--alias", "alias/a/b_c", "--description", HOSTILE, "--tag", &tag, "--tag", "empty=", "--policy", policy][..],
        &["--material-description", "file:///etc/hostname", &material],
    ]
    .concat();
    let before = stage.bench.names();
    let key = stage.makes_a_key(&words, &aws);
    let names: Vec<String> = stage.bench.names().into_iter().filter(|name| name != "script").collect();
    assert_eq!(names, before);
    let kms = stage.kms();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        assert_eq!(kms.describe("alias/a/b_c").await.unwrap().arn, key);
        assert_eq!(kms.describe(&key).await.unwrap().description, HOSTILE);
        let tags = kms.tags(&key).await.unwrap();
        assert!(tags.contains(&("a b".to_owned(), HOSTILE.to_owned())), "{tags:?}");
        assert!(kms.key_policy(&key).await.unwrap().contains(r#""AWS":"*""#));
        let material = &kms.rotations(&key).await.unwrap()[0];
        assert_eq!(material.description.as_deref(), Some("file:///etc/hostname"));
    });
}

#[test]
fn expiry_and_existing_keys_are_the_scripts_too() {
    let Some(aws) = aws_cli() else { return };
    let stage = Stage::new("");
    let existing = stage.run("create-key AT --output json").json()["key_arn"].as_str().unwrap().to_owned();
    let key = stage.makes_a_key(&["--generate", "--discard", "--adopt", &existing, "--expires-in", "9d"], &aws);
    assert_eq!(key, existing);
    let status = |key: &str| stage.run(&format!("status AT --key-id {key} --output json")).json();
    let expires = kms_byok::time::parse(status(&key)["expires"].as_str().unwrap()).unwrap();
    let days = (expires.secs() - kms_byok::time::now().secs()) as f64 / 86400.0;
    assert!((8.99..=9.0).contains(&days), "{days}");
    let at = kms_byok::time::rfc3339(aws_smithy_types::DateTime::from_secs(kms_byok::time::now().secs() + 86_400));
    let key = stage.makes_a_key(&["--generate", "--discard", "--expires-at", &at], &aws);
    assert_eq!(status(&key)["expires"], at);
}
