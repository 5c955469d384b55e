//! Which endpoint is spoken to: one that is not AWS's only when the person named it, plain http only on this machine, and never in
//! silence. And what is said when there is no way to KMS at all.

use std::process::Command;

use serde_json::Value;

use crate::support::cloud::Cloud;
use crate::support::forwarding;
use crate::support::{self, Run, run};

/// Every verb that speaks to KMS.
const VERBS: [&str; 6] = [
    "provision --alias alias/b --wrapping-key-spec RSA_2048 --generate --discard",
    "create-key --alias alias/c",
    "get-parameters --key-id alias/a --dir E --wrapping-key-spec RSA_2048",
    "import --dir D",
    "status --key-id alias/a",
    "verify --key-id alias/a --material key",
];

/// A key `alias/a` with material wrapped for it in `D`.
fn scene() -> Cloud {
    let cloud = Cloud::new("");
    cloud.bench.write("key", support::material(7));
    cloud.run("provision --alias alias/a --wrapping-key-spec RSA_2048 --material key").succeeds();
    cloud.run("get-parameters --key-id alias/a --dir D --wrapping-key-spec RSA_2048").succeeds();
    cloud.bench.kms_byok("wrap --dir D --material key").succeeds();
    cloud
}

/// With credentials and a Region, and nothing that names an endpoint.
fn command(cloud: &Cloud, line: &str) -> Command {
    let mut command = cloud.bench.command(&line.split_whitespace().collect::<Vec<_>>());
    command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test").env("AWS_REGION", "us-east-1");
    command
}

fn with(cloud: &Cloud, line: &str, variables: &[(&str, &str)]) -> Run {
    run(command(cloud, line).envs(variables.iter().copied()), b"")
}

fn total(cloud: &Cloud) -> usize {
    cloud.bench.read("requests.log").len()
}

#[test]
fn an_endpoint_of_the_environment_or_the_profile_that_is_not_awss_is_refused_before_anything_is_sent() {
    let cloud = scene();
    let url = cloud.url().to_owned();
    cloud.bench.write("global", format!("[default]\nendpoint_url = {url}\n[profile p]\nendpoint_url = {url}\n"));
    cloud
        .bench
        .write("service", format!("[default]\nservices = local\n[services local]\nkms =\n  endpoint_url = {url}\n"));
    let before = total(&cloud);
    for line in VERBS {
        for (name, value) in [
            ("AWS_ENDPOINT_URL", url.as_str()),
            ("AWS_ENDPOINT_URL_KMS", &url),
            ("AWS_CONFIG_FILE", "global"),
            ("AWS_CONFIG_FILE", "service"),
        ] {
            with(&cloud, &format!("{line} --quiet"), &[(name, value)]).refuses_with(
                1,
                &format!(
                    "error: the endpoint `{url}` from the environment or the profile is not a KMS endpoint of AWS\n\
                     hint: add --endpoint-url {url} or --allow-endpoint-env if your keys may go there, or unset it\n"
                ),
            );
        }
    }
    assert_eq!(with(&cloud, "status --key-id alias/a --profile p", &[("AWS_CONFIG_FILE", "global")]).code, Some(1));
    assert_eq!(total(&cloud), before);
}

#[test]
fn it_is_used_when_it_was_allowed_or_named_and_then_it_is_printed_and_in_json() {
    let cloud = scene();
    let url = cloud.url().to_owned();
    for line in VERBS {
        let json = format!("{line} --output json");
        let allowed = with(&cloud, &format!("{json} --allow-endpoint-env"), &[("AWS_ENDPOINT_URL", &url)]);
        let _ = std::fs::remove_dir_all(cloud.bench.path("E"));
        let named =
            with(&cloud, &format!("{json} --endpoint-url {url}"), &[("AWS_ENDPOINT_URL", "http://127.0.0.1:1")]);
        let _ = std::fs::remove_dir_all(cloud.bench.path("E"));
        for run in [allowed, named] {
            assert_eq!(run.json()["endpoint"], url, "{line}");
            assert!(run.stderr.contains(&format!("endpoint: {url}\n")), "{line}: {}", run.stderr);
        }
        let text = cloud.run(line);
        assert!(text.succeeds().stdout.lines().any(|row| row.starts_with("endpoint") && row.ends_with(&url)), "{line}");
        let _ = std::fs::remove_dir_all(cloud.bench.path("E"));
    }
    let failed = cloud.run("status --key-id alias/none");
    assert!(failed.stderr.starts_with(&format!("endpoint: {url}\nerror: ")), "{}", failed.stderr);
}

