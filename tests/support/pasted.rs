//! What is printed to be pasted, pasted: a real shell, with this program and the real aws CLI.

use std::env;
use std::process::Command;

use super::aws_cli::aws_cli;
use super::executable::write_executable;
use super::scene::Scene;
use super::{Run, run};

impl Scene {
    /// `sh -c LINE`, with credentials and nothing else of AWS in the environment. Nothing where the line needs the aws CLI, and that is not
    /// installed.
    pub(crate) fn paste(&self, line: &str) -> Option<Run> {
        let bin = self.bench.path("bin");
        if !bin.exists() {
            std::fs::create_dir(&bin).unwrap();
            let program = env!("CARGO_BIN_EXE_kms-byok");
            write_executable(&bin.join("kms-byok"), &format!("#!/bin/sh\nexec {program} \"$@\"\n"));
        }
        let aws = if line.contains("aws kms ") { Some(aws_cli()?) } else { None };
        let others = env::var_os("PATH").unwrap();
        let path = [Some(bin), aws].into_iter().flatten().chain(env::split_paths(&others));
        let model = self.bench.command(&[]);
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).current_dir(self.bench.directory()).env_clear();
        shell.envs(model.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.env("PATH", env::join_paths(path).unwrap());
        shell.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
        Some(run(&mut shell, b""))
    }
}
