//! A key that waits for its material, and what of it was asked.

use super::cloud::Cloud;

impl Cloud {
    /// The ARN of a new key without material.
    pub fn empty_key(&self, flags: &str) -> String {
        let answer = self.run(&format!("create-key --output json {flags}")).json();
        answer["key_arn"].as_str().unwrap().to_owned()
    }

    /// How many requests of that operation have come.
    pub fn requests(&self, operation: &str) -> usize {
        let log = String::from_utf8(self.bench.read("requests.log")).unwrap();
        log.lines().filter(|line| line.split(' ').nth(2) == Some(operation)).count()
    }
}