#[test]
fn plain_http_leaves_this_machine_only_when_that_was_accepted() {
    let cloud = scene();
    let before = total(&cloud);
    for line in VERBS {
        for variables in [&[][..], &[("HTTP_PROXY", cloud.url())]] {
            let run = with(&cloud, &format!("{line} --quiet --endpoint-url http://kms.example.org"), variables);
            run.refuses_with(
                2,
                "error: the endpoint `http://kms.example.org` is plain http, and is not on this machine\n\
                 hint: use https, or add --insecure-endpoint if you accept that\n",
            );
        }
    }
    assert_eq!(total(&cloud), before);
    // By way of a proxy.
    let proxy = forwarding::proxy_to(cloud.url());
    let line = "status --key-id alias/a --endpoint-url http://kms.example.org --insecure-endpoint --output json";
    let answer = with(&cloud, line, &[("HTTP_PROXY", &proxy)]).json();
    assert_eq!((&answer["endpoint"], &answer["key_state"]), (&"http://kms.example.org".into(), &"Enabled".into()));
}

#[test]
fn an_endpoint_of_aws_may_come_from_the_environment() {
    let cloud = scene();
    let run = with(
        &cloud,
        "status --key-id alias/a --connect-timeout 1s",
        &[
            ("AWS_ENDPOINT_URL", "https://vpce-0123.kms.us-east-1.vpce.amazonaws.com"),
            ("HTTPS_PROXY", "http://127.0.0.1:1"),
        ],
    );
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.starts_with("error: ") && run.stderr.contains("127.0.0.1:1"), "{}", run.stderr);
    assert!(!run.stderr.contains("not a KMS endpoint"), "{}", run.stderr);
}

#[test]
fn an_endpoint_of_any_partition_may_come_from_the_environment_and_china_is_named() {
    let bench = support::Bench::new();
    for (host, region) in [
        ("kms.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
        ("kms-fips.eusc-de-east-1.api.amazonwebservices.eu", "eusc-de-east-1"),
        ("vpce-0123.kms-fips.eusc-de-east-1.vpce.amazonaws.eu", "eusc-de-east-1"),
        ("kms.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"),
        ("kms.us-isob-west-1.api.aws.scloud", "us-isob-west-1"),
        ("kms.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1"),
        ("kms-fips.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1"),
        ("kms.us-gov-west-1.api.aws", "us-gov-west-1"),
    ] {
        let url = format!("https://{host}");
        let fips = if host.contains("kms-fips") { "--require-fips" } else { "--quiet" };
        let mut doctor = bench.command(&["doctor", "--output", "json", fips]);
        let found = answer(&run(doctor.env("AWS_REGION", region).env("AWS_ENDPOINT_URL", &url), b""));
        assert_eq!(found["connection"]["endpoint"], *url, "{found:#}");
        assert_eq!(found["connection"]["endpoint_is_aws"], true, "{host}");
        let causes = found["problems"].to_string();
        assert!(!causes.contains("endpoint"), "{host}: {causes}");
    }
    for url in ["https://kms.cn-north-1.amazonaws.com.cn", "https://kms.cn-north-1.api.amazonwebservices.com.cn"] {
        let mut status = bench.command(&["status", "--quiet", "--key-id", "alias/a"]);
        run(status.env("AWS_REGION", "us-east-1").env("AWS_ENDPOINT_URL", url), b"").refuses_with(
            1,
            "error: `cn-north-1` is a China Region, which this tool does not serve: key import differs there\n\
             hint: use the aws CLI there, or name another Region\n",
        );
    }
}

/// What `doctor` says, whether it finds problems or not.
fn answer(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}{}", run.stdout, run.stderr))
}

