//! Whatever a run meets, the commands that it prints lead to the end: they are pasted word for word until one ends with 0, and then
//! there is one key with its alias, and the file that the last report names holds the bytes that KMS holds.
//!
//! A cell is a verb, a source of key material, the call that goes wrong, how it goes wrong, and how long DescribeKey lags behind an
//! import. Here a sample is walked, by a seed that is printed and can be given (`KMS_BYOK_SEED`); `KMS_BYOK_WALK=all` walks every cell.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::support::cloud::Cloud;
use crate::support::sample::sample;
use crate::support::seed::seed;
use crate::support::workers::in_parallel;
use crate::support::{Run, embedded_kms, recipient};

const SAMPLE: usize = 60;
/// How many commands in a row may be needed: the lag is three times as long as what one of them waits.
const MOST_RUNS: usize = 8;

/// What is run, and what stands before it.
const VERBS: &[(&str, &str)] = &[
    ("provision SYMMETRIC_DEFAULT", "provision --alias alias/a"),
    ("provision HMAC_384", "provision --alias alias/a --key-spec HMAC_384"),
    ("provision ECC_NIST_P256", "provision --alias alias/a --key-spec ECC_NIST_P256"),
    ("rotate", "rotate --key-id alias/a"),
    ("import", "import --dir D"),
    ("replicate", "replicate --key-id alias/a --to eu-west-1"),
];

const SOURCES: &[(&str, &str)] = &[
    ("keep", "--generate --keep copy"),
    ("escrow", "--generate --escrow recovery.pem --escrow-out copy"),
    ("material", "--material given"),
    ("stdin", "--material -"),
    ("discard", "--generate --discard"),
];

/// A call that is refused, one whose reply is lost, and one that is done and answered with an error.
const FAULTS: &[&str] = &["error=AccessDeniedException", "reset-after", "error-after=KMSInternalException"];

#[derive(Clone, Debug)]
struct Cell {
    verb: usize,
    source: usize,
    lag: u32,
    /// The operation and which of its calls, from 1.
    call: (String, usize),
    /// How often DescribeKey is called before the run: the lag begins after that.
    described: usize,
    fault: &'static str,
}

impl Cell {
    fn name(&self) -> String {
        let (operation, number) = &self.call;
        let (verb, source) = (VERBS[self.verb].0, SOURCES[self.source].0);
        format!("{verb}, {source}, {operation} {number}: {}, lag {} s", self.fault, self.lag)
    }
}

struct Scene {
    cloud: Cloud,
    line: String,
    stdin: Vec<u8>,
}

/// The server, and what the verb needs to be there before; the access log is read from here on.
fn scene(verb: usize, source: usize, flags: &str) -> Scene {
    let (name, line) = VERBS[verb];
    let cloud = Cloud::new(flags);
    recipient::place(cloud.bench.directory());
    let spec = name.split(' ').nth(1).unwrap_or("SYMMETRIC_DEFAULT");
    for file in ["given", "first"] {
        cloud.bench.kms_byok(&format!("generate --key-spec {spec} --out {file}")).succeeds();
    }
    let prepare = |line: &str| {
        let run = cloud.run(line);
        assert_eq!(run.code, Some(0), "{line}: {}", run.stderr);
    };
    match name {
        "rotate" => prepare("provision --alias alias/a --material first --wrapping-key-spec RSA_2048"),
        "replicate" => {
            prepare("provision --alias alias/a --multi-region --material given --wrapping-key-spec RSA_2048")
        }
        "import" => {
            prepare("create-key --alias alias/a");
            prepare("get-parameters --key-id alias/a --dir D --wrapping-key-spec RSA_2048");
            prepare("wrap --dir D --material given");
        }
        _ => {}
    }
    // What was imported before is long known everywhere.
    embedded_kms::Kms::at(cloud.url()).move_clock(json!({ "advance": "1h" }));
    let mut line = format!("{line} --wait 3s --output json");
    if name != "import" {
        line.push_str(&format!(" --wrapping-key-spec RSA_2048 {}", SOURCES[source].1));
    }
    let stdin = if SOURCES[source].0 == "stdin" { cloud.bench.read("given") } else { Vec::new() };
    Scene { cloud, line, stdin }
}

