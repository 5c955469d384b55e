//! A module in front of SoftHSM that does what no good one does, or has what SoftHSM lacks.

use std::fs;
use std::process::Command;

use super::token::Token;

impl<'a> Token<'a> {
    /// The same token behind a module that does as the words of `tests/support/pkcs11/proxy.c` tell it; nothing without a C compiler.
    pub fn behind(&self, words: &str) -> Option<Token<'a>> {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/pkcs11/proxy.c");
        let module = self.bench.path("proxy.so");
        if !module.exists() {
            let mut compiler = Command::new("cc");
            compiler.args(["-shared", "-fPIC", "-o"]).arg(&module).args([source, "-ldl"]);
            if !compiler.status().is_ok_and(|status| status.success()) {
                println!("skipped: there is no C compiler to make a faulty PKCS#11 module with");
                return None;
            }
        }
        let proxy = format!("MODULE={} LOG={} {words}", self.soft.display(), self.bench.path("calls").display());
        let _ = fs::remove_file(self.bench.path("calls"));
        Some(Token { bench: self.bench, module, soft: self.soft.clone(), proxy })
    }

    /// The calls that the module in front has seen.
    pub fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.bench.path("calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    /// How often it was called for that.
    pub fn count(&self, call: &str) -> usize {
        self.calls().iter().filter(|made| *made == call).count()
    }

    /// The flags that name a key in it.
    pub fn flags(&self, object: &str) -> String {
        self.flags_of(&format!("token=ceremony;object={object}?pin-source=file:pin"))
    }
}
