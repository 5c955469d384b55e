//! Flags that are wrong, that exclude each other or that are missing: exit code 2, a cause and a fix, and no call to KMS.

use crate::support::cloud::Cloud;
use crate::support::{self, Bench};

/// Exit code 2, nothing on standard output, and these texts on standard error.
#[track_caller]
fn wrong(bench: &Bench, line: &str, texts: &[&str]) {
    let run = bench.kms_byok(line);
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{line}: {}", run.stderr);
    assert!(run.stderr.starts_with("error: "), "{line}: {}", run.stderr);
    for text in texts {
        assert!(run.stderr.contains(text), "{line}: `{text}` is not in: {}", run.stderr);
    }
}

#[test]
fn values_that_kms_does_not_know_are_refused_with_those_it_knows() {
    let bench = Bench::new();
    for (flag, cause, hint) in [
        ("--key-spec AES_256", "`AES_256` is not a key spec of KMS", "use one of SYMMETRIC_DEFAULT, HMAC_224,"),
        ("--key-spec SM2", "SM2 key pairs exist in the China Regions only", "let KMS make the key (origin AWS_KMS)"),
        ("--key-spec ML_DSA_65", "KMS does not support importing key material for ML-DSA keys", "let KMS make the key"),
        ("--key-spec ML_KEM_768", "no import of key material is documented for ML-KEM keys", "let KMS make the key"),
        ("--key-usage SIGN", "`SIGN` is not a key usage of KMS", "use ENCRYPT_DECRYPT, SIGN_VERIFY,"),
        ("--wrapping-algorithm SM2PKE", "exists in the China Regions only", "use an RSA wrapping key"),
        (
            "--wrapping-algorithm RSAES_PKCS1_V1_5",
            "has been refused by KMS since 2023-10-10",
            "use one of RSAES_OAEP_SHA_256,",
        ),
        ("--wrapping-algorithm OAEP", "`OAEP` is not a wrapping algorithm of KMS", "use one of RSAES_OAEP_SHA_256,"),
        ("--wrapping-key-spec SM2", "exists in the China Regions only", "use an RSA wrapping key"),
        (
            "--wrapping-key-spec RSA_1024",
            "`RSA_1024` is not a wrapping key spec of KMS",
            "use one of RSA_2048, RSA_3072",
        ),
        ("--alias payments", "`payments` is not an alias name", "write it as in alias/payments: it begins with alias/"),
        ("--alias alias/aws/s3", "is not an alias name", "write it as in alias/payments: alias/aws/ is reserved"),
    ] {
        wrong(
            &bench,
            &format!("provision --rehearse --generate --discard {flag}"),
            &[cause, &format!("\nhint: {hint}")],
        );
    }
    wrong(
        &bench,
        "wrap --material k --material-format xml",
        &["`xml` is not a key material format", "\nhint: use auto, raw, hex,"],
    );
}

