//! `doctor`: one screen that says what this machine brings, and exit code 4 when something needed is missing.

use serde_json::{Value, json};

use crate::support::tls_server::{Authority, Server};
use crate::support::{self, Bench, Run, run};

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

mod online {
    use super::*;

    fn ask(bench: &Bench, flags: &str, line: &str) -> (Run, support::EmbeddedKms) {
        let server = bench.serve_with(&format!("--no-quotas --access-log log {flags}"));
        let url = server.url();
        let line = format!("doctor --online --region us-east-1 --endpoint-url {url} {line}");
        (bench.kms_byok_with_credentials(&line), server)
    }

    fn operations(bench: &Bench) -> Vec<String> {
        let log = String::from_utf8(bench.read("log")).unwrap();
        log.lines().map(|line| line.split(' ').nth(2).unwrap().to_owned()).collect()
    }

    #[test]
    fn kms_is_asked_what_changes_nothing_and_the_answers_are_shown() {
        let bench = Bench::new();
        let (run, server) = ask(&bench, "", "--output json");
        let found = answer(&run, 0);
        assert_eq!(found["online"]["reachable"], true);
        assert_eq!(found["online"]["rehearsal"], true);
        assert_eq!(found["online"]["credential_source"], "environment variables");
        assert!(found["online"]["clock_skew_seconds"].as_i64().unwrap().abs() <= 1, "{found:#}");
        assert_eq!(operations(&bench), ["ListKeys", "ListAliases"]);
        let url = server.url();
        let create = format!("create-key --region us-east-1 --endpoint-url {url} --alias alias/a --output json");
        let arn = bench.kms_byok_with_credentials(&create).json()["key_arn"].clone();
        let line = format!("doctor --online --key-id alias/a --region us-east-1 --endpoint-url {url} --output json");
        let found = answer(&bench.kms_byok_with_credentials(&line), 0);
        assert_eq!(found["key_arn"], arn);
        let asked = ["ListKeys", "ListAliases", "DescribeKey", "GetKeyPolicy", "ListResourceTags", "ListKeyRotations"];
        assert_eq!(operations(&bench)[operations(&bench).len() - asked.len()..], asked);
        let shown: Vec<(&str, &str)> = found["online"]["asked"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["operation"].as_str().unwrap(), one["outcome"].as_str().unwrap()))
            .collect();
        assert_eq!(shown, asked.map(|operation| (operation, "allowed")));
    }

    #[test]
    fn a_permission_that_no_import_needs_is_shown_as_denied_and_is_no_problem() {
        let bench = Bench::new();
        let (run, _server) = ask(&bench, "--fault ListKeys:always:error=AccessDeniedException", "");
        assert_eq!(run.code, Some(0), "{}", run.stdout);
        assert!(run.stdout.contains("\nasked, allowed    ListAliases\nasked, denied     ListKeys\n"), "{}", run.stdout);
    }

    #[test]
    fn a_key_that_must_not_be_described_is_a_problem() {
        let bench = Bench::new();
        let (run, _server) = ask(&bench, "--fault DescribeKey:always:error=AccessDeniedException", "--key-id alias/a");
        assert_eq!(run.code, Some(4), "{}", run.stdout);
        assert!(
            run.stdout.contains(
                "problem: the credentials do not permit kms:DescribeKey on alias `alias/a`\n  \
                 because: AccessDeniedException\n  \
                 hint: allow kms:DescribeKey in the key policy or the caller's IAM policy\n"
            ),
            "{}",
            run.stdout
        );
    }

    #[test]
    fn a_clock_that_is_off_is_a_problem_with_the_number() {
        let bench = Bench::new();
        for (clock, direction) in [("+25h", "behind"), ("-25h", "ahead of")] {
            let (run, _server) = ask(&bench, &format!("--clock {clock}"), "--output json");
            let found = answer(&run, 4);
            let seconds = found["online"]["clock_skew_seconds"].as_i64().unwrap();
            assert!(seconds.abs().abs_diff(90_000) <= 2, "{seconds}");
            let cause = format!("this machine's clock is {} s {direction} the endpoint's", seconds.abs());
            assert_eq!(causes(&found, "problems"), [cause]);
        }
    }

    #[test]
    fn credentials_that_are_not_known_are_asked_about_once() {
        let bench = Bench::new();
        let (run, _server) = ask(&bench, "--fault *:always:error=UnrecognizedClientException", "--output json");
        let found = answer(&run, 4);
        assert_eq!(causes(&found, "problems"), ["AWS does not know the access key"]);
        assert_eq!(found["online"]["asked"].as_array().unwrap().len(), 1);
        assert_eq!(found["online"]["reachable"], true);
    }

    #[test]
    fn an_endpoint_that_does_not_answer_is_not_reached() {
        let bench = Bench::new();
        let line = "doctor --online --region us-east-1 --endpoint-url http://127.0.0.1:1";
        let run = bench.kms_byok_with_credentials(line);
        assert_eq!(run.code, Some(4), "{}", run.stdout);
        assert!(run.stdout.contains("\nreached           NO\nasked, failed     ListKeys\n"), "{}", run.stdout);
        assert!(
            run.stdout.contains("problem: nothing answers at `127.0.0.1:1`: the connection is refused\n"),
            "{}",
            run.stdout
        );
    }

    #[test]
    fn no_credentials_at_all_is_a_problem() {
        let bench = Bench::new();
        let server = bench.serve();
        let url = server.url();
        let run = doctor(&bench, &format!("--online --region us-east-1 --endpoint-url {url} --output json"), &[]);
        let found = answer(&run, 4);
        assert_eq!(causes(&found, "problems"), ["no AWS credentials are found"]);
    }
}

