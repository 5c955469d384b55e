//! What POSIX has for work that people do with other tools: minimal systems lack `xxd`, and `openssl` reads no hex.

use std::env;
use std::path::PathBuf;

use crate::quoted::quoted;

/// A pipeline stage that turns hex digits on its input into bytes. Input without white space; the digits are in no argument of a process,
/// because `printf` is a part of the shell.
pub(crate) const FROM_HEX: &str =
    r#"fold -w 2 | while read -r byte || [ -n "$byte" ]; do printf %b "\\0$(printf %03o "0x$byte")"; done"#;

/// A pipeline that turns base64 of either alphabet on its input into bytes. OpenSSL wants the padding that others leave out.
pub(crate) const FROM_BASE64: &str = r#"tr -d '[:space:]' | tr '_-' '/+' | awk '{ while (length % 4) $0 = $0 "="; printf "%s", $0 }' | openssl base64 -d -A"#;

/// The command that removes files which hold key material in plaintext: `shred` overwrites them first, where the machine has it.
pub(crate) fn removal(files: &[PathBuf]) -> String {
    let path = env::var_os("PATH").unwrap_or_default();
    let has_shred = env::split_paths(&path).any(|directory| directory.join("shred").is_file());
    let names: String = files.iter().map(|file| format!(" {}", quoted(file))).collect();
    format!("{} --{names}", if has_shred { "shred -u" } else { "rm" })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn every_byte_comes_back_in_every_shell_that_is_here() {
        let directory = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..=255).collect();
        for text in [hex::encode(&bytes), hex::encode_upper(&bytes) + "\n", hex::encode(&bytes).replace("0f", "0f\r\n")]
        {
            std::fs::write(directory.path().join("hex"), text).unwrap();
            for shell in ["sh", "bash", "dash", "zsh"] {
                let mut command = Command::new(shell);
                command
                    .args(["-c", &format!("tr -d '[:space:]' < hex | {FROM_HEX} > bytes")])
                    .current_dir(directory.path());
                let Ok(output) = command.output() else { continue };
                assert!(output.status.success() && output.stderr.is_empty(), "{shell}: {output:?}");
                assert_eq!(std::fs::read(directory.path().join("bytes")).unwrap(), bytes, "{shell}");
            }
        }
    }
}
