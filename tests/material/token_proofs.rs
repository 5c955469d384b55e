//! What a token says of a key proves what KMS holds, or contradicts: no byte of the key is needed.

use crate::support::token::Token;
use crate::support::{Bench, EmbeddedKms, Run};

const SYMMETRIC: &str = "--wrapping-algorithm RSAES_OAEP_SHA_1 --allow-sha1 --wrapping-key-spec RSA_2048";
const PRIVATE: &str = "--wrapping-algorithm RSA_AES_KEY_WRAP_SHA_1 --allow-sha1 --wrapping-key-spec RSA_2048";

fn run(token: &Token<'_>, server: &EmbeddedKms, line: &str) -> Run {
    token.kms_byok(&format!("{line} --endpoint-url {} --region us-east-1", server.url()))
}

/// What was proven or not about the bytes, and the exit code.
fn bytes(run: &Run) -> (Option<i32>, String, String) {
    let answer = run.json_of_failure();
    let items = answer["proof"]["items"].as_array().unwrap_or_else(|| panic!("{}{}", run.stdout, run.stderr));
    let about = || items.iter().filter(|item| item["id"] == "bytes");
    let item = about().find(|item| item["outcome"] == "proven" || item["outcome"] == "contradicted");
    let item = item.or_else(|| about().next()).unwrap();
    let text = |name: &str| item[name].as_str().unwrap().to_owned();
    (run.code, text("outcome"), text("text"))
}

fn said(code: i32, outcome: &str, text: &str) -> (Option<i32>, String, String) {
    (Some(code), outcome.to_owned(), text.to_owned())
}

#[test]
fn a_key_in_a_token_is_compared_with_the_key_in_kms() {
    let bench = Bench::new();
    let Some(token) = Token::new(&bench) else { return };
    let server = bench.serve();
    let keep = "--extractable --sensitive --usage-sign";
    token.pkcs11(&format!("--keygen --key-type GENERIC:32 --label mac --id 01 {keep}"));
    token.pkcs11(&format!("--keygen --key-type GENERIC:32 --label other-mac --id 02 {keep}"));
    token.pkcs11(&format!("--keypairgen --key-type EC:secp384r1 --label sign --id 03 {keep}"));
    token.pkcs11(&format!("--keypairgen --key-type EC:secp384r1 --label other-sign --id 04 {keep}"));
    token.pkcs11("--keygen --key-type AES:32 --label aes --id 05 --extractable --sensitive");
    token.pkcs11("--keygen --key-type AES:32 --label other-aes --id 06 --extractable --sensitive");
    for (alias, flags) in [
        ("mac", format!("--key-spec HMAC_256 {SYMMETRIC}")),
        ("sign", format!("--key-spec ECC_NIST_P384 --key-usage SIGN_VERIFY {PRIVATE}")),
        ("aes", SYMMETRIC.to_owned()),
    ] {
        let line = format!("provision --alias alias/{alias} {} {flags}", token.flags(alias));
        assert!(run(&token, &server, &line).succeeds().stdout.contains("\nproof"), "{alias}");
        // The same once more: nothing is imported, and the same is shown.
        let again = run(&token, &server, &format!("{line} -o json")).json();
        assert_eq!((&again["changed"], &again["token"]["object"]), (&false.into(), &alias.into()));
    }
    let verify = |alias: &str, object: &str, rest: &str| {
        let line = format!("verify --key-id alias/{alias} {} {rest} -o json", token.flags(object));
        bytes(&run(&token, &server, &line))
    };
    let same = "KMS computes the same HMAC of a fresh nonce as the token does with your key";
    assert_eq!(verify("mac", "mac", ""), said(0, "proven", same));
    let other = "KMS computes another HMAC than the token does with this key";
    assert_eq!(verify("mac", "other-mac", ""), said(4, "contradicted", other));
    let same = "KMS reports the public key of your private key";
    assert_eq!(verify("sign", "sign", ""), said(0, "proven", same));
    let other = "KMS reports another public key than that of this private key";
    assert_eq!(verify("sign", "other-sign", ""), said(4, "contradicted", other));
    let (code, outcome, text) = verify("aes", "aes", "--allow-sha1");
    assert!((code, &*outcome) == (Some(0), "proven") && text.contains("as the current key material"), "{text}");
    let other = "KMS refuses these bytes as key material of the key: it holds other bytes";
    assert_eq!(verify("aes", "other-aes", "--allow-sha1"), said(4, "contradicted", other));
    run(&token, &server, &format!("verify --key-id alias/aes {} --quiet", token.flags("aes"))).refuses(
        1,
        "error: token `ceremony` does OAEP with SHA-1 only, and RSAES_OAEP_SHA_256 needs SHA-256\n\
         hint: update the token's firmware, or use RSAES_OAEP_SHA_1 with --allow-sha1: SHA-1 is sound in OAEP, and KMS takes it\n",
    );
    // A run that should change nothing finds the other key out, too.
    let line = format!(
        "provision --alias alias/sign {} --key-spec ECC_NIST_P384 --key-usage SIGN_VERIFY {PRIVATE} -o json",
        token.flags("other-sign")
    );
    let found = run(&token, &server, &line);
    assert_eq!(
        (found.code, &found.json_of_failure()["error"]["id"]),
        (Some(1), &"other_material".into()),
        "{}",
        found.stderr
    );
}

