//! Runs side by side, each on a machine of its own: the state directory is what a machine is.

use std::process::{Child, Stdio};

use serde_json::Value;

use super::Run;
use super::scene::Scene;

/// A run on the machine of that name.
pub(crate) fn start(scene: &Scene, machine: &str, line: &str) -> Child {
    let line = format!("{line} --output json {}", scene.at());
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut command = scene.bench.command(&words);
    command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
    command.env("XDG_STATE_HOME", scene.bench.path(machine));
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// How it ends: exit code, answer, and what it said.
pub(crate) fn end(run: Child) -> (Option<i32>, Value, String) {
    let run = Run::of(run.wait_with_output().unwrap());
    let answer = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}{}", run.stdout, run.stderr));
    (run.code, answer, run.stderr)
}
