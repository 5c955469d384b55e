//! Profiles and AWS files: which profile, CA bundle, Region and process is used, and what is refused in them.

use super::setting::Setting;
use crate::support::run;
use crate::support::tls_server::KEY_ARN;

const TWO: &str = "[default]\nregion = us-east-1\n[profile production]\nregion = us-east-1\naws_access_key_id = AKIDPROFILE\n\
                   aws_secret_access_key = secret\n[profile staging]\nregion = us-east-1\n[bare]\nregion = us-east-1\n";

fn with_profiles(config: &str) -> Setting {
    let setting = Setting::new();
    std::fs::create_dir(setting.bench.path(".aws")).unwrap();
    setting.bench.write(".aws/config", config);
    setting
}

#[test]
fn a_profile_of_the_flag_gives_the_credentials_and_one_of_the_environment_does_not_win() {
    let keys = |setting: Setting| {
        setting.variable("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT").variable("AWS_SECRET_ACCESS_KEY", "secret")
    };
    keys(with_profiles(TWO)).signs_with(&["--profile", "production"], "akidprofile");
    keys(with_profiles(TWO)).variable("AWS_PROFILE", "production").signs_with(&[], "akidenvironment");
    keys(with_profiles(TWO)).variable("AWS_PROFILE", "staging").signs_with(&["--profile", "production"], "akidprofile");
    // A profile without credentials has none, whatever else there is.
    let setting = keys(with_profiles(TWO))
        .variable("AWS_WEB_IDENTITY_TOKEN_FILE", "token")
        .variable("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/keys")
        .variable("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/role");
    let run = setting.status(&["--profile", "staging"]);
    assert!(run.stderr.contains("hint: give profile `staging` credentials, or sign in"), "{}", run.stderr);
    assert!(run.code == Some(1) && setting.kms.requests().is_empty());
    // It may say itself that they come from the environment.
    let named = format!(
        "{TWO}[profile named]\nregion = us-east-1\nrole_arn = arn:aws:iam::1:role/a\ncredential_source = Environment\n"
    );
    let run = keys(with_profiles(&named))
        .variable("AWS_ENDPOINT_URL_STS", "http://sts.example.invalid")
        .status(&["--profile", "named"]);
    assert!(run.stderr.contains("which is not the address of STS"), "{}", run.stderr);
}

#[test]
fn a_profile_that_is_not_there_is_answered_with_those_that_are() {
    for (named, hint) in [
        ("prodution", "use one of these: `production`, `default`, `staging`"),
        ("stagin", "use one of these: `staging`, "),
        ("Default", "use one of these: `default`, "),
        ("bare", "write `[profile bare]` in the configuration file, where `[bare]` names no profile"),
    ] {
        let cause = format!("error: there is no profile `{named}` in the AWS configuration files\nhint: {hint}");
        let by_flag = with_profiles(TWO).status(&["--profile", named]);
        let by_variable = with_profiles(TWO).variable("AWS_PROFILE", named).status(&[]);
        for run in [by_flag, by_variable] {
            assert!(run.code == Some(1) && run.stderr.contains(&cause), "{named}: {}", run.stderr);
        }
        let setting = with_profiles(TWO);
        let doctor = run(&mut setting.bench.command(&["doctor", "--profile", named]), b"");
        let problem = cause.replace("error: ", "problem: ").replace("\nhint: ", "\n  hint: ");
        assert!(doctor.code == Some(4) && doctor.stdout.contains(&problem), "{named}: {}", doctor.stdout);
    }
    let run = Setting::new().status(&["--profile", "any"]);
    assert!(run.stderr.ends_with("hint: write one with `aws configure`\n"), "{}", run.stderr);
}

#[test]
fn the_ca_bundle_of_the_profile_is_used_and_the_variable_wins() {
    let config = TWO.replace("[profile staging]\n", "[profile staging]\nca_bundle = missing.pem\n");
    let staging = |setting: Setting| {
        run(setting.bench.command(&["doctor", "--profile", "staging"]).envs(setting.variables.clone()), b"")
    };
    let found = staging(with_profiles(&config));
    let cause = "problem: the CA bundle `missing.pem` from the profile's ca_bundle cannot be used\n";
    assert!(found.code == Some(4) && found.stdout.contains(cause), "{}", found.stdout);
    let found = staging(with_profiles(&config).variable("AWS_CA_BUNDLE", "other.pem"));
    assert!(
        found.stdout.contains("problem: the CA bundle `other.pem` from AWS_CA_BUNDLE cannot be used\n"),
        "{}",
        found.stdout
    );
}