#[test]
fn no_piece_of_a_proxys_password_is_shown_in_any_form() {
    let bench = Bench::new();
    for value in [
        "http://user:p@ss#w@host",
        "http://user:p@ss@host:3128",
        "http://user:p#ss@host",
        "http://user:p/ss@host",
        "http://user:p?ss@host",
        "user:p@ss#w@host:1",
        "http://user:ss",
        "http://user:ss@host:70000",
        "http://user:ss@",
        "socks5://user:ss@host",
    ] {
        for variable in ["HTTPS_PROXY", "https_proxy"] {
            for output in ["text", "json"] {
                let run =
                    doctor(&bench, &format!("--output {output}"), &[("AWS_REGION", "us-east-1"), (variable, value)]);
                assert_eq!(run.code, Some(4), "{value}: {}", run.stdout);
                let said = format!("{}{}", run.stdout, run.stderr).replace("user name", "").replace("percent", "");
                let said =
                    said.replace("password", "").replace("pass", "").replace("processes", "").replace("less", "");
                for piece in ["user:", "p@ss", "ss#w", "ss@", ":ss", "//ss", "`ss"] {
                    assert!(!said.contains(piece), "{value}: {piece} in {said}");
                }
            }
        }
    }
    let run = doctor(&bench, "", &[("AWS_REGION", "us-east-1"), ("HTTPS_PROXY", "http://user:p@ss#w@host")]);
    assert!(
        run.stdout.contains(
            "problem: the user name or password in HTTPS_PROXY ends before it is complete\n\
             \x20 hint: write its characters in percent encoding: `@` as %40, `#` as %23, `/` as %2F, `?` as %3F\n"
        ),
        "{}",
        run.stdout
    );
}

