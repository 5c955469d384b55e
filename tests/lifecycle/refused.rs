//! KMS refuses: each of its error codes is a cause and a fix in our words, with KMS's own code on the "because" line and the exit code of
//! what had changed by then.

use crate::support::cloud::Cloud;
use crate::support::embedded_kms;
use crate::support::next::next_of;

const PROVISION: &str = "provision --alias alias/a --wrapping-key-spec RSA_2048 --generate --discard --quiet";

/// A server with that fault, where key `ARN` waits for what is wrapped in `D`.
fn with_wrapped(fault: &str) -> (Cloud, String) {
    let cloud = Cloud::new(&format!("--fault {fault}"));
    let arn = cloud.empty_key("");
    cloud.run(&format!("get-parameters --key-id {arn} --dir D --wrapping-key-spec RSA_2048")).succeeds();
    cloud.bench.kms_byok("wrap --dir D --generate --discard").succeeds();
    (cloud, arn)
}

#[test]
fn every_error_code_of_an_import_is_a_cause_and_a_fix() {
    for (code, cause, hint) in [
        (
            "InvalidCiphertextException",
            "KMS cannot unwrap the key material for key `ARN`",
            "wrap it again with the public key of the same parameters, OAEP and MGF1 both with the algorithm's digest; `kms-byok diagnose` finds the cause",
        ),
        (
            "ValidationException",
            "KMS does not accept the wrapped key material",
            "wrap the key material again for the parameters that came with this import token",
        ),
        (
            "IncorrectKeyMaterialException",
            "KMS does not take these bytes as the first key material of key `ARN`",
            "wrap the key material again from its own file with `kms-byok wrap`, which checks that it is what the key spec needs",
        ),
        (
            "InvalidImportTokenException",
            "the import token is damaged, or was issued for another key than key `ARN`",
            "run `kms-byok get-parameters --force` again and wrap the key material with the new public key: key, token and public key belong together",
        ),
        (
            "ExpiredImportTokenException",
            "the import token has expired",
            "run `kms-byok get-parameters --force` again and wrap the key material with the new public key: key, token and public key belong together",
        ),
        (
            "KMSInvalidStateException",
            "the state of key `ARN` does not allow ImportKeyMaterial",
            "look at it with `kms-byok status`",
        ),
        (
            "UnsupportedOperationException",
            "key `ARN` does not take imported key material",
            "create a key with origin EXTERNAL: `kms-byok create-key`",
        ),
        (
            "NotFoundException",
            "KMS in us-east-1 has no key `ARN`",
            "check the name, the Region and the account of the credentials",
        ),
        (
            "LimitExceededException",
            "a KMS quota of this account is used up",
            "delete what is not needed, or ask for more in AWS Service Quotas",
        ),
        (
            "AccessDeniedException",
            "the credentials do not permit kms:ImportKeyMaterial on key `ARN`",
            "allow kms:ImportKeyMaterial in the key policy or the caller's IAM policy",
        ),
        ("InvalidArnException", "key `ARN` is not a key ARN that KMS accepts", "give the key's id or its ARN"),
        ("DisabledException", "key `ARN` is disabled", "enable it: `aws kms enable-key`"),
        ("ConflictException", "another change of key `ARN` is in progress", "try again in a minute"),
        (
            "ExpiredTokenException",
            "the AWS credentials have expired",
            "sign in again (`aws sso login`), or renew the session token",
        ),
        (
            "UnrecognizedClientException",
            "AWS does not know the access key",
            "check AWS_ACCESS_KEY_ID or the profile, and that a session token goes with its own access key",
        ),
        (
            "InvalidSignatureException",
            "the secret access key does not belong to the access key",
            "check AWS_SECRET_ACCESS_KEY or the profile",
        ),
        ("RequestExpired", "this machine's clock differs from AWS's", "set this machine's clock (NTP)"),
        ("OptInRequired", "this AWS account is not signed up for KMS", "finish signing up this account with AWS"),
    ] {
        let (cloud, arn) = with_wrapped(&format!("ImportKeyMaterial:always:error={code}"));
        if code == "KMSInvalidStateException" {
            // That of a younger key is waited for.
            embedded_kms::Kms::at(cloud.url()).move_clock(serde_json::json!({ "advance": "6m" }));
        }
        let run = cloud.run("import --dir D --quiet");
        let at = format!("--region us-east-1 --endpoint-url {}", cloud.url());
        let hint = hint
            .replace("get-parameters --force`", &format!("get-parameters --force --dir D --key-id {arn} {at}`"))
            .replace("status`", &format!("status --key-id {arn} {at}`"))
            .replace("create-key`", &format!("create-key {at}`"))
            .replace("enable-key`", &format!("enable-key --key-id {arn} {at}`"));
        let expected = format!("error: {cause}\nbecause: {code}\nhint: {hint}\n").replace("`ARN`", &format!("`{arn}`"));
        run.refuses_with(1, &expected);
        assert_eq!(cloud.states(), ["PendingImport"], "{code}");
        let report = cloud.run("import --dir D --quiet --output json").json_of_failure();
        assert_eq!((&report["error"]["because"], &report["error"]["aws_code"]), (&code.into(), &code.into()));
        assert_eq!((&report["key_arn"], &report["exists"]), (&arn.into(), &serde_json::json!([])));
    }
}