/// What a token does not tell is said, and is no contradiction.
#[test]
fn a_token_that_keeps_the_public_key_or_the_hmac_to_itself_leaves_that_open() {
    let bench = Bench::new();
    let Some(token) = Token::new(&bench) else { return };
    let server = bench.serve();
    bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -outform DER -out ec.der");
    token.pkcs11("--write-object ec.der --type privkey --label alone --id 01 --extractable --sensitive");
    bench.openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -outform DER -out rsa.der");
    token.pkcs11("--write-object rsa.der --type privkey --label rsa --id 02 --extractable --sensitive");
    token.pkcs11("--keygen --key-type GENERIC:32 --label mac --id 03 --extractable --sensitive");
    let of = |label: &str, flags: &str| {
        let line = format!("provision --alias alias/{label} {} --verify use {flags} -o json", token.flags(label));
        bytes(&run(&token, &server, &line))
    };
    assert_eq!(
        of("alone", &format!("--key-spec ECC_NIST_P256 --key-usage SIGN_VERIFY {PRIVATE}")),
        said(0, "not_compared", "that it is your key: the token does not tell its public key")
    );
    // An RSA private key has its public half in it.
    assert_eq!(
        of("rsa", &format!("--key-spec RSA_2048 --key-usage SIGN_VERIFY {PRIVATE}")),
        said(0, "proven", "KMS reports the public key of your private key")
    );
    let Some(behind) = token.behind("refuse=C_SignInit:68") else { return };
    let line = format!("provision --alias alias/mac {} --key-spec HMAC_256 {SYMMETRIC} -o json", behind.flags("mac"));
    assert_eq!(
        bytes(&run(&behind, &server, &line)),
        said(0, "not_compared", "that it is your key: the token does not compute an HMAC with it")
    );
    let Some(behind) = token.behind("refuse=C_Sign:30") else { return };
    let line = format!("verify --key-id alias/mac {} --quiet", behind.flags("mac"));
    run(&behind, &server, &line).refuses(
        1,
        "error: the PKCS#11 module refuses C_Sign with CKR_DEVICE_ERROR\nhint: look that value up in the manual of the token's maker\n",
    );
}

/// Replicas get the key from the token, too.
#[test]
fn a_replica_gets_its_key_material_from_the_token() {
    let bench = Bench::new();
    let Some(token) = Token::new(&bench) else { return };
    let server = bench.serve();
    let line = format!("provision --alias alias/a --multi-region --generate {} {SYMMETRIC}", token.flags("payments"));
    run(&token, &server, &line).succeeds();
    let line = format!(
        "replicate --key-id alias/a --to eu-west-1 {} {SYMMETRIC} --verify full -o json",
        token.flags("payments")
    );
    let answer = run(&token, &server, &line).json();
    assert_eq!((&answer["replicas"][0]["imported"], &answer["token"]["object"]), (&true.into(), &"payments".into()));
    assert_eq!(answer["replicas"][0]["proof"]["outcome"], "proven", "{answer:#}");
}
