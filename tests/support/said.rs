//! What a run said, asserted in full.

use super::Run;

impl Run {
    /// Asserts the exit code and everything on standard error, with nothing on standard output.
    #[track_caller]
    pub fn refuses(&self, code: i32, stderr: &str) {
        assert_eq!((self.code, self.stderr.as_str()), (Some(code), stderr), "stdout: {}", self.stdout);
        assert_eq!(self.stdout, "");
    }

    /// Asserts success and gives the answer as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }

    /// The JSON object on standard output, however the run ended.
    #[track_caller]
    pub fn json_of_failure(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }
}
