//! The version gate of build.rs: the decision over the table of OpenSSLs, and the compiled build script itself, run once per row.

use std::path::PathBuf;
use std::process::Command;

use kms_byok::for_the_binary::openssl_probe::{Reported, judge, version_text};

use crate::support;

/// What openssl-sys reports for a release, and what becomes of it.
struct Row {
    name: &'static str,
    /// `DEP_OPENSSL_…` without the prefix.
    environment: &'static [(&'static str, &'static str)],
    /// What is said to be found; nothing where the build goes on.
    refused: Option<&'static str>,
    key_wrap: bool,
    ed25519: bool,
}

type Environment = &'static [(&'static str, &'static str)];

const fn fit(name: &'static str, environment: Environment, key_wrap: bool, ed25519: bool) -> Row {
    Row { name, environment, refused: None, key_wrap, ed25519 }
}

const fn unfit(name: &'static str, environment: Environment, found: &'static str) -> Row {
    Row { name, environment, refused: Some(found), key_wrap: false, ed25519: false }
}

const TABLE: [Row; 14] = [
    unfit("0.9.8zh", &[("VERSION_NUMBER", "90821f")], "OpenSSL 0.9.8zh, which cannot set rsa_oaep_md"),
    unfit("1.0.1u", &[("VERSION_NUMBER", "1000115f")], "OpenSSL 1.0.1u, which cannot set rsa_oaep_md"),
    fit("1.0.2u", &[("VERSION_NUMBER", "1000215f")], true, false),
    fit("1.1.0i", &[("VERSION_NUMBER", "1010009f")], true, false),
    fit("1.1.1w", &[("VERSION_NUMBER", "1010117f")], true, true),
    fit("3.0.19", &[("VERSION_NUMBER", "30000130")], true, true),
    fit("3.5.4", &[("VERSION_NUMBER", "30500040")], true, true),
    fit("4.0.0", &[("VERSION_NUMBER", "40000000")], true, true),
    unfit("LibreSSL 3.4.0", &[("LIBRESSL_VERSION_NUMBER", "3040000f")], "LibreSSL 3.4.0"),
    fit("LibreSSL 4.0.0", &[("LIBRESSL_VERSION_NUMBER", "4000000f")], false, true),
    unfit("BoringSSL", &[("BORINGSSL", "true")], "BoringSSL, which is not OpenSSL"),
    unfit("AWS-LC", &[("AWSLC", "true")], "AWS-LC, which is not OpenSSL"),
    unfit("nothing", &[], "no OpenSSL headers"),
    unfit("nonsense", &[("VERSION_NUMBER", "three")], "no OpenSSL headers"),
];

#[test]
fn the_decision_is_right_for_every_row() {
    for row in &TABLE {
        let mut reported = Reported::default();
        for (name, value) in row.environment {
            let number = u64::from_str_radix(value, 16).ok();
            match *name {
                "VERSION_NUMBER" => reported.openssl = number,
                "LIBRESSL_VERSION_NUMBER" => reported.libressl = number,
                "BORINGSSL" => reported.boringssl = true,
                _ => reported.awslc = true,
            }
        }
        let judged = judge(&reported);
        assert_eq!(judged.as_ref().err().map(String::as_str), row.refused, "{}", row.name);
        assert_eq!(judged.as_ref().is_ok_and(|accepted| accepted.has_key_wrap()), row.key_wrap, "{}", row.name);
        assert_eq!(judged.as_ref().is_ok_and(|accepted| accepted.has_ed25519()), row.ed25519, "{}", row.name);
    }
}

#[test]
fn the_build_script_ends_with_one_clean_line_for_every_row_that_is_refused() {
    for row in &TABLE {
        let mut command = Command::new(build_script());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DEP_")) {
            command.env_remove(name);
        }
        for (name, value) in row.environment {
            command.env(format!("DEP_OPENSSL_{name}"), value);
        }
        let output = command.output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let errors: Vec<&str> = stdout.lines().filter(|line| line.starts_with("cargo::error=")).collect();
        match row.refused {
            Some(found) => {
                let expected = format!(
                    "cargo::error=kms-byok needs OpenSSL 1.0.2 or newer (LibreSSL: 3.5 or newer), and found {found}; \
                     install its headers (libssl-dev or openssl-devel) or set OPENSSL_DIR to the prefix of another OpenSSL"
                );
                assert_eq!((output.status.code(), errors), (Some(1), vec![expected.as_str()]), "{}", row.name);
            }
            None => assert_eq!((output.status.code(), errors.len()), (Some(0), 0), "{}: {stdout}", row.name),
        }
        assert_eq!(stdout.contains("rustc-cfg=openssl_has_key_wrap"), row.key_wrap, "{}", row.name);
        assert!(output.stderr.is_empty(), "{}: no panic, no backtrace", row.name);
    }
}

