//! What stands against an output is found before a key is made.

use std::process::Command;

use kms_byok::for_the_binary::printable::short_values;

use super::{aside, inputs};

#[test]
fn a_place_that_takes_no_file_is_found_out_before_a_key_is_made() {
    let cloud = inputs();
    let before = cloud.bench.names();
    let changes = cloud.requests("CreateKey");
    for flags in ["--keep missing/key", "--escrow ec.pem --escrow-out missing/key", "--keep key/key"] {
        let run = cloud.run(&format!("provision --generate {flags} --quiet"));
        assert_eq!(run.code, Some(1), "{flags}: {}", run.stderr);
        assert!(run.stderr.contains("cannot be written\nbecause: "), "{flags}: {}", run.stderr);
        assert!(run.stderr.contains("\nhint: "), "{}", run.stderr);
    }
    let run = cloud.run("get-parameters --key-id alias/a --dir key/D --quiet");
    assert!(
        run.stderr.starts_with("error: parameter directory `key/D` cannot be written\nbecause: "),
        "{}",
        run.stderr
    );
    assert_eq!((cloud.requests("CreateKey"), cloud.bench.names()), (changes, before));
}

#[test]
fn what_stands_against_an_output_is_found_before_a_key_is_made() {
    let cloud = inputs();
    let bench = &cloud.bench;
    let made = cloud.requests("CreateKey");
    let refused = |line: &str, cause: &str| {
        let before = bench.names();
        let run = cloud.run(&format!("{line} --quiet"));
        let said = run.stderr.lines().next().unwrap_or_default().to_owned();
        // A long name is cut in its middle.
        let cause = short_values(cause);
        assert_eq!((run.code, said), (Some(1), format!("error: {cause}")), "{line}: {}", run.stderr);
        assert_eq!((cloud.requests("CreateKey"), bench.names()), (made, before), "{line}");
    };
    let long = "k".repeat(230);
    let deep = format!("{}new", "./".repeat(2040));
    let keep = "provision --generate --keep";
    let escrow = "provision --generate --escrow ec.pem --escrow-out";
    let record = "provision --generate --discard --record";
    for (line, what) in [(keep, "plaintext key file"), (escrow, "escrow file"), (record, "record")] {
        for path in ["newdir/", "newdir/.", "ec.pem/"] {
            refused(&format!("{line} {path}"), &format!("{what} `{path}` names a directory that does not exist"));
        }
        for path in ["D/..", "D/"] {
            if line == record && path.starts_with('D') {
                continue; // that is no record
            }
            refused(&format!("{line} {path}"), &format!("{what} `{path}` is a directory"));
        }
        for path in [&long, &format!("D/{long}"), &"k".repeat(300), &deep] {
            refused(&format!("{line} {path}"), &format!("the name of the {what} `{path}` is too long"));
        }
    }
    refused(
        &format!("get-parameters --key-id alias/a --dir {}/D", "k".repeat(300)),
        &format!("the name of the parameter directory `{}/D` is too long", "k".repeat(300)),
    );
    let name = "k".repeat(224);
    cloud.run(&format!("{keep} {name} --wrapping-key-spec RSA_2048")).succeeds();
    cloud.run(&format!("{keep} {name} --wrapping-key-spec RSA_2048")).succeeds();
    assert_eq!(aside(bench, &name).len(), 32);
}

/// Root can make each kind; where the system or its file system has none of a kind, that is said.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_moved_aside_is_found_before_a_key_is_made() {
    let cloud = inputs();
    let bench = &cloud.bench;
    let tool = |name: &str, words: &[&str]| {
        let ended = Command::new(name).args(words).current_dir(bench.directory()).output();
        ended.is_ok_and(|ended| ended.status.success())
    };
    let made = cloud.requests("CreateKey");
    let refused = |line: &str, what: &str, path: &str, because: &str| {
        let before = bench.names();
        let run = cloud.run(&format!("{} --quiet", line.replace("PATH", path)));
        let said = format!(
            "error: {what} `{path}` exists and cannot be moved or replaced\nbecause: {because}\nhint: name a path where no file is yet\n"
        );
        assert_eq!((run.code, run.stderr), (Some(1), said), "{line}");
        assert_eq!((cloud.requests("CreateKey"), bench.names()), (made, before), "{line}");
    };
    let lines = [
        ("provision --generate --keep PATH", "plaintext key file"),
        ("provision --generate --escrow ec.pem --escrow-out PATH", "escrow file"),
        ("provision --generate --discard --record PATH", "record"),
        ("wrap --force --inkey PublicKey.bin --material key --out PATH", "wrapped key material"),
    ];
    bench.kms_byok("provision --rehearse --generate --discard --record old --wrapping-key-spec RSA_2048").succeeds();
    let kinds: [(&str, &[&str], &[&str], &str); 3] = [
        ("mount", &["--bind", "old", "old"], &["-l", "old"], "Device or resource busy (os error 16)"),
        ("chattr", &["+i", "old"], &["-i", "old"], "Operation not permitted (os error 1)"),
        ("chattr", &["+a", "old"], &["-a", "old"], "Operation not permitted (os error 1)"),
    ];
    for (name, words, back, because) in kinds {
        if !tool(name, words) {
            println!("skipped: `{name} {}` does not work here", words.join(" "));
            continue;
        }
        for (line, what) in lines {
            refused(line, what, "old", because);
        }
        assert!(tool(if name == "mount" { "umount" } else { name }, back));
    }
}
