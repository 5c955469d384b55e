//! The embedded KMS has accounts: whose a request is, its access key id says, and AssumeRole of its STS gives out ids of others.

use std::process::Command;

use kms_byok::rehearsal::Settings;
use serde_json::{Value, json};

use crate::support::embedded_kms::Kms;
use crate::support::{Bench, Run, ended, pinned};

const ONE: &str = "111122223333";
const TWO: &str = "444455556666";

/// The same server, asked by that access key id.
fn of(kms: &Kms, access_key_id: &str) -> Kms {
    let mut other = Kms::at(&kms.url);
    other.access_key_id = access_key_id.to_owned();
    other
}

/// What STS answers: the status and the XML.
fn sts(kms: &Kms, access_key_id: &str, token: &str, body: &str) -> (u16, String) {
    let scope =
        format!("Credential={access_key_id}/20270131/eu-west-1/sts/aws4_request, SignedHeaders=host, Signature=00");
    let scope = format!("AWS4-HMAC-SHA256 {scope}");
    let headers = [("authorization", scope.as_str()), ("x-amz-security-token", token)];
    let reply = kms.http("POST", "/", &headers, body.as_bytes()).unwrap();
    (reply.status, String::from_utf8(reply.body).unwrap())
}

fn within<'a>(text: &'a str, name: &str) -> &'a str {
    text.split(&format!("<{name}>")).nth(1).and_then(|rest| rest.split(&format!("</{name}>")).next()).unwrap()
}

