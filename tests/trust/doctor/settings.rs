//! Proxies and configurations of OpenSSL: what cannot be used is named, and no password is shown.

use super::doctor;
use crate::support::Bench;
use crate::support::tls_server::Server;

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
