//! The real aws CLI.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// Where the aws CLI is; `None`, and a line that says so, where it is not.
pub fn aws_cli() -> Option<PathBuf> {
    let directory = env::var_os("KMS_BYOK_PYTHON")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python/bin"), PathBuf::from);
    if directory.join("aws").exists() {
        static WARM: OnceLock<(PathBuf, Child)> = OnceLock::new();
        return Some(WARM.get_or_init(|| warm(directory)).0.clone());
    }
    println!("skipped: no aws CLI in `{}`; scripts/python-env installs it", directory.display());
    None
}

/// The same CLI, imported once for all tests of this program: most of a command's time is that. It ends with this process, as its standard
/// input does.
fn warm(directory: PathBuf) -> (PathBuf, Child) {
    let own = tempfile::tempdir().unwrap().keep(); // removed by the server
    let mut server = Command::new(directory.join("python"));
    server.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/warm_aws.py")).arg(&own);
    server.env_clear().env("PATH", env::var_os("PATH").unwrap()).env("HOME", &own);
    let mut server = server.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    assert_eq!(ready, "ready\n", "the aws CLI does not start");
    (own, server)
}