fn aliases(kms: &Kms) -> Vec<String> {
    let listed = kms.ok("ListAliases", json!({}));
    listed["Aliases"].as_array().unwrap().iter().map(|one| one["AliasName"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_account_has_keys_aliases_and_quotas_of_its_own() {
    let kms = Kms::start_with(Settings { quotas: Some(1.0), ..Settings::default() });
    let (usual, one, two) = (of(&kms, "AKIDTEST"), of(&kms, ONE), of(&kms, TWO));
    let mut keys = Vec::new();
    for (client, account) in [(&usual, "000000000000"), (&one, ONE), (&two, TWO)] {
        let made = client.ok("CreateKey", json!({ "Origin": "EXTERNAL" }))["KeyMetadata"].clone();
        assert_eq!(made["AWSAccountId"], account);
        let arn = made["Arn"].as_str().unwrap().to_owned();
        assert!(arn.starts_with(&format!("arn:aws:kms:us-east-1:{account}:key/")), "{arn}");
        let policy = client.ok("GetKeyPolicy", json!({ "KeyId": arn, "PolicyName": "default" }));
        assert!(policy["Policy"].as_str().unwrap().contains(&format!("arn:aws:iam::{account}:root")), "{policy}");
        client.ok("CreateAlias", json!({ "AliasName": "alias/same", "TargetKeyId": arn }));
        // A second set within a second is one too many, of each account alone.
        let set = json!({ "KeyId": arn, "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048" });
        client.ok("GetParametersForImport", set.clone());
        assert_eq!(client.code("GetParametersForImport", set), "ThrottlingException");
        keys.push(arn);
    }
    for (client, mine) in [&usual, &one, &two].into_iter().zip(&keys) {
        let listed = client.ok("ListKeys", json!({}));
        assert_eq!(listed["Keys"].as_array().unwrap().len(), 1);
        assert_eq!((&listed["Keys"][0]["KeyArn"], aliases(client)), (&json!(mine), vec!["alias/same".to_owned()]));
        for other in keys.iter().filter(|arn| *arn != mine) {
            assert_eq!(client.code("DescribeKey", json!({ "KeyId": other })), "AccessDeniedException");
            let id = other.rsplit('/').next().unwrap();
            assert_eq!(client.code("DescribeKey", json!({ "KeyId": id })), "NotFoundException");
        }
    }
}

#[test]
fn a_role_of_any_account_is_assumed_and_its_credentials_are_of_that_account() {
    let kms = Kms::start();
    let body = format!(
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A{TWO}%3Arole%2Fa%2Fkeys&RoleSessionName=me"
    );
    let (status, given) = sts(&kms, ONE, "", &body);
    assert_eq!(status, 200, "{given}");
    let arn = format!("arn:aws:sts::{TWO}:assumed-role/keys/me");
    assert_eq!(within(within(&given, "AssumedRoleUser"), "Arn"), arn);
    let (id, token) = (within(&given, "AccessKeyId"), within(&given, "SessionToken"));
    assert!(!within(&given, "SecretAccessKey").is_empty());
    let in_an_hour = kms_byok::time::rfc3339(kms_byok::time::now());
    assert!(within(&given, "Expiration") > in_an_hour.as_str(), "{given}");
    let made = of(&kms, id).ok("CreateKey", json!({}));
    assert_eq!(made["KeyMetadata"]["AWSAccountId"], TWO);
    assert_eq!(of(&kms, ONE).ok("ListKeys", json!({}))["Keys"], json!([]));
    let (_, who) = sts(&kms, id, token, "Action=GetCallerIdentity&Version=2011-06-15");
    assert_eq!((within(&who, "Arn"), within(&who, "Account")), (&*arn, TWO));
    // A token of another account says nothing.
    let (_, who) = sts(&kms, ONE, token, "Action=GetCallerIdentity&Version=2011-06-15");
    assert_eq!(within(&who, "Arn"), format!("arn:aws:iam::{ONE}:user/rehearsal"));
}

#[test]
fn what_is_no_role_or_no_session_is_refused() {
    let kms = Kms::start();
    let role = format!("arn:aws:iam::{TWO}:role/keys");
    for (role, session, duration) in [
        ("", "me", ""),
        ("keys", "me", ""),
        (&*format!("arn:aws:iam::{TWO}:user/keys"), "me", ""),
        (&*format!("arn:aws:iam::{TWO}:role/"), "me", ""),
        ("arn:aws:iam::1:role/keys", "me", ""),
        (&*format!("{role}%3Cx%3E"), "me", ""),
        (&*role, "", ""),
        (&*role, "m", ""),
        (&*role, "a%2Fb", ""),
        (&*role, "me", "&DurationSeconds=899"),
        (&*role, "me", "&DurationSeconds=43201"),
        (&*role, "me", "&DurationSeconds=x"),
    ] {
        let body = format!("Action=AssumeRole&RoleArn={role}&RoleSessionName={session}{duration}");
        let (status, said) = sts(&kms, ONE, "", &body);
        assert!(status == 400 && within(&said, "Code") == "ValidationError", "{body}: {said}");
    }
}

#[test]
fn a_fault_refuses_a_role_and_counts_nothing_else() {
    let faults = ["AssumeRole:2:error=AccessDenied=not you & <them>", "*:1:throttle"];
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    let kms = Kms::start_with(Settings { faults, ..Settings::default() });
    let body = format!("Action=AssumeRole&RoleArn=arn:aws:iam::{TWO}:role/keys&RoleSessionName=me");
    assert_eq!(sts(&kms, ONE, "", &body).0, 200);
    let (status, said) = sts(&kms, ONE, "", &body);
    assert_eq!(
        (status, within(&said, "Code"), within(&said, "Message")),
        (403, "AccessDenied", "not you &amp; &lt;them>")
    );
    assert_eq!(sts(&kms, ONE, "", &body).0, 200);
    assert_eq!(kms.code("ListKeys", json!({})), "ThrottlingException");
}

#[test]
fn the_aws_cli_assumes_a_role_and_works_in_its_account() {
    let Some(directory) = pinned::python(&["aws"], &["awscli"]) else { return };
    let bench = Bench::new();
    let server = bench.serve();
    let profiles = format!(
        "[profile one]\naws_access_key_id = {ONE}\naws_secret_access_key = local\n\
         [profile two]\nrole_arn = arn:aws:iam::{TWO}:role/keys\nsource_profile = one\nrole_session_name = me\n"
    );
    bench.write("config", profiles);
    let aws = |profile: &str, line: &str| -> Value {
        let mut command = Command::new(directory.join("aws"));
        command.args(line.split(' ')).args(["--profile", profile]);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", bench.directory());
        command
            .env("AWS_CONFIG_FILE", bench.path("config"))
            .env("AWS_DEFAULT_REGION", "eu-west-1")
            .env("AWS_PAGER", "");
        command.env("AWS_ENDPOINT_URL", server.url());
        let run = Run::of_others(ended(&mut command, b""));
        serde_json::from_str(&run.succeeds().stdout).unwrap()
    };
    assert_eq!(aws("one", "sts get-caller-identity")["Account"], ONE);
    assert_eq!(aws("two", "sts get-caller-identity")["Arn"], format!("arn:aws:sts::{TWO}:assumed-role/keys/me"));
    let made = aws("two", "kms create-key --origin EXTERNAL")["KeyMetadata"]["Arn"].clone();
    assert!(made.as_str().unwrap().starts_with(&format!("arn:aws:kms:eu-west-1:{TWO}:key/")), "{made}");
    assert_eq!(aws("two", "kms list-keys")["Keys"][0]["KeyArn"], made);
    assert_eq!(aws("one", "kms list-keys")["Keys"], json!([]));
}