#[test]
fn ports_above_65535_and_zones_for_regions_are_problems() {
    let bench = Bench::new();
    for (variables, cause) in [
        (vec![("AWS_REGION", "us-east-1a")], "problem: `us-east-1a` is not the name of an AWS Region\n"),
        (
            vec![("AWS_REGION", "us-east-1"), ("HTTPS_PROXY", "http://host:65536")],
            "problem: the port in HTTPS_PROXY is not a number from 1 to 65535\n",
        ),
        (
            vec![("AWS_REGION", "us-east-1"), ("AWS_ENDPOINT_URL_KMS", "https://127.0.0.1:65536")],
            "problem: `https://127.0.0.1:65536` is not an endpoint URL: its port is not a number from 1 to 65535\n",
        ),
    ] {
        let run = doctor(&bench, "", &variables);
        assert!(run.code == Some(4) && run.stdout.contains(cause), "{variables:?}: {}", run.stdout);
    }
}

#[test]
fn a_dead_proxy_is_called_one() {
    let bench = Bench::new();
    let variables = [
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("HTTPS_PROXY", "http://user:hush@127.0.0.1:1"),
    ];
    let run = doctor(&bench, "--online", &variables);
    let found = "problem: the proxy `127.0.0.1:1` cannot be reached\n  because: Connection refused (os error 111)\n  \
                 hint: check HTTPS_PROXY and HTTP_PROXY, and that the proxy runs, or name the host in NO_PROXY\n";
    assert!(run.code == Some(4) && run.stdout.contains(found), "{}{}", run.stdout, run.stderr);
}

#[test]
fn a_configuration_with_the_legacy_provider_alone_is_the_cause_and_not_the_library() {
    let bench = Bench::new();
    let alone = "openssl_conf = init\n[init]\nproviders = all\n[all]\nlegacy = one\n[one]\nactivate = 1\n";
    bench.write("legacy.cnf", alone);
    let path = bench.path("legacy.cnf").display().to_string();
    let run = doctor(&bench, "", &[("OPENSSL_CONF", &path)]);
    // Where the module is not installed, nothing at all is active.
    let causes = ["`legacy`", "others"].map(|active| {
        format!("problem: OpenSSL's configuration activates only {active}, but no provider that can wrap keys\n")
    });
    if !openssl::version::version().starts_with("OpenSSL 3") {
        return;
    }
    assert!(run.code == Some(4) && causes.iter().any(|cause| run.stdout.contains(cause)), "{}", run.stdout);
    assert!(!run.stdout.contains("replace the OpenSSL"), "{}", run.stdout);
    assert!(run.stdout.contains(&format!("hint: activate the default provider too, in `{path}`: ")), "{}", run.stdout);
}

#[test]
fn a_configuration_that_openssl_leaves_out_is_mentioned() {
    let bench = Bench::new();
    bench.write("broken.cnf", "openssl_conf = init\n[init\n");
    bench.write("dangling.cnf", "openssl_conf = init\n[other]\n");
    for (file, problem) in [
        ("broken.cnf", "line 2 is neither a section nor a setting"),
        ("dangling.cnf", "there is no section `init`"),
        ("missing.cnf", "OpenSSL configuration `PATH` does not exist"),
    ] {
        let path = bench.path(file).display().to_string();
        let run = doctor(&bench, "", &[("OPENSSL_CONF", &path)]);
        let note = format!(
            "OpenSSL cannot use its configuration `{path}` (from OPENSSL_CONF): {}\n",
            problem.replace("PATH", &path)
        );
        assert!(run.stdout.contains(&note), "{file}: {}", run.stdout);
    }
}

#[test]
fn a_proxy_that_takes_too_long_is_named_and_not_the_endpoint() {
    let bench = Bench::new();
    let silent = Server::start(|stream, _| {
        std::thread::sleep(std::time::Duration::from_secs(3));
        drop(stream);
    });
    let proxy = format!("http://127.0.0.1:{}", silent.port());
    let variables = [
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("HTTPS_PROXY", proxy.as_str()),
    ];
    let run = doctor(&bench, "--online --connect-timeout 200ms", &variables);
    let found = format!(
        "problem: no connection to `kms.us-east-1.amazonaws.com` through the proxy `127.0.0.1:{}` within 0.2 s\n",
        silent.port()
    );
    assert!(run.code == Some(4) && run.stdout.contains(&found), "{}{}", run.stdout, run.stderr);
}
