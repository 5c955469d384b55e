//! What `scripts/release` would make, and what `scripts/release-check` finds wrong with the manifests. The packages themselves are made,
//! installed and compared by `scripts/docker-test` and `scripts/campaign release`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn has_python() -> bool {
    let has = Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
    if !has {
        println!("skipped: there is no python3 for scripts/release-check");
    }
    has
}

fn release(arguments: &[&str]) -> Output {
    Command::new("scripts/release").args(arguments).current_dir(ROOT).output().unwrap()
}

fn lines(output: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(output).lines().map(str::to_owned).collect()
}

#[test]
fn the_dry_run_names_every_file_of_a_release_and_makes_none() {
    if !has_python() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("packages");
    let output = release(&["--dry-run", "--out", out.to_str().unwrap(), "rpm", "tarball", "sbom", "crate"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let names = lines(&output.stdout);
    let begins = format!("kms-byok-{}", env!("CARGO_PKG_VERSION"));
    let ends = [".rpm", ".tar.gz", ".cdx.json", ".crate"];
    for (name, end) in names.iter().zip(ends) {
        assert!(name.starts_with(&begins) && name.ends_with(end), "{name}");
    }
    assert_eq!(names[4..], ["kms-byok.rb"]);
    // The bill of materials is named after the archive that it is of.
    assert_eq!(names[1].strip_suffix(".tar.gz"), names[2].strip_suffix(".cdx.json"));
    assert!(!out.exists());
}

#[test]
fn a_part_that_is_none_is_refused() {
    let output = release(&["--dry-run", "msi"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(lines(&output.stderr), ["release: no part `msi`; there are deb rpm tarball sbom crate"]);
}

/// What the check reads, in a directory of its own, so that it can be spoilt.
struct Copy {
    directory: TempDir,
}

impl Copy {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let read = [
            "Cargo.toml",
            "Cargo.lock",
            "build.rs",
            "src",
            "docs/reference",
            "docs/schemas",
            "docs/installing.md",
            "packaging",
            "Dockerfile",
            "CHANGELOG.md",
            "README.md",
            "LICENSE-MIT",
            "LICENSE-APACHE",
            "tests/support/committed.rs",
            "tests/support/kept_file.rs",
            "tests/support/made_schema.rs",
            "tests/data/error_ids.txt",
            "scripts/release-check",
        ];
        for name in read {
            let to = directory.path().join(name);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            let copied = Command::new("cp").arg("-R").arg(Path::new(ROOT).join(name)).arg(to).status().unwrap();
            assert!(copied.success(), "{name}");
        }
        Copy { directory }
    }

    /// What the check says once `old` is `new` in this file, which is as before afterwards.
    fn with(&self, file: &str, old: &str, new: &str) -> Vec<String> {
        let path = self.directory.path().join(file);
        let before = fs::read_to_string(&path).unwrap();
        assert_eq!(before.matches(old).count(), 1, "{file} has `{old}` once");
        fs::write(&path, before.replace(old, new)).unwrap();
        let said = self.check(Some(1));
        fs::write(&path, before).unwrap();
        said
    }

    fn check(&self, exit: Option<i32>) -> Vec<String> {
        let archive = format!("kms-byok-{}-x86_64-unknown-linux-gnu.tar.gz", env!("CARGO_PKG_VERSION"));
        let mut check = Command::new(self.directory.path().join("scripts/release-check"));
        let output = check.arg(archive).env("CARGO_NET_OFFLINE", "true").output().unwrap();
        let said = lines(&output.stderr);
        assert_eq!(output.status.code(), exit, "{said:?}");
        said.into_iter().filter(|line| !line.contains("names no repository yet")).collect()
    }
}

#[test]
fn the_release_check_finds_each_mistake_in_the_manifests() {
    if !has_python() {
        return;
    }
    let copy = Copy::new();
    assert_eq!(copy.check(Some(0)), [""; 0]);
    let version = env!("CARGO_PKG_VERSION");
    let mistakes = [
        (
            "Cargo.toml",
            r#""usr/share/man/man1/", "644"]"#,
            r#""usr/share/man/man8/", "644"]"#,
            "package.metadata.deb: target/release-files/man1/*.1.gz goes to ('/usr/share/man/man8/', '644'), wanted \
             ('/usr/share/man/man1/', '644')"
                .to_owned(),
        ),
        (
            "Cargo.toml",
            r#"source = "target/release-files/doc/*""#,
            r#"source = "target/release-files/docs/*""#,
            "package.metadata.generate-rpm: target/release-files/doc/* goes to None, wanted ('/usr/share/doc/kms-byok/', '644')"
                .to_owned(),
        ),
        (
            "Cargo.toml",
            r#"depends = "$auto""#,
            r#"depends = "libc6""#,
            "package.metadata.deb: depends is without $auto, so without the libssl".to_owned(),
        ),
        (
            "Cargo.toml",
            "require-sh = false",
            "require-sh = false\npost_install_script = \"true\"",
            "package.metadata.generate-rpm: post_install_script would run as root".to_owned(),
        ),
        (
            "Cargo.toml",
            "{ name }-{ version }-{ target }{ archive-suffix }",
            "{ name }-{ target }{ archive-suffix }",
            format!(
                "cargo-binstall would look at https://host/owner/kms-byok/releases/download/v{version}/kms-byok-x86_64-unknown-linux-gnu.tar.gz"
            ),
        ),
        (
            "Cargo.toml",
            r#""/tests/data/error_ids.txt", "#,
            "",
            "the packed crate lacks tests/data/error_ids.txt, which src/lifecycle/error/words/mod.rs reads".to_owned(),
        ),
        (
            "docs/installing.md",
            "{{.Arch}}-unknown-linux-gnu.tar.gz",
            "{{.Arch}}-linux.tar.gz",
            format!("docs/installing.md: aqua would look for kms-byok-{version}-x86_64-linux.tar.gz"),
        ),
        (
            "packaging/homebrew/kms-byok.rb",
            r#"depends_on "openssl@3""#,
            r#"depends_on "openssl""#,
            "packaging/homebrew/kms-byok.rb does not depend on openssl@3".to_owned(),
        ),
        (
            "Dockerfile",
            &format!("ARG VERSION={version}\n"),
            "ARG VERSION=9.9.9\n",
            format!("Dockerfile: VERSION is not {version}"),
        ),
    ];
    for (file, old, new, problem) in &mistakes {
        assert!(copy.with(file, old, new).contains(&format!("release-check: {problem}")), "{file}: {old}: {problem}");
    }
}
