//! An alias planted by somebody else does not receive the key: into a key that this run did not make, nothing is imported unless its
//! policy is the one asked for, or the user names its ARN.

use serde_json::json;

use crate::support::cloud::Cloud;
use crate::support::{self, embedded_kms};

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
             because: it lets in account 999999999999\n\
             hint: read its policy (`aws kms get-key-policy --region us-east-1 --key-id {arn}`), or if you trust the key run \
             `kms-byok {} --adopt {arn}`\n",
            cloud.line(PROVISION)
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
            "error: `alias/a` points to key {arn}, but the adopted key is {other}\n\
             hint: find out who moved the alias, and name the key you mean\n"
        ),
    );
    cloud.run(&format!("create-key --alias alias/a --adopt {other} --quiet")).refuses(
        1,
        &format!(
            "error: `alias/a` points to key {arn}, but the adopted key is {other}\n\
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
            "error: `{arn}` exists and is not what was asked for: its key spec is HMAC_256, but SYMMETRIC_DEFAULT was asked for; \
             its key usage is GENERATE_VERIFY_MAC, but ENCRYPT_DECRYPT was asked for\n\
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
            "error: `alias/a` points to key {arn}, which this run did not create, and its key policy may not be read\n\
             because: the credentials do not permit kms:GetKeyPolicy on key `{arn}`: AccessDeniedException\n\
             hint: allow kms:GetKeyPolicy, or if you trust the key run `kms-byok {} --adopt {arn}`\n",
            cloud.line(PROVISION)
        ),
    );
    cloud.run(&format!("{PROVISION} --adopt {arn}")).succeeds();
}

/// Each verb that imports into a key or copies from it, and the file that it reads.
const VERBS: &[&str] = &[
    "get-parameters --key-id alias/a --dir D --wrapping-key-spec RSA_2048",
    "import --key-id alias/a --encrypted set/EncryptedKeyMaterial.bin --import-token set/ImportToken.bin",
    "import --dir set",
    "import --key-id alias/a --dir set",
    "rotate --key-id alias/a --generate --discard --wrapping-key-spec RSA_2048",
    "rotate --key-id alias/a --material key --wrapping-key-spec RSA_2048",
    "rotate --key-id alias/a --resume",
    "replicate --key-id alias/a --to eu-west-1 --material key --wrapping-key-spec RSA_2048",
    "verify --key-id alias/a --material key",
    "provision --alias alias/a --multi-region --material key --wrapping-key-spec RSA_2048",
];

/// A key with material, or without where the verb wants it empty, whose policy lets in another account; `alias/a` names it.
fn scene(verb: &str) -> (Cloud, String) {
    scene_with(verb, "")
}

fn scene_with(verb: &str, flags: &str) -> (Cloud, String) {
    let cloud = Cloud::new(flags);
    let flags = "--alias alias/a --multi-region --wrapping-key-spec RSA_2048 --quiet";
    let empty = ["provision", "get-parameters", "import"].iter().any(|name| verb.starts_with(name));
    cloud.bench.write("key", support::material(7));
    let made = match empty {
        true => cloud.run("create-key --alias alias/a --multi-region --output json"),
        false => cloud.run(&format!("provision {flags} --material key --output json")),
    };
    let arn = made.json()["key_arn"].as_str().unwrap().to_owned();
    if empty {
        cloud.run(&format!("get-parameters --key-id {arn} --dir set --wrapping-key-spec RSA_2048")).succeeds();
        cloud.run("wrap --dir set --material key").succeeds();
    }
    let others = embedded_kms::Kms::at(cloud.url());
    others.ok("PutKeyPolicy", json!({ "KeyId": arn, "Policy": planted_policy() }));
    (cloud, arn)
}

#[test]
fn no_verb_imports_into_a_foreign_key_and_the_command_it_prints_does() {
    for verb in VERBS {
        let (cloud, arn) = scene(verb);
        let before = (cloud.requests("GetParametersForImport"), cloud.requests("ImportKeyMaterial"));
        let run = cloud.run(verb);
        let after = (cloud.requests("GetParametersForImport"), cloud.requests("ImportKeyMaterial"));
        assert_eq!((run.code, after), (Some(1), before), "{verb}: {}", run.stderr);
        assert_eq!(cloud.requests("ReplicateKey") + cloud.requests("RotateKeyOnDemand"), 0, "{verb}");
        assert!(run.stderr.contains("because: it lets in account 999999999999\n"), "{verb}: {}", run.stderr);
        let hint = run.stderr.lines().find(|line| line.starts_with("hint: ")).unwrap();
        let command = hint.split('`').nth(3).unwrap();
        assert_eq!(command, format!("kms-byok {} --adopt {arn}", cloud.line(verb)), "{verb}");
        let read = cloud.requests("GetKeyPolicy");
        let run = cloud.shell(command, b"");
        assert!(run.code == Some(0) || verb.ends_with("--resume"), "{verb}: {}", run.stderr);
        assert!(!run.stderr.contains("its key policy is not"), "{verb}: {}", run.stderr);
        assert_eq!(cloud.requests("GetKeyPolicy"), read, "{verb}");
    }
}

