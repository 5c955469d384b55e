//! `doctor`: one screen that says what this machine brings, and exit code 4 when something needed is missing.

mod online;
mod settings;
#[cfg(feature = "pkcs11")]
mod tokens;

use serde_json::{Value, json};

use crate::support::tls_server::{Authority, Server};
use crate::support::{Bench, Run, run};

/// Runs `doctor` with these variables; the answer is there whatever the exit code.
fn doctor(bench: &Bench, line: &str, variables: &[(&str, &str)]) -> Run {
    let words: Vec<&str> = ["doctor"].into_iter().chain(line.split_whitespace()).collect();
    run(bench.command(&words).envs(variables.iter().copied()), b"")
}

fn answer(run: &Run, code: i32) -> Value {
    assert_eq!(run.code, Some(code), "{}{}", run.stdout, run.stderr);
    run.json_of_failure()
}

fn causes(answer: &Value, of: &str) -> Vec<String> {
    answer[of].as_array().unwrap().iter().map(|one| one["cause"].as_str().unwrap().to_owned()).collect()
}

/// A trust store of the test's own: one authority in a file, two in a directory that OpenSSL finds by their hashes.
fn with_trust(bench: &Bench) -> [(&'static str, String); 2] {
    bench.write("authority.pem", Authority::new().pem());
    std::fs::create_dir(bench.path("authorities")).unwrap();
    for name in ["authorities/0123abcd.0", "authorities/0123abcd.1", "authorities/abc.0", "authorities/abcdefab.txt"] {
        bench.write(name, "");
    }
    let path = |name: &str| bench.path(name).display().to_string();
    [("SSL_CERT_FILE", path("authority.pem")), ("SSL_CERT_DIR", path("authorities"))]
}

#[test]
fn a_healthy_machine_is_shown_on_one_screen() {
    let bench = Bench::new();
    let trust = with_trust(&bench);
    let mut variables: Vec<(&str, &str)> = trust.iter().map(|(name, value)| (*name, value.as_str())).collect();
    variables.push(("AWS_REGION", "eu-central-1"));
    let run = doctor(&bench, "", &variables);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{}", run.stdout);
    assert!(run.stdout.lines().count() <= 24, "{}", run.stdout);
    let rows: Vec<&str> = run.stdout.lines().take_while(|line| !line.starts_with("note: ")).collect();
    let value = |name: &str| {
        let row = rows.iter().find_map(|row| row.strip_prefix(name)).unwrap_or_else(|| panic!("{name}: {rows:#?}"));
        row.trim().to_owned()
    };
    assert!(value("loaded").starts_with(openssl::version::version()));
    assert_eq!(value("self-test passed"), "OAEP-SHA-256, OAEP-SHA-1, AES-KWP, random generator");
    assert_eq!(
        value("works here"),
        "RSAES_OAEP_SHA_256, RSAES_OAEP_SHA_1, RSA_AES_KEY_WRAP_SHA_256, RSA_AES_KEY_WRAP_SHA_1"
    );
    let path = |name: &str| bench.path(name).display().to_string();
    let (file, directory) = (path("authority.pem"), path("authorities"));
    assert_eq!(
        value("trust store"),
        format!("{file} (SSL_CERT_FILE): 1 certificate; {directory} (SSL_CERT_DIR): 2 certificates")
    );
    assert_eq!(value("proxy"), "none");
    assert_eq!(value("Region"), "eu-central-1");
    assert_eq!(value("endpoint"), "https://kms.eu-central-1.amazonaws.com");
    assert_eq!(value("credentials"), "none configured; an instance role would show with --online");
    assert!(value("memory").contains("locked"), "{rows:#?}");
    assert!(value("core dumps").starts_with("o"), "{rows:#?}");
}

#[test]
fn an_end_of_life_openssl_is_named_with_the_way_to_a_newer_one() {
    let bench = Bench::new();
    let answer = answer(&doctor(&bench, "--output json", &[]), 0);
    let named = causes(&answer, "notes").iter().any(|cause| cause.contains("out of the OpenSSL project's support"));
    assert_eq!(answer["openssl"]["end_of_life"].as_bool().unwrap(), named, "{answer:#}");
    let loaded = openssl::version::version();
    if loaded.starts_with("OpenSSL 3.0.") {
        assert_eq!(answer["openssl"]["branch"], "3.0");
        assert_eq!(answer["openssl"]["supported_until"], "2026-09-07");
        assert!(named);
    }
}

#[test]
fn what_is_set_and_cannot_be_used_is_a_problem_and_exit_4() {
    let bench = Bench::new();
    let variables = [
        ("AWS_REGION", "cn-north-1"),
        ("AWS_CA_BUNDLE", "no/such/bundle.pem"),
        ("AWS_ENDPOINT_URL_KMS", "https://kms.example.org"),
    ];
    let answer = answer(&doctor(&bench, "--output json", &variables), 4);
    assert_eq!(answer["healthy"], false);
    assert_eq!(
        causes(&answer, "problems"),
        [
            "`cn-north-1` is a China Region, which this tool does not serve: key import differs there",
            "the endpoint `https://kms.example.org` from the environment or the profile is not a KMS endpoint of AWS",
            "the CA bundle `no/such/bundle.pem` from AWS_CA_BUNDLE cannot be used",
        ]
    );
    let run = doctor(&bench, "", &[("AWS_REGION", "us-east-1"), ("HTTPS_PROXY", "socks5://p:1080")]);
    assert_eq!(run.code, Some(4));
    assert!(
        run.stdout.contains(
            "problem: HTTPS_PROXY does not name an http or https proxy\n  hint: write HTTPS_PROXY as in http://proxy.example:3128\n"
        ),
        "{}",
        run.stdout
    );
}

#[test]
fn what_is_missing_only_for_aws_is_a_note_offline_and_a_problem_online() {
    let bench = Bench::new();
    let nowhere = bench.path("nothing").display().to_string();
    let variables = [("SSL_CERT_FILE", nowhere.as_str()), ("SSL_CERT_DIR", nowhere.as_str())];
    let missing = [
        "no AWS Region is set".to_owned(),
        format!("no certificate authority is trusted here: no certificate is in `{nowhere}` or `{nowhere}`"),
    ];
    let offline = answer(&doctor(&bench, "--output json", &variables), 0);
    assert!(missing.iter().all(|cause| causes(&offline, "notes").contains(cause)), "{offline:#}");
    let online = answer(&doctor(&bench, "--output json --online", &variables), 4);
    assert_eq!(causes(&online, "problems"), missing);
    assert_eq!(online["online"], Value::Null);
}

#[test]
fn no_secret_of_the_environment_or_the_profile_is_shown() {
    let bench = Bench::new();
    bench.write(
        "config",
        "[profile keys]\nregion = eu-west-1\naws_access_key_id = AKIDFILE\naws_secret_access_key = hush\n",
    );
    let config = bench.path("config").display().to_string();
    let variables = [
        ("AWS_CONFIG_FILE", config.as_str()),
        ("AWS_PROFILE", "keys"),
        ("HTTPS_PROXY", "http://user:swordfish@proxy.example:3128"),
    ];
    for format in ["text", "json"] {
        let run = doctor(&bench, &format!("--output {format}"), &variables);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        for secret in ["AKIDFILE", "hush", "swordfish", "user"] {
            assert!(!run.stdout.contains(secret), "{secret}: {}", run.stdout);
        }
        assert!(run.stdout.contains("http://proxy.example:3128"), "{}", run.stdout);
    }
    let connection = &answer(&doctor(&bench, "--output json", &variables), 0)["connection"];
    assert_eq!((&connection["credential_source"], &connection["profile"]), (&json!("profile"), &json!("keys")));
    assert_eq!(connection["region"], "eu-west-1");
    let from_environment =
        [("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "hush"), ("AWS_REGION", "us-east-1")];
    let run = doctor(&bench, "", &from_environment);
    assert!(run.stdout.contains("credentials       environment variables\n"), "{}", run.stdout);
    assert!(!run.stdout.contains("AKIDENV") && !run.stdout.contains("hush"), "{}", run.stdout);
}

#[test]
fn offline_nobody_is_asked() {
    let bench = Bench::new();
    let metadata = Server::start(|_, log| log.lock().unwrap().push("asked".to_owned()));
    let url = format!("http://127.0.0.1:{}", metadata.port());
    bench.write("config", "[default]\ncredential_process = touch asked\n");
    let config = bench.path("config").display().to_string();
    let variables = [
        ("AWS_CONFIG_FILE", config.as_str()),
        ("AWS_EC2_METADATA_DISABLED", "false"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url),
    ];
    let run = doctor(&bench, "", &variables);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("credentials       profile, credential process\n"), "{}", run.stdout);
    assert!(!bench.exists("asked"));
    assert_eq!(metadata.requests().len(), 0);
}
