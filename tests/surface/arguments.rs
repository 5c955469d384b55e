//! The key as an argument, and short flags: typed shorter, meant and repeated as the flags that they are.

use crate::support::cloud::Cloud;
use crate::support::next::next_of;
use crate::support::{self, Bench, Run, run};

const KEY: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

fn with_key(cloud: &Cloud) {
    cloud.bench.write_private("key", support::material(3));
    cloud.bench.write_private("other", support::material(4));
}

/// A whole life in which no verb gets its key by a flag.
#[test]
fn the_key_of_every_verb_about_one_is_an_argument() {
    let cloud = Cloud::new("");
    with_key(&cloud);
    for line in [
        "create-key alias/a",
        "get-parameters alias/a --dir D --wrapping-key-spec RSA_2048",
        "wrap --dir D --material key",
        "import --dir D alias/a",
        "status alias/a",
        "verify alias/a --material key",
        "provision alias/b --material key --multi-region --wrapping-key-spec RSA_2048",
        "replicate alias/b --to eu-west-1 --material key --wrapping-key-spec RSA_2048",
        "rotate alias/a --material other --wrapping-key-spec RSA_2048",
        "delete-material alias/b --yes",
        "provision alias/s --key-spec ECC_NIST_P256 --generate --discard",
        "public-key alias/s",
    ] {
        cloud.run(line).succeeds();
    }
    let by_flag = cloud.run("status --key-id alias/a").succeeds().stdout.clone();
    assert_eq!(cloud.run("status alias/a").stdout, by_flag);
}

#[test]
fn a_key_that_is_given_twice_is_wrong_usage() {
    let bench = Bench::new();
    let verbs = [
        ("get-parameters", " --dir D"),
        ("import", " --dir D"),
        ("status", ""),
        ("verify", " --material k"),
        ("public-key", ""),
        ("rotate", " --resume"),
        ("replicate", " --material k --to eu-west-1"),
        ("delete-material", " --yes"),
    ];
    for (verb, rest) in verbs {
        let said = "error: KEY and --key-id exclude each other\nhint: leave one of them out\n";
        bench.kms_byok(&format!("{verb} {KEY}{rest} --key-id {KEY}")).refuses(2, said);
    }
    for verb in ["provision", "create-key", "recipe"] {
        let said = "error: ALIAS and --alias exclude each other\nhint: leave one of them out\n";
        bench.kms_byok(&format!("{verb} alias/a --alias alias/a")).refuses(2, said);
    }
    assert!(bench.names().is_empty());
}

#[test]
fn what_is_printed_says_it_with_flags() {
    let cloud = Cloud::new("--fault GetParametersForImport:1-2:error=AccessDeniedException");
    with_key(&cloud);
    let stopped = cloud.run("-qo text provision alias/a --wrapping-key-spec RSA_2048 --material key");
    assert_eq!(stopped.code, Some(3), "{}", stopped.stderr);
    let next = next_of(&stopped);
    assert!(next.starts_with("kms-byok --quiet --output text provision --alias alias/a --wrapping"), "{next}");
    let denied = cloud.shell(next, b"");
    assert_eq!(denied.code, Some(1), "{}", denied.stderr);
    cloud.shell(next, b"").succeeds();
    let json = cloud.run("status -ojson alias/a").json();
    assert_eq!(json["key_state"], "Enabled", "{json}");
}

#[test]
fn short_flags_do_what_the_long_ones_do() {
    let bench = Bench::new();
    let rehearse = "provision --rehearse alias/a --generate --discard --wrapping-key-spec RSA_2048";
    for line in [format!("{rehearse} -o json -q"), format!("-qojson {rehearse}"), format!("{rehearse} -o=json --quiet")]
    {
        let run = bench.kms_byok(&line);
        assert_eq!((run.succeeds().stderr.as_str(), run.json()["alias"].as_str()), ("", Some("alias/a")), "{line}");
    }
}

/// What is typed at the wrong place may be the key itself: it goes neither to KMS nor into any log.
#[test]
fn a_word_that_may_be_a_key_is_not_sent_as_the_name_of_one() {
    let cloud = Cloud::new("");
    let secret = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    for line in [format!("status {secret}"), format!("rotate {secret} --resume"), format!("status --key-id {secret}")] {
        let run: Run = cloud.run(&line);
        assert_eq!(run.code, Some(2), "{line}: {}", run.stderr);
        assert!(
            !run.stderr.contains("00112233") && run.stderr.contains("64 characters that may be a key"),
            "{}",
            run.stderr
        );
    }
    assert_eq!(cloud.bench.read("requests.log").len(), 0);
    let mut command = cloud.bench.command(&["provision", secret, "--generate", "--discard", "--rehearse"]);
    let refused = run(&mut command, b"");
    assert!(refused.code == Some(2) && !refused.stderr.contains("00112233"), "{}", refused.stderr);
}
