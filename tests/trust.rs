//! An alias planted by somebody else does not receive the key: into a key that this run did not make, nothing is imported unless its
//! policy is the one asked for, or the user names its ARN.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "rehearsal")]

#[path = "support/cloud.rs"]
mod cloud;
#[path = "support/embedded_kms.rs"]
mod embedded_kms;
mod support;

use cloud::Cloud;
use serde_json::json;

const PROVISION: &str = "provision --alias alias/a --wrapping-key-spec RSA_2048 --generate --keep key --quiet";

/// A policy that lets another account use the key.
fn planted_policy() -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::000000000000:root" }, "Action": "kms:*", "Resource": "*" },
            { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::999999999999:root" }, "Action": "kms:Decrypt", "Resource": "*" },
        ],
    })
    .to_string()
}

/// `alias/a` on a key without material and with that policy.
fn planted(policy: &str) -> (Cloud, String) {
    let cloud = Cloud::new("");
    let others = embedded_kms::Kms::at(cloud.url());
    let arn = others.key(json!({ "Origin": "EXTERNAL", "Policy": policy }));
    others.ok("CreateAlias", json!({ "AliasName": "alias/a", "TargetKeyId": arn }));
    (cloud, arn)
}

#[test]
fn a_planted_alias_gets_no_key() {
    let (cloud, arn) = planted(&planted_policy());
    cloud.run(PROVISION).refuses(
        1,
        &format!(
            "error: `alias/a` points to key {arn}, which this run did not create, and its key policy is not the one asked for\n\
             hint: read its policy (`aws kms get-key-policy --key-id {arn}`), and if you trust it add --adopt {arn}\n"
        ),
    );
    assert_eq!((cloud.requests("GetParametersForImport"), cloud.bench.exists("key")), (0, false));
}

#[test]
fn the_policy_asked_for_is_trusted_however_it_is_written() {
    let (cloud, arn) = planted(&planted_policy());
    let spaced = planted_policy().replace("\"kms:*\"", "[ \"kms:*\" ]").replace(',', ",\n  ");
    cloud.bench.write("policy.json", spaced);
    let answer = cloud.run(&format!("{PROVISION} --policy policy.json --output json")).json();
    assert_eq!((&answer["key_arn"], &answer["changed"]), (&arn.into(), &true.into()));
    let (cloud, _) = planted(&planted_policy());
    cloud.bench.write("other.json", planted_policy().replace("kms:Decrypt", "kms:Sign"));
    assert_eq!(cloud.run(&format!("{PROVISION} --policy other.json")).code, Some(1));
    assert_eq!(cloud.states(), ["PendingImport"]);
}

#[test]
fn the_user_vouches_for_a_key_by_its_arn_and_for_no_other() {
    let (cloud, arn) = planted(&planted_policy());
    let other = cloud.empty_key("");
    cloud.run(&format!("{PROVISION} --adopt {other}")).refuses(
        1,
        &format!(
            "error: `alias/a` points to key {arn}, and --adopt names {other}\n\
             hint: find out who moved the alias, and name the key you mean\n"
        ),
    );
    cloud.run(&format!("create-key --alias alias/a --adopt {other} --quiet")).refuses(
        1,
        &format!(
            "error: `alias/a` points to key {arn}, and --adopt names {other}\n\
             hint: find out who moved the alias, and name the key you mean\n"
        ),
    );
    for word in ["alias/a", "1234abcd-12ab-34cd-56ef-1234567890ab", "arn:aws:kms:us-east-1:000000000000:alias/a"] {
        let run = cloud.run(&format!("{PROVISION} --adopt {word}"));
        assert!(run.code == Some(2) && run.stderr.contains("write it as in arn:aws:kms:"), "{word}: {}", run.stderr);
    }
    let answer = cloud.run(&format!("{PROVISION} --adopt {arn} --output json")).json();
    assert_eq!((&answer["key_arn"], &answer["key_state"]), (&arn.into(), &"Enabled".into()));
    assert_eq!(answer["proof"]["outcome"], "proven");
}

#[test]
fn an_adopted_key_gets_the_alias_and_must_match_all_the_same() {
    let cloud = Cloud::new("");
    let arn = cloud.empty_key("--key-spec HMAC_256");
    cloud.run(&format!("{PROVISION} --adopt {arn}")).refuses(
        1,
        &format!(
            "error: `{arn}` exists and is not what was asked for: its key spec is HMAC_256, and SYMMETRIC_DEFAULT was asked for\n\
             hint: choose another alias, or flags that match the key\n"
        ),
    );
    let answer = cloud.run(&format!("{PROVISION} --key-spec HMAC_256 --adopt {arn} --output json")).json();
    assert_eq!((&answer["key_arn"], &answer["alias"]), (&arn.into(), &"alias/a".into()));
    assert_eq!(cloud.requests("CreateKey"), 1);
    let none = "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000";
    let run = cloud.run(&format!("provision --adopt {none} --generate --discard --quiet"));
    assert!(run.code == Some(1) && run.stderr.contains("\nbecause: NotFoundException"), "{}", run.stderr);
}

#[test]
fn a_policy_that_may_not_be_read_is_not_trusted() {
    let cloud = Cloud::new("--fault GetKeyPolicy:always:error=AccessDeniedException");
    let arn = cloud.empty_key("--alias alias/a");
    cloud.run(PROVISION).refuses(
        1,
        &format!(
            "error: the credentials do not permit kms:GetKeyPolicy on key `{arn}`\nbecause: AccessDeniedException\n\
             hint: allow kms:GetKeyPolicy in the key policy or the caller's IAM policy\n"
        ),
    );
    cloud.run(&format!("{PROVISION} --adopt {arn}")).succeeds();
}
