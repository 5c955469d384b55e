//! The credential chain that people use, each source for real on loopback: whose access key signs the request to KMS.

use std::io::{Read, Write};

use super::setting::{Setting, serve};
use crate::support::Run;
use crate::support::executable::write_executable;
use crate::support::tls_server::{Does, Server, converse};

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
    let setting = with_web_identity(&web);
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
    let setting = with_web_identity(&sts);
    assert_eq!(setting.status(&["--allow-endpoint-env"]).code, Some(1));
    assert_eq!((setting.kms.requests().len(), sts.requests().is_empty()), (0, false));
}

/// A web identity whose STS is that server, named by the environment.
fn with_web_identity(sts: &Server) -> Setting {
    let setting = Setting::new();
    setting.bench.write("token", "a-web-identity-token");
    let token = setting.bench.path("token").display().to_string();
    setting
        .variable("AWS_REGION", "us-east-1")
        .variable("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/keys")
        .variable("AWS_WEB_IDENTITY_TOKEN_FILE", token)
        .variable("AWS_ENDPOINT_URL_STS", format!("http://127.0.0.1:{}", sts.port()))
}
