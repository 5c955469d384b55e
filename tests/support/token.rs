//! A token of SoftHSM.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Bench, ended};

/// The PIN of every token here.
pub const PIN: &str = "7391548206";

/// A token of its own in a bench.
pub struct Token<'a> {
    pub bench: &'a Bench,
    /// SoftHSM, or the module in front of it.
    pub(super) module: PathBuf,
    pub(super) soft: PathBuf,
    pub(super) proxy: String,
}

/// Where distributions put SoftHSM's module.
const MODULES: [&str; 5] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm.so",
    "/usr/lib64/libsofthsm2.so",
];

impl<'a> Token<'a> {
    /// A token with the label `ceremony`, and its PIN in the file `pin`; nothing where SoftHSM or OpenSC is not installed.
    pub fn new(bench: &'a Bench) -> Option<Self> {
        let module = MODULES.iter().map(Path::new).find(|module| module.exists());
        let tools = ["softhsm2-util", "pkcs11-tool"].iter().all(|tool| is_there(tool));
        let Some(module) = module.filter(|_| tools) else {
            println!("skipped: there is no SoftHSM, or no pkcs11-tool of OpenSC");
            return None;
        };
        fs::create_dir(bench.path("tokens")).unwrap();
        let tokens = bench.path("tokens").display().to_string();
        bench.write("softhsm.conf", format!("directories.tokendir = {tokens}\nlog.level = ERROR\n"));
        bench.write_private("pin", format!("{PIN}\n"));
        let token = Token { bench, module: module.to_owned(), soft: module.to_owned(), proxy: String::new() };
        token.initialize("ceremony");
        Some(token)
    }

    /// One more token.
    pub(super) fn initialize(&self, label: &str) {
        let words = ["--init-token", "--free", "--so-pin", "52746183", "--pin", PIN, "--label", label];
        self.tool("softhsm2-util", &words);
    }

    /// Runs `pkcs11-tool` with a line of words, logged in, and gives what it prints.
    pub fn pkcs11(&self, line: &str) -> String {
        let soft = self.soft.display().to_string();
        let before = ["--module", &soft, "--token-label", "ceremony", "--login", "--pin", PIN];
        self.tool("pkcs11-tool", &before.into_iter().chain(line.split(' ')).collect::<Vec<_>>())
    }

    fn tool(&self, tool: &str, words: &[&str]) -> String {
        let mut command = Command::new(tool);
        command.args(words).current_dir(self.bench.directory()).env("SOFTHSM2_CONF", self.bench.path("softhsm.conf"));
        let output = ended(&mut command, b"");
        assert!(output.status.success(), "{tool} {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The flags with the rest of a PKCS#11 URI.
    pub fn flags_of(&self, rest: &str) -> String {
        format!("--pkcs11-module {} --pkcs11-uri pkcs11:{rest}", self.module.display())
    }

    /// The command, ready to run.
    pub fn command(&self, line: &str) -> Command {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut command = self.bench.command(&words);
        command.env("SOFTHSM2_CONF", self.bench.path("softhsm.conf")).env("PROXY", &self.proxy);
        command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
        command
    }
}

fn is_there(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(tool).exists())
}
