//! The credential chain that people use, each source for real on loopback: whose access key signs the request to KMS.

use std::io::{Read, Write};

use crate::support::executable::write_executable;
use crate::support::tls_server::{Does, KEY_ARN, Server, converse};
use crate::support::{Bench, Run, run};

struct Setting {
    bench: Bench,
    kms: Server,
    variables: Vec<(&'static str, String)>,
}

impl Setting {
    fn new() -> Self {
        let kms = Server::start(|mut stream, log| converse(&mut stream, Does::Answer, &log));
        Setting { bench: Bench::new(), kms, variables: Vec::new() }
    }

    fn variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    fn status(&self, more: &[&str]) -> Run {
        let url = format!("http://127.0.0.1:{}", self.kms.port());
        let words = [&["status", "--key-id", KEY_ARN, "--endpoint-url", url.as_str()], more].concat();
        let mut command = self.bench.command(&words);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        run(&mut command, b"")
    }

    /// The access key ids that signed requests to KMS.
    #[track_caller]
    fn signs_with(&self, more: &[&str], access_key_id: &str) {
        self.status(more).succeeds();
        let requests = self.kms.requests();
        assert!(requests.iter().all(|request| request.ends_with(&format!(" {access_key_id}"))), "{requests:?}");
        assert!(!requests.is_empty());
    }
}

/// Answers any request with that body, and notes its first line.
fn serve(content_type: &'static str, body: String) -> Server {
    Server::start(move |mut stream, log| {
        let mut buffer = vec![0; 65536];
        let length = stream.read(&mut buffer).unwrap_or(0);
        let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
        log.lock().unwrap().push(request);
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n", body.len());
        let _ = stream.write_all(format!("{head}{body}").as_bytes());
    })
}

#[test]
fn environment_variables() {
    Setting::new()
        .variable("AWS_REGION", "us-east-1")
        .variable("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT")
        .variable("AWS_SECRET_ACCESS_KEY", "secret")
        .signs_with(&[], "akidenvironment");
}

#[test]
fn a_profile_named_by_a_flag_or_by_the_environment() {
    let setting = Setting::new();
    std::fs::create_dir(setting.bench.path(".aws")).unwrap();
    setting.bench.write(".aws/config", "[profile keys]\nregion = us-east-1\n[profile other]\nregion = us-east-1\n");
    setting.bench.write(
        ".aws/credentials",
        "[keys]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = secret\n[other]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = secret\n",
    );
    setting.signs_with(&["--profile", "keys"], "akidprofile");
    let setting = Setting { kms: Server::start(|mut s, log| converse(&mut s, Does::Answer, &log)), ..setting };
    setting.variable("AWS_PROFILE", "other").signs_with(&[], "akidother");
}

#[test]
fn a_credential_process() {
    let setting = Setting::new();
    let script = setting.bench.path("helper");
    write_executable(
        &script,
        "#!/bin/sh\necho '{\"Version\":1,\"AccessKeyId\":\"AKIDPROCESS\",\"SecretAccessKey\":\"secret\"}'\n",
    );
    setting
        .bench
        .write("config", format!("[default]\nregion = us-east-1\ncredential_process = {}\n", script.display()));
    let config = setting.bench.path("config").display().to_string();
    setting.variable("AWS_CONFIG_FILE", config).signs_with(&[], "akidprocess");
}

#[test]
fn a_container_role_directly_even_where_a_proxy_is_set() {
    let provider = serve(
        "application/json",
        r#"{"AccessKeyId":"AKIDCONTAINER","SecretAccessKey":"secret","Token":"token","Expiration":"2099-01-01T00:00:00Z"}"#.into(),
    );
    Setting::new()
        .variable("AWS_REGION", "us-east-1")
        .variable("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("http://127.0.0.1:{}/role", provider.port()))
        .variable("HTTP_PROXY", "http://127.0.0.1:1")
        .variable("HTTPS_PROXY", "http://127.0.0.1:1")
        .signs_with(&[], "akidcontainer");
    assert!(provider.requests()[0].starts_with("GET /role HTTP/1.1"));
}

#[test]
fn an_instance_role() {
    // IMDSv2: a token by PUT, then the role's name, then its credentials; one body serves as all three.
    let provider = Server::start(|mut stream, log| {
        let mut buffer = vec![0; 65536];
        while let Ok(length @ 1..) = stream.read(&mut buffer) {
            let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let body = match request.split(' ').nth(1).unwrap() {
                "/latest/api/token" => "token".to_owned(),
                path if path.ends_with("/security-credentials/") => "role".to_owned(),
                path if path.ends_with("/role") => r#"{"Code":"Success","LastUpdated":"2026-01-01T00:00:00Z","Type":"AWS-HMAC","AccessKeyId":"AKIDINSTANCE","SecretAccessKey":"secret","Token":"token","Expiration":"2099-01-01T00:00:00Z"}"#.to_owned(),
                _ => "us-east-1".to_owned(),
            };
            log.lock().unwrap().push(request);
            let head = format!(
                "HTTP/1.1 200 OK\r\nx-aws-ec2-metadata-token-ttl-seconds: 21600\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    Setting::new()
        .variable("AWS_REGION", "us-east-1")
        .variable("AWS_EC2_METADATA_DISABLED", "false")
        .variable("AWS_EC2_METADATA_SERVICE_ENDPOINT", format!("http://127.0.0.1:{}", provider.port()))
        .signs_with(&[], "akidinstance");
}

#[test]
fn a_web_identity() {
    let provider = serve(
        "text/xml",
        "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleWithWebIdentityResult>\
         <Credentials><AccessKeyId>AKIDWEB</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>\
         <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>\
         <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>"
            .into(),
    );
    let setting = Setting::new();
    setting.bench.write("token", "a-web-identity-token");
    let token = setting.bench.path("token").display().to_string();
    setting
        .variable("AWS_REGION", "us-east-1")
        .variable("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/keys")
        .variable("AWS_WEB_IDENTITY_TOKEN_FILE", token)
        .variable("AWS_ENDPOINT_URL_STS", format!("http://127.0.0.1:{}", provider.port()))
        .signs_with(&["--allow-endpoint-env"], "akidweb");
    assert!(provider.requests()[0].contains("POST / HTTP/1.1"));
}

#[test]
fn sso_tokens_are_cached_by_the_aws_cli_and_exchanged() {
    // The portal's address cannot be changed, so the chain is followed up to the missing sign-in.
    let setting = Setting::new();
    setting.bench.write(
        "config",
        "[default]\nregion = us-east-1\nsso_start_url = https://example.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = 111122223333\nsso_role_name = keys\n",
    );
    let config = setting.bench.path("config").display().to_string();
    let run = setting.variable("AWS_CONFIG_FILE", config).status(&[]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("aws sso login"), "{}", run.stderr);
}

/// `echo KEY | base64` in a Kubernetes secret gives a key id with a line break, which no request header may have.
#[test]
fn a_stray_character_is_told_by_source_field_and_place_and_never_with_the_value() {
    let id = ("AKIDSOUND", "sound+secret", "sound-token");
    for (stray, named) in [
        ("\n", "a line break"),
        ("\r", "a line break"),
        ("\t", "a tab"),
        (" ", "a space"),
        ("\u{1}", "a control character"),
        ("\u{7f}", "a control character"),
        ("\u{85}", "a control character"),
        ("é", "a character that is not ASCII"),
        ("\u{202e}", "a character that is not ASCII"),
    ] {
        // The SDK itself trims the session token of the environment.
        for (field, (key, secret, token)) in [
            ("access key id", (format!("{}{stray}", id.0), id.1.to_owned(), id.2.to_owned())),
            ("secret access key", (id.0.to_owned(), format!("{}{stray}", id.1), id.2.to_owned())),
            ("session token", (id.0.to_owned(), id.1.to_owned(), format!("{}{stray}more", id.2))),
        ] {
            let place = 1 + match field {
                "access key id" => id.0.len(),
                "secret access key" => id.1.len(),
                _ => id.2.len(),
            };
            let run = Setting::new()
                .variable("AWS_REGION", "us-east-1")
                .variable("AWS_ACCESS_KEY_ID", &key)
                .variable("AWS_SECRET_ACCESS_KEY", &secret)
                .variable("AWS_SESSION_TOKEN", &token)
                .status(&["--quiet"]);
            run.refuses(
                1,
                &format!(
                    "error: the {field} from environment variables has {named} at character {place}\n\
                     hint: set it again without that character: `echo` adds a line break, and `printf %s` does not\n"
                ),
            );
        }
    }
}

#[test]
fn every_source_is_checked_before_its_credentials_sign_anything() {
    let told = |run: &Run, from: &str, field: &str| {
        let begin = format!("error: the {field} from {from} has a ");
        assert!(run.stderr.contains(&begin) && !run.stderr.contains("SOUND"), "{from}: {}", run.stderr);
        assert_eq!(run.code, Some(1), "{from}");
    };
    let config = |text: &str| {
        let setting = Setting::new();
        setting.bench.write("config", format!("[default]\nregion = us-east-1\n{text}\n"));
        let path = setting.bench.path("config").display().to_string();
        setting.variable("AWS_CONFIG_FILE", path)
    };
    // A value of a profile goes on in an indented line.
    let profile = "aws_access_key_id = AKIDSOUND\n  more\naws_secret_access_key = secret";
    told(&config(profile).status(&[]), "profile", "access key id");
    let process = r#"credential_process = printf '{"Version":1,"AccessKeyId":"AKID","SecretAccessKey":"SOUND\\n"}'"#;
    told(&config(process).status(&[]), "credential process, profile", "secret access key");
    let role = |token: &str, expires: &str| {
        serve(
            "application/json",
            format!(
                r#"{{"AccessKeyId":"AKID","SecretAccessKey":"secret","Token":"{token}","Expiration":"{expires}"}}"#
            ),
        )
    };
    let container = role("SOUND\\n", "2099-01-01T00:00:00Z");
    let setting = Setting::new()
        .variable("AWS_REGION", "us-east-1")
        .variable("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("http://127.0.0.1:{}/role", container.port()));
    told(&setting.status(&[]), "container role", "session token");
    assert!(setting.kms.requests().is_empty());
    let web = serve(
        "text/xml",
        "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleWithWebIdentityResult>\
         <Credentials><AccessKeyId>AKID</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>SOUND&#10;</SessionToken>\
         <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>\
         <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>"
            .into(),
    );
    let setting = Setting::new();
    setting.bench.write("token", "a-web-identity-token");
    let token = setting.bench.path("token").display().to_string();
    let setting = setting
        .variable("AWS_REGION", "us-east-1")
        .variable("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/keys")
        .variable("AWS_WEB_IDENTITY_TOKEN_FILE", token)
        .variable("AWS_ENDPOINT_URL_STS", format!("http://127.0.0.1:{}", web.port()));
    told(&setting.status(&["--allow-endpoint-env"]), "web identity", "session token");
}

#[test]
fn nothing_at_all_is_a_cause_and_a_fix() {
    let run = Setting::new().variable("AWS_REGION", "us-east-1").status(&[]);
    assert_eq!(run.code, Some(1));
    let lines: Vec<&str> = run.stderr.lines().filter(|line| !line.starts_with("endpoint: ")).collect();
    assert_eq!(lines[0], "error: no AWS credentials are found");
    assert_eq!(
        *lines.last().unwrap(),
        "hint: sign in (`aws sso login`), set AWS_PROFILE or --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    );
}

#[test]
fn the_endpoint_of_the_flag_is_kmss_alone() {
    // With --endpoint-url on a server that would note a request for credentials, STS is asked at its own, where that was allowed.
    let sts = serve("text/xml", "<Response/>".into());
    let setting = Setting::new();
    setting.bench.write("token", "a-web-identity-token");
    let token = setting.bench.path("token").display().to_string();
    let setting = setting
        .variable("AWS_REGION", "us-east-1")
        .variable("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/keys")
        .variable("AWS_WEB_IDENTITY_TOKEN_FILE", token)
        .variable("AWS_ENDPOINT_URL_STS", format!("http://127.0.0.1:{}", sts.port()));
    assert_eq!(setting.status(&["--allow-endpoint-env"]).code, Some(1));
    assert_eq!((setting.kms.requests().len(), sts.requests().is_empty()), (0, false));
}

/// A source of credentials that is spoken to over HTTP: the variables that choose it, with FILE for its files.
struct Source {
    name: &'static str,
    variables: &'static [(&'static str, &'static str)],
    config: &'static str,
}

const SOURCES: &[Source] = &[
    Source {
        name: "STS, for a web identity",
        variables: &[
            ("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/keys"),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "HERE/token"),
        ],
        config: "",
    },
    Source {
        name: "STS, for a web identity of the profile",
        variables: &[],
        config: "[default]\nrole_arn = arn:aws:iam::111122223333:role/keys\nweb_identity_token_file = HERE/token\n",
    },
    Source {
        name: "STS, for a role",
        variables: &[("AWS_PROFILE", "role")],
        config: "[profile role]\nrole_arn = arn:aws:iam::111122223333:role/keys\nsource_profile = base\n\
                 [profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = secret\n",
    },
    Source {
        name: "SSO",
        variables: &[],
        config: "[default]\nsso_start_url = https://example.awsapps.com/start\nsso_region = us-east-1\n\
                 sso_account_id = 111122223333\nsso_role_name = keys\n",
    },
    Source {
        name: "SSO OIDC",
        variables: &[],
        config: "[default]\nsso_session = us\nsso_account_id = 111122223333\nsso_role_name = keys\n\
                 [sso-session us]\nsso_start_url = https://example.awsapps.com/start\nsso_region = us-east-1\n",
    },
];

/// SHA-1 of the start URL, and of the session's name: under these names the aws CLI keeps its tokens.
const TOKENS: [(&str, &str); 2] = [
    (
        "https://example.awsapps.com/start",
        r#"{"accessToken":"hush","expiresAt":"2099-01-01T00:00:00Z","startUrl":"https://example.awsapps.com/start","region":"us-east-1"}"#,
    ),
    (
        "us",
        r#"{"accessToken":"hush","expiresAt":"2001-01-01T00:00:00Z","refreshToken":"hush","clientId":"id","clientSecret":"hush","registrationExpiresAt":"2099-01-01T00:00:00Z","startUrl":"https://example.awsapps.com/start","region":"us-east-1"}"#,
    ),
];

impl Source {
    /// A bench on which it is the source of credentials; `steered` goes below `[default]` or the profile in use.
    fn setting(&self, steered: &str) -> Setting {
        // Whatever is not steered ends at a proxy that is not there: nobody outside is asked.
        let nowhere = "http://127.0.0.1:1";
        let mut setting = Setting::new()
            .variable("AWS_REGION", "us-east-1")
            .variable("HTTPS_PROXY", nowhere)
            .variable("HTTP_PROXY", nowhere);
        let here = setting.bench.directory().display().to_string();
        setting.bench.write("token", "a-web-identity-token");
        std::fs::create_dir_all(setting.bench.path(".aws/sso/cache")).unwrap();
        for (key, token) in TOKENS {
            let name = openssl::hash::hash(openssl::hash::MessageDigest::sha1(), key.as_bytes()).unwrap();
            setting.bench.write(&format!(".aws/sso/cache/{}.json", hex::encode(name)), token);
        }
        let first = self.config.find('\n').map_or(0, |end| end + 1);
        let config = match first {
            0 => format!("[default]\n{steered}"),
            end => format!("{}{steered}{}", &self.config[..end], &self.config[end..]),
        };
        setting.bench.write(".aws/config", config.replace("HERE", &here));
        for (name, value) in self.variables {
            setting.variables.push((name, value.replace("HERE", &here)));
        }
        setting
    }
}

#[test]
fn no_provider_of_credentials_is_steered_to_another_host() {
    for source in SOURCES {
        let service = source.name.split(',').next().unwrap();
        let variable = format!("AWS_ENDPOINT_URL_{}", service.replace(' ', "_"));
        let section = service.to_lowercase().replace(' ', "_");
        // Loopback stands for another host: for the services it is one.
        let listener = serve("text/xml", "<Response/>".into());
        let urls = [format!("http://127.0.0.1:{}", listener.port()), format!("https://127.0.0.1:{}", listener.port())];
        for url in urls {
            let by_variable: [(&'static str, String); 2] =
                [("AWS_ENDPOINT_URL", url.clone()), (Box::leak(variable.clone().into_boxed_str()), url.clone())];
            for (name, value) in by_variable {
                refuses(source, &source.setting("").variable(name, value), service, &url);
            }
            // For these the SDK does not look at the profile's endpoints.
            if source.variables.len() == 2 || service == "SSO OIDC" {
                continue;
            }
            for steered in [
                format!("endpoint_url = {url}\n"),
                format!("services = mine\n[services mine]\n{section} =\n  endpoint_url = {url}\n"),
            ] {
                // The last section of a file goes on below what was put in.
                let setting = source.setting("");
                let config = String::from_utf8(setting.bench.read(".aws/config")).unwrap();
                let (line, services) = steered.split_once("\n").unwrap();
                let at = config.find('\n').unwrap() + 1;
                setting.bench.write(".aws/config", format!("{}{line}\n{}\n{services}", &config[..at], &config[at..]));
                refuses(source, &setting, service, &url);
            }
        }
        assert_eq!(listener.requests(), Vec::<String>::new(), "{}", source.name);
    }
}

#[track_caller]
fn refuses(source: &Source, setting: &Setting, service: &str, url: &str) {
    let run = setting.status(&[]);
    let said: Vec<&str> = run.stderr.lines().filter(|line| !line.starts_with("endpoint: ")).collect();
    let cause = format!("error: credentials would come from `{url}`, which is not where AWS has {service}");
    assert_eq!((run.code, said[0]), (Some(1), &*cause), "{}: {}", source.name, run.stderr);
    assert!(said[1].ends_with("or add --allow-endpoint-env if they may"), "{}", run.stderr);
    assert!(setting.kms.requests().is_empty(), "{}", source.name);
}

#[test]
fn an_endpoint_that_was_allowed_is_asked_over_https_or_on_this_machine_only() {
    for source in SOURCES.iter().filter(|source| source.name.starts_with("STS")) {
        let listener = serve("text/xml", "<Response/>".into());
        let setting =
            source.setting("").variable("AWS_ENDPOINT_URL_STS", format!("http://127.0.0.1:{}", listener.port()));
        setting.status(&["--allow-endpoint-env"]);
        assert!(!listener.requests().is_empty(), "{}", source.name);
        let setting = source.setting("").variable("AWS_ENDPOINT_URL_STS", "http://sts.example.invalid");
        let run = setting.status(&["--allow-endpoint-env"]);
        let cause = "error: the endpoint `http://sts.example.invalid` is plain http, and is not on this machine\n";
        assert!(run.code == Some(2) && run.stderr.contains(cause), "{}: {}", source.name, run.stderr);
    }
}

#[test]
fn containers_and_instances_have_no_other_addresses() {
    for (name, url) in [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "https://roles.example.invalid/role"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://roles.example.invalid"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.253"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "https://roles.example.invalid"),
    ] {
        let setting = Setting::new()
            .variable("AWS_EC2_METADATA_DISABLED", "false")
            .variable("AWS_REGION", "us-east-1")
            .variable(name, url);
        let run = setting.status(&[]);
        let place = url.trim_end_matches("/role");
        let cause = format!(
            "error: credentials would come from `{place}`, which is not the address of the container or the instance\n"
        );
        assert!(run.code == Some(1) && run.stderr.contains(&cause), "{name}={url}: {}", run.stderr);
        assert!(setting.kms.requests().is_empty());
    }
    // Plain http to elsewhere: the SDK itself does not take it.
    let setting = Setting::new()
        .variable("AWS_REGION", "us-east-1")
        .variable("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://198.51.100.1/role");
    assert_eq!(setting.status(&[]).code, Some(1));
    // The Region of the instance is asked for there too.
    let setting = Setting::new()
        .variable("AWS_EC2_METADATA_DISABLED", "false")
        .variable("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://roles.example.invalid");
    let run = setting.status(&[]);
    assert!(run.stderr.contains("error: credentials would come from `http://roles.example.invalid`"), "{}", run.stderr);
}

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
