//! What the SDK reads besides the Region: values that it would pass over or panic at, and sources of credentials inside other sources.
//! Each is a cause with a fix, and nothing was sent.

use std::io::{Read, Write};

use openssl::hash::{MessageDigest, hash};

use crate::support::tls_server::{KEY_ARN, Server};
use crate::support::{Bench, Run, run};

/// A bench with a configuration file, and a server that notes the path of each request and answers by it.
struct Scene {
    bench: Bench,
    server: Server,
    variables: Vec<(String, String)>,
}

impl Scene {
    fn new(config: &str, answer: fn(&str) -> Option<String>) -> Self {
        let server = Server::start(move |mut stream, log| {
            let mut buffer = vec![0; 65536];
            while let Ok(length @ 1..) = stream.read(&mut buffer) {
                let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
                let first = request.lines().next().unwrap_or_default().to_owned();
                let body = answer(&request);
                log.lock().unwrap().push(first);
                let (status, body) = body.map_or(("404 Not Found", String::new()), |body| ("200 OK", body));
                let head = format!(
                    "HTTP/1.1 {status}\r\nx-aws-ec2-metadata-token-ttl-seconds: 21600\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(head.as_bytes());
            }
        });
        let bench = Bench::new();
        std::fs::create_dir_all(bench.path(".aws/sso/cache")).unwrap();
        bench.write(".aws/config", config);
        let scene = Scene { bench, server, variables: Vec::new() };
        scene.variable("AWS_REGION", "us-east-1")
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.replace("SERVER", &self.url())));
        self
    }

    fn keys(self) -> Self {
        self.variable("AWS_ACCESS_KEY_ID", "AKID").variable("AWS_SECRET_ACCESS_KEY", "secret")
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port())
    }

    fn status(&self) -> Run {
        let url = self.url();
        let words = ["status", "--key-id", KEY_ARN, "--endpoint-url", &url, "--allow-endpoint-env", "--quiet"];
        run(self.bench.command(&words).envs(self.variables.iter().map(|(name, value)| (name, value))), b"")
    }
}

const KEYS: &str = "[default]\naws_access_key_id = AKID\naws_secret_access_key = secret\n";

/// A variable, the key of a profile that means the same, what it takes, and what it does not.
const SETTINGS: &[(&str, &str, &str, &[&str])] = &[
    ("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", "`true` or `false`", &["yes", "1", "truee"]),
    ("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", "`true` or `false`", &["on", "0"]),
    ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls", "`true` or `false`", &["maybe"]),
    ("AWS_MAX_ATTEMPTS", "max_attempts", "a whole number from 1", &["0", "-1", "1.5", "three", "99999999999", "é"]),
    ("AWS_RETRY_MODE", "retry_mode", "`standard`, `adaptive` or `legacy`", &["bogus", "standard,adaptive"]),
    (
        "AWS_DEFAULTS_MODE",
        "defaults_mode",
        "`standard`, `in-region`, `cross-region`, `mobile`, `auto` or `legacy`",
        &["bogus", "in_region"],
    ),
    ("AWS_SDK_UA_APP_ID", "sdk_ua_app_id", "letters, digits and any of !#$%&'*+-.^_`|~", &["my app", "é", "(a)"]),
    ("AWS_EXECUTION_ENV", "", "text without control characters", &["a\u{1}b", "AWS_Lambda\u{7f}"]),
    ("AWS_EC2_METADATA_DISABLED", "", "`true` or `false`", &["1", "yes"]),
    ("AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled", "`true` or `false`", &["1"]),
    (
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "ec2_metadata_service_endpoint",
        "an http or https URL",
        &["::", "169.254.169.254", "ftp://169.254.169.254", "http://a b"],
    ),
    (
        "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
        "ec2_metadata_service_endpoint_mode",
        "`IPv4` or `IPv6`",
        &["4", "IPv5"],
    ),
    (
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "web_identity_token_file",
        "a regular file of at most 1 MiB",
        &["/dev/zero", "/dev/null", "/"],
    ),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "", "a regular file of at most 1 MiB", &["/dev/zero"]),
];

