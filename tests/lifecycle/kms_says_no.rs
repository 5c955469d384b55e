//! What KMS refuses, as the user sees it: cause, KMS's code, fix, and what stands in AWS all the same.

use crate::support::{self, Bench, Run};

/// Runs a verb against an embedded KMS with these flags.
fn run(bench: &Bench, kms: &str, line: &str) -> Run {
    let server = bench.serve_with(&format!("--no-quotas {kms}"));
    bench.kms_byok_with_credentials(&format!("--quiet --region us-east-1 --endpoint-url {} {line}", server.url()))
}

/// Standard error without what follows the hint, and with `ARN` for the key's.
fn told(run: &Run) -> String {
    let lines = run.stderr.lines().filter(|line| !line.starts_with("exists: ") && !line.starts_with("next: "));
    lines
        .map(|line| match line.split_once(" --region us-east-1 --endpoint-url http://127.0.0.1:") {
            Some((before, rest)) => format!("{before}{}", rest.trim_start_matches(|c: char| c.is_ascii_digit())),
            None => line.to_owned(),
        })
        .map(|line| match line.split_once("`arn:aws:kms:") {
            Some((before, rest)) => format!("{before}`ARN`{}\n", rest.split_once('`').unwrap().1),
            None => format!("{line}\n"),
        })
        .collect()
}

#[test]
fn a_refusal_before_anything_was_made_is_exit_1() {
    let bench = Bench::new();
    for (code, expected) in [
        (
            "TagException",
            "error: a tag is not valid\n\
             because: TagException\n\
             hint: check the tags: no `aws:` prefix, no key twice, at most 50\n",
        ),
        ("ValidationException", "error: KMS does not accept the values of CreateKey\nbecause: ValidationException\n"),
        ("SomethingNewException", "error: KMS refuses CreateKey\nbecause: SomethingNewException\n"),
    ] {
        run(&bench, &format!("--fault CreateKey:always:error={code}"), "create-key --alias alias/a")
            .refuses(1, expected);
    }
}

#[test]
fn a_refusal_after_the_key_was_made_is_exit_3_and_names_it() {
    let bench = Bench::new();
    bench.write("key", support::material(7));
    for (fault, expected) in [
        (
            "CreateAlias:always:error=InvalidAliasNameException",
            "error: the alias name is not valid\n\
             because: InvalidAliasNameException\n\
             hint: write it as in alias/my-key, with letters, digits and any of `/_-`\n",
        ),
        (
            "Decrypt:always:error=IncorrectKeyException",
            "error: the ciphertext was made with another key than key `ARN`\n\
             because: IncorrectKeyException\n\
             hint: name the key that encrypted it\n",
        ),
        (
            "Decrypt:always:error=InvalidCiphertextException",
            "error: key `ARN` did not make this ciphertext, or the ciphertext is damaged\n\
             because: InvalidCiphertextException\n\
             hint: check which key made it\n",
        ),
        (
            "Encrypt:always:error=InvalidKeyUsageException",
            "error: the key usage of key `ARN` does not allow Encrypt\n\
             because: InvalidKeyUsageException\n\
             hint: use a key that was created for it\n",
        ),
    ] {
        let line = "provision --alias alias/a --generate --discard --wrapping-key-spec RSA_2048";
        let run = run(&bench, &format!("--fault {fault}"), line);
        assert_eq!((run.code, told(&run).as_str()), (Some(3), expected), "{fault}");
        assert!(run.stderr.contains("\nexists: key arn:aws:kms:us-east-1:"), "{}", run.stderr);
        assert!(run.stderr.contains("\nnext: "), "{}", run.stderr);
    }
}

/// A KMS whose clock is ahead of what its replies say: the client cannot know.
#[test]
fn an_expiry_that_is_past_by_the_clock_of_kms_is_named_as_that() {
    let bench = Bench::new();
    let line = "provision --alias alias/a --generate --discard --wrapping-key-spec RSA_2048 --expires-in 10m";
    let run = run(&bench, "--clock +30m --fault *:always:date=+0s", line);
    assert_eq!(
        (run.code, told(&run).as_str()),
        (
            Some(3),
            "error: KMS does not accept the expiry\n\
             because: ValidationException: The validTo date must be in the future\n\
             hint: name a time in the future, at most 365 days from now\n\
             certain (expiry_refused): KMS does not accept the expiry: ValidationException: The validTo date must be in the future\n  \
             fix: name a time in the future, at most 365 days from now: `kms-byok import --help`\n"
        )
    );
}

#[test]
fn a_key_that_is_not_enabled_after_its_import_is_not_called_done() {
    let bench = Bench::new();
    let line = "provision --alias alias/a --generate --discard --wrapping-key-spec RSA_2048";
    let run = run(&bench, "--fault DescribeKey:2+:set=KeyMetadata.KeyState=Disabled", line);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert!(lines[0].ends_with(" is Disabled after the import, but Enabled was expected"), "{}", run.stderr);
    assert!(lines[1].starts_with("hint: look at the key with `kms-byok status --key-id arn:"), "{}", run.stderr);
    assert!(lines[1].ends_with("` before anything is encrypted with it"), "{}", run.stderr);
}

