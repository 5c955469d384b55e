//! What a run said but for what stands beside it.

use super::Run;

impl Run {
    /// As `refuses`, without the warnings, as files of tests can be read by all, and without what `diagnose` adds below a refused import.
    #[track_caller]
    pub fn refuses_with(&self, code: i32, stderr: &str) {
        let beside = ["warning: ", "certain (", "likely (", "possible (", "  fix: "];
        let said = self.stderr.lines().filter(|line| !beside.iter().any(|begin| line.starts_with(begin)));
        let said: String = said.map(|line| format!("{line}\n")).collect();
        assert_eq!((self.code, said.as_str()), (Some(code), stderr), "stdout: {}", self.stdout);
        assert_eq!(self.stdout, "");
    }
}
