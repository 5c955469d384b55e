//! Runs what `recipe` prints: bash, with the real openssl, and the real aws CLI or something that stands in for it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::executable::write_executable;
use super::stage::{SECRET_ACCESS_KEY, Stage};
use super::{Run, run};

impl Stage {
    /// The script for these words of `provision`.
    pub fn recipe(&self, words: &[&str]) -> String {
        let at =
            ["recipe", "--endpoint-url", self.kms.url(), "--region", "us-east-1", "--wrapping-key-spec", "RSA_2048"];
        let words: Vec<&str> = at.iter().chain(words).copied().collect();
        let output = run(&mut self.bench.command(&words), b"");
        output.succeeds();
        check_shell(&self.bench.path("script"), &output.stdout);
        output.stdout
    }

    /// Runs a script with nothing of this machine's AWS configuration.
    pub fn bash(&self, script: &str, aws: &Path, stdin: &[u8]) -> Run {
        self.bench.write("script", script);
        let path = env::join_paths([aws.to_owned()].into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap())));
        let mut command = Command::new("bash");
        command
            .arg("script")
            .current_dir(self.bench.directory())
            .env_clear()
            .env("PATH", path.unwrap())
            .env("HOME", self.bench.directory())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ACCESS_KEY_ID", "AKIDTEST")
            .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY);
        run(&mut command, stdin)
    }

    /// A program of the bench that stands in for another.
    pub fn stand_in(&self, name: &str, script: &str) -> PathBuf {
        let directory = self.bench.path("stand-in");
        std::fs::create_dir_all(&directory).unwrap();
        write_executable(&directory.join(name), &format!("#!/bin/sh\n{script}\n"));
        directory
    }

    /// The plaintext that the script has made when it first turns to AWS.
    #[track_caller]
    pub fn plaintext(&self, words: &[&str]) -> Vec<u8> {
        let _ = std::fs::remove_file(self.bench.path("seen"));
        let aws = self.stand_in("aws", "cp work/*/PlaintextKeyMaterial.bin seen; exit 9");
        std::fs::create_dir_all(self.bench.path("work")).unwrap();
        let script = format!("export TMPDIR=work\n{}", self.recipe(words));
        let run = self.bash(&script, &aws, &[7; 32]);
        assert_eq!(run.code, Some(9), "{}", run.stderr);
        assert_eq!(std::fs::read_dir(self.bench.path("work")).unwrap().count(), 0, "the plaintext is still there");
        self.bench.read("seen")
    }

    /// Runs a script that ends before it turns to AWS.
    #[track_caller]
    pub fn fails_before_aws(&self, script: &str, code: i32, cause: &str) {
        let path = self.stand_in("aws", "touch asked");
        let run = self.bash(script, &path, b"");
        assert_eq!((run.code, self.bench.exists("asked")), (Some(code), false), "{}", run.stderr);
        assert!(run.stderr.ends_with(cause), "{}", run.stderr);
    }
}

/// Holds a script to shellcheck, where that is.
fn check_shell(file: &Path, script: &str) {
    std::fs::write(file, script).unwrap();
    match Command::new("shellcheck").arg(file).output() {
        Ok(output) => assert!(output.status.success(), "{}{script}", String::from_utf8_lossy(&output.stdout)),
        Err(_) => println!("skipped: shellcheck is not installed"),
    }
}
