//! The flags that every verb takes. What scripts set on every call can come from a variable, too; what decides whom to trust cannot.

use std::time::Duration;

use clap::{Args, ValueHint};

use super::colour::Colour;
use super::output::Output;
use super::values::switch;

#[derive(Args)]
pub(crate) struct Global {
    /// AWS Region [default: from AWS_REGION, the profile or the instance]
    #[arg(long, global = true, value_name = "R", help_heading = "Connection")]
    pub(crate) region: Option<String>,
    /// Profile of the AWS configuration files
    #[arg(long, global = true, value_name = "P", help_heading = "Connection")]
    pub(crate) profile: Option<String>,
    /// KMS endpoint to use instead of AWS's own
    #[arg(long, global = true, value_name = "U", value_hint = ValueHint::Url, help_heading = "Connection")]
    pub(crate) endpoint_url: Option<String>,
    /// Accept a non-AWS endpoint from the environment or the profile
    #[arg(long, global = true, help_heading = "Connection")]
    pub(crate) allow_endpoint_env: bool,
    /// Accept plain http to an address that is not loopback
    #[arg(long, global = true, help_heading = "Connection")]
    pub(crate) insecure_endpoint: bool,
    /// Use the FIPS endpoint kms-fips.REGION
    #[arg(long, global = true, help_heading = "Connection")]
    pub(crate) fips_endpoint: bool,
    /// Refuse to run unless a FIPS provider does the wrapping and the FIPS endpoint is used
    #[arg(long, global = true, help_heading = "Connection")]
    pub(crate) require_fips: bool,
    /// Time to connect, as in 5s [default: 5s]
    #[arg(long, global = true, value_name = "D", value_parser = duration, help_heading = "Connection")]
    #[arg(env = "KMS_BYOK_CONNECT_TIMEOUT", hide_env_values = true)]
    pub(crate) connect_timeout: Option<Duration>,
    /// Time to wait for a reply, as in 30s [default: 30s]
    #[arg(long, global = true, value_name = "D", value_parser = duration, help_heading = "Connection")]
    #[arg(env = "KMS_BYOK_READ_TIMEOUT", hide_env_values = true)]
    pub(crate) read_timeout: Option<Duration>,
    /// Format of the answer on standard output
    #[arg(short, long, global = true, value_enum, default_value_t = Output::Text, help_heading = "Output")]
    #[arg(env = "KMS_BYOK_OUTPUT", hide_env_values = true)]
    pub(crate) output: Output,
    /// Print more on standard error: each call to AWS with its request id, and waits
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Output")]
    pub(crate) verbose: u8,
    /// Print only warnings and errors on standard error
    #[arg(short, long, global = true, value_parser = switch, help_heading = "Output")]
    #[arg(env = "KMS_BYOK_QUIET", hide_env_values = true)]
    pub(crate) quiet: bool,
    /// Fail where there would otherwise be only a warning
    #[arg(long, global = true, value_parser = switch, help_heading = "Output")]
    #[arg(env = "KMS_BYOK_STRICT", hide_env_values = true)]
    pub(crate) strict: bool,
    /// Colours; with auto on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Colour::Auto, help_heading = "Output")]
    #[arg(env = "KMS_BYOK_COLOR", hide_env_values = true)]
    pub(crate) color: Colour,
}

pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "write it as in 30s, 15m or 90d".to_owned())
}