#[test]
fn an_internal_error_of_a_changing_call_may_have_changed_something() {
    for (fault, code) in
        [("500", "KMSInternalException"), ("500-after", "KMSInternalException"), ("503", "ServiceUnavailableException")]
    {
        let (cloud, arn) = with_wrapped(&format!("ImportKeyMaterial:1-3:{fault}"));
        let run = cloud.run("import --dir D --quiet");
        let line = cloud.line("import --dir D --quiet");
        // KMS is asked once more before anything is said about the key.
        let state = if fault == "500-after" { "Enabled" } else { "PendingImport" };
        run.refuses(
            3,
            &format!(
                "error: KMS cannot do ImportKeyMaterial at the moment\nbecause: {code}\nhint: try again in a minute\n\
                 unknown: whether ImportKeyMaterial took effect; its reply was not seen\n\
                 exists: key {arn}, {state}\nnext: kms-byok {line}\n"
            ),
        );
        cloud.shell(next_of(&run), b"").succeeds();
        assert_eq!(cloud.states(), ["Enabled"], "{fault}");
    }
}

/// Each call of `provision` in turn, denied once; where a key was made, the printed command completes it.
#[test]
fn access_denied_at_each_call_names_the_permission() {
    for (operation, on, fix, code) in [
        ("DescribeKey", "alias `alias/a`", "allow kms:DescribeKey in the key policy or the caller's IAM policy", 1),
        ("CreateKey", "this account's keys", "allow kms:CreateKey (and kms:TagResource) in the caller's IAM policy", 1),
        ("CreateAlias", "key `ARN`", "allow kms:CreateAlias for the alias and for the key", 3),
        (
            "GetParametersForImport",
            "key `ARN`",
            "allow kms:GetParametersForImport in the key policy or the caller's IAM policy",
            3,
        ),
        (
            "ImportKeyMaterial",
            "key `ARN`",
            "allow kms:ImportKeyMaterial in the key policy or the caller's IAM policy",
            3,
        ),
    ] {
        let cloud = Cloud::new(&format!("--fault {operation}:1:error=AccessDeniedException"));
        let run = cloud.run(PROVISION);
        let mut expected = format!(
            "error: the credentials do not permit kms:{operation} on {on}\nbecause: AccessDeniedException\nhint: {fix}\n"
        );
        if code == 3 {
            let named = if operation == "CreateAlias" { "" } else { ", named by alias/a" };
            let next = cloud.plain(&cloud.line(PROVISION));
            expected.push_str(&format!("exists: key ARN, PendingImport{named}\nnext: kms-byok {next} --adopt ARN\n"));
        }
        assert_eq!((run.code, cloud.plain(&run.stderr)), (Some(code), expected), "{operation}");
        match code {
            1 => assert_eq!(cloud.states().len(), 0, "{operation}"),
            _ => drop(cloud.shell(next_of(&run), b"").succeeds()),
        }
        let keys = cloud.states().len();
        assert_eq!(cloud.run(PROVISION).succeeds().code, Some(0));
        assert_eq!(cloud.states(), vec!["Enabled"; keys.max(1)], "{operation}");
    }
}

