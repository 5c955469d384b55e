//! Text, JSON and record of a run say the same: what each says is brought into the lines that the text has.

mod answer;
mod failure;
mod recorded;

use serde_json::Value;

pub use self::answer::answer;
pub use self::failure::failure;
use self::recorded::{OF_THE_KEY, RECORDED, RECORDED_OF_A_FAILURE, answer_recorded, failure_recorded};
use super::Run;

/// What a run has printed, and how it ended.
pub struct Printed {
    /// Nothing where it was killed.
    pub code: Option<i32>,
    pub next: Option<String>,
    pub hint: Option<String>,
    /// The file that it names for the bytes.
    pub named: Option<String>,
    /// The commands that bring deleted key material back.
    pub restore: Option<String>,
    /// There is a record of it.
    recorded: bool,
    /// All that it says in the end.
    lines: Vec<String>,
}

/// Reads what a run has printed; its forms must agree.
pub fn read(command: &str, run: Option<&Run>, record: Option<Value>) -> Result<Printed, String> {
    // Of two commands in one line the second tells how it ends.
    let last = command.rsplit(" && ").next().unwrap_or_default();
    let verb = last.split(' ').nth(1).unwrap_or_default();
    let Some(run) = run else {
        return match record.is_some_and(|record| !record["exit"].is_null()) {
            true => Err("the record of a run that was killed has an end".to_owned()),
            false => Ok(printed(None, Vec::new())),
        };
    };
    let is_json = command.contains("--output json");
    let report: Value = match is_json {
        true => {
            let objects = serde_json::Deserializer::from_str(&run.stdout).into_iter::<Value>();
            let object = objects.last().ok_or_else(|| format!("no JSON: {}", run.stderr))?;
            object.map_err(|error| format!("{error}: {}", run.stdout))?
        }
        false => Value::Null,
    };
    let answered = matches!(run.code, Some(0)) || report["error"].is_null() && !run.stderr.contains("error: ");
    let text: Vec<String> = if answered { last_answer(&run.stdout) } else { end_of(&run.stderr) };
    let lines = match (answered, is_json) {
        // Another verb than those that change a key: it has a form of its own.
        (true, _) if verb == "status" => Vec::new(),
        (true, true) => answer(verb, &report),
        (true, false) => text,
        (false, true) => {
            let lines = failure(&report);
            agree("JSON", &lines, "text", &text)?;
            lines
        }
        (false, false) => text,
    };
    let has_record = record.is_some();
    if let Some(record) = record {
        let recorded = if answered { answer_recorded(&record) } else { failure_recorded(&record) };
        let told = |lines: &[String]| -> Vec<String> {
            let replicas = lines.iter().position(|line| line.starts_with("replica in ")).unwrap_or(lines.len());
            let known = |at: usize| match answered {
                true if at > replicas => &RECORDED[OF_THE_KEY..],
                true => &RECORDED[..],
                false => &RECORDED_OF_A_FAILURE[..],
            };
            let told =
                lines.iter().enumerate().filter(|(at, line)| known(*at).iter().any(|begin| line.starts_with(begin)));
            told.map(|(_, line)| line.clone()).collect()
        };
        agree("print", &told(&lines), "record", &recorded)?;
        if record["exit"]["code"].as_i64() != run.code.map(i64::from) {
            return Err(format!("it ended with {:?}, and the record says {}", run.code, record["exit"]));
        }
    }
    Ok(Printed { recorded: has_record, ..printed(run.code, lines) })
}

fn printed(code: Option<i32>, lines: Vec<String>) -> Printed {
    let said = |begin: &str| lines.iter().find_map(|line| line.strip_prefix(begin)).map(str::to_owned);
    Printed {
        code,
        next: said("next: "),
        hint: said("hint: "),
        named: said("kept ").or(said("escrow ")),
        restore: said("bring back "),
        recorded: false,
        lines,
    }
}

pub fn agree(one: &str, lines: &[String], other: &str, others: &[String]) -> Result<(), String> {
    match lines == others {
        true => Ok(()),
        false => Err(format!("{one} says\n  {}\nand {other}\n  {}", lines.join("\n  "), others.join("\n  "))),
    }
}

pub fn single_spaced(text: &str) -> Vec<String> {
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// The last answer as text: each begins with the key.
fn last_answer(stdout: &str) -> Vec<String> {
    let lines = single_spaced(stdout);
    let replicas = lines.iter().position(|line| line.starts_with("replica in ")).unwrap_or(lines.len());
    let begin = lines[..replicas].iter().rposition(|line| line.starts_with("key ")).unwrap_or_default();
    lines[begin..].to_vec()
}

/// The report of a failure as text, without what `diagnose` adds to a refused import.
fn end_of(stderr: &str) -> Vec<String> {
    let beside = ["certain (", "likely (", "possible (", "fix: ", "not known (", "find out: "];
    // What AWS says goes on below its label.
    let lines =
        single_spaced(&stderr.replace("\n         ", " ")).into_iter().skip_while(|line| !line.starts_with("error: "));
    lines.filter(|line| beside.iter().all(|begin| !line.starts_with(begin))).collect()
}

/// The two forms of a run say the same, but for what differs from run to run. Where there is a record, each was compared with that.
pub fn compare(text: &Printed, json: &Printed, alike: impl Fn(&str) -> String) -> Result<(), String> {
    if text.recorded || text.code != Some(0) {
        return Ok(());
    }
    let plain = |printed: &Printed| -> Vec<String> { printed.lines.iter().map(|line| alike(line)).collect() };
    agree("text", &plain(text), "JSON", &plain(json))
}