#[test]
fn combinations_that_kms_refuses_are_wrong_usage_with_the_numbers() {
    let cloud = Cloud::new("");
    for (flags, stderr) in [
        (
            "--key-spec ECC_NIST_P521 --wrapping-key-spec RSA_2048",
            "error: ECC_NIST_P521 key material of 241 bytes does not fit: RSA_2048 with RSAES_OAEP_SHA_256 carries 190 bytes\n\
             hint: use RSA_AES_KEY_WRAP_SHA_256, or a larger --wrapping-key-spec\n",
        ),
        (
            "--key-spec RSA_3072 --wrapping-algorithm RSAES_OAEP_SHA_256",
            "error: an RSA_3072 private key cannot be wrapped with RSAES_OAEP_SHA_256: KMS takes RSA private keys only under RSA_AES_KEY_WRAP\n\
             hint: use RSA_AES_KEY_WRAP_SHA_256\n",
        ),
        (
            "--key-spec HMAC_256 --wrapping-algorithm RSA_AES_KEY_WRAP_SHA_256",
            "error: RSA_AES_KEY_WRAP_SHA_256 is for private keys, but HMAC_256 key material is raw bytes\nhint: use RSAES_OAEP_SHA_256\n",
        ),
        (
            "--wrapping-algorithm RSAES_OAEP_SHA_1",
            "error: RSAES_OAEP_SHA_1 uses SHA-1, which was not allowed\nhint: use the SHA-256 variant, or add --allow-sha1\n",
        ),
        (
            "--key-spec ECC_SECG_P256K1 --key-usage KEY_AGREEMENT",
            "error: KMS does not allow KEY_AGREEMENT for ECC_SECG_P256K1 keys\nhint: use SIGN_VERIFY\n",
        ),
        (
            "--key-spec HMAC_256 --material-description mine",
            "error: --material-description cannot be used for HMAC_256 keys\nhint: leave it out\n",
        ),
        ("--expires-in 0s", "hint: choose a time in the future, and check this machine's clock\n"),
        ("--expires-in 366d", " is more than 365 days away\nhint: choose "),
        ("--expires-at 2020-01-01T00:00:00Z", "error: the expiry 2020-01-01T00:00:00Z is in the past\n"),
        (
            "--expires-at tomorrow",
            "error: --expires-at: `tomorrow` is not a time\n\
             hint: write it as RFC 3339 does: 2027-01-31T12:00:00Z\n",
        ),
        ("--tag aws:owner=me", "error: `aws:owner=me` is not a tag that can be used here\nhint: write it as KEY=VALUE"),
        ("--tag a=1 --tag a=2", "error: `a=1` is not a tag that can be used here\n"),
        ("--tag kms-byok:request=1", "error: `kms-byok:request=1` is not a tag that can be used here\n"),
    ] {
        let run = cloud.run(&format!("provision --generate --keep key --quiet {flags}"));
        assert!(run.code == Some(2) && run.stderr.contains(stderr), "{flags}: {}", run.stderr);
        assert!(!run.stderr.contains("exists: "), "{flags}");
    }
    assert_eq!((cloud.bench.read("requests.log").len(), cloud.bench.exists("key")), (0, false));
    let long = "x".repeat(257);
    wrong(
        &cloud.bench,
        &format!("provision --rehearse --generate --discard --material-description {long}"),
        &["the material description `xxxxxxxxxxxxxxxxxxxx…` is too long: 257 characters, but KMS takes 256"],
    );
}

#[test]
fn flags_that_exclude_each_other_are_named() {
    let bench = Bench::new();
    for (line, flags) in [
        ("provision --generate --discard --material key", ["--generate", "--material"]),
        ("provision --generate --discard --keep key", ["--discard", "--keep"]),
        ("provision --generate --discard --passphrase-file f", ["--generate", "--passphrase-file"]),
        ("provision --generate --keep key --escrow c --escrow-out o", ["--escrow", "--keep"]),
        ("provision --generate --escrow c", ["--escrow-out", "missing"]),
        (
            "provision --material key --material-from-escrow f --recipient-key k",
            ["--material-from-escrow", "--material"],
        ),
        ("provision --material-from-escrow f", ["--recipient-key", "missing"]),
        ("provision --generate --discard --expires-in 90d --expires never", ["--expires-in", "--expires"]),
        (
            "provision --generate --discard --expires-in 90d --expires-at 2027-01-31T12:00:00Z",
            ["--expires-in", "--expires-at"],
        ),
        (
            "provision --rehearse --generate --discard --adopt arn:aws:kms:us-east-1:000000000000:key/1",
            ["--rehearse", "--adopt"],
        ),
        ("provision --rehearse --generate --discard --find-lost", ["--rehearse", "--find-lost"]),
        ("create-key --adopt arn:aws:kms:us-east-1:000000000000:key/1", ["--alias", "missing"]),
        ("wrap --dir D --inkey k --out o --material m", ["--dir", "--inkey"]),
        ("wrap --dir D --key-spec RSA_2048 --material m", ["--dir", "--key-spec"]),
        ("import --dir D --encrypted f --import-token t", ["--dir", "--encrypted"]),
        ("import --encrypted f --key-id k", ["--import-token", "missing"]),
        ("import --encrypted f --import-token t", ["--key-id", "missing"]),
        ("status --key-id k -v --quiet", ["--verbose", "--quiet"]),
        ("rehearsal serve --no-quotas --quota-scale 2", ["--no-quotas", "--quota-scale"]),
    ] {
        wrong(&bench, line, &flags);
    }
    assert!(bench.names().is_empty());
}

