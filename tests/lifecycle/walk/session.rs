//! A user at a shell: types a line, pastes what it prints, until it is done.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::scene::Scene;
use super::task::{Source, Task};
use crate::support::Run;
use crate::support::printings::{self, Printed};

/// How many commands in a row may be needed for one line: the lag is three times as long as what one of them waits.
const MOST_RUNS: usize = 8;

/// How a line has ended.
#[derive(PartialEq)]
enum Done {
    Well,
    /// KMS cannot unwrap it.
    Unfit,
}

/// All that the user has done.
#[derive(Default)]
pub struct Session {
    pub printed: Vec<Printed>,
    /// How the run ended that was struck; nothing where it was killed.
    pub first: Option<i32>,
    pub struck: bool,
    /// The file that the last report names.
    pub named: Option<String>,
    /// For the reader of a failure.
    pub said: String,
}

impl Session {
    /// Carries out every line of the task.
    pub fn follow(&mut self, task: &Task, source: Source, scene: &mut Scene, kill: bool) -> Result<(), String> {
        for (index, line) in task.lines.iter().enumerate() {
            let done = self.follow_line((line, source), scene, kill)?;
            // What was wrapped for another key than KMS's: the parameters were forged, and are fetched again.
            if done == Done::Unfit {
                for line in &task.lines[1..=index] {
                    let again = if line.starts_with("import ") { line.clone() } else { format!("{line} --force") };
                    if self.follow_line((&again, source), scene, kill)? == Done::Unfit {
                        return Err("other parameters are no better".to_owned());
                    }
                }
            }
        }
        Ok(())
    }

    /// Runs one command, and what it prints, until one ends with 0.
    fn follow_line(&mut self, line: (&str, Source), scene: &mut Scene, kill: bool) -> Result<Done, String> {
        let mut command = scene.typed(line.0, line.1);
        let mut was_killed = false;
        for _ in 0..MOST_RUNS {
            let had_struck = scene.has_struck();
            let before = (!had_struck).then(|| scene.world());
            let printed = self.run(&command, scene, kill && !had_struck)?;
            let (code, next, hint) = (printed.code, printed.next.clone(), printed.hint.clone());
            let unfit = hint.as_ref().is_some_and(|hint| hint.starts_with("wrap it again with the public key"));
            let struck_now = !had_struck && scene.has_struck();
            if struck_now {
                (self.struck, self.first) = (true, code);
            }
            self.printed.push(printed);
            match code {
                Some(0) => return Ok(Done::Well),
                // Nobody has seen a report: the user types the same again.
                None => was_killed = true,
                Some(3) => command = next.ok_or("nothing follows")?,
                // Nothing was changed; the user does away with what was in the way, and types the same again.
                Some(1 | 4) if struck_now => {
                    let now = scene.world();
                    if code == Some(1) && before.as_ref() != Some(&now) {
                        return Err(format!("it says that nothing has changed, and there is {now:?}"));
                    }
                }
                Some(1) if self.struck && unfit => return Ok(Done::Unfit),
                // What the run that was killed has left behind is told, and what to do about it.
                Some(1) if was_killed => command = as_hinted(&hint.unwrap_or_default(), line, scene)?,
                code => return Err(format!("it ended with {code:?}")),
            }
        }
        Err(format!("{MOST_RUNS} runs were not enough"))
    }

    /// Pastes a command; it ends with 0.
    pub fn paste(&mut self, command: &str, scene: &Scene) -> Result<(), String> {
        let printed = self.run(command, scene, false)?;
        if printed.code == Some(0) { Ok(()) } else { Err(format!("`{command}` ended with {:?}", printed.code)) }
    }

    fn run(&mut self, command: &str, scene: &Scene, kill: bool) -> Result<Printed, String> {
        let recorded = || std::fs::read(scene.cloud.bench.path("record")).ok();
        let before = recorded();
        let run = match kill {
            true => run_killed(command, scene),
            false => Some(scene.cloud.shell(command, &scene.stdin)),
        };
        let shown = run.as_ref().map_or("killed".to_owned(), |run| format!("{}{}", run.stdout, run.stderr));
        self.said.push_str(&format!("$ {command}\n{shown}"));
        let record: Option<Value> =
            recorded().filter(|now| before.as_ref() != Some(now)).map(|text| serde_json::from_slice(&text).unwrap());
        let printed = printings::read(command, run.as_ref(), record)?;
        if let Some(named) = &printed.named {
            self.named = Some(named.clone());
        }
        Ok(printed)
    }
}

/// Runs it until the fault strikes, which holds the call, and kills it there; nothing where it was killed.
fn run_killed(command: &str, scene: &Scene) -> Option<Run> {
    // In the place of the shell: who waits for this process waits until all that it holds is let go of.
    let mut shell = scene.cloud.shell_command(&format!("exec {command}"));
    shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = shell.spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(&scene.stdin);
    while child.try_wait().unwrap().is_none() {
        if scene.strikes() {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Some(Run::of(child.wait_with_output().unwrap()))
}

/// What the user does whom a hint tells of what a run has left behind that was killed.
fn as_hinted(hint: &str, (line, source): (&str, Source), scene: &Scene) -> Result<String, String> {
    if hint.starts_with("leave --import-type new out") {
        return Ok(scene.typed(&line.replace(" --import-type new", ""), source));
    }
    let command = hint.split('`').find(|part| part.starts_with("kms-byok "));
    match (source, command) {
        (Source::Keep, _) if hint.contains("its own bytes") => Ok(scene.typed(line, Source::Kept)),
        (Source::Escrow, _) if hint.contains("its own bytes") => Ok(scene.typed(line, Source::Escrowed)),
        (Source::Discard, _) if hint.contains("--resume") => Ok(scene.typed(&format!("{line} --resume"), source)),
        (_, _) if hint.contains("--resume") => Ok(scene.typed(&line.replace("SOURCE", "--resume"), source)),
        (_, Some(command)) => Ok(command.to_owned()),
        (_, None) => Err(format!("the hint names no command: {hint}")),
    }
}
