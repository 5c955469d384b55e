//! Key components that do not make the key that is meant: each has a cause, and nothing is wrapped.

use super::components::CUSTODIANS;
use crate::support::Bench;
use crate::support::recovery::EC;

const WRAP: &str = "wrap --inkey PublicKey.bin --out wrapped";

fn bench() -> Bench {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    bench
}

impl Bench {
    fn wrap_is_refused(&self, flags: &str, code: i32, said: &str) {
        self.kms_byok(&format!("{WRAP} {flags}")).refuses(code, said);
        assert!(!self.exists("wrapped"), "{flags}");
    }
}

#[test]
fn all_components_but_one_are_refused_and_the_missing_one_is_named() {
    let bench = bench();
    bench.plain_set("SYMMETRIC_DEFAULT", 3);
    for (given, missing) in [([1, 2], 3), ([3, 1], 2), ([2, 3], 1)] {
        let flags = given.map(|number| format!("--component plain-{number}-of-3.txt")).join(" ");
        let said =
            format!("error: 1 of 3 components is missing\nhint: give component {missing} too, with --component\n");
        bench.wrap_is_refused(&flags, 1, &said);
        // The minutes may say so, too.
        let said = "error: the set has 3 components, but 2 were expected\n\
                    hint: compare the files with the minutes of the key's ceremony\n";
        bench.wrap_is_refused(&format!("{flags} --components 2"), 1, said);
    }
    let said = "error: a key has 2 to 9 components, not 1\n\
                hint: give every component of the key, each with --component\n";
    bench.wrap_is_refused("--component plain-1-of-3.txt", 2, said);
}

#[test]
fn a_component_that_is_read_twice_is_refused_whatever_its_file_is_called() {
    let bench = bench();
    bench.plain_set("SYMMETRIC_DEFAULT", 3);
    bench.write_private("copy", bench.read("plain-2-of-3.txt"));
    bench.write_private("bytes", super::components::value_of(&bench.read("plain-2-of-3.txt")));
    for other in ["plain-2-of-3.txt", "copy", "bytes"] {
        let flags = format!("--component plain-1-of-3.txt --component plain-2-of-3.txt --component {other}");
        let said = format!(
            "error: `plain-2-of-3.txt` and `{other}` are the same component\nhint: give every component once\n"
        );
        bench.wrap_is_refused(&flags, 1, &said);
    }
}

#[test]
fn components_that_know_no_set_are_refused_without_their_number_and_the_check_value() {
    let bench = bench();
    for (name, seed) in [("a", 1), ("b", 2), ("c", 3)] {
        bench.write_private(name, crate::support::material(seed));
    }
    let unknown = "error: `a` does not say which set it is of, so a component that is missing would not be noticed\n\
                   hint: say how many components the key has and which check value, from the minutes of its ceremony: --components N --expect-kcv KCV\n";
    let all = "--component a --component b --component c";
    for flags in [all.to_owned(), format!("{all} --components 3"), format!("{all} --expect-kcv 8A1F6B2C90")] {
        bench.wrap_is_refused(&flags, 1, unknown);
    }
    let both = "--components 3 --expect-kcv 8A1F6B2C90";
    let other = "error: the components do not make the key with the check value 8A1F6B2C90\n\
                 hint: look for the component that is of another key, or was changed or typed wrong\n";
    bench.wrap_is_refused(&format!("{all} {both}"), 1, other);
    let missing = "error: 1 of 3 components is missing\nhint: give the others too, each with --component\n";
    bench.wrap_is_refused(&format!("--component a --component b {both}"), 1, missing);
}

#[test]
fn the_components_of_two_keys_are_not_mixed() {
    let bench = bench();
    for prefix in ["one", "two"] {
        bench.kms_byok(&format!("generate --components 2 --plain --out-prefix {prefix}")).succeeds();
    }
    bench.wrap_is_refused(
        "--component one-1-of-2.txt --component two-2-of-2.txt",
        1,
        "error: `two-2-of-2.txt` is of another set of components than `one-1-of-2.txt`\n\
         hint: give the components of one set only\n",
    );
    bench.wrap_is_refused(
        "--key-spec HMAC_256 --component one-1-of-2.txt --component one-2-of-2.txt",
        1,
        "error: `one-1-of-2.txt` is for the key spec SYMMETRIC_DEFAULT, but the key spec is HMAC_256\n\
         hint: add --key-spec SYMMETRIC_DEFAULT, or give the components of the key that is meant\n",
    );
    bench.wrap_is_refused(
        "--key-spec RSA_2048 --wrapping-algorithm RSA_AES_KEY_WRAP_SHA_256 --component one-1-of-2.txt --component one-2-of-2.txt",
        2,
        "error: RSA_2048 keys have no components: the XOR of private keys is no private key\n\
         hint: choose the --key-spec of a symmetric or HMAC key, or encrypt a copy with --escrow\n",
    );
}

