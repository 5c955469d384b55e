//! What the program is made of: the bill of materials says what cargo builds, and the audit says when it has looked at nothing. And what
//! tries it is a few programs without a line that nobody needs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn script(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(name));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn has_python() -> bool {
    let has = Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
    if !has {
        println!("skipped: there is no python3 for scripts/sbom");
    }
    has
}

fn bill(arguments: &[&str]) -> Value {
    let output = script("sbom", arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What `cargo tree` says is linked, `name@version`.
fn linked(features: &[&str]) -> BTreeSet<String> {
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--locked", "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"])
        .args(features);
    let output = tree.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let package = |line: &str| {
        let mut words = line.split(' ');
        Some(format!("{}@{}", words.next()?, words.next()?.strip_prefix('v')?))
    };
    text.lines().filter_map(package).filter(|package| !package.starts_with("kms-byok@")).collect()
}

fn required(bill: &Value) -> BTreeSet<String> {
    let components = bill["components"].as_array().unwrap().iter();
    let cargo = components.filter(|component| component["scope"] == "required");
    cargo.filter_map(|component| component["purl"].as_str()?.strip_prefix("pkg:cargo/").map(str::to_owned)).collect()
}

#[test]
fn the_bill_of_materials_names_what_is_linked_with_licence_and_checksum() {
    if !has_python() {
        return;
    }
    let whole = bill(&[]);
    assert_eq!((&whole["bomFormat"], &whole["specVersion"]), (&"CycloneDX".into(), &"1.5".into()));
    let about = &whole["metadata"]["component"];
    assert_eq!((&about["name"], &about["version"]), (&"kms-byok".into(), &env!("CARGO_PKG_VERSION").into()));
    assert_eq!(required(&whole), linked(&[]));
    assert_eq!(required(&bill(&["--no-default-features"])), linked(&["--no-default-features"]));
    let login = required(&bill(&["--features", "login"]));
    assert_eq!(login, linked(&["--features", "login"]));
    assert!(login.len() > required(&whole).len());
    let references: BTreeSet<&str> = whole["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|component| component["bom-ref"].as_str().unwrap())
        .collect();
    for component in whole["components"].as_array().unwrap() {
        assert!(component["licenses"][0]["expression"].is_string(), "{component}");
        let checksum = component["hashes"][0]["content"].as_str().unwrap_or_default();
        assert!(component["name"] == "openssl" && checksum.is_empty() || checksum.len() == 64, "{component}");
    }
    for entry in whole["dependencies"].as_array().unwrap() {
        for used in entry["dependsOn"].as_array().unwrap() {
            assert!(references.contains(used.as_str().unwrap()), "{used} is used by {} and not there", entry["ref"]);
        }
    }
    // The system's OpenSSL is below openssl-sys, and no other TLS is anywhere.
    let sys = whole["dependencies"].as_array().unwrap().iter();
    let sys = sys.clone().find(|entry| entry["ref"].as_str().unwrap().starts_with("pkg:cargo/openssl-sys@")).unwrap();
    assert!(
        sys["dependsOn"]
            .as_array()
            .unwrap()
            .iter()
            .any(|used| used.as_str().unwrap().starts_with("pkg:generic/openssl@"))
    );
    assert!(
        !references.iter().any(|purl| purl.contains("/rustls@") || purl.contains("/ring@") || purl.contains("/aws-lc"))
    );
}

#[test]
fn the_same_sources_give_the_same_bill_of_materials() {
    if !has_python() {
        return;
    }
    let once = |epoch: &str| script("sbom", &[]).env("SOURCE_DATE_EPOCH", epoch).output().unwrap().stdout;
    let first = once("1700000000");
    assert_eq!(first, once("1700000000"));
    assert_ne!(first, once("1700000001"));
    assert!(String::from_utf8(first).unwrap().contains(r#""timestamp": "2023-11-14T22:13:20Z""#));
}

fn audit(arguments: &[&str], programs: &str) -> Output {
    script("audit", arguments).env("KMS_BYOK_PYTHON", programs).output().unwrap()
}

#[test]
fn an_audit_that_has_looked_at_nothing_says_so() {
    let empty = tempfile::tempdir().unwrap();
    let path = "/usr/bin:/bin";
    let none = script("audit", &[]).env("KMS_BYOK_PYTHON", empty.path()).env("PATH", path).output().unwrap();
    if none.status.code() != Some(77) {
        println!("skipped: cargo-audit is installed for everybody here");
        return;
    }
    assert_eq!(
        String::from_utf8(none.stdout).unwrap(),
        "skipped: cargo-audit is not installed, so no advisory was looked at\n"
    );
}

#[test]
fn an_audit_finds_an_advisory_about_what_is_in_the_lock_file() {
    let programs = std::env::var("KMS_BYOK_PYTHON").unwrap_or_default();
    if !Path::new(&programs).join("cargo-audit").exists() {
        println!("skipped: cargo-audit is not in the Python environment (scripts/python-env)");
        return;
    }
    let database = tempfile::tempdir().unwrap();
    let advisories = database.path().join("crates/hex");
    fs::create_dir_all(&advisories).unwrap();
    let db = database.path().to_str().unwrap();
    assert_eq!(audit(&["--db", db], &programs).status.code(), Some(0));
    let advisory = "```toml\n[advisory]\nid = \"RUSTSEC-2099-0001\"\npackage = \"hex\"\ndate = \"2026-01-01\"\n\n[versions]\npatched = []\n```\n\n# Made up\n\nFor this test.\n";
    fs::write(advisories.join("RUSTSEC-2099-0001.md"), advisory).unwrap();
    let found = audit(&["--db", db], &programs);
    assert_eq!(found.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&found.stdout).contains("RUSTSEC-2099-0001"));
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// Each program is linked by itself, with everything that it tries: a further one costs every build more than any module in these.
#[test]
fn the_tests_are_six_programs() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut programs = BTreeSet::new();
    for entry in fs::read_dir(tests).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(
            !name.ends_with(".rs"),
            "tests/{name} is a program of its own: make it a module of the one whose promise it tries"
        );
        if path.join("main.rs").exists() {
            programs.insert(name);
        }
    }
    let six = ["faults", "lifecycle", "material", "rehearsal", "surface", "trust"];
    assert_eq!(programs, six.map(str::to_owned).into());
}

#[test]
fn no_helper_of_the_tests_is_unused() {
    for path in files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")) {
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        let silences = |line: &&str| {
            line.trim_start().starts_with('#') && ["dead_code", "unused"].iter().any(|lint| line.contains(lint))
        };
        let found = text.lines().find(silences);
        assert!(found.is_none(), "{}: delete what nobody uses: {}", path.display(), found.unwrap());
    }
}
