//! What steers a credential provider to another host is refused, unless it was allowed.

use super::setting::{Setting, serve};

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
    let cause = format!("error: credentials would come from `{url}`, which is not the address of {service}");
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
