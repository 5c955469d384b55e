//! What exists is compared with everything that was asked for, and all differences are in one answer.

use serde_json::json;

use super::{PROVISION, others};
use crate::support::cloud::Cloud;

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"000000000000"},"Action":"kms:*","Resource":"*"},{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:role/app"},"Action":["kms:Encrypt","kms:Decrypt"],"Resource":"*"}]}"#;

#[test]
fn everything_that_was_asked_for_is_compared_and_all_differences_are_in_one_answer() {
    let cloud = Cloud::new("");
    cloud.bench.write("policy", POLICY);
    cloud.bench.write("same", POLICY.replace(r#""000000000000""#, r#"["arn:aws:iam::000000000000:root"]"#));
    cloud.bench.write("other", POLICY.replace("kms:Decrypt", "kms:ReEncrypt*"));
    let made = "--policy policy --tag team=a --tag stage=b --description one --material-description two";
    cloud.run(&format!("{PROVISION} --generate --discard {made}")).succeeds();
    let before = cloud.keys();
    let again = |flags: &str| cloud.run(&format!("{PROVISION} --generate --discard --quiet {flags}"));
    for flags in [made, "--policy same", "--tag stage=b", "--description one", "--material-description two", ""] {
        let answer = again(&format!("{flags} --output json")).json();
        assert_eq!(answer["changed"], false, "{flags}");
    }
    let refuses = |flags: &str, differences: &str| {
        again(flags).refuses(
            1,
            &format!(
                "error: `alias/a` exists and is not what was asked for: {differences}\n\
                 hint: choose another alias, or flags that match the key\n"
            ),
        );
    };
    refuses("--policy other", "its key policy is not the one asked for");
    refuses("--tag team=b", "its tag `team` is `a`, but `b` was asked for");
    refuses("--tag new=", "it has no tag `new`, but `new=` was asked for");
    refuses("--description uno", "its description is `one`, but `uno` was asked for");
    refuses("--description=", "its description is `one`, but an empty one was asked for");
    refuses("--material-description due", "its key material's description is `two`, but `due` was asked for");
    refuses(
        "--key-usage ENCRYPT_DECRYPT --multi-region --expires-in 9d --description uno --tag team=b --policy other --material-description due",
        "its kind is single-Region, but multi-Region was asked for; \
         its key material never expires, which is not the expiry asked for; \
         its description is `one`, but `uno` was asked for; \
         its tag `team` is `a`, but `b` was asked for; \
         its key policy is not the one asked for; \
         its key material's description is `two`, but `due` was asked for",
    );
    let create = |flags: &str| cloud.run(&format!("create-key --alias alias/a --quiet {flags}"));
    create("--policy same --tag team=a --description one").succeeds();
    create("--tag team=b --description uno").refuses(
        1,
        "error: `alias/a` exists and is not what was asked for: its description is `one`, but `uno` was asked for; \
         its tag `team` is `a`, but `b` was asked for\n\
         hint: choose another alias, or flags that match the key\n",
    );
    assert_eq!(cloud.keys(), before);
}

#[test]
fn what_may_not_be_read_is_said_to_be_not_compared() {
    let cloud = Cloud::new(
        "--fault ListResourceTags:always:error=AccessDeniedException --fault GetKeyPolicy:always:error=AccessDeniedException --fault ListKeyRotations:always:error=AccessDeniedException",
    );
    cloud.bench.write("policy", POLICY);
    let made = "--policy policy --tag team=a --material-description two";
    cloud.run(&format!("{PROVISION} --generate --discard {made}")).succeeds();
    let again = cloud.run(&format!("{PROVISION} --generate --discard {made} --output json")).json();
    assert_eq!((&again["changed"], &again["proof"]["outcome"]), (&json!(false), &json!("not_permitted")));
    let refused = json!(["kms:ListResourceTags", "kms:GetKeyPolicy", "kms:ListKeyRotations"]);
    assert_eq!(again["proof"]["not_permitted"], refused);
    cloud.run(&format!("{PROVISION} --generate --discard {made} --strict --quiet")).refuses(
        1,
        "error: `alias/a` exists, but the credentials do not permit comparing its tags with what was asked for\n\
         hint: allow kms:ListResourceTags, or leave out --strict\n",
    );
}

#[test]
fn create_key_leaves_alone_what_matches_and_refuses_what_differs() {
    let cloud = Cloud::new("");
    let arn = cloud.empty_key("--alias alias/a --key-spec HMAC_256");
    let again = cloud.run("create-key --alias alias/a --key-spec HMAC_256 --output json").json();
    assert_eq!((&again["key_arn"], &again["changed"]), (&arn.clone().into(), &false.into()));
    cloud.run("create-key --alias alias/a --quiet").refuses(
        1,
        "error: `alias/a` exists and is not what was asked for: its key spec is HMAC_256, but SYMMETRIC_DEFAULT was asked for; \
         its key usage is GENERATE_VERIFY_MAC, but ENCRYPT_DECRYPT was asked for\n\
         hint: choose another alias, or flags that match the key\n",
    );
    cloud.run("create-key --alias alias/a --key-spec HMAC_256 --quiet").succeeds();
    assert_eq!(cloud.requests("CreateKey"), 1);
}

#[test]
fn every_difference_is_named_and_nothing_is_changed() {
    let cloud = Cloud::new("");
    let kms = others(&cloud);
    cloud.run(&format!("{PROVISION} --generate --discard")).succeeds();
    let arn = cloud.keys()[0].arn.clone();
    let rsa = "provision --alias alias/rsa --key-spec RSA_2048 --wrapping-key-spec RSA_2048";
    cloud.run(&format!("{rsa} --generate --discard")).succeeds();
    let own = kms.key(json!({}));
    kms.ok("CreateAlias", json!({ "AliasName": "alias/own", "TargetKeyId": own }));
    let before = (cloud.keys(), cloud.requests("ImportKeyMaterial"));
    let differs = |line: &str, name: &str, difference: &str| {
        cloud.run(&format!("{line} --generate --discard --quiet")).refuses(
            1,
            &format!(
                "error: `{name}` exists and is not what was asked for: {difference}\n\
                 hint: choose another alias, or flags that match the key\n"
            ),
        );
    };
    differs(
        &format!("{PROVISION} --key-spec HMAC_512"),
        "alias/a",
        "its key spec is SYMMETRIC_DEFAULT, but HMAC_512 was asked for; \
         its key usage is ENCRYPT_DECRYPT, but GENERATE_VERIFY_MAC was asked for",
    );
    differs(
        &format!("{rsa} --key-usage ENCRYPT_DECRYPT"),
        "alias/rsa",
        "its key usage is SIGN_VERIFY, but ENCRYPT_DECRYPT was asked for",
    );
    differs(
        &format!("{PROVISION} --multi-region"),
        "alias/a",
        "its kind is single-Region, but multi-Region was asked for",
    );
    differs("provision --alias alias/own", "alias/own", "its origin is AWS_KMS, but EXTERNAL was asked for");
    differs(
        &format!("{PROVISION} --expires-in 90d"),
        "alias/a",
        "its key material never expires, which is not the expiry asked for",
    );
    assert_eq!((cloud.keys(), cloud.requests("ImportKeyMaterial")), before);
    kms.ok("DisableKey", json!({ "KeyId": arn }));
    let not_in_use = |state: &str, fix: &str| {
        cloud.run(&format!("{PROVISION} --generate --discard --quiet")).refuses(
            1,
            &format!("error: `alias/a` exists and is what was asked for, but it is {state}\nhint: {fix}\n"),
        );
    };
    let at = format!("--region us-east-1 --key-id {arn} --endpoint-url {}", cloud.url());
    not_in_use("Disabled", &format!("enable it: `aws kms enable-key {at}`"));
    differs(
        &format!("{PROVISION} --multi-region"),
        "alias/a",
        "its kind is single-Region, but multi-Region was asked for; it is Disabled, but Enabled or PendingImport was expected",
    );
    kms.ok("ScheduleKeyDeletion", json!({ "KeyId": arn, "PendingWindowInDays": 7 }));
    not_in_use(
        "PendingDeletion",
        &format!("run `aws kms cancel-key-deletion {at}` and then the same command again, or use another key"),
    );
}

#[test]
fn an_expiry_asked_for_in_days_is_met_by_the_key_of_an_earlier_day_and_not_by_a_later_one() {
    let cloud = Cloud::new("");
    cloud.run(&format!("{PROVISION} --generate --discard --expires-in 30d")).succeeds();
    let again = |flags: &str| cloud.run(&format!("{PROVISION} --generate --discard --output json {flags}"));
    assert_eq!(again("--expires-in 30d").json()["changed"], false);
    assert_eq!(again("--expires-in 60d").json()["changed"], false);
    let at = again("--expires-in 30d").json()["expires"].as_str().unwrap().to_owned();
    assert_eq!(again(&format!("--expires-at {at}")).json()["changed"], false);
    for flags in ["--expires-in 10d", "--expires never", ""] {
        let run = again(flags);
        let cause = run.json_of_failure()["error"]["cause"].as_str().unwrap().to_owned();
        assert_eq!(run.code, Some(1), "{flags}");
        assert!(
            cause.ends_with(&format!("its key material expires {at}, which is not the expiry asked for")),
            "{cause}"
        );
    }
}