#[test]
fn an_encrypted_component_needs_the_key_of_its_custodian() {
    let bench = bench();
    bench.sealed_set("SYMMETRIC_DEFAULT");
    let all = "--component sealed-1-of-3.cms --component sealed-2-of-3.cms --component sealed-3-of-3.cms";
    bench.wrap_is_refused(
        all,
        1,
        "error: the key component in `sealed-1-of-3.cms` is encrypted, but there is no recipient key\n\
         hint: add --recipient-key KEY, once for each custodian\n",
    );
    bench.wrap_is_refused(
        &format!("{all} --recipient-key alice.key --recipient-key carol.key"),
        1,
        "error: the key component in `sealed-2-of-3.cms` opens with none of the recipient keys, or was changed\n\
         hint: add --recipient-key KEY with the private key of its custodian's certificate\n",
    );
}

#[test]
fn a_component_is_not_taken_for_the_key() {
    let bench = bench();
    bench.plain_set("HMAC_512", 2);
    bench.sealed_set("HMAC_512");
    let said = "error: the key material is a key component of kms-byok, which is not read\n\
                hint: give every component of the key, each with --component\n";
    for flags in ["--material plain-1-of-2.txt", "--material-from-escrow sealed-1-of-3.cms --recipient-key alice.key"] {
        bench.wrap_is_refused(&format!("--key-spec HMAC_512 {flags}"), 1, said);
    }
    let raw = bench.kms_byok(&format!("{WRAP} --key-spec HMAC_512 --material plain-1-of-2.txt --material-format hex"));
    assert!(raw.code == Some(1) && raw.stderr.contains("key component of kms-byok"), "{}", raw.stderr);
}

#[test]
fn a_component_that_was_changed_is_damaged() {
    let bench = bench();
    bench.plain_set("SYMMETRIC_DEFAULT", 2);
    let text = String::from_utf8(bench.read("plain-1-of-2.txt")).unwrap();
    let last = if text.trim_end().ends_with('0') { '1' } else { '0' };
    bench.write_private("changed", format!("{}{last}\n", &text[..text.len() - 2]));
    bench.wrap_is_refused(
        "--component changed --component plain-2-of-2.txt",
        1,
        "error: the key component in `changed` is damaged: its value has another check value\n\
         hint: ask the custodian for the file as it was made\n",
    );
}

#[test]
fn what_is_given_for_a_check_value_is_not_repeated() {
    let bench = bench();
    let key = hex::encode(crate::support::material(7));
    for flags in [format!("--expect-kcv {key}"), format!("--expect-kcv={key}")] {
        let run = bench.kms_byok(&format!("{WRAP} --component a --component b {flags}"));
        assert_eq!(run.code, Some(2));
        assert!(!run.stderr.contains(&key[..16]), "{}", run.stderr);
        assert!(
            run.stderr.contains("a check value has 10 hex digits, and what was given has 64 characters"),
            "{}",
            run.stderr
        );
    }
    let run = bench.kms_byok(&format!("{WRAP} --generate --discard --key-spec RSA_2048 --show-kcv"));
    assert_eq!(run.code, Some(2));
}

#[test]
fn components_of_a_new_key_go_to_different_custodians_and_to_new_files() {
    let bench = Bench::new();
    for name in CUSTODIANS {
        bench.certificate_with(name, EC, "");
    }
    // Another certificate for the same key.
    bench.openssl("req -x509 -new -key alice.key -subj /CN=alice-2 -days 2 -out alice-2.pem");
    let generate = "generate --components 3 --out-prefix p";
    for (flags, code, said) in [
        (
            "",
            2,
            "error: who gets the components is missing\n\
             hint: add --custodian CERT once for each component, or --plain for files in plaintext\n",
        ),
        (
            "--custodian alice.pem bob.pem",
            2,
            "error: 2 certificates were given for 3 components\n\
             hint: give one certificate for each component, each with --custodian\n",
        ),
        (
            "--custodian alice.pem bob.pem alice-2.pem",
            1,
            "error: `O = Example, CN = alice` and `CN = alice-2` have the same key, so one custodian would have two components\n\
             hint: give each component to another custodian\n",
        ),
        (
            "--plain --key-spec RSA_2048",
            2,
            "error: RSA_2048 keys have no components: the XOR of private keys is no private key\n\
             hint: choose the --key-spec of a symmetric or HMAC key, or encrypt a copy with --escrow\n",
        ),
    ] {
        bench.kms_byok(&format!("{generate} {flags}")).refuses(code, said);
    }
    bench.write("p-3-of-3.cms", "of another");
    bench.kms_byok(&format!("{generate} --custodian alice.pem bob.pem carol.pem")).refuses(
        1,
        "error: `p-3-of-3.cms` exists, and may hold the only copy of a key component\n\
         hint: choose another beginning of the files' names; this tool never overwrites a key\n",
    );
    assert_eq!(bench.read("p-3-of-3.cms"), b"of another");
    assert!(
        !bench.names().iter().any(|name| name.starts_with("p-1") || name.starts_with("p-2")),
        "{:?}",
        bench.names()
    );
}