#[test]
fn files_without_an_end_are_refused() {
    for (variable, cause) in [
        ("AWS_CONFIG_FILE", "error: AWS configuration file `/dev/zero` is larger than "),
        ("AWS_SHARED_CREDENTIALS_FILE", "error: AWS credentials file `/dev/zero` is larger than "),
    ] {
        let run = Setting::new().variable("AWS_REGION", "us-east-1").variable(variable, "/dev/zero").status(&[]);
        assert!(run.code == Some(1) && run.stderr.contains(cause), "{variable}: {}", run.stderr);
    }
    let setting = Setting::new()
        .variable("AWS_REGION", "us-east-1")
        .variable("AWS_ACCESS_KEY_ID", "AKID")
        .variable("AWS_SECRET_ACCESS_KEY", "secret")
        .variable("AWS_CA_BUNDLE", "/dev/zero");
    let mut command = setting.bench.command(&["status", "--key-id", KEY_ARN, "--endpoint-url", "https://127.0.0.1:9"]);
    let run = run(command.envs(setting.variables.clone()), b"");
    assert!(
        run.stderr.contains("the CA bundle `/dev/zero` from AWS_CA_BUNDLE cannot be used") || run.code == Some(1),
        "{}",
        run.stderr
    );
}

#[test]
fn a_credential_process_that_says_too_much_or_nothing_useful_is_a_cause() {
    for (profile, extra) in
        [("default", ""), ("role", "[profile role]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = default\n")]
    {
        let config =
            format!("[default]\nregion = us-east-1\ncredential_process = yes hush | head -c 300000000\n{extra}");
        let run = with_profiles(&config).variable("AWS_REGION", "us-east-1").status(&["--profile", profile]);
        let because = "the credential_process of the profile prints more than 65536 bytes";
        assert!(run.code == Some(1) && run.stderr.contains(because), "{profile}: {}", run.stderr);
        assert!(!run.stderr.contains("hush"), "{}", run.stderr);
    }
    let itself = "[default]\nregion = us-east-1\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = default\ncredential_process = cat /dev/zero\n";
    let run = with_profiles(itself).status(&[]);
    assert!(run.stderr.contains("prints more than 65536 bytes"), "{}", run.stderr);
}

#[test]
fn the_region_comes_from_the_flag_then_the_variables_then_the_profile() {
    let region = |variables: &[(&'static str, &str)], words: &[&str]| {
        let setting = with_profiles("[default]\nregion = eu-west-1\n");
        let words = [&["doctor", "--output", "json"], words].concat();
        let run = run(setting.bench.command(&words).envs(variables.iter().copied()), b"");
        let found: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        found["connection"]["region"].as_str().unwrap().to_owned()
    };
    let both = [("AWS_REGION", "eu-west-2"), ("AWS_DEFAULT_REGION", "eu-west-3")];
    assert_eq!(region(&both, &["--region", "us-west-2"]), "us-west-2");
    assert_eq!(region(&both, &[]), "eu-west-2");
    assert_eq!(region(&both[1..], &[]), "eu-west-3");
    assert_eq!(region(&[], &[]), "eu-west-1");
}

#[test]
fn what_is_no_region_is_refused_wherever_it_comes_from() {
    for wrong in [
        "us-east-1a",
        "us-east1",
        "useast-1-",
        "us-east-1 ",
        "US-EAST-1",
        "us-east-123",
        "local",
        "eu_west_1",
        "a-b-c-d-1",
    ] {
        let config = format!("[default]\nregion = {wrong}\n");
        let keys = |setting: Setting| {
            setting.variable("AWS_ACCESS_KEY_ID", "AKID").variable("AWS_SECRET_ACCESS_KEY", "secret")
        };
        let flagged = keys(with_profiles("")).status(&["--region", wrong]);
        let cause = format!("error: `{wrong}` is not the name of an AWS Region\nhint: ");
        let mut runs = vec![flagged];
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            runs.push(keys(with_profiles("")).variable(name, wrong).status(&[]));
        }
        if wrong.trim() == wrong {
            runs.push(keys(with_profiles(&config)).status(&[]));
        }
        for run in runs {
            assert!(run.stderr.contains(&cause), "{wrong}: {}", run.stderr);
        }
    }
    let run = Setting::new().status(&["--region", "us-east-1a"]);
    assert!(run.stderr.ends_with("hint: name the Region: us-east-1 has that Availability Zone\n"), "{}", run.stderr);
}
