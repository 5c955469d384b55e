//! The documented shell recipe and this program agree, on one endpoint and in both directions.
//!
//! `scripts/compare-with-recipe` holds the rows; here it is run against the embedded KMS and against MiniStack, which
//! shares no code with it.

use std::env;
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::process::{Child, ChildStdout, Stdio};

use crate::support::aws_cli::aws_cli;

type TestResult = Result<(), Box<dyn Error>>;

const KMS_BYOK: &str = env!("CARGO_BIN_EXE_kms-byok");

#[test]
fn the_recipe_and_kms_byok_agree_on_the_embedded_kms() -> TestResult {
    if !python_environment() {
        return Ok(());
    }
    let server = Embedded::start()?;
    compare(&server.url, &[])
}

#[test]
fn the_recipe_and_kms_byok_agree_on_ministack() -> TestResult {
    if !python_environment() {
        return Ok(());
    }
    let server = MiniStack::start()?;
    // MiniStack takes other bytes on re-import, which AWS refuses.
    compare(&server.url, &["other-bytes-refused"])
}

fn compare(url: &str, allowed: &[&str]) -> TestResult {
    let mut command = Command::new(script("compare-with-recipe"));
    command.args(["--endpoint-url", url, "--bin", KMS_BYOK]);
    command.env("KMS_BYOK_AWS", aws_cli().ok_or("no aws CLI")?.join("aws"));
    for row in allowed {
        command.args(["--allow", row]);
    }
    let output = command.output()?;
    println!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(()) } else { Err("a row of the comparison is not as it should be".into()) }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(name)
}

/// Whether the aws CLI and MiniStack are there: `scripts/check` makes them, a plain `cargo test` may lack them.
fn python_environment() -> bool {
    let directory = env::var_os("KMS_BYOK_PYTHON")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python/bin"), PathBuf::from);
    let there = directory.join("aws").exists() && directory.join("ministack").exists();
    if !there {
        println!("skipped: no aws CLI and MiniStack in `{}`; scripts/python-env makes them", directory.display());
    }
    there
}

struct Embedded {
    process: Child,
    _stdout: BufReader<ChildStdout>, // open as long as the server runs
    url: String,
}

impl Embedded {
    fn start() -> Result<Self, Box<dyn Error>> {
        let mut process = Command::new(KMS_BYOK)
            .args(["rehearsal", "serve", "--listen", "127.0.0.1:0", "--no-quotas"])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut stdout = BufReader::new(process.stdout.take().ok_or("the server has no stdout")?);
        let mut url = String::new();
        let answer = stdout.read_line(&mut url);
        let server = Self { process, _stdout: stdout, url: url.trim().to_owned() };
        answer?;
        if server.url.starts_with("http://127.0.0.1:") {
            Ok(server)
        } else {
            Err(format!("the embedded KMS said `{}` for its URL", server.url).into())
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct MiniStack {
    directory: tempfile::TempDir,
    url: String,
}

impl MiniStack {
    fn start() -> Result<Self, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let output = Command::new(script("ministack")).args(["start", "--dir"]).arg(directory.path()).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        Ok(Self { directory, url: String::from_utf8(output.stdout)?.trim().to_owned() })
    }
}

impl Drop for MiniStack {
    fn drop(&mut self) {
        let _ = Command::new(script("ministack")).args(["stop", "--dir"]).arg(self.directory.path()).status();
    }
}