#[test]
fn what_is_missing_is_named_with_the_flag_that_gives_it() {
    let bench = Bench::new();
    for (line, stderr) in [
        (
            "provision",
            "error: the key material is missing\nhint: add --generate, or --material FILE (`-` for standard input)\n",
        ),
        (
            "provision --keep key",
            "error: --keep is for generated key material\nhint: leave --keep out, or add --generate\n",
        ),
        (
            "provision --material k --discard",
            "error: --discard is for generated key material\nhint: leave --discard out, or add --generate\n",
        ),
        ("wrap --material key", "error: the wrapping key is missing\nhint: add --dir D, or --inkey F --out F\n"),
        (
            "wrap --inkey k --material m",
            "error: the output is missing\nhint: add --out FILE (`-` for standard output)\n",
        ),
        (
            "import",
            "error: what to import is missing\nhint: add --dir D, or --key-id K --encrypted F --import-token F\n",
        ),
        (
            "verify --key-id k",
            "error: the key material is missing\nhint: add --material FILE (`-` for standard input), --material-from-escrow F --recipient-key K, or --certificate C\n",
        ),
    ] {
        bench.kms_byok(line).refuses(2, stderr);
    }
    for (line, flag) in [
        ("generate", "--out F"),
        ("get-parameters --key-id k", "--dir D"),
        ("get-parameters --dir D", "KEY or --key-id K"),
        ("verify --material key", "KEY or --key-id K"),
    ] {
        bench.kms_byok(line).refuses(2, &format!("error: {flag} is missing\nhint: add {flag}\n"));
    }
    for line in ["", "frobnicate", "provision --frobnicate", "status --key-id"] {
        assert_eq!(bench.kms_byok(line).code, Some(2), "{line}");
    }
    for (line, text) in [("--help", "Usage: kms-byok"), ("--version", "kms-byok "), ("provision --help", "--rehearse")]
    {
        let run = bench.kms_byok(line);
        assert!(run.succeeds().stdout.contains(text) && run.stderr.is_empty(), "{line}");
    }
}

#[test]
fn what_is_misspelt_is_told_with_what_may_be_meant() {
    let bench = Bench::new();
    for (line, stderr) in [
        ("provison", "error: `provison` is not a verb of kms-byok\nhint: write `provision` if that is what you mean\n"),
        ("rotat", "error: `rotat` is not a verb of kms-byok\nhint: write `rotate` if that is what you mean\n"),
        ("replicat", "error: `replicat` is not a verb of kms-byok\nhint: write `replicate` if that is what you mean\n"),
        (
            "delet-material",
            "error: `delet-material` is not a verb of kms-byok\nhint: write `delete-material` if that is what you mean\n",
        ),
        (
            "status --regoin x",
            "error: `--regoin` is not a flag of kms-byok status\nhint: write `--region` if that is what you mean\n",
        ),
        (
            "rehearsal srve",
            "error: `srve` is not a verb of kms-byok rehearsal\nhint: write `serve` if that is what you mean\n",
        ),
        (
            "provision --verify ful",
            "error: `ful` is not a value of --verify\nhint: write `full` if that is what you mean\n",
        ),
        (
            "generate --out-prefix p --components 1",
            "error: `1` is not a value of --components\nhint: use a number from 2 to 9\n",
        ),
        (
            "fleet run keys.csv --stop-after 0",
            "error: `0` is not a value of --stop-after\nhint: use a number of at least 1\n",
        ),
        (
            "fleet run keys.csv --concurrency 1001",
            "error: `1001` is not a value of --concurrency\nhint: use a number from 1 to 1000\n",
        ),
        ("xyzzy", "error: `xyzzy` is not a verb of kms-byok\nhint: see `kms-byok --help`\n"),
        ("status --xyzzy", "error: `--xyzzy` is not a flag of kms-byok status\nhint: see `kms-byok status --help`\n"),
        (
            "status alias/a alias/b",
            "error: `alias/b` is one word too many for kms-byok status\nhint: see `kms-byok status --help`\n",
        ),
        ("generate --out a --out b", "error: --out is given more than once\nhint: leave all but one out\n"),
    ] {
        bench.kms_byok(line).refuses(2, stderr);
    }
}

#[test]
fn a_value_in_a_message_is_cut_and_stays_on_its_line() {
    let bench = Bench::new();
    let long = "é".repeat(500);
    for (words, cause) in [
        (["status", "a", &*long, "-q"], "is one word too many"),
        (["provision", "--verify", &*long, "-q"], "is not a value of --verify"),
        (["status", "--expiring-within", &*long, "-q"], "is not a value of --expiring-within"),
    ] {
        let run = support::run(&mut bench.command(&words), b"");
        let lines: Vec<&str> = run.stderr.lines().collect();
        assert_eq!((run.code, lines.len()), (Some(2), 2), "{}", run.stderr);
        assert!(lines[0].contains(cause) && lines[0].contains('…') && lines[0].chars().count() < 200, "{}", run.stderr);
    }
    let run = support::run(&mut bench.command(&["provision", "--verify", "a\r\nhint: b"]), b"");
    assert_eq!((run.code, run.stderr.lines().count()), (Some(2), 2), "{}", run.stderr);
}