/// botocore's own cases, at `doctor`, which sends nothing.
#[test]
fn the_endpoint_is_the_one_that_botocore_would_use() {
    let bench = support::Bench::new();
    let cases = include_str!("../data/kms_endpoint_cases.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut count = 0;
    for line in cases {
        let [region, fips, dual_stack, endpoint, expected] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let mut doctor = bench.command(&["doctor", "--output", "json"]);
        doctor.env("AWS_USE_FIPS_ENDPOINT", fips).env("AWS_USE_DUALSTACK_ENDPOINT", dual_stack);
        if region != "-" {
            doctor.env("AWS_REGION", region);
        }
        if endpoint != "-" {
            doctor.args(["--endpoint-url", endpoint]);
        }
        let found = answer(&run(&mut doctor, b""));
        let (named, said) =
            (&found["connection"]["endpoint"], [&found["problems"], &found["notes"]].map(Value::to_string).concat());
        match expected {
            "error: Invalid Configuration: FIPS and custom endpoint are not supported" => {
                assert!(said.contains("cannot be used together with a FIPS endpoint"), "{line}: {said}");
            }
            // AWS_USE_DUALSTACK_ENDPOINT may be set for every program of a machine; the endpoint was named for this one.
            "error: Invalid Configuration: Dualstack and custom endpoint are not supported" => {
                assert_eq!(named, endpoint)
            }
            "error: Invalid Configuration: Missing Region" => {
                assert_eq!(named, &Value::Null);
                assert!(said.contains("no AWS Region is set"), "{line}: {said}");
            }
            url => assert_eq!(named, url, "{line}"),
        }
        assert_eq!(said.contains("is a China Region"), region.starts_with("cn-"), "{line}: {said}");
        count += 1;
    }
    assert_eq!(count, 68);
}

/// The default policy names the account by an ARN of its own partition.
#[test]
fn keys_of_every_partition_have_its_arns_and_its_default_policy() {
    let cloud = Cloud::new("");
    cloud.bench.write("key", support::material(9));
    for (region, partition) in [
        ("us-east-1", "aws"),
        ("eusc-de-east-1", "aws-eusc"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-isob-east-1", "aws-iso-b"),
    ] {
        let at = format!("--region {region} --endpoint-url {} --output json", cloud.url());
        let made = with(&cloud, &format!("create-key --alias alias/p {at}"), &[]).json();
        let arn = made["key_arn"].as_str().unwrap();
        assert!(arn.starts_with(&format!("arn:{partition}:kms:{region}:")), "{arn}");
        let imported =
            with(&cloud, &format!("provision --alias alias/p --wrapping-key-spec RSA_2048 --material key {at}"), &[]);
        assert_eq!(imported.json()["key_state"], "Enabled", "{region}");
    }
}

#[test]
fn what_is_no_endpoint_is_wrong_usage_and_a_password_in_it_is_not_repeated() {
    let cloud = scene();
    for (url, problem) in [
        ("ftp://kms.example.org", "it does not begin with https:// or http://"),
        ("kms.example.org", "it does not begin with https:// or http://"),
        ("https://kms.example.org?a=b", "there is a query in it"),
    ] {
        with(&cloud, &format!("status --key-id alias/a --endpoint-url {url}"), &[]).refuses(
            2,
            &format!(
                "error: `{url}` is not an endpoint URL: {problem}\n\
                 hint: write it as in https://kms.us-east-1.amazonaws.com\n"
            ),
        );
    }
    with(&cloud, "status --key-id alias/a --endpoint-url https://me:swordfish@kms.example.org", &[]).refuses(
        2,
        "error: `https://…@kms.example.org` is not an endpoint URL: there is a user name in it, which KMS does not take\n\
         hint: write it as in https://kms.us-east-1.amazonaws.com\n",
    );
    for (line, variables) in [
        (format!("status --key-id alias/a --fips-endpoint --endpoint-url {}", cloud.url()), &[][..]),
        (format!("--fips-endpoint status --key-id alias/a --endpoint-url {}", cloud.url()), &[]),
        (format!("status --key-id alias/a --endpoint-url {}", cloud.url()), &[("AWS_USE_FIPS_ENDPOINT", "true")]),
    ] {
        with(&cloud, &line, variables).refuses(
            2,
            &format!(
                "error: the endpoint `{}` cannot be used together with a FIPS endpoint\n\
                 hint: leave out one: --endpoint-url (AWS_ENDPOINT_URL) or --fips-endpoint (AWS_USE_FIPS_ENDPOINT)\n",
                cloud.url()
            ),
        );
    }
}

#[test]
fn an_endpoint_that_is_down_is_a_cause_and_a_fix_for_every_verb() {
    let cloud = scene();
    let bare = "import --key-id alias/a --encrypted D/EncryptedKeyMaterial.bin --import-token D/ImportToken.bin";
    // With a directory, `import` says first that its parameters came from another endpoint.
    for line in VERBS.into_iter().filter(|line| !line.starts_with("import")).chain([bare]) {
        with(&cloud, &format!("{line} --quiet --endpoint-url http://127.0.0.1:1"), &[]).refuses_with(
            1,
            "error: nothing answers at `127.0.0.1:1`: the connection is refused\n\
             because: Connection refused (os error 111)\n\
             hint: check the endpoint's port, and that its server runs\n",
        );
    }
    assert!(!cloud.bench.exists("E"));
}

#[test]
fn no_region_and_no_credentials_are_a_cause_and_a_fix_for_every_verb() {
    let cloud = scene();
    let before = total(&cloud);
    for line in VERBS {
        let at = format!("{line} --quiet --endpoint-url {}", cloud.url());
        if !line.starts_with("import") {
            // `import --dir` knows the Region from the directory.
            run(command(&cloud, &at).env_remove("AWS_REGION"), b"").refuses(
                1,
                "error: no AWS Region is set\n\
                 hint: add --region, set AWS_REGION, or put `region` in the profile of the AWS configuration file\n",
            );
        }
        let mut nobody = command(&cloud, &at);
        nobody.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        let nobody = run(&mut nobody, b"");
        // What AWS's chain says has as many lines as it needs.
        let is_more = |line: &&str| line.starts_with("warning: ") || line.starts_with(' ');
        let lines: Vec<&str> = nobody.stderr.lines().filter(|line| !is_more(line)).collect();
        assert_eq!((nobody.code, lines.len()), (Some(1), 3), "{line}: {}", nobody.stderr);
        assert_eq!(lines[0], "error: no AWS credentials are found");
        assert!(lines[1].starts_with("because: "), "{}", lines[1]);
        assert!(
            nobody.stderr.contains("Attempted: Environment: ") && !nobody.stderr.contains('\u{fffd}'),
            "{}",
            nobody.stderr
        );
        assert!(
            lines[2].starts_with("hint: sign in (`aws sso login`), set AWS_PROFILE or --profile, or set"),
            "{}",
            lines[2]
        );
        for (region, code, said) in [
            (
                "cn-north-1",
                1,
                "`cn-north-1` is a China Region, which this tool does not serve: key import differs there\n\
                 hint: use the aws CLI there, or name another Region\n",
            ),
            ("moon/1", 2, "`moon/1` is not the name of an AWS Region\nhint: write it as in us-east-1\n"),
        ] {
            // `import --dir` says first that the directory is for another Region.
            if !line.starts_with("import") {
                let run = with(&cloud, &format!("{at} --region {region}"), &[]);
                run.refuses_with(code, &format!("error: {said}"));
            }
        }
    }
    assert_eq!(total(&cloud), before);
}

#[test]
fn a_key_of_another_region_is_named_with_its_region() {
    let cloud = scene();
    let arn = cloud.keys()[0].arn.clone();
    let url = cloud.url();
    for line in ["status", "get-parameters --dir E", "verify --material key"] {
        let run = with(&cloud, &format!("{line} --key-id {arn} --quiet --endpoint-url {url} --region eu-west-1"), &[]);
        run.refuses_with(
            1,
            &format!(
                "error: KMS in eu-west-1 has no key `{arn}`\nbecause: NotFoundException: Invalid arn us-east-1\n\
                 hint: add --region us-east-1, which is the Region in the ARN\n"
            ),
        );
    }
    with(&cloud, &format!("import --dir D --endpoint-url {url} --region eu-west-1"), &[]).refuses(
        1,
        "error: the parameters are for Region us-east-1, but eu-west-1 was asked for\n\
         hint: leave --region out, or get parameters in that Region\n",
    );
    // Left out, the Region of the directory counts, not that of the environment.
    let elsewhere = [("AWS_REGION", "eu-west-1")];
    let imported = with(&cloud, &format!("import --dir D --endpoint-url {url} --output json"), &elsewhere).json();
    assert_eq!(imported["region"], "us-east-1");
}
