//! The offline ceremony: parameters from a connected machine, wrapping on one without network, the import on the first again.

use std::process::Command;

use crate::support::stage::Stage;
use crate::support::{self, Bench, Run, run};

/// `unshare` with the flags that take the network away here; `None`, and a line that says so, where that is not permitted.
fn without_network() -> Option<&'static str> {
    let permitted =
        |flags: &&str| Command::new("unshare").args([flags, "true"]).output().is_ok_and(|o| o.status.success());
    let flags = ["-n", "-rn"].into_iter().find(permitted);
    if flags.is_none() {
        println!("skipped: this machine does not permit `unshare -n`, so nothing can run without network");
    }
    flags
}

/// Runs kms-byok where there is not even loopback, without AWS configuration or credentials.
fn offline(bench: &Bench, flags: &str, line: &str) -> Run {
    let here = bench.command(&line.split_whitespace().collect::<Vec<_>>());
    let mut command = Command::new("unshare");
    command.arg(flags).arg(here.get_program()).args(here.get_args()).current_dir(bench.directory()).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", bench.directory());
    if let Some(libraries) = std::env::var_os("LD_LIBRARY_PATH") {
        command.env("LD_LIBRARY_PATH", libraries);
    }
    run(&mut command, b"")
}

#[test]
fn the_whole_ceremony_works_with_wrap_on_a_machine_without_network() {
    let Some(flags) = without_network() else { return };
    let stage = Stage::new("");
    for (spec, algorithm) in [
        ("SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_256"),
        ("HMAC_512", "RSAES_OAEP_SHA_256"),
        ("ECC_NIST_P256", "RSAES_OAEP_SHA_256"),
        ("RSA_2048", "RSA_AES_KEY_WRAP_SHA_256"),
    ] {
        let directory = format!("{spec}.import");
        let arn = stage.run(&format!("create-key AT --key-spec {spec} --output json")).json()["key_arn"].clone();
        let arn = arn.as_str().unwrap();
        let get = format!("get-parameters AT --key-id {arn} --dir {directory} --wrapping-key-spec RSA_2048 --quiet");
        let printed = stage.run(&get).succeeds().stdout.clone();
        let fingerprint = stage.hash(&format!("{directory}/PublicKey.bin"));
        let expected = format!(
            "key                 {arn}\n\
             spec                {spec}\n\
             wrapping            {algorithm} with RSA_2048\n\
             public key SHA-256  {fingerprint}\n\
             valid until         {}\n\
             directory           {directory}\n\
             endpoint            {}\n\
             rehearsal           yes: an embedded KMS, nothing is in AWS\n",
            stage.field(&directory, "valid_to"),
            stage.kms.url()
        );
        assert_eq!(printed, expected);
        // Where wrap runs there is no network: the same call as above fails there.
        let cut_off = offline(&stage.bench, flags, &format!("rehearsal ping --endpoint-url {}", stage.kms.url()));
        assert_eq!(cut_off.code, Some(1), "{}", cut_off.stderr);
        assert_eq!(stage.bench.kms_byok(&format!("rehearsal ping --endpoint-url {}", stage.kms.url())).code, Some(0));
        offline(&stage.bench, flags, &format!("generate --key-spec {spec} --out {spec}.key")).succeeds();
        let wrap = format!("wrap --dir {directory} --material {spec}.key --expect-public-key {fingerprint} --quiet");
        let wrapped = offline(&stage.bench, flags, &wrap);
        wrapped.succeeds();
        let bytes = stage.bench.read(&format!("{directory}/EncryptedKeyMaterial.bin")).len();
        let expected = format!(
            "key                 {arn}\n\
             spec                {spec}\n\
             wrapped             {algorithm} with RSA_2048\n\
             public key SHA-256  {fingerprint}\n\
             file                {directory}/EncryptedKeyMaterial.bin, {bytes} bytes\n\
             rehearsal           yes: the parameters are of an embedded KMS\n"
        );
        assert_eq!((wrapped.stdout.as_str(), wrapped.stderr.as_str()), (expected.as_str(), ""));
        let imported = stage.run(&format!("import AT --dir {directory} --key-id {arn} --output json")).json();
        assert_eq!((&imported["key_arn"], &imported["key_state"]), (&arn.into(), &"Enabled".into()));
        let verified = stage.run(&format!("verify AT --key-id {arn} --material {spec}.key --output json")).json();
        assert_eq!(verified["proof"]["outcome"], "proven", "{spec}");
    }
}

/// The person sees on both machines which key and which public key it is about, before a secret is touched.
#[test]
fn wrap_says_for_which_key_it_wraps_before_it_reads_the_key_material() {
    let stage = Stage::new("");
    let arn = stage.parameters("SYMMETRIC_DEFAULT", "D");
    let run = stage.run("wrap --dir D --material ./missing");
    let expected = format!(
        "wrapping for key {arn}\nwrapping public key SHA-256: {}\nerror: key material file `./missing` does not exist\nhint: check the path\n",
        stage.hash("D/PublicKey.bin")
    );
    run.refuses(1, &expected);
}

#[test]
fn a_public_key_that_is_not_the_one_expected_wraps_nothing() {
    let stage = Stage::new("");
    stage.secret("key", support::material(7));
    stage.parameters("SYMMETRIC_DEFAULT", "D");
    let found = stage.hash("D/PublicKey.bin");
    // Colons and capitals are how other programs print it.
    let capitals: Vec<String> =
        found.to_uppercase().as_bytes().chunks(2).map(|byte| String::from_utf8_lossy(byte).into()).collect();
    let other = "0".repeat(64);
    stage.run(&format!("wrap --dir D --material key --expect-public-key {other}")).refuses(
        1,
        &format!(
            "error: the wrapping public key has SHA-256 {found}, but {other} was expected\n\
             hint: find out who changed the files; wrap nothing until the fingerprint is the one that get-parameters printed\n"
        ),
    );
    stage.run("wrap --dir D --material key --expect-public-key 1234").refuses(
        2,
        "error: `1234` is not a SHA-256 in hex\nhint: give the 64 hex characters that get-parameters printed\n",
    );
    assert!(!stage.bench.exists("D/EncryptedKeyMaterial.bin"));
    stage.run(&format!("wrap --dir D --material key --expect-public-key {}", capitals.join(":"))).succeeds();
}

#[test]
fn what_openssl_has_wrapped_is_imported() {
    let stage = Stage::new("");
    stage.secret("key", support::material(7));
    for spec in ["SYMMETRIC_DEFAULT", "HMAC_256"] {
        let arn = stage.parameters(spec, spec);
        stage.bench.openssl(&format!(
            "pkeyutl -encrypt -in key -inkey {spec}/PublicKey.bin -keyform DER -pubin -out {spec}/EncryptedKeyMaterial.bin \
             -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256"
        ));
        stage.run(&format!("import AT --dir {spec} --key-id {arn}")).succeeds();
        let verified = stage.run(&format!("verify AT --key-id {arn} --material key --output json")).json();
        assert_eq!(verified["proof"]["outcome"], "proven");
    }
}