#[test]
fn a_key_id_or_key_arn_vouches_and_an_alias_arn_does_not() {
    for verb in VERBS.iter().filter(|verb| verb.contains("--key-id alias/a")) {
        let (cloud, arn) = scene(verb);
        let named = |key: &str| cloud.run(&verb.replace("alias/a", key));
        let alias = named("arn:aws:kms:us-east-1:000000000000:alias/a");
        assert!(alias.code == Some(1) && alias.stderr.contains("its key policy is not"), "{verb}: {}", alias.stderr);
        let read = cloud.requests("GetKeyPolicy");
        let run = named(arn.rsplit('/').next().unwrap());
        assert!(run.code == Some(0) || verb.ends_with("--resume"), "{verb}: {}", run.stderr);
        let (cloud, arn) = scene(verb);
        let run = cloud.run(&verb.replace("alias/a", &arn));
        assert!(run.code == Some(0) || verb.ends_with("--resume"), "{verb}: {}", run.stderr);
        assert!(read <= 1 && cloud.requests("GetKeyPolicy") == 0, "{verb}");
    }
}

#[test]
fn the_policy_given_is_trusted_by_every_verb_and_whom_it_lets_in_is_shown() {
    for verb in VERBS.iter().filter(|verb| !verb.starts_with("replicate")) {
        let (cloud, arn) = scene(verb);
        cloud.bench.write("policy.json", planted_policy());
        let run = cloud.run(&format!("{verb} --policy policy.json"));
        assert!(run.code == Some(0) || verb.ends_with("--resume"), "{verb}: {}", run.stderr);
        let shown = format!("warning: the key policy of {arn} lets in account 999999999999\n");
        assert!(run.stderr.contains(&shown), "{verb}: {}", run.stderr);
    }
}

#[test]
fn no_verb_trusts_a_policy_that_may_not_be_read() {
    for verb in VERBS {
        let (cloud, arn) = scene_with(verb, "--fault GetKeyPolicy:always:error=AccessDeniedException");
        let run = cloud.run(verb);
        assert!(
            run.code == Some(1) && run.stderr.contains("its key policy may not be read\nbecause: "),
            "{verb}: {}",
            run.stderr
        );
        let run = cloud.run(&format!("{verb} --adopt {arn}"));
        assert!(run.code == Some(0) || verb.ends_with("--resume"), "{verb}: {}", run.stderr);
    }
}

#[test]
fn an_arn_that_is_adopted_must_be_that_of_the_key() {
    for verb in VERBS {
        let (cloud, _) = scene(verb);
        let other = cloud.empty_key("");
        let run = cloud.run(&format!("{verb} --adopt {other}"));
        assert_eq!(run.code, Some(1), "{verb}: {}", run.stderr);
        assert!(run.stderr.contains(&other), "{verb}: {}", run.stderr);
    }
}

#[test]
fn the_grants_on_a_key_that_is_taken_into_use_are_shown_by_both_kinds_of_grantee() {
    let (cloud, arn) = scene("verify");
    let others = embedded_kms::Kms::at(cloud.url());
    let user = "arn:aws:iam::999999999999:role/reader";
    others.ok("CreateGrant", json!({ "KeyId": arn, "GranteePrincipal": user, "Operations": ["Decrypt", "Encrypt"] }));
    let service = json!({ "KeyId": arn, "GranteeServicePrincipal": "ec2.amazonaws.com", "Operations": ["CreateGrant"],
            "RetiringServicePrincipal": "ec2.amazonaws.com",
            "Constraints": { "SourceArn": "arn:aws:ec2:us-east-1:999999999999:instance/i-1" } });
    others.ok("CreateGrant", service);
    others.ok("DeleteImportedKeyMaterial", json!({ "KeyId": arn }));
    let line = format!("provision --adopt {arn} --multi-region --material key --wrapping-key-spec RSA_2048 --quiet");
    let run = cloud.run(&line);
    let mut shown: Vec<&str> = run.succeeds().stderr.lines().filter(|line| line.contains("grant")).collect();
    shown.sort_unstable();
    assert_eq!(
        shown,
        [
            format!("warning: a grant on {arn} lets {user} call Decrypt, Encrypt"),
            format!("warning: a grant on {arn} lets ec2.amazonaws.com call CreateGrant"),
        ]
    );
}

#[test]
fn where_grants_may_not_be_listed_the_run_goes_on() {
    let cloud = Cloud::new("--fault ListGrants:always:error=AccessDeniedException");
    let arn = cloud.empty_key("");
    let run = cloud.run(&format!("provision --adopt {arn} --generate --discard --wrapping-key-spec RSA_2048 --quiet"));
    assert_eq!(run.succeeds().stderr, "");
}
