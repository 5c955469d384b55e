//! The `openssl` on PATH is judged by what it does, whatever it calls itself; one that hangs or is missing is no obstacle.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::executable::write_executable;
use crate::support::seeded::Workshop;
use crate::support::{Bench, Run, run, seeded};

const BLOB: &str = "diagnose --encrypted blob --error InvalidCiphertextException --output json";

/// Runs a line with a script as the first `openssl` on PATH; `$real` is the one behind it.
fn with_openssl(bench: &Bench, script: &str, line: &str) -> Run {
    let path = std::env::var_os("PATH").unwrap();
    let real =
        std::env::split_paths(&path).map(|directory| directory.join("openssl")).find(|file| file.exists()).unwrap();
    let script = format!("#!/bin/sh\nreal={}\n{script}\n", real.display());
    seeded::shell(bench, "mkdir bin");
    write_executable(&bench.path("bin/openssl"), &script);
    let mut first = OsString::from(bench.path("bin"));
    first.push(":");
    first.push(path);
    run(bench.command(&line.split(' ').collect::<Vec<_>>()).env("PATH", first), b"")
}

fn answer(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr))
}

#[test]
fn libressl_is_recognised_and_its_default_hash_found_out() {
    let bench = Workshop::open().bench("oaep key blob");
    let script = "[ \"$1\" = version ] && echo 'LibreSSL 3.3.6' && exit\nexec \"$real\" \"$@\"";
    let answer = answer(&with_openssl(&bench, script, BLOB));
    assert_eq!(
        answer["openssl_on_path"],
        json!({ "version": "LibreSSL 3.3.6", "is_libressl": true, "oaep_hash_by_default": "SHA-1", "takes_sha256": true })
    );
    assert_eq!(answer["causes"][0]["id"], "oaep_hash");
    assert!(
        answer["causes"][0]["evidence"]
            .as_str()
            .unwrap()
            .ends_with("`LibreSSL 3.3.6`, uses SHA-1 unless rsa_oaep_md says otherwise")
    );
}

/// As a build whose manual page tells the truth: the default is found out, not assumed.
#[test]
fn a_default_of_sha_256_is_found_out_and_not_blamed() {
    let bench = Workshop::open().bench("oaep key blob");
    let script = "case \"$*\" in *rsa_oaep_md*|version) exec \"$real\" \"$@\" ;; *) exec \"$real\" \"$@\" -pkeyopt rsa_oaep_md:sha256 ;; esac";
    let answer = answer(&with_openssl(&bench, script, BLOB));
    assert_eq!(answer["openssl_on_path"]["oaep_hash_by_default"], "SHA-256");
    assert!(answer["causes"][0]["evidence"].as_str().unwrap().ends_with("is the usual cause"));
}

/// OpenSSL before 1.0.2 does not know the option that the recipe needs.
#[test]
fn an_openssl_without_rsa_oaep_md_is_a_likely_cause() {
    let bench = Workshop::open().bench("oaep key blob");
    let script = "case \"$*\" in version) echo 'OpenSSL 1.0.1u  22 Sep 2016' ;; *rsa_oaep_md*) exit 1 ;; *) exec \"$real\" \"$@\" ;; esac";
    let answer = answer(&with_openssl(&bench, script, BLOB));
    assert_eq!(
        (&answer["causes"][0]["id"], &answer["causes"][0]["certainty"]),
        (&json!("openssl_command"), &json!("likely"))
    );
    assert_eq!(answer["openssl_on_path"]["takes_sha256"], false);
}

#[test]
fn an_openssl_that_hangs_talks_without_end_or_is_missing_is_no_obstacle() {
    let workshop = Workshop::open();
    for script in ["[ \"$1\" = version ] && echo 'OpenSSL 9' && exit\nsleep 60", "yes", "exit 1", "kill -9 $$"] {
        let bench = workshop.bench("oaep key blob");
        let begun = Instant::now();
        let run = with_openssl(&bench, script, BLOB);
        assert_eq!(run.code, Some(4), "{script}: {}", run.stderr);
        assert!(begun.elapsed() < Duration::from_secs(40), "{script}");
        let answer = answer(&run);
        assert_eq!(
            (&answer["causes"][0]["id"], &answer["openssl_on_path"]["takes_sha256"]),
            (&json!("oaep_hash"), &json!(null))
        );
    }
    let bench = workshop.bench("oaep key blob");
    let none = run(bench.command(&BLOB.split(' ').collect::<Vec<_>>()).env("PATH", "/nonexistent"), b"");
    assert_eq!(answer(&none)["openssl_on_path"], json!(null));
}
