//! `doctor`: what this machine brings to an import, on one screen.

use std::process::ExitCode;

use clap::Args as ClapArgs;
use kms_byok::doctor::{
    self, Algorithm, ConnectionFacts, Examination, Finding, Memory, Online, OpenSslFacts, SelfTest, Wanted,
};
use kms_byok::kms::{ConnectionSettings, TrustPlace};
use serde::Serialize;

use super::context::Context;
use super::failure::Failure;
use super::output;
use super::output::document::{Answer as JsonAnswer, Failed, Form};
use super::output::parts::{About, Ending};
use super::output::tone::{Tone, labelled};
use super::token_args::{Abilities, ExaminedArgs};
use super::words::sentence;

/// The form of its JSON.
pub(crate) static FORM: Form = Form::of::<Answer>("kms-byok/doctor/1");

#[derive(ClapArgs)]
#[command(after_help = "\
Without --online it makes no network call and runs no credential process. With it, it makes only calls that change nothing.
The exit code is 4 if something that is needed is missing.

Examples:
  kms-byok doctor
  kms-byok doctor --online --key-id alias/payments")]
pub(crate) struct Args {
    /// Ask KMS whether it can be reached, whether the clock is right, and which read-only calls are permitted
    #[arg(long)]
    online: bool,
    /// Ask about this key too: key id, ARN or alias
    #[arg(long, value_name = "K", requires = "online")]
    key_id: Option<String>,
    #[command(flatten)]
    token: ExaminedArgs,
}

/// The JSON answer.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Answer {
    /// Whether nothing needed is missing.
    healthy: Option<bool>,
    #[serde(flatten)]
    about: About,
    /// Which OpenSSL is at work.
    openssl: Option<OpenSslFacts>,
    /// Whether it computes what it should.
    self_test: Vec<SelfTest>,
    /// What can be wrapped with it.
    wrapping_algorithms: Vec<Algorithm>,
    /// The way to KMS.
    connection: Option<ConnectionFacts>,
    /// What the token can do, if one was to be examined.
    token_abilities: Option<Abilities>,
    /// What keeps secrets in memory.
    memory: Option<Memory>,
    /// What KMS answered, if it was asked.
    online: Option<Online>,
    /// What is needed and missing.
    problems: Vec<Finding>,
    /// What is to be known.
    notes: Vec<Finding>,
    #[serde(flatten)]
    ending: Ending,
}

impl JsonAnswer for Answer {
    fn of_failure(failed: &Failed<'_>) -> Self {
        Answer { about: failed.about(), ending: failed.ending(), ..Answer::default() }
    }
}

impl From<Examination> for Answer {
    fn from(found: Examination) -> Self {
        let key = found.key_arn.as_ref().map(About::key).unwrap_or_default();
        let rehearsal = found.online.as_ref().is_some_and(|online| online.rehearsal);
        Answer {
            healthy: Some(found.healthy),
            about: About {
                region: found.connection.region.as_ref().and_then(|region| region.parse().ok()),
                endpoint: found.connection.endpoint.clone().filter(|_| !found.connection.endpoint_is_aws),
                ..key
            },
            openssl: Some(found.openssl),
            self_test: found.self_test,
            wrapping_algorithms: found.wrapping_algorithms,
            connection: Some(found.connection),
            token_abilities: None,
            memory: Some(found.memory),
            online: found.online,
            problems: found.problems,
            notes: found.notes,
            ending: Ending { rehearsal, ..Ending::default() },
        }
    }
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &Args, context: &Context) -> Result<ExitCode, Failure> {
    let wanted = Wanted { fips: context.global.require_fips, online: args.online, key: args.key_id.clone() };
    let mut found = context.run(async {
        let settings = ConnectionSettings::read(&context.connection(context.global.region.clone())).await;
        Ok(doctor::examine(&wanted, settings, || context.connect()).await)
    })?;
    let token = match args.token.examine(context).transpose() {
        Ok(token) => token,
        Err(error) => {
            found.problems.push(Finding::of(error));
            found.healthy = false;
            None
        }
    };
    for finding in found.problems.iter_mut().chain(&mut found.notes) {
        finding.hint = finding.hint.take().map(|hint| sentence(&hint).into());
    }
    let (healthy, text) = (found.healthy, text(&found, token.as_ref()));
    let printed = context.answer(&Answer { token_abilities: token, ..Answer::from(found) }, &text);
    Ok(if healthy { printed } else { ExitCode::from(4) })
}

fn text(found: &Examination, token: Option<&Abilities>) -> String {
    let mut rows = openssl(found);
    rows.extend(connection(found));
    rows.extend(token.into_iter().flat_map(abilities));
    rows.extend(memory(found));
    rows.extend(found.online.iter().flat_map(online));
    let mut text = output::lines(&rows);
    found.problems.iter().for_each(|problem| text.push_str(&finding(Tone::Bad, "problem", problem)));
    found.notes.iter().for_each(|note| text.push_str(&finding(Tone::Doubtful, "note", note)));
    text
}

