//! `credential_process` of a profile: the SDK would read whatever it prints, for as long as it runs.

use std::process::Stdio;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use zeroize::Zeroizing;

use super::reply::printable;

/// Credentials with the longest session token are a few kilobytes.
const LIMIT: usize = 64 * 1024;
/// It may ask a person, and the SDK gives a provider 60 seconds here.
const TIME: Duration = Duration::from_secs(55);

/// A command whose output are credentials.
#[derive(Clone)]
pub(super) struct CredentialProcess {
    command: String,
}

/// What it prints (AWS SDKs and Tools reference guide, "Process credential provider").
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    version: u32,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    expiration: Option<String>,
}

impl CredentialProcess {
    pub(super) fn new(command: &str) -> Self {
        CredentialProcess { command: command.to_owned() }
    }

    async fn load(&self) -> provider::Result {
        let limited = tokio::time::timeout(TIME, self.output());
        let output = limited.await.map_err(|_| failed(format!("does not end within {} s", TIME.as_secs())))??;
        let printed: Printed = serde_json::from_slice(&output)
            .map_err(|error| failed(format!("prints no credentials: {}", place(&error))))?;
        if printed.version != 1 {
            return Err(failed(format!("prints credentials of version {}, and 1 is known", printed.version)));
        }
        let mut credentials = Credentials::builder()
            .access_key_id(printed.access_key_id)
            .secret_access_key(printed.secret_access_key)
            .provider_name("CredentialProcess");
        credentials.set_session_token(printed.session_token);
        credentials.set_expiry(printed.expiration.as_deref().map(time).transpose()?);
        let mut credentials = credentials.build();
        let marks = credentials.get_property_mut_or_default::<Vec<AwsCredentialFeature>>();
        marks.push(AwsCredentialFeature::CredentialsProcess);
        Ok(credentials)
    }

    /// Runs it in a shell, as the SDK and the aws CLI do; it is ended when it says too much or takes too long.
    async fn output(&self) -> Result<Zeroizing<Vec<u8>>, CredentialsError> {
        let mut child = Command::new("sh")
            .args(["-c", &self.command])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(format!("cannot be run: {error}")))?;
        let (output, said) = tokio::try_join!(bounded(child.stdout.take()), bounded(child.stderr.take()))?;
        let status = child.wait().await.map_err(|error| failed(format!("cannot be waited for: {error}")))?;
        if status.success() {
            return Ok(output);
        }
        Err(failed(format!("ends with {status}: {}", printable(&String::from_utf8_lossy(&said)))))
    }
}

async fn bounded(stream: Option<impl AsyncRead + Unpin>) -> Result<Zeroizing<Vec<u8>>, CredentialsError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(LIMIT + 1)); // never moved: a copy would not be wiped
    if let Some(stream) = stream {
        let read = stream.take(LIMIT as u64 + 1).read_to_end(&mut bytes).await;
        read.map_err(|error| failed(format!("cannot be read: {error}")))?;
    }
    if bytes.len() > LIMIT { Err(failed(format!("prints more than {LIMIT} bytes"))) } else { Ok(bytes) }
}

fn time(text: &str) -> Result<SystemTime, CredentialsError> {
    let time = DateTime::from_str(text, Format::DateTimeWithOffset).ok().and_then(|time| time.try_into().ok());
    time.ok_or_else(|| failed("prints an Expiration that is not an RFC 3339 time".to_owned()))
}

/// Where JSON goes wrong; serde's own text may show a value.
fn place(error: &serde_json::Error) -> String {
    format!("line {}, column {}", error.line(), error.column())
}

fn failed(how: String) -> CredentialsError {
    CredentialsError::provider_error(format!("the credential_process of the profile {how}"))
}

impl ProvideCredentials for CredentialProcess {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.load())
    }
}

/// The command may have a secret in it.
impl std::fmt::Debug for CredentialProcess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CredentialProcess")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(command: &str) -> Result<Credentials, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let loaded = runtime.block_on(CredentialProcess::new(command).load());
        loaded.map_err(|error| std::error::Error::source(&error).map_or(error.to_string(), ToString::to_string))
    }

    const GOOD: &str = r#"{"Version":1,"AccessKeyId":"AKID","SecretAccessKey":"s3","SessionToken":"t","Expiration":"2099-01-01T00:00:00Z"}"#;

    #[test]
    fn what_it_prints_becomes_credentials() {
        let credentials = run(&format!("echo '{GOOD}'")).unwrap();
        assert_eq!((credentials.access_key_id(), credentials.session_token()), ("AKID", Some("t")));
        assert!(credentials.expiry().is_some());
    }

    #[test]
    fn what_is_no_credentials_is_refused_without_a_word_of_it() {
        for (command, cause) in [
            ("yes | head -c 300000000", "prints more than 65536 bytes"),
            ("yes >&2", "prints more than 65536 bytes"),
            ("cat /dev/zero", "prints more than 65536 bytes"),
            ("echo '{\"Version\":1,\"AccessKeyId\":\"hush\"}'", "prints no credentials: line 1, column 34"),
            ("echo hush", "prints no credentials: line 1, column 1"),
            ("true", "prints no credentials: line 1, column 0"),
            ("echo sorry >&2; exit 3", "ends with exit status: 3: sorry"),
            ("kill -9 $$", "ends with signal: 9 (SIGKILL): "),
        ] {
            let refused = run(command).unwrap_err();
            assert_eq!(refused, format!("the credential_process of the profile {cause}"), "{command}");
        }
        let version = run(&format!("echo '{}'", GOOD.replace(":1,", ":2,"))).unwrap_err();
        assert!(version.ends_with("prints credentials of version 2, and 1 is known"), "{version}");
        let time = run(&format!("echo '{}'", GOOD.replace("2099-01", "2099-13"))).unwrap_err();
        assert!(time.ends_with("prints an Expiration that is not an RFC 3339 time"), "{time}");
    }
}
