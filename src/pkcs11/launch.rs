//! How the module's process is started: this program once more, with nothing that the module need not know.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How the module's process is started: a program that calls [`serve`](super::serve) and nothing else when it gets these arguments.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// How long a call of the module may take before the process is ended.
    pub limit: Duration,
}

/// Variables that change what is loaded into a process.
const LOADER: [&str; 6] =
    ["LD_PRELOAD", "LD_AUDIT", "LD_DEBUG", "LD_PROFILE", "DYLD_INSERT_LIBRARIES", "DYLD_FORCE_FLAT_NAMESPACE"];

/// How the names of variables end, or what they have in them, that usually hold a secret.
const ENDS: [&str; 9] =
    ["_TOKEN", "_SECRET", "_KEY", "_KEY_ID", "_CREDENTIAL", "_CREDENTIALS", "_APIKEY", "_PROXY", "_AUTH"];
const PARTS: [&str; 4] = ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET"];

impl Launch {
    /// How long a call may take where nothing else is said. A HSM over a network takes seconds, and a person who must touch one longer.
    pub const LIMIT: Duration = Duration::from_secs(60);

    /// Starts it in a process group of its own, so that it is ended with whatever the module starts.
    pub(super) fn start(&self) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        for (name, _) in env::vars_os().filter(|(name, _)| is_withheld(name)) {
            command.env_remove(name);
        }
        command.process_group(0).spawn()
    }
}

/// Whether a variable of this process is none of the module's business. What modules are configured by stays, as in `SOFTHSM2_CONF`.
fn is_withheld(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    name.starts_with("AWS_")
        || name.starts_with("KMS_BYOK_")
        || LOADER.contains(&&*name)
        || ENDS.iter().any(|end| name.ends_with(end))
        || PARTS.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_gets_its_configuration_and_no_credentials() {
        for name in [
            "SOFTHSM2_CONF",
            "ChrystokiConfigurationPath",
            "YUBIHSM_PKCS11_CONF",
            "CKNFAST_LOADSHARING",
            "HOME",
            "PATH",
            "LD_LIBRARY_PATH",
            "LANG",
        ] {
            assert!(!is_withheld(OsStr::new(name)), "{name}");
        }
        for name in [
            "AWS_ACCESS_KEY_ID",
            "AWS_SESSION_TOKEN",
            "AWS_PROFILE",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "LD_PRELOAD",
            "LD_AUDIT",
            "DYLD_INSERT_LIBRARIES",
            "GITHUB_TOKEN",
            "https_proxy",
            "VAULT_TOKEN",
            "PGPASSWORD",
            "KMS_BYOK_OUTPUT",
            "GOOGLE_APPLICATION_CREDENTIALS",
        ] {
            assert!(is_withheld(OsStr::new(name)), "{name}");
        }
    }
}