/// The calls of a run without fault, after those of the preparation, and how many of the latter are DescribeKey.
fn calls(verb: usize, source: usize) -> (Vec<(String, usize)>, usize) {
    let Scene { cloud, line, stdin } = scene(verb, source, "");
    let operations = |cloud: &Cloud| -> Vec<String> {
        let log = String::from_utf8(cloud.bench.read("requests.log")).unwrap();
        log.lines().filter_map(|line| line.split(' ').nth(2).map(str::to_owned)).collect()
    };
    let before = operations(&cloud);
    let described = before.iter().filter(|operation| *operation == "DescribeKey").count();
    let before = before.len();
    let run = cloud.run_reading(&line, &stdin);
    assert_eq!(run.code, Some(0), "{line}: {}", run.stderr);
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut calls = Vec::new();
    for (index, operation) in operations(&cloud).into_iter().enumerate() {
        let number = counts.entry(operation.clone()).or_default();
        *number += 1;
        if index >= before {
            calls.push((operation, *number));
        }
    }
    (calls, described)
}

fn cells() -> Vec<Cell> {
    let mut pairs = Vec::new();
    for (verb, (name, _)) in VERBS.iter().enumerate() {
        for (source, (from, _)) in SOURCES.iter().enumerate() {
            let given = *from == "material" || *from == "stdin" && *name == "replicate";
            if given || !["import", "replicate"].contains(name) {
                pairs.push((verb, source));
            }
        }
    }
    let found = in_parallel(4, &pairs, |(verb, source)| Ok(calls(*verb, *source)));
    let mut cells = Vec::new();
    for ((verb, source), calls) in pairs.into_iter().zip(found) {
        let (calls, described) = calls.unwrap_or_else(|problem| panic!("{problem}"));
        for call in calls {
            for fault in FAULTS {
                for lag in [0, 9] {
                    cells.push(Cell { verb, source, lag, call: call.clone(), described, fault });
                }
            }
        }
    }
    cells
}

/// Text and JSON of a run say the same.
fn check_printings(run: &Run) -> Result<Value, String> {
    let report: Value = serde_json::from_str(&run.stdout).map_err(|error| format!("{error}: {}", run.stdout))?;
    if run.code == Some(0) {
        return Ok(report);
    }
    let said = |begin: &str| run.stderr.lines().find_map(|line| line.strip_prefix(begin));
    if said("next: ") != report["next"].as_str() {
        return Err(format!("text and JSON name different commands: {} {report}", run.stderr));
    }
    let in_doubt = said("unknown: whether ").and_then(|rest| rest.split(' ').next());
    if in_doubt != report["in_doubt"].as_str() {
        return Err(format!("text and JSON doubt different calls: {} {report}", run.stderr));
    }
    let exists = said("exists: key ").and_then(|rest| rest.split(", ").next());
    let arn = report["key_arn"].as_str();
    match exists == arn || run.code != Some(3) {
        true => Ok(report),
        false => Err(format!("text and JSON name different keys: {} {report}", run.stderr)),
    }
}