#[test]
fn a_setting_that_nothing_can_be_made_of_is_refused_before_anything_is_sent() {
    for (variable, key, wanted, values) in SETTINGS {
        for value in *values {
            let shown = value.replace(char::is_control, "\u{fffd}");
            let scene = Scene::new("", |_| None).keys().variable(variable, value);
            scene.status().refuses(
                2,
                &format!("error: `{shown}` is not a value of {variable}\nhint: set it to {wanted}, or unset it\n"),
            );
            assert_eq!(scene.server.requests(), Vec::<String>::new(), "{variable}={value}");
            if key.is_empty() {
                continue;
            }
            let scene = Scene::new(&format!("{KEYS}{key} = {value}\n"), |_| None);
            scene.status().refuses(
                2,
                &format!(
                    "error: `{shown}` is not a value of {key} in profile `default`\nhint: set it to {wanted}, or take it out\n"
                ),
            );
            assert_eq!(scene.server.requests(), Vec::<String>::new(), "{key} = {value}");
        }
    }
}

#[test]
fn settings_that_are_empty_or_usual_are_none_of_a_problem() {
    let mut usual = vec![("AWS_RETRY_MODE", "legacy"), ("AWS_USE_FIPS_ENDPOINT", "False"), ("AWS_MAX_ATTEMPTS", "10")];
    usual.extend([
        ("AWS_DEFAULTS_MODE", "auto"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
        ("AWS_SDK_UA_APP_ID", "my-app"),
    ]);
    usual
        .extend(SETTINGS.iter().filter(|it| !it.0.ends_with("SERVICE_ENDPOINT")).map(|(variable, ..)| (*variable, "")));
    for (variable, value) in usual {
        let scene = Scene::new("", |_| None).keys().variable(variable, value);
        let run = scene.status();
        assert_eq!(scene.server.requests(), ["POST / HTTP/1.1"], "{variable}={value}: {}", run.stderr);
    }
}

#[test]
fn doctor_tells_a_setting_that_nothing_can_be_made_of() {
    let scene = Scene::new("[default]\nregion = eu-west-1\nuse_fips_endpoint = yes\n", |_| None);
    let doctor = run(&mut scene.bench.command(&["doctor"]), b"");
    let problem = "problem: `yes` is not a value of use_fips_endpoint in profile `default`\n  hint: set it to `true` or `false`, or take it out\n";
    assert!(doctor.code == Some(4) && doctor.stdout.contains(problem), "{}", doctor.stdout);
    assert!(doctor.stdout.contains("eu-west-1") && !doctor.stdout.contains("no AWS Region"), "{}", doctor.stdout);
}

const ROLE: &str = "role_arn = arn:aws:iam::111122223333:role/keys\n";

#[track_caller]
fn malformed(scene: &Scene, field: &str, from: &str, found: &str, requests: &[&str]) {
    let run = scene.status();
    let begin = format!("error: the {field} from {from} has {found} at character ");
    assert!(run.code == Some(1) && run.stderr.starts_with(&begin), "{}", run.stderr);
    assert!(
        !run.stderr.contains("HUSH") && run.stderr.contains("hint: set it again without that character"),
        "{}",
        run.stderr
    );
    assert_eq!(scene.server.requests(), requests);
}

#[test]
fn keys_that_a_role_is_assumed_with_are_looked_at_before_they_sign() {
    for (stray, found) in [
        ("\u{1}", "a control character"),
        ("\u{7f}", "a control character"),
        ("\n  ", "a line break"),
        ("é", "a character that is not ASCII"),
        (" ", "a space"),
    ] {
        for (field, id, secret, token) in [
            ("access key id", format!("HUSH{stray}HUSH"), "s".to_owned(), "t".to_owned()),
            ("secret access key", "AKID".to_owned(), format!("HUSH{stray}HUSH"), "t".to_owned()),
            ("session token", "AKID".to_owned(), "s".to_owned(), format!("HUSH{stray}HUSH")),
        ] {
            let keys =
                format!("aws_access_key_id = {id}\naws_secret_access_key = {secret}\naws_session_token = {token}\n");
            for (config, from) in [
                (format!("[default]\n{ROLE}source_profile = base\n[profile base]\n{keys}"), "profile `base`"),
                (format!("[default]\n{ROLE}source_profile = default\n{keys}"), "profile `default`"),
                (
                    format!(
                        "[default]\n{ROLE}source_profile = a\n[profile a]\n{ROLE}source_profile = b\n[profile b]\n{keys}"
                    ),
                    "profile `b`",
                ),
                // The SDK prefers keys to the role of the same profile.
                (
                    format!("[default]\n{ROLE}source_profile = a\n[profile a]\n{ROLE}source_profile = a\n{keys}"),
                    "profile `a`",
                ),
            ] {
                let scene = Scene::new(&config, |_| None).variable("AWS_ENDPOINT_URL_STS", "SERVER");
                malformed(&scene, field, from, found, &[]);
            }
        }
    }
}

const EXPIRES: &str = "2099-01-01T00:00:00Z";

/// Answers as STS, the SSO portal, the instance and a container, each with a stray character in the token or the id.
fn answers(request: &str) -> Option<String> {
    let path = request.split(' ').nth(1)?;
    Some(match path {
        "/" if request.contains("RoleArn") => format!(
            "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleWithWebIdentityResult>\
             <Credentials><AccessKeyId>HUSH&#1;HUSH</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
             <Expiration>{EXPIRES}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
        ),
        "/latest/api/token" => "token".to_owned(),
        path if path.ends_with("/security-credentials/") => "role".to_owned(),
        path if path.starts_with("/latest") || path.starts_with("/container") => format!(
            r#"{{"Code":"Success","LastUpdated":"2026-01-01T00:00:00Z","Type":"AWS-HMAC","AccessKeyId":"AKID","SecretAccessKey":"s","Token":"HUSH\u0001HUSH","Expiration":"{EXPIRES}"}}"#
        ),
        path if path.starts_with("/federation/credentials") => {
            r#"{"roleCredentials":{"accessKeyId":"AKID","secretAccessKey":"HUSH\nHUSH","sessionToken":"t","expiration":4070908800000}}"#
                .to_owned()
        }
        _ => return None,
    })
}

const SSO: &str = "sso_start_url = https://example.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = 111122223333\nsso_role_name = keys\n";
const WEB: &str = "role_arn = arn:aws:iam::111122223333:role/keys\nweb_identity_token_file = token\n";

#[test]
fn credentials_that_come_over_the_network_are_looked_at_alone_and_under_a_role() {
    let process = r#"credential_process = printf '{"Version":1,"AccessKeyId":"HUSH\\u0001","SecretAccessKey":"s"}'"#;
    let control = "a control character";
    for (source, named_source, direct, field, found) in [
        (SSO, "", "SSO, profile", "secret access key", "a line break"),
        (WEB, "", "web identity, profile", "access key id", control),
        (process, "", "credential process, profile", "access key id", control),
        ("", "Ec2InstanceMetadata", "instance role", "session token", control),
        ("", "EcsContainer", "container role", "session token", control),
    ] {
        let scene = |config: &str| {
            let scene = Scene::new(config, answers)
                .variable("AWS_ENDPOINT_URL_STS", "SERVER")
                .variable("AWS_ENDPOINT_URL_SSO", "SERVER");
            let name = hex::encode(hash(MessageDigest::sha1(), b"https://example.awsapps.com/start").unwrap());
            scene.bench.write(
                &format!(".aws/sso/cache/{name}.json"),
                r#"{"accessToken":"t","expiresAt":"2099-01-01T00:00:00Z","startUrl":"https://example.awsapps.com/start","region":"us-east-1"}"#,
            );
            scene.bench.write("token", "a-web-identity-token");
            match named_source {
                "EcsContainer" => scene.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI", "SERVER/container"),
                "" => scene,
                _ => scene
                    .variable("AWS_EC2_METADATA_DISABLED", "false")
                    .variable("AWS_EC2_METADATA_SERVICE_ENDPOINT", "SERVER"),
            }
        };
        let asks = |scene: &Scene, from: &str| {
            let run = scene.status();
            let begin = format!("error: the {field} from {from} has {found} at character 5\nhint: ");
            assert!(run.code == Some(1) && run.stderr.starts_with(&begin), "{from}: {}", run.stderr);
            assert!(!run.stderr.contains("HUSH"), "{}", run.stderr);
            // KMS is asked by POST /, as STS is once for a web identity.
            let posts = scene.server.requests().iter().filter(|line| line.starts_with("POST")).count();
            assert_eq!(posts, usize::from(source == WEB), "{from}: {:?}", scene.server.requests());
        };
        asks(&scene(&format!("[default]\n{source}")), direct);
        let role = match named_source {
            "" => format!("[default]\n{ROLE}source_profile = base\n[profile base]\n{source}\n"),
            name => format!("[default]\n{ROLE}credential_source = {name}\n"),
        };
        let from = match named_source {
            "" => "profile `base`".to_owned(),
            _ => format!("the {direct}"),
        };
        asks(&scene(&role), &from);
        if source == SSO {
            let own = format!("[default]\n{ROLE}source_profile = default\n{source}\n");
            asks(&scene(&own), "profile `default`");
        }
    }
}

/// The SDK reads it to its end, which some files do not have.
#[test]
fn a_cached_token_that_is_no_token_is_not_read() {
    let named = |digest, name: &str| format!("{}.json", hex::encode(hash(digest, name.as_bytes()).unwrap()));
    let session = "[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start\n";
    for (config, path, what) in [
        (
            format!("[default]\n{SSO}"),
            format!(".aws/sso/cache/{}", named(MessageDigest::sha1(), "https://example.awsapps.com/start")),
            "cached SSO token",
        ),
        (
            format!("[default]\nsso_session = s\nsso_account_id = 111122223333\nsso_role_name = keys\n{session}"),
            format!(".aws/sso/cache/{}", named(MessageDigest::sha1(), "s")),
            "cached SSO token",
        ),
        (
            format!("[default]\n{ROLE}source_profile = a\n[profile a]\n{SSO}"),
            format!(".aws/sso/cache/{}", named(MessageDigest::sha1(), "https://example.awsapps.com/start")),
            "cached SSO token",
        ),
        (
            "[default]\nlogin_session = arn:aws:iam::111122223333:user/a\n".to_owned(),
            format!(".aws/login/cache/{}", named(MessageDigest::sha256(), "arn:aws:iam::111122223333:user/a")),
            "cached sign-in token",
        ),
    ] {
        let scene = Scene::new(&config, |_| None);
        std::fs::create_dir_all(scene.bench.path(".aws/login/cache")).unwrap();
        let file = scene.bench.path(&path);
        std::os::unix::fs::symlink("/dev/zero", &file).unwrap();
        let run = scene.status();
        // A long name is cut in its middle.
        let name = &path[path.len() - 20..];
        let says = |said: &str, cause: &str| {
            said.starts_with(&format!("error: {what} `")) && said.contains(&format!("{name}` is {cause}"))
        };
        assert!(run.code == Some(1) && says(&run.stderr, ""), "{}", run.stderr);
        std::fs::remove_file(&file).unwrap();
        std::fs::File::create(&file).unwrap().set_len(1 << 40).unwrap();
        let run = scene.status();
        assert!(run.code == Some(1) && says(&run.stderr, "larger than 1048576 bytes"), "{}", run.stderr);
        assert_eq!(scene.server.requests(), [""; 0]);
    }
}

#[test]
fn a_role_over_a_role_is_looked_at_in_between() {
    let config = format!(
        "[default]\n{ROLE}source_profile = a\n[profile a]\n{ROLE}source_profile = b\n[profile b]\naws_access_key_id = AKID\naws_secret_access_key = s\n"
    );
    fn role(_: &str) -> Option<String> {
        Some(format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
             <AccessKeyId>HUSH&#1;HUSH</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
             <Expiration>{EXPIRES}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
        ))
    }
    let scene = Scene::new(&config, role).variable("AWS_ENDPOINT_URL_STS", "SERVER");
    malformed(&scene, "access key id", "profile `a`", "a control character", &["POST / HTTP/1.1"]);
}

