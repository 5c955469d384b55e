//! `--fips-endpoint` and `--require-fips`: which endpoint is spoken to, and which runs are refused. The runs under a FIPS
//! provider need one: KMS_BYOK_FIPS_CONF names an openssl.cnf that activates it, KMS_BYOK_FIPS_MODULES its directory.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::tls_server::Server;
use crate::support::{self, Bench, Run, run};

const KEY: &str = "--key-id 1234abcd-12ab-34cd-56ef-1234567890ab";

/// A verb with credentials, and without any FIPS provider: its openssl.cnf is empty.
fn command(bench: &Bench, line: &str, variables: &[(&str, &str)]) -> Command {
    bench.write("openssl.cnf", "");
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut command = bench.command(&words);
    command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
    command.env("OPENSSL_CONF", bench.path("openssl.cnf")).envs(variables.iter().copied());
    command
}

fn without_provider(bench: &Bench, line: &str) -> Run {
    run(&mut command(bench, line, &[]), b"")
}

/// The host to which a run with these flags wants to connect, as its proxy sees it.
fn host_of(bench: &Bench, flags: &str, variables: &[(&str, &str)]) -> String {
    let proxy = Server::proxy(Server::start(|_, _| {}).address);
    let url = format!("http://127.0.0.1:{}", proxy.port());
    let variables = [variables, &[("HTTPS_PROXY", url.as_str())]].concat();
    let line = format!("status {KEY} --region us-east-1 {flags}");
    let mut process = command(bench, &line, &variables).stderr(Stdio::null()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while proxy.requests().is_empty() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
    process.kill().unwrap();
    process.wait().unwrap();
    proxy.requests().first().cloned().unwrap_or_default()
}

#[test]
fn fips_endpoint_alone_selects_the_fips_endpoint_of_the_region() {
    let bench = Bench::new();
    assert_eq!(host_of(&bench, "", &[]), "CONNECT kms.us-east-1.amazonaws.com:443 HTTP/1.1");
    assert_eq!(host_of(&bench, "--fips-endpoint", &[]), "CONNECT kms-fips.us-east-1.amazonaws.com:443 HTTP/1.1");
    let variable = [("AWS_USE_FIPS_ENDPOINT", "true")];
    assert_eq!(host_of(&bench, "", &variable), "CONNECT kms-fips.us-east-1.amazonaws.com:443 HTTP/1.1");
}

#[test]
fn a_fips_endpoint_and_an_endpoint_of_ones_own_exclude_each_other() {
    let bench = Bench::new();
    let line = format!("status {KEY} --region us-east-1 --fips-endpoint --endpoint-url http://127.0.0.1:1");
    without_provider(&bench, &line).refuses(
        2,
        "error: the endpoint `http://127.0.0.1:1` cannot be used together with a FIPS endpoint\n\
         hint: leave out one: --endpoint-url (AWS_ENDPOINT_URL) or --fips-endpoint (AWS_USE_FIPS_ENDPOINT)\n",
    );
}

#[test]
fn every_verb_refuses_to_run_without_a_fips_provider_where_one_is_required() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    bench.write("key", support::material(1));
    let expected = format!(
        "error: `{}` does not run with a FIPS provider as its default, but FIPS is required\n\
         hint: activate the FIPS provider in openssl.cnf (`openssl fipsinstall`, `default_properties = fips=yes`)\n",
        openssl::version::version()
    );
    for line in [
        "wrap --in key --inkey PublicKey.bin --out out",
        "generate --out new",
        "provision --alias alias/a --generate --discard --region us-east-1",
        "create-key --region us-east-1",
        "status --key-id alias/a --region us-east-1",
        "verify --key-id alias/a --material key --region us-east-1",
        "get-parameters --key-id alias/a --dir D --region us-east-1",
        "import --dir D",
        "completions bash",
        "man",
    ] {
        without_provider(&bench, &format!("{line} --require-fips --fips-endpoint")).refuses(1, &expected);
    }
    assert!(!bench.exists("out") && !bench.exists("new") && !bench.exists("D"));
}

#[test]
fn doctor_names_the_missing_provider_and_the_missing_endpoint() {
    let bench = Bench::new();
    let run = without_provider(&bench, "doctor --require-fips --region us-east-1 --output json");
    assert_eq!(run.code, Some(4), "{}", run.stderr);
    let found: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let causes: Vec<&str> =
        found["problems"].as_array().unwrap().iter().map(|problem| problem["cause"].as_str().unwrap()).collect();
    let provider = format!(
        "`{}` does not run with a FIPS provider as its default, but FIPS is required",
        openssl::version::version()
    );
    assert_eq!(causes, [provider.as_str(), "the FIPS endpoint is missing"]);
    let line =
        "doctor --require-fips --region us-east-1 --endpoint-url https://vpce-1.kms.us-east-1.vpce.amazonaws.com";
    let run = without_provider(&bench, line);
    assert!(
        run.stdout.contains(
            "problem: the endpoint `https://vpce-1.kms.us-east-1.vpce.amazonaws.com` is not a FIPS endpoint of AWS, but FIPS is required\n  \
             hint: leave it out and add --fips-endpoint, or name a VPC endpoint of kms-fips\n"
        ),
        "{}",
        run.stdout
    );
    let run = without_provider(&bench, "doctor --fips-endpoint --region us-gov-west-1");
    assert!(run.stdout.contains("endpoint          https://kms-fips.us-gov-west-1.amazonaws.com\n"), "{}", run.stdout);
}

/// A verb under the FIPS provider of this machine; nothing where there is none.
fn under_provider(bench: &Bench, line: &str) -> Option<Run> {
    let Some(configuration) = std::env::var_os("KMS_BYOK_FIPS_CONF") else {
        println!("skipped: no FIPS provider, named by KMS_BYOK_FIPS_CONF and KMS_BYOK_FIPS_MODULES");
        return None;
    };
    let mut command = command(bench, line, &[]);
    command.env("OPENSSL_CONF", configuration);
    command.env("OPENSSL_MODULES", std::env::var_os("KMS_BYOK_FIPS_MODULES").unwrap_or_default());
    Some(run(&mut command, b""))
}

#[test]
fn under_a_fips_provider_wrapping_is_done_and_doctor_says_who_does_it() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    bench.kms_byok("generate --out key").succeeds();
    let Some(run) = under_provider(&bench, "wrap --in key --inkey PublicKey.bin --out out --require-fips") else {
        return;
    };
    run.succeeds();
    let opening = "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256";
    bench.openssl(&format!("pkeyutl -decrypt -inkey wrapping.pem -in out -out opened {opening}"));
    assert_eq!(bench.read("opened"), bench.read("key"));
    let line = "doctor --require-fips --fips-endpoint --region us-east-1";
    let shown = under_provider(&bench, line).unwrap().succeeds().stdout.clone();
    assert!(shown.contains("\nproviders         fips\nFIPS              in force\n"), "{shown}");
    assert!(shown.contains("\nself-test passed  OAEP-SHA-256, OAEP-SHA-1, AES-KWP, random generator\n"), "{shown}");
    assert!(shown.contains("\nendpoint          https://kms-fips.us-east-1.amazonaws.com\n"), "{shown}");
}

#[test]
fn under_a_fips_provider_the_fips_endpoint_is_wanted_too() {
    let bench = Bench::new();
    let Some(run) = under_provider(&bench, &format!("status {KEY} --region us-east-1 --require-fips")) else { return };
    run.refuses(2, "error: the FIPS endpoint is missing\nhint: add --fips-endpoint, which --require-fips needs too\n");
}