fn walk(cell: &Cell) -> Result<usize, String> {
    let (operation, number) = &cell.call;
    let lag = match cell.lag {
        0 => String::new(),
        lag => format!(" --fault DescribeKey:{}+:lag={lag}s", cell.described + 1),
    };
    let Scene { cloud, line, stdin } =
        scene(cell.verb, cell.source, &format!("--fault {operation}:{number}:{}{lag}", cell.fault));
    let mut command = format!("kms-byok {}", cloud.line(&line));
    let mut said = String::new();
    for runs in 1..=MOST_RUNS {
        let run = cloud.shell(&command.replace("--recipient-key KEY", "--recipient-key recovery.key"), &stdin);
        said.push_str(&format!("$ {command}\n{}", run.stderr));
        let report = match check_printings(&run) {
            Ok(report) => report,
            // `status`, where nothing is left to be done.
            Err(_) if run.code == Some(0) => json!({}),
            Err(problem) => return Err(format!("{problem}\n{said}")),
        };
        match (run.code, report["next"].as_str()) {
            (Some(0), _) => {
                return check_end(cell, &cloud, &report).map(|()| runs).map_err(|what| format!("{what}\n{said}"));
            }
            (Some(3), Some(next)) => command = next.to_owned(),
            // Nothing was changed: the user mends what was wrong, and types it again.
            (Some(1), None) => {}
            (code, next) => return Err(format!("it ended with {code:?} and next {next:?}\n{said}")),
        }
    }
    Err(format!("{MOST_RUNS} runs were not enough\n{said}"))
}

fn check_end(cell: &Cell, cloud: &Cloud, report: &Value) -> Result<(), String> {
    let keys = cloud.keys();
    if keys.len() != 1 {
        return Err(format!("there are {} keys", keys.len()));
    }
    let verify = |flags: &str, region: &str| {
        let line = format!("verify --key-id {} {flags} --output json", report["key_arn"].as_str().unwrap_or("alias/a"));
        let line = cloud.line(&line).replace("--region us-east-1", region);
        cloud.shell(&format!("kms-byok {line}"), b"")
    };
    let mut holders = Vec::new();
    if let Some(kept) = report["kept"].as_str() {
        holders.push(format!("--material {kept}"));
    }
    if let Some(escrow) = report["escrow"].as_str() {
        holders.push(format!("--material-from-escrow {escrow} --recipient-key recovery.key"));
    }
    if ["material", "stdin"].contains(&SOURCES[cell.source].0) {
        holders.push("--material given".to_owned());
    }
    // A run that found everything done names no file: it is the one that was asked for.
    if holders.is_empty() && SOURCES[cell.source].0 == "keep" {
        holders.push("--material copy".to_owned());
    }
    if holders.is_empty() && SOURCES[cell.source].0 == "escrow" {
        holders.push("--material-from-escrow copy --recipient-key recovery.key".to_owned());
    }
    for holder in holders {
        // DescribeKey may lag still: what it says then is no word about the bytes.
        let mut run = verify(&holder, "--region us-east-1");
        for _ in 0..12 {
            if run.code == Some(0) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_secs(1));
            run = verify(&holder, "--region us-east-1");
        }
        if run.code != Some(0) {
            return Err(format!("KMS does not hold {holder}: {}{}", run.stdout, run.stderr));
        }
    }
    Ok(())
}

#[test]
fn the_commands_that_are_printed_lead_to_the_end() {
    let mut cells = cells();
    let all = cells.len();
    if std::env::var("KMS_BYOK_WALK").as_deref() != Ok("all") {
        cells = sample(seed(), SAMPLE, all).into_iter().map(|index| cells[index].clone()).collect();
    }
    let outcomes = in_parallel(6, &cells, walk);
    let mut runs = [0; MOST_RUNS + 1];
    for number in outcomes.iter().flatten() {
        runs[*number] += 1;
    }
    println!(
        "{} of {all} cells walked, none skipped; ended after 1 to {MOST_RUNS} runs: {:?}",
        cells.len(),
        &runs[1..]
    );
    let failures: Vec<String> = cells
        .iter()
        .zip(&outcomes)
        .filter_map(|(cell, outcome)| Some(format!("{}: {}", cell.name(), outcome.as_ref().err()?)))
        .collect();
    assert!(failures.is_empty(), "{} of {} cells:\n{}", failures.len(), cells.len(), failures.join("\n\n"));
}