/// What the builder says, else what `cargo package` wrote down, else for a release what git has checked out; never a failure.
#[test]
fn the_build_script_names_the_commit_where_it_can_be_known() {
    let [told, packaged] = ["0123456789abcdef0123456789abcdef01234567", "89abcdef0123456789abcdef0123456789abcdef"];
    let bench = support::Bench::new();
    let named = |variables: &[(&str, &str)]| {
        let mut script = Command::new(build_script());
        script.current_dir(bench.directory()).env("DEP_OPENSSL_VERSION_NUMBER", "30000130");
        script.env_remove("KMS_BYOK_COMMIT").envs(variables.iter().copied());
        let output = script.output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let mut lines = stdout.lines().filter_map(|line| line.strip_prefix("cargo::rustc-env=KMS_BYOK_COMMIT="));
        (output.status.code(), lines.next().map(str::to_owned))
    };
    let is = |commit: &str| (Some(0), Some(commit.to_owned()));
    assert_eq!(named(&[("PROFILE", "release")]), is("unknown"));
    let git = |line: &str| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@example.org"]).args(line.split(' '));
        support::run(git.current_dir(bench.directory()), b"").succeeds().stdout.trim().to_owned()
    };
    git("init --quiet .");
    assert_eq!(named(&[("PROFILE", "release")]), is("unknown"));
    git("commit --quiet --allow-empty -m one");
    let head = git("rev-parse HEAD");
    assert_eq!(named(&[("PROFILE", "release")]), is(&head[..12]));
    assert_eq!(named(&[("PROFILE", "debug")]), is("unknown"));
    bench.write(".cargo_vcs_info.json", format!("{{\n  \"git\": {{\n    \"sha1\": \"{packaged}\"\n  }}\n}}"));
    assert_eq!(named(&[("PROFILE", "release")]), is(&packaged[..12]));
    assert_eq!(named(&[("KMS_BYOK_COMMIT", told)]), is(&told[..12]));
    assert_eq!(named(&[("KMS_BYOK_COMMIT", "not a commit\ncargo::error=x")]), is(&packaged[..12]));
}

#[test]
fn a_version_is_written_as_people_write_it() {
    for (number, letters, text) in [
        (0x0090_821f, true, "0.9.8zh"),
        (0x1010_117f, true, "1.1.1w"),
        (0x1010_100f, true, "1.1.1"),
        (0x3000_0130, true, "3.0.19"),
        (0x4000_000f, false, "4.0.0"),
    ] {
        assert_eq!(version_text(number, letters), text);
    }
}

/// The newest compiled build script beside the binary under test.
fn build_script() -> PathBuf {
    let target = PathBuf::from(env!("CARGO_BIN_EXE_kms-byok"));
    let build = target.parent().unwrap().join("build");
    let scripts = std::fs::read_dir(&build).unwrap().filter_map(|entry| {
        let entry = entry.unwrap();
        let script = entry.path().join("build-script-build");
        let ours = entry.file_name().to_string_lossy().starts_with("kms-byok-");
        (ours && script.is_file()).then(|| (script.metadata().unwrap().modified().unwrap(), script))
    });
    scripts.max().expect("cargo has compiled build.rs").1
}

/// A library that says it is OpenSSL 1.0.1u, laid over the real one.
#[cfg(target_os = "linux")]
#[test]
fn a_loaded_library_below_the_floor_is_refused_at_every_start() {
    const OLD: &str = "unsigned long OpenSSL_version_num(void) { return 0x1000115fUL; }\n\
                       const char *OpenSSL_version(int what) { (void)what; return \"OpenSSL 1.0.1u  22 Sep 2016\"; }\n";
    let bench = support::Bench::new();
    bench.write("old.c", OLD);
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o", "old.so", "old.c"]).current_dir(bench.directory());
    if !compiler.status().is_ok_and(|status| status.success()) {
        println!("skipped: there is no C compiler");
        return;
    }
    for line in [
        "generate --out key",
        "wrap --generate --discard --inkey k --out o",
        "provision --rehearse --generate --discard",
        "create-key",
        "get-parameters --key-id k --dir D",
        "import --dir D",
        "status --key-id k",
        "verify --key-id k --material m",
    ] {
        let mut command = bench.command(&line.split_whitespace().collect::<Vec<_>>());
        support::run(command.env("LD_PRELOAD", bench.path("old.so")), b"").refuses(
            1,
            "error: the OpenSSL loaded at run time is `OpenSSL 1.0.1u  22 Sep 2016`, which this program does not accept\n\
             hint: load OpenSSL 1.0.2 or newer (LibreSSL: 3.5 or newer), for example through LD_LIBRARY_PATH\n",
        );
    }
    let mut doctor = bench.command(&["doctor"]);
    assert_eq!(support::run(doctor.env("LD_PRELOAD", bench.path("old.so")), b"").code, Some(4));
    assert_eq!(bench.names(), ["old.c", "old.so"]);
}