type Row = (&'static str, Option<String>);

fn openssl(found: &Examination) -> Vec<Row> {
    let openssl = &found.openssl;
    let loaded = match (openssl.loaded_is_fit, openssl.branch, openssl.supported_until) {
        (false, _, _) => format!("{}, which is not fit", openssl.loaded),
        (true, Some(branch), Some(end)) => {
            let verb = if openssl.end_of_life { "ended" } else { "ends" };
            format!("{}; support of {branch} {verb} {end}", openssl.loaded)
        }
        _ => openssl.loaded.to_owned(),
    };
    let fips = match (openssl.fips_in_force, openssl.fips_provider_loaded, openssl.fips_provider_loadable) {
        (true, _, _) => "in force",
        (false, true, _) => "provider active, but not the default",
        (false, false, true) => "not in force; a provider can be loaded, but is not active",
        (false, false, false) => "not in force; no provider can be loaded",
    };
    let tests = |passed: bool| names(found.self_test.iter().filter(|test| test.passed == passed).map(|test| test.name));
    let algorithms = |works: bool| {
        names(found.wrapping_algorithms.iter().filter(|one| one.works == works).map(|algorithm| algorithm.name))
    };
    vec![
        ("compiled against", Some(openssl.compiled_against.to_owned())),
        ("loaded", Some(loaded)),
        ("openssl on PATH", Some(openssl.on_path.clone().unwrap_or("none; kms-byok does not need it".to_owned()))),
        ("providers", names(openssl.providers.iter().copied())),
        ("FIPS", Some(fips.to_owned())),
        ("self-test passed", tests(true)),
        ("self-test FAILED", tests(false)),
        ("works here", algorithms(true)),
        ("does not work", algorithms(false)),
    ]
}

fn connection(found: &Examination) -> Vec<Row> {
    let connection = &found.connection;
    let credentials = match (connection.credential_source, &connection.profile) {
        (Some(source), Some(profile)) => format!("{source} (profile {profile})"),
        (Some(source), None) => source.to_owned(),
        (None, _) => "none configured; an instance role would show with --online".to_owned(),
    };
    let credentials = match found.online.as_ref().and_then(|online| online.credential_source.clone()) {
        Some(used) => used,
        None => credentials,
    };
    let trust: Vec<String> = connection.trust_store.iter().map(place).collect();
    vec![
        ("trust store", Some(trust.join("; "))),
        ("proxy", Some(connection.proxy.clone().unwrap_or("none".to_owned()))),
        ("Region", Some(connection.region.clone().unwrap_or("none".to_owned()))),
        ("endpoint", connection.endpoint.clone()),
        ("credentials", Some(credentials)),
    ]
}

fn place(place: &TrustPlace) -> String {
    let by = if place.named_by == "default" { String::new() } else { format!(" ({})", place.named_by) };
    let path = place.path.display();
    match (place.exists, place.certificates) {
        (false, _) => format!("{path}{by}: not there"),
        (true, 1) => format!("{path}{by}: 1 certificate"),
        (true, count) => format!("{path}{by}: {count} certificates"),
    }
}

fn abilities(token: &Abilities) -> Vec<Row> {
    let mut rows = vec![("token", Some(format!("`{}` (serial {})", token.token, token.serial)))];
    for one in &token.wrapping_algorithms {
        let filled = if one.fills_up { ", which fills private keys up with zero bytes" } else { "" };
        rows.push(match (&one.mechanisms, &one.problem) {
            (Some(mechanisms), _) => ("token wraps", Some(format!("{} by {mechanisms}{filled}", one.name))),
            (None, problem) => {
                ("token does not", Some(format!("{}: {}", one.name, problem.as_deref().unwrap_or_default())))
            }
        });
    }
    rows
}

fn memory(found: &Examination) -> Vec<Row> {
    let memory = &found.memory;
    let limit = memory.lock_limit.map_or("no limit".to_owned(), |limit| format!("limit {} KiB", limit / 1024));
    let locked = if memory.secrets_locked { "secrets are locked" } else { "secrets are NOT locked" };
    let dumps = match (memory.core_limit, memory.secrets_kept_out_of_core_dumps) {
        (Some(0), _) => "off",
        (_, true) => "on; secrets are left out of them",
        (_, false) => "on",
    };
    vec![("memory", Some(format!("{locked}; {limit}"))), ("core dumps", Some(dumps.to_owned()))]
}

fn online(online: &Online) -> Vec<Row> {
    let outcome =
        |outcome: &str| names(online.asked.iter().filter(|one| one.outcome == outcome).map(|one| one.operation));
    let reached = match (online.reachable, online.rehearsal) {
        (true, true) => "yes; an embedded KMS, nothing is in AWS",
        (true, false) => "yes",
        (false, _) => "NO",
    };
    let clock = online.clock_skew_seconds.map(|skew| match skew {
        -1..=1 => "the same as the endpoint's".to_owned(),
        2.. => format!("{skew} s behind the endpoint's"),
        _ => format!("{} s ahead of the endpoint's", skew.unsigned_abs()),
    });
    vec![
        ("reached", Some(reached.to_owned())),
        ("clock", clock),
        ("asked, allowed", outcome("allowed")),
        ("asked, denied", outcome("denied")),
        ("asked, failed", outcome("failed")),
    ]
}

fn finding(tone: Tone, kind: &str, finding: &Finding) -> String {
    let mut text = labelled(tone, kind, &finding.cause);
    if let Some(because) = &finding.because {
        text.push_str(&output::because("  ", because));
    }
    if let Some(hint) = &finding.hint {
        text.push_str(&format!("  {}", labelled(Tone::Help, "hint", &hint.to_string())));
    }
    text
}

/// Names in a row; nothing where there are none.
fn names<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let names: Vec<&str> = names.collect();
    (!names.is_empty()).then(|| names.join(", "))
}