/// Of any error, and in the JSON too.
#[test]
fn a_long_value_is_cut_whatever_is_wrong_with_it() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    let long = "k".repeat(120) + &"é".repeat(400);
    let rehearse = "provision --rehearse --generate --discard";
    for (line, more) in [
        (rehearse, ["--alias", "alias/LONG"]),
        (rehearse, ["--expires-at", "LONG"]),
        (rehearse, ["--tag", "LONG"]),
        (rehearse, ["--policy", "LONG"]),
        (rehearse, ["--policy", "directory/LONG"]),
        (rehearse, ["--key-spec", "LONG"]),
        (rehearse, ["--adopt", "LONG"]),
        ("wrap --generate --discard --out out", ["--inkey", "LONG"]),
        ("wrap --generate --discard --inkey PublicKey.bin", ["--out", "LONG/LONG"]),
        ("generate", ["--out", "LONG"]),
        ("status alias/a", ["--region", "LONG"]),
        ("status alias/a", ["--profile", "LONG"]),
        ("status alias/a --region us-east-1", ["--endpoint-url", "https://LONG"]),
        ("rehearsal ping", ["--endpoint-url", "http://LONG"]),
        ("fleet plan", ["LONG", "--quiet"]),
        ("", ["LONG", "--quiet"]),
    ] {
        for (long, newlines) in [(long.clone(), false), (long.replace("ké", "k\r\nhint: é"), true)] {
            let words: Vec<String> =
                line.split_whitespace().chain(more).map(|word| word.replace("LONG", &long)).collect();
            let mut words: Vec<&str> = words.iter().map(|word| &**word).collect();
            words.extend(["--output", "json"]);
            let run = support::run(&mut bench.command(&words), b"");
            let lines: Vec<&str> = run.stderr.lines().filter(|line| !line.starts_with("exists: ")).collect();
            let case = format!("{line} {} {newlines}: {}", more[0], run.stderr);
            assert!(matches!(run.code, Some(1 | 2)) && (1..=3).contains(&lines.len()), "{case}");
            let cause = lines[0].strip_prefix("error: ").expect(&case);
            assert!(cause.contains('…') || cause.contains("characters that may be a key"), "{case}");
            assert!(cause.chars().count() < 200, "{case}");
            let rest = &lines[1..];
            assert!(rest.iter().all(|line| line.starts_with("hint: ") || line.starts_with("because: ")), "{case}");
            assert!(rest.iter().all(|line| line.chars().count() < 250), "{case}");
            let answer: serde_json::Value = serde_json::from_str(&run.stdout).expect(&case);
            let in_json = kms_byok::for_the_binary::printable::line(answer["error"]["cause"].as_str().unwrap());
            assert_eq!(in_json, cause, "{case}");
        }
    }
}

#[test]
fn what_aws_says_has_lines_that_can_be_read() {
    let message = "x".repeat(700);
    let cloud = Cloud::new(&format!("--fault DescribeKey:always:error=AccessDeniedException={message}"));
    let run = cloud.run("status --key-id 1234abcd-12ab-34cd-56ef-1234567890ab --quiet");
    let lines: Vec<&str> = run.stderr.lines().collect();
    let whole: String = lines[1..5].iter().map(|line| &line[9..]).collect();
    assert_eq!(whole, format!("AccessDeniedException: {message}"), "{}", run.stderr);
    assert!(lines[1].starts_with("because: Acc") && lines[2..5].iter().all(|line| line.starts_with("         x")));
    assert!(lines.iter().all(|line| line.len() <= 200) && lines[5].starts_with("hint: "), "{}", run.stderr);
    let json = cloud.run("status --key-id 1234abcd-12ab-34cd-56ef-1234567890ab --output json");
    let answer: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(answer["error"]["because"], format!("AccessDeniedException: {message}"));
}

/// Whoever reads JSON gets wrong usage as JSON too; the talk is what it always is.
#[test]
fn wrong_usage_is_answered_as_json_where_json_is_asked_for() {
    let bench = Bench::new();
    for (line, cause) in [
        ("status --no-such-flag --output json", "`--no-such-flag` is not a flag of kms-byok status"),
        ("replicate --output=json --key-id a", "--to REGION... is missing"),
        ("create-key --lost-request zzz --output json", "`zzz` is not a value of --lost-request"),
    ] {
        let run = bench.kms_byok(line);
        assert_eq!(run.code, Some(2), "{line}: {}", run.stderr);
        let answer: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!((&answer["error"]["cause"], &answer["error"]["exit_code"]), (&cause.into(), &2.into()), "{line}");
        assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
    }
    assert_eq!(bench.kms_byok("status --no-such-flag").stdout, "");
}