#[test]
fn an_import_token_of_an_impossible_length_is_refused() {
    let bench = Bench::new();
    let token = "A".repeat(8196); // base64 of 6147 bytes
    let line = "provision --alias alias/a --generate --discard --wrapping-key-spec RSA_2048";
    let run = run(&bench, &format!("--fault GetParametersForImport:1:set=ImportToken={token}"), line);
    assert_eq!(
        (run.code, told(&run).as_str()),
        (
            Some(3),
            "error: the import token of the reply has 6147 bytes, but KMS gives 1 to 6144\n\
             hint: check the endpoint: AWS does not answer like this\n"
        )
    );
}

#[test]
fn material_that_expires_soon_is_not_imported_a_second_time() {
    let bench = Bench::new();
    bench.write_private("key", support::material(7));
    let server = bench.serve();
    let at = format!("--quiet --region us-east-1 --endpoint-url {}", server.url());
    let made = bench.kms_byok_with_credentials(&format!(
        "provision {at} --alias alias/a --material key --wrapping-key-spec RSA_2048 --expires-in 5m --output json"
    ));
    let (arn, expires) = (made.json()["key_arn"].clone(), made.json()["expires"].clone());
    bench.kms_byok_with_credentials(&format!("verify {at} --key-id alias/a --material key")).refuses(
        1,
        &format!(
            "error: the key material of {} expires at {}, too soon to import it again safely\n\
             hint: renew it first with `kms-byok import`, or add --no-reimport\n",
            arn.as_str().unwrap(),
            expires.as_str().unwrap()
        ),
    );
}

#[test]
fn files_of_two_parameter_sets_are_not_mixed() {
    let bench = Bench::new();
    let server = bench.serve();
    let at = format!("--quiet --region us-east-1 --endpoint-url {}", server.url());
    bench.kms_byok_with_credentials(&format!("create-key {at} --alias alias/a")).succeeds();
    for directory in ["one", "two"] {
        let line = format!("get-parameters {at} --key-id alias/a --dir {directory} --wrapping-key-spec RSA_2048");
        bench.kms_byok_with_credentials(&line).succeeds();
    }
    bench.write("one/ImportToken.bin", bench.read("two/ImportToken.bin"));
    let sha256 = |bytes: &[u8]| hex::encode(openssl::sha::sha256(bytes));
    let bound: serde_json::Value = serde_json::from_slice(&bench.read("one/parameters.json")).unwrap();
    let (found, expected) =
        (sha256(&bench.read("two/ImportToken.bin")), bound["import_token_sha256"].as_str().unwrap());
    bench.kms_byok("wrap --dir one --generate --discard").refuses(
        1,
        &format!(
            "error: `one/ImportToken.bin` is not the import token of this set: its SHA-256 is {found}, but parameters.json has {expected}\n\
             hint: run `kms-byok get-parameters --force` again and wrap the key for the new token\n"
        ),
    );
    bench.write("file", "");
    bench.kms_byok_with_credentials(&format!("get-parameters {at} --key-id alias/a --dir file")).refuses(
        1,
        "error: parameter directory `file` is not a directory\n\
         hint: name a directory, or a path where none is yet\n",
    );
}

#[test]
fn a_replica_that_another_run_has_made_is_a_cause_when_it_cannot_be_found() {
    let bench = Bench::new();
    bench.kms_byok("generate --out key").succeeds();
    let server = bench.serve_with("--no-quotas --fault ReplicateKey:always:error=AlreadyExistsException");
    let at = |line: &str| format!("--quiet --region us-east-1 --endpoint-url {} {line}", server.url());
    let wrapping = "--wrapping-key-spec RSA_2048";
    let made = format!("provision --alias alias/a --multi-region --material key {wrapping}");
    bench.kms_byok_with_credentials(&at(&made)).succeeds();
    let replicate = format!("replicate --key-id alias/a --to eu-west-1 --material key {wrapping}");
    let run = bench.kms_byok_with_credentials(&at(&replicate));
    assert_eq!(
        (run.code, told(&run).as_str()),
        (
            Some(1),
            "warning: key `ARN` has a replica in that Region: looking for it\n\
             error: key `ARN` has a replica in that Region\n\
             because: AlreadyExistsException\n\
             hint: run the command again: it goes on with that replica\n"
        )
    );
    let foreign = "arn:aws:kms:eu-west-1:000000000000:key/mrk-0123456789abcdef0123456789abcdef";
    bench.kms_byok_with_credentials(&at(&format!("{replicate} --adopt {foreign}"))).refuses(
        1,
        &format!(
            "error: the adopted key {foreign} is not a replica of this key in a requested Region\n\
             hint: give the ARN of the replica that you trust\n"
        ),
    );
}

#[test]
fn rotations_that_are_used_up_meanwhile_are_a_cause() {
    let bench = Bench::new();
    let server = bench.serve_with("--no-quotas --fault RotateKeyOnDemand:always:error=LimitExceededException");
    let at = |line: &str| {
        let line = format!("--quiet --region us-east-1 --endpoint-url {} {line}", server.url());
        bench.kms_byok_with_credentials(&format!("{line} --generate --discard --wrapping-key-spec RSA_2048"))
    };
    at("provision --alias alias/a").succeeds();
    let run = at("rotate --key-id alias/a");
    assert_eq!(
        (run.code, told(&run).as_str()),
        (
            Some(3),
            "error: key `ARN` has no on-demand rotation left: KMS allows 25 for each key\n\
             because: LimitExceededException\n\
             hint: create another key\n"
        )
    );
}
