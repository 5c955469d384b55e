//! Getting a key back from its copy, with this program and with openssl alone, and what stands in the way of that is refused.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::support::recovery::{EC, RSA};
use crate::support::stage::Stage;
use crate::support::{self, Bench, Run, run};

/// The command that the documentation gives: what is not authentic leaves no file, because openssl writes it before it knows.
const RECOVER: &str = "openssl cms -decrypt -inform DER -in a.cms -inkey recovery.key -out a.key || rm -f a.key";

fn shell(bench: &Bench, line: &str) -> Run {
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(bench.directory());
    run(&mut command, b"")
}

#[test]
fn the_documented_command_recovers_a_key_and_keeps_nothing_of_a_changed_copy() {
    for algorithm in [RSA, EC] {
        let stage = Stage::new("");
        let bench = &stage.bench;
        bench.certificate_with("recovery", algorithm, "");
        let provision = "provision AT --wrapping-key-spec RSA_2048 --key-spec HMAC_256 --alias alias/a";
        stage.run(&format!("{provision} --generate --escrow recovery.pem --escrow-out a.cms")).succeeds();
        shell(bench, RECOVER).succeeds();
        let verified = stage.run("verify AT --key-id alias/a --material a.key --output json").json();
        assert_eq!(verified["proof"]["outcome"], "proven");
        std::fs::remove_file(bench.path("a.key")).unwrap();
        // Another tag: openssl alone writes the plaintext all the same, and says so by its exit status only.
        let mut changed = bench.read("a.cms");
        *changed.last_mut().unwrap() ^= 1;
        bench.write("a.cms", changed);
        let alone = shell(bench, RECOVER.split(" || ").next().unwrap());
        assert_eq!((alone.code, bench.exists("a.key")), (Some(4), true), "{}", alone.stderr);
        shell(bench, RECOVER);
        assert!(!bench.exists("a.key"));
        let recover = "--key-spec HMAC_256 --material-from-escrow a.cms --recipient-key recovery.key";
        let (run, answered) = stage.answered_during(|| stage.run(&format!("provision AT {recover} --quiet")));
        run.refuses(
            1,
            "error: escrow file `a.cms` does not open with this recipient key, or was changed\n\
             hint: give the private key of one of the certificates it was encrypted for\n",
        );
        assert!(answered.is_empty(), "{answered:?}");
    }
}

#[test]
fn an_encrypted_recipient_key_opens_the_copy_with_its_passphrase() {
    let stage = Stage::new("");
    let bench = &stage.bench;
    bench.certificate_with("recovery", RSA, "");
    bench.openssl("pkey -in recovery.key -aes256 -passout pass:correct-horse -out encrypted.key");
    stage.secret("encrypted.key", bench.read("encrypted.key"));
    stage.secret("passphrase", "correct-horse\n");
    stage.secret("wrong", "battery-staple\n");
    let provision = "provision AT --wrapping-key-spec RSA_2048 --key-spec ECC_NIST_P256 --quiet";
    stage.run(&format!("{provision} --generate --escrow recovery.pem --escrow-out a.cms --alias alias/a")).succeeds();
    bench.openssl("cms -cmsout -inform DER -in a.cms -outform PEM -out a.cms.pem");
    for escrow in ["a.cms", "a.cms.pem"] {
        let recover =
            format!("--material-from-escrow {escrow} --recipient-key encrypted.key --passphrase-file passphrase");
        // The key that is there has the public key of the recovered one.
        let answer = stage.run(&format!("{provision} --alias alias/a {recover} --output json")).json();
        assert_eq!((&answer["changed"], &answer["proof"]["outcome"]), (&false.into(), &"proven".into()));
        assert_eq!(answer["proof"]["proven"][1], "KMS reports the public key of your private key");
    }
    let refused = stage.run(&format!(
        "{provision} --material-from-escrow a.cms --recipient-key encrypted.key --passphrase-file wrong"
    ));
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.starts_with("error: the passphrase "), "{}", refused.stderr);
    assert!(!refused.stderr.contains("battery"), "{}", refused.stderr);
}

#[test]
fn what_is_no_copy_or_a_copy_of_another_kind_of_key_is_refused() {
    let stage = Stage::new("");
    let bench = &stage.bench;
    bench.certificate_with("recovery", EC, "");
    stage.run("provision --rehearse --generate --escrow recovery.pem --escrow-out a.cms").succeeds();
    bench.write("cut.cms", &bench.read("a.cms")[..100]);
    bench.write("empty.cms", "");
    let recover = |file: &str, spec: &str| {
        stage.run(&format!(
            "provision --rehearse --quiet --key-spec {spec} --material-from-escrow {file} --recipient-key recovery.key"
        ))
    };
    for file in ["cut.cms", "recovery.pem"] {
        recover(file, "SYMMETRIC_DEFAULT").refuses(
            1,
            &format!("error: `{file}` is not an escrow file\nhint: give the file that --escrow-out wrote\n"),
        );
    }
    assert_eq!(recover("empty.cms", "SYMMETRIC_DEFAULT").code, Some(1));
    for spec in ["HMAC_512", "RSA_2048", "ECC_NIST_P256"] {
        assert_eq!(recover("a.cms", spec).code, Some(1), "{spec}");
    }
    recover("a.cms", "SYMMETRIC_DEFAULT").succeeds();
}

#[test]
fn a_copy_that_is_made_offline_opens_too() {
    let stage = Stage::new("");
    stage.bench.certificate_with("recovery", EC, "");
    stage.run("create-key AT --key-spec HMAC_256 --alias alias/a").succeeds();
    stage.run("get-parameters AT --key-id alias/a --dir D").succeeds();
    stage.run("wrap --dir D --generate --escrow recovery.pem --escrow-out a.cms").succeeds();
    stage.run("import AT --dir D").succeeds();
    shell(&stage.bench, RECOVER).succeeds();
    let verified = stage.run("verify AT --key-id alias/a --material a.key --output json").json();
    assert_eq!(verified["proof"]["outcome"], "proven");
}