/// A proof that is not permitted is no failure, unless the full one was asked for.
#[test]
fn a_proof_that_is_not_permitted_is_said_and_is_no_failure_unless_it_was_asked_for() {
    for (operation, spec, usage) in [
        ("Encrypt", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
        ("Decrypt", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
        ("GenerateMac", "HMAC_256", "GENERATE_VERIFY_MAC"),
        ("GetPublicKey", "ECC_NIST_P256", "SIGN_VERIFY"),
        ("Sign", "ECC_NIST_P256", "SIGN_VERIFY"),
        ("DeriveSharedSecret", "ECC_NIST_P256", "KEY_AGREEMENT"),
    ] {
        let cloud = Cloud::new(&format!("--fault {operation}:always:error=AccessDeniedException"));
        let line = format!(
            "provision --alias alias/a --key-spec {spec} --key-usage {usage} --wrapping-key-spec RSA_2048 --generate --discard"
        );
        for run in [&line, &line] {
            let answer = cloud.run(&format!("{run} --output json")).json();
            assert_eq!(answer["proof"]["outcome"], "not_permitted", "{operation}");
            assert_eq!(answer["proof"]["not_permitted"], serde_json::json!([format!("kms:{operation}")]));
            let said = format!("what kms:{operation} would show: it was not permitted");
            assert!(answer["proof"]["not_proven"].as_array().unwrap().contains(&said.into()), "{operation}: {answer}");
        }
        let text = cloud.run(&line);
        assert!(text.succeeds().stdout.contains("\nproof: not permitted\n"), "{}", text.stdout);
        let denied = format!(
            "error: the proof that was asked for was not permitted: kms:{operation}\n\
             hint: allow the calls named, or choose --verify state\n"
        );
        let unchanged = cloud.run(&format!("{line} --verify full --quiet"));
        unchanged.refuses(4, &denied);
        let new = cloud.run(&format!("{line} --verify full --quiet").replace("alias/a", "alias/b"));
        let report = format!(
            "{denied}exists: key ARN, Enabled, named by alias/b\nnext: kms-byok {} --adopt ARN\n",
            cloud.plain(&cloud.line(&format!("{line} --verify full --quiet").replace("alias/a", "alias/b")))
        );
        assert_eq!((new.code, cloud.plain(&new.stderr)), (Some(4), report), "{operation}");
    }
}

#[test]
fn what_kms_says_stands_beside_what_it_means() {
    let cloud = Cloud::new("");
    let arn = cloud.empty_key("");
    let elsewhere = arn.replace("us-east-1", "eu-west-1");
    cloud.run(&format!("status --key-id {elsewhere} --quiet")).refuses(
        1,
        &format!(
            "error: KMS in us-east-1 has no key `{elsewhere}`\n\
             because: NotFoundException: Invalid arn eu-west-1\n\
             hint: add --region eu-west-1, which is the Region in the ARN\n"
        ),
    );
    cloud.run("status --key-id alias/none --quiet").refuses(
        1,
        "error: KMS in us-east-1 has no alias `alias/none`\n\
         because: NotFoundException: Alias arn:aws:kms:us-east-1:000000000000:alias/none is not found.\n\
         hint: check the name, the Region and the account of the credentials\n",
    );
    cloud.bench.write("policy", "{\"Version\":\"2012-10-17\"}");
    let run = cloud.run("create-key --policy policy --quiet");
    assert!(
        run.stderr.starts_with("error: the key policy is not valid\nbecause: MalformedPolicyDocumentException"),
        "{}",
        run.stderr
    );
    assert_eq!((run.code, cloud.requests("ImportKeyMaterial")), (Some(1), 0));
}
