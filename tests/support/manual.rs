//! What the help lists.

use super::Bench;

impl Bench {
    /// Every verb, and those of `rehearsal`, as the help lists them.
    pub fn verbs(&self) -> Vec<String> {
        let listed = |line: &str| -> Vec<String> {
            let help = self.kms_byok(line).succeeds().stdout.clone();
            let lines =
                help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
            // A sentence may take two lines.
            lines
                .filter(|line| !line.starts_with("   "))
                .map(|line| line.split_whitespace().next().unwrap().to_owned())
                .collect()
        };
        let mut all = listed("--help");
        for verb in all.clone() {
            all.extend(listed(&format!("{verb} --help")).into_iter().map(|inner| format!("{verb} {inner}")));
        }
        all
    }
}
