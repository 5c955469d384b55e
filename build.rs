//! The version gate: a build against an unfit OpenSSL ends with one line that says what was found and what is needed. And the commit
//! that `--version` names.

use std::env;
use std::path::Path;
use std::process::{Command, ExitCode};

#[path = "src/openssl_probe/gate.rs"]
#[allow(unreachable_pub)]
mod gate;

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/openssl_probe/gate.rs");
    println!(
        "cargo::rustc-check-cfg=cfg(openssl_has_cms, openssl_has_key_wrap, openssl_has_ed25519, openssl_has_providers, openssl_is_libressl)"
    );
    match gate::judge(&reported()) {
        Ok(accepted) => {
            if accepted.has_key_wrap() {
                println!("cargo::rustc-cfg=openssl_has_key_wrap");
            }
            if accepted.has_cms() {
                println!("cargo::rustc-cfg=openssl_has_cms");
            }
            if accepted.has_ed25519() {
                println!("cargo::rustc-cfg=openssl_has_ed25519");
            }
            if accepted.has_providers() {
                println!("cargo::rustc-cfg=openssl_has_providers");
            }
            if matches!(accepted, gate::Accepted::LibreSsl(_)) {
                println!("cargo::rustc-cfg=openssl_is_libressl");
            }
            let (name, number, letters) = match accepted {
                gate::Accepted::OpenSsl(number) => ("OpenSSL", number, true),
                gate::Accepted::LibreSsl(number) => ("LibreSSL", number, false),
            };
            println!("cargo::rustc-env=KMS_BYOK_HEADERS={name} {}", gate::version_text(number, letters));
            println!("cargo::rustc-env=KMS_BYOK_COMMIT={}", commit().as_deref().unwrap_or("unknown"));
            if loader_unpacks_relocations() {
                println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs"); // 0.6 MiB that every start would read
            }
            ExitCode::SUCCESS
        }
        Err(found) => {
            println!("cargo::error={}", gate::build_error(&found));
            ExitCode::FAILURE
        }
    }
}

/// What openssl-sys's build script found; cargo passes it on because openssl-sys is a direct dependency.
fn reported() -> gate::Reported {
    let number = |name: &str| {
        println!("cargo::rerun-if-env-changed={name}");
        env::var(name).ok().and_then(|hex| u64::from_str_radix(&hex, 16).ok())
    };
    let flag = |name: &str| {
        println!("cargo::rerun-if-env-changed={name}");
        env::var(name).is_ok_and(|value| value == "true" || value == "1")
    };
    gate::Reported {
        openssl: number("DEP_OPENSSL_VERSION_NUMBER"),
        libressl: number("DEP_OPENSSL_LIBRESSL_VERSION_NUMBER"),
        boringssl: flag("DEP_OPENSSL_BORINGSSL"),
        awslc: flag("DEP_OPENSSL_AWSLC"),
    }
}

/// The commit of these sources: what the builder says, what `cargo package` has written down, or what git has checked out. A build for
/// development does not ask git: each commit would build everything anew.
fn commit() -> Option<String> {
    println!("cargo::rerun-if-env-changed=KMS_BYOK_COMMIT");
    let told = env::var("KMS_BYOK_COMMIT").ok().filter(|told| is_commit(told));
    told.or_else(packaged).or_else(checked_out).map(|commit| commit[..12.min(commit.len())].to_owned())
}

fn packaged() -> Option<String> {
    let written = std::fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let hash = written.split_once("\"sha1\"")?.1.split('"').nth(1)?;
    is_commit(hash).then(|| hash.to_owned())
}

fn checked_out() -> Option<String> {
    if env::var("PROFILE").ok()? != "release" || !Path::new(".git").exists() {
        return None;
    }
    let git = |words: &[&str]| {
        let output = Command::new("git").args(words).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let branch = git(&["symbolic-ref", "--quiet", "HEAD"]);
    for file in ["HEAD", "packed-refs"].into_iter().chain(branch.as_deref()) {
        let path = git(&["rev-parse", "--git-path", file]).filter(|path| Path::new(path).exists());
        path.iter().for_each(|path| println!("cargo::rerun-if-changed={path}"));
    }
    git(&["rev-parse", "HEAD"]).filter(|hash| is_commit(hash))
}

fn is_commit(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether the binary is for this machine and its glibc is 2.36 or newer, which reads packed relocations; an older one refuses such a
/// binary. A linker that does not know the option passes over it.
fn loader_unpacks_relocations() -> bool {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    let native = env::var("HOST").is_ok_and(|host| is("TARGET", &host));
    if !native || !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") {
        return false;
    }
    let Ok(asked) = Command::new("getconf").arg("GNU_LIBC_VERSION").output() else { return false };
    let answer = String::from_utf8_lossy(&asked.stdout);
    let version = answer.trim().strip_prefix("glibc 2.").and_then(|minor| minor.parse::<u32>().ok());
    version.is_some_and(|minor| minor >= 36)
}
