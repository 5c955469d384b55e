//! `rehearsal serve` and `rehearsal ping`: the embedded KMS as a server.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;
use kms_byok::Progress;
use kms_byok::rehearsal::{ClockSetting, Fault, HostName, Server, Settings, ping};
use serde::Serialize;

use super::context::Context;
use super::failure::Failure;
use super::global;
use super::key_args::output_file;
use super::output;
use super::output::document::{Answer, FAILURE, Failed, Form};
use super::output::parts::Ending;
use super::usage_error::UsageError;

/// The form of the JSON of `rehearsal ping`.
pub(crate) static PING: Form = Form::of::<Up>("kms-byok/rehearsal-ping/1");

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kms-byok rehearsal serve --listen 127.0.0.1:4566
  kms-byok rehearsal ping --endpoint-url http://127.0.0.1:4566")]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Serve(Serve),
    Ping(Ping),
}

/// Serve until SIGINT or SIGTERM; the first line on standard output is the URL
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kms-byok rehearsal serve --listen 127.0.0.1:4566
  kms-byok rehearsal serve --fault ImportKeyMaterial:1:throttle --access-log requests.log")]
struct Serve {
    /// Loopback address to listen on, or another with --allow-remote; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Listen where other machines reach it, as in a network of containers; no signature is checked, so whoever does can use every key
    #[arg(long)]
    allow_remote: bool,
    /// Answer requests that have this name as Host, with its port or else with any, as in kms or kms:4566 (repeatable)
    #[arg(long, value_name = "NAME", requires = "allow_remote")]
    host: Vec<HostName>,
    /// Apply no request quotas: no ThrottlingException
    #[arg(long)]
    no_quotas: bool,
    /// Multiply the request quotas of KMS
    #[arg(long, value_name = "N", conflicts_with = "no_quotas", value_parser = scale)]
    quota_scale: Option<f64>,
    /// How long a new key, replica or alias is not found, as in 3s
    #[arg(long, value_name = "D", default_value = "0s", value_parser = global::duration)]
    consistency_delay: Duration,
    /// Inject a fault: OPERATION:WHEN:WHAT, as in ImportKeyMaterial:1:throttle (repeatable)
    #[arg(
        long,
        value_name = "FAULT",
        long_help = "Inject a fault: OPERATION:WHEN:WHAT (repeatable)\n\n\
        OPERATION: its name, or *, or AssumeRole with throttle, 500, 501, 503 or error=CODE\n\
        WHEN: counted from 1: 3, 3+, 2-4, always\n\
        WHAT, and nothing is done: throttle, 500, 501, 503, error=CODE, error=CODE=MESSAGE, reset-before, redirect=URL,\n\
        reply=BODY\n\
        WHAT, after it was done: 500-after, error-after=CODE, reset-during, reset-after\n\
        WHAT, in a reply: html, html=STATUS, truncated, empty-object, drop=FIELD, set=FIELD=VALUE,\n\
        change=FIELD=VALUE (where there is one), lie, huge, date=TIME\n\
        WHAT, late: latency=DURATION (then it is done), latency-after=DURATION, slow=DURATION (a byte every so often)\n\
        WHAT, of DescribeKey: lag=DURATION (the key as it was before an import, for this long)\n\
        WHAT, in a PublicKey: wrong-key-size, non-rsa-key, damaged-key"
    )]
    fault: Vec<Fault>,
    /// Where the clock starts: 2027-01-31T12:00:00Z, +25h or -90d; move it with POST /_rehearsal/clock
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    clock: Option<ClockSetting>,
    /// File for one line per request, without contents
    #[arg(long, value_name = "FILE", value_parser = output_file())]
    access_log: Option<PathBuf>,
}

/// Check whether an embedded KMS answers at --endpoint-url
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kms-byok rehearsal ping --endpoint-url http://127.0.0.1:4566
  kms-byok rehearsal ping --endpoint-url http://127.0.0.1:4566 --output json")]
struct Ping {}

impl Args {
    pub(super) fn serves(&self) -> bool {
        matches!(self.verb, Verb::Serve(_))
    }

    /// The form of the JSON: that a server has started is said by its URL alone.
    pub(super) fn form(&self) -> &'static Form {
        match self.verb {
            Verb::Serve(_) => &FAILURE,
            Verb::Ping(_) => &PING,
        }
    }
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &Args, context: &Context) -> Result<ExitCode, Failure> {
    match &args.verb {
        Verb::Serve(serve) => serve.run(context),
        Verb::Ping(Ping {}) => ask(context),
    }
}

/// The JSON answer of `rehearsal ping`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Up {
    /// The address of the embedded KMS.
    endpoint: Option<String>,
    #[serde(flatten)]
    ending: Ending,
}

impl Answer for Up {
    fn of_failure(failed: &Failed<'_>) -> Self {
        Up { endpoint: None, ending: failed.ending() }
    }
}

impl Serve {
    fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let quotas = if self.no_quotas { None } else { Some(self.quota_scale.unwrap_or(1.0)) };
        let server = Server::start(Settings {
            listen: self.listen,
            remote: self.allow_remote.then(|| self.host.clone()),
            quotas,
            consistency_delay: self.consistency_delay,
            faults: self.fault.clone(),
            access_log: self.access_log.clone(),
            clock: self.clock.unwrap_or(ClockSetting::System),
            ..Settings::default()
        })
        .map_err(|error| context.failure(error))?;
        // The first line is the URL whatever the output format, so that any script can read it.
        output::bytes(format!("{}\n", server.url()).as_bytes());
        let _ = io::stdout().flush();
        if !server.address().ip().is_loopback() {
            context.talk.warn(&format!(
                "whoever reaches {} can use every key in it: no signature is checked",
                server.address()
            ));
        }
        server.wait().map_err(|error| context.failure(error))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn ask(context: &Context) -> Result<ExitCode, Failure> {
    let Some(url) = context.global.endpoint_url.as_deref() else {
        let missing = UsageError::Missing { what: "the address", hint: "add --endpoint-url URL" };
        return Err(context.failure(missing));
    };
    ping(url).map_err(|error| context.failure(error))?;
    let ending = Ending { rehearsal: true, ..Ending::default() };
    let up = Up { endpoint: Some(url.to_owned()), ending };
    Ok(context.answer(&up, &format!("an embedded KMS answers at {url}")))
}

fn scale(text: &str) -> Result<f64, String> {
    text.parse::<f64>()
        .ok()
        .filter(|scale| scale.is_finite() && *scale > 0.0)
        .ok_or_else(|| "write a number above 0".to_owned())
}
