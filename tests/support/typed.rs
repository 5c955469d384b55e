//! Runs with a terminal that somebody types into.

use std::process::Command;

use super::scene::Scene;
use super::{Run, run};

/// What a run ends with where this line is typed; nothing where there is no `script` to make a terminal with.
pub(crate) fn typing(scene: &Scene, verb: &str, line: &str) -> Option<Run> {
    let script = Command::new("script").arg("--version").output();
    if !script.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("util-linux")) {
        println!("skipped: there is no `script` of util-linux to make a terminal with");
        return None;
    }
    let binary = env!("CARGO_BIN_EXE_kms-byok");
    let mut command = Command::new("script");
    command
        .args(["-qec", &format!("{binary} {verb} {}", scene.at()), "/dev/null"])
        .current_dir(scene.bench.directory())
        .env("NO_COLOR", "1")
        .env("HOME", scene.bench.directory())
        .env("AWS_ACCESS_KEY_ID", "AKIDTEST")
        .env("AWS_SECRET_ACCESS_KEY", "test");
    Some(run(&mut command, format!("{line}\n").as_bytes()))
}