#[test]
fn keys_of_the_environment_are_looked_at_where_a_profile_names_them() {
    let scene = Scene::new(&format!("[default]\n{ROLE}credential_source = Environment\n"), |_| None)
        .variable("AWS_ENDPOINT_URL_STS", "SERVER")
        .variable("AWS_ACCESS_KEY_ID", "HUSH\u{1}")
        .variable("AWS_SECRET_ACCESS_KEY", "s");
    let mut command = scene.bench.command(&[
        "status",
        "--key-id",
        KEY_ARN,
        "--profile",
        "default",
        "--quiet",
        "--allow-endpoint-env",
    ]);
    let run = run(command.envs(scene.variables.iter().map(|(name, value)| (name, value))), b"");
    let cause = "error: the access key id from environment variables has a control character at character 5\n";
    assert!(run.code == Some(1) && run.stderr.starts_with(cause), "{}", run.stderr);
}

#[test]
fn profiles_that_go_in_a_circle_are_told() {
    for config in [
        format!("[default]\n{ROLE}source_profile = a\n[profile a]\n{ROLE}source_profile = default\n"),
        format!(
            "[default]\n{ROLE}source_profile = a\n[profile a]\n{ROLE}source_profile = b\n[profile b]\n{ROLE}source_profile = a\n"
        ),
    ] {
        let run = Scene::new(&config, |_| None).status();
        assert!(run.code == Some(1) && run.stderr.contains("profile formed an infinite loop"), "{}", run.stderr);
    }
}
