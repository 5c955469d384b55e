//! The command that completes a partial run: the same one, with what the run has found out.

use std::env;

pub(crate) use kms_byok::ceremony::recipe::quoted;

use super::Context;

/// This run's command line, quoted for a shell, with `--adopt ARN` when a key was made and the run can go on with it.
pub(crate) fn same_command(adopt: Option<&str>) -> String {
    let mut words: Vec<String> = env::args_os().map(quoted).collect();
    if let Some(program) = words.first_mut() {
        *program = "kms-byok".to_owned();
    }
    if let Some(arn) = adopt
        && !words.iter().any(|word| word == "--adopt" || word.starts_with("--adopt="))
    {
        words.push("--adopt".to_owned());
        words.push(arn.to_owned());
    }
    words.join(" ")
}

/// Another command for the same endpoint, Region and profile.
pub(crate) fn command(context: &Context, line: &str) -> String {
    let global = &context.global;
    let mut command = format!("kms-byok {line}");
    for (flag, value) in
        [("--region", &global.region), ("--profile", &global.profile), ("--endpoint-url", &global.endpoint_url)]
    {
        if let Some(value) = value {
            command.push_str(&format!(" {flag} {}", quoted(value)));
        }
    }
    for (flag, given) in [
        ("--allow-endpoint-env", global.allow_endpoint_env),
        ("--insecure-endpoint", global.insecure_endpoint),
        ("--fips-endpoint", global.fips_endpoint),
        ("--require-fips", global.require_fips),
    ] {
        if given {
            command.push_str(&format!(" {flag}"));
        }
    }
    command
}
