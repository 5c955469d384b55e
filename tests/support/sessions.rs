//! Sessions as a person has them: printed commands are pasted into a shell, and what is said is compared as text.

use std::process::Command;

use super::cloud::{Cloud, plain};
use super::{Run, run};

impl Cloud {
    /// Runs the command that a report has printed, as a person would paste it into a shell.
    pub fn shell(&self, printed: &str, stdin: &[u8]) -> Run {
        run(&mut self.shell_command(printed), stdin)
    }

    /// The shell that it is pasted into.
    pub fn shell_command(&self, printed: &str) -> Command {
        let binary = std::path::Path::new(env!("CARGO_BIN_EXE_kms-byok"));
        let path = format!("{}:/usr/bin:/bin", binary.parent().unwrap().display());
        let model = self.command("");
        let mut shell = Command::new("sh");
        shell.args(["-c", printed]).current_dir(self.bench.directory()).env_clear();
        shell.envs(model.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PATH", path);
        shell
    }

    /// Text with what differs from run to run given a name.
    pub fn plain(&self, text: &str) -> String {
        plain(&text.replace(self.url(), "URL"))
    }
}