/// A rerun moves each copy aside, because it may be the only one of some key, and every one of them still opens.
#[test]
fn every_superseded_copy_still_opens() {
    let bench = Bench::new();
    bench.certificate_with("recovery", EC, "");
    let line = "provision --rehearse --quiet --generate --escrow recovery.pem --escrow-out a.cms";
    for _ in 0..3 {
        bench.kms_byok(line).succeeds();
    }
    let copies: Vec<String> = bench.names().into_iter().filter(|name| name.starts_with("a.cms")).collect();
    assert_eq!(copies.len(), 3, "{copies:?}");
    let mut keys = Vec::new();
    for copy in &copies {
        bench.openssl(&format!("cms -decrypt -inform DER -in {copy} -inkey recovery.key -out opened"));
        keys.push(bench.read("opened"));
    }
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 3);
}

#[test]
fn a_copy_that_cannot_be_written_is_found_before_anything_exists_in_aws() {
    let stage = Stage::new("");
    stage.bench.certificate_with("recovery", EC, "");
    stage.bench.write("file", "");
    for out in ["missing/a.cms", "file/a.cms", "/proc/a.cms"] {
        refused_unwritten(&stage, &mut stage.command(&provision_into(out)));
    }
    std::fs::create_dir(stage.bench.path("read-only")).unwrap();
    std::fs::set_permissions(stage.bench.path("read-only"), PermissionsExt::from_mode(0o555)).unwrap();
    let mut command = stage.command(&provision_into("read-only/a.cms"));
    if rustix::process::geteuid().is_root() {
        // Root may write anywhere; somebody else runs it here.
        let Some(somebody) = as_somebody(&stage.bench, &command) else {
            println!("skipped: this machine does not permit to run a program as another user than root");
            return;
        };
        command = somebody;
    }
    refused_unwritten(&stage, &mut command);
}

fn provision_into(out: &str) -> String {
    format!("provision AT --alias alias/a --generate --escrow recovery.pem --escrow-out {out} --quiet")
}

#[track_caller]
fn refused_unwritten(stage: &Stage, command: &mut Command) {
    let run = run(command, b"");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(
        run.stderr.starts_with("error: ")
            && (run.stderr.contains(" cannot be written\nbecause: ") || run.stderr.contains(" leads into `/proc`")),
        "{}",
        run.stderr
    );
    assert!(stage.answered().is_empty());
}

/// The same command as user 65534, who may look into the bench.
fn as_somebody(bench: &Bench, command: &Command) -> Option<Command> {
    std::fs::set_permissions(bench.directory(), PermissionsExt::from_mode(0o755)).unwrap();
    let somebody = |program: &std::ffi::OsStr| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program);
        command
    };
    let permitted = somebody(command.get_program()).arg("--version").output();
    if !permitted.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let mut same = somebody(command.get_program());
    same.args(command.get_args()).current_dir(bench.directory()).env_clear();
    same.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Some(same)
}

/// AES-CBC has no tag: whoever could write to the file may have changed the key. And of no copy it is known who made it.
#[test]
fn a_copy_says_what_it_does_not_vouch_for_and_strict_takes_only_an_authenticated_one() {
    let bench = Bench::new();
    bench.certificate_with("rsa", RSA, "");
    bench.write("key", support::material(7));
    std::fs::set_permissions(bench.path("rsa.key"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let maker = "does not say who made it: anybody with the certificate can make such a file\n";
    let mut authenticated = vec!["-aes-256-gcm", "-aes-128-gcm"];
    if openssl::version::number() < 0x3000_0000 {
        authenticated.clear();
    }
    for (cipher, form) in ["-aes-256-cbc", "-aes-128-cbc", "-des-ede3-cbc"]
        .into_iter()
        .chain(authenticated)
        .flat_map(|cipher| [(cipher, "DER"), (cipher, "PEM"), (cipher, "DER -stream")])
    {
        bench.openssl(&format!("cms -encrypt -binary {cipher} -outform {form} -in key -out copy -recip rsa.pem -keyopt rsa_padding_mode:oaep"));
        let line = "--material-from-escrow copy --recipient-key rsa.key";
        let is_authenticated = cipher.ends_with("gcm");
        let warning =
            "escrow file `copy` is not authenticated: whoever could write to it may have changed the key in it\n";
        let provision = "provision --rehearse --wrapping-key-spec RSA_2048";
        let run = bench.kms_byok(&format!("{provision} {line} --output json"));
        let expected = serde_json::json!({ "file": "copy", "authenticated": is_authenticated, "maker_known": false });
        assert_eq!(run.json()["escrow_opened"], expected, "{cipher} {form}");
        assert!(run.stderr.contains(&format!("`copy` {maker}")), "{}", run.stderr);
        assert_eq!(run.stderr.contains(&format!("warning: {warning}")), !is_authenticated, "{}", run.stderr);
        let strict = bench.kms_byok(&format!("{provision} {line} --strict --quiet"));
        if is_authenticated {
            strict.succeeds();
        } else {
            let hint = "leave out --strict to use it all the same, and compare the proof with what is known of the key";
            strict.refuses(1, &format!("error: {warning}hint: {hint}\n"));
            let failed = bench.kms_byok(&format!("{provision} {line} --key-spec HMAC_512 --output json"));
            assert_eq!(failed.json_of_failure()["escrow_opened"], expected);
        }
    }
}
