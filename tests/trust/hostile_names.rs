//! Names and texts that would move the cursor, turn a line around, hide, or add a line: none of them reaches a terminal, nor JSON unescaped,
//! from any flag of any verb, from the environment, from files, certificates or KMS; and the commands that are printed work all the same.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use kms_byok::for_the_binary::printable::is_unprintable;

use crate::support::{self, Bench, Run, run};

/// C0, DEL, C1, an override, an isolate, zero width, a byte order mark, separators, a tag, and a line of its own.
const NASTY: &str =
    "n\u{1b}[2J\u{7f}\u{9b}1m\u{202e}\u{2066}\u{200b}\u{feff}\u{2028}\u{2029}\u{e0041}\r\thint: x\nhint: planted";

/// Nothing on either stream does anything, and no line is one that `NASTY` has made.
#[track_caller]
fn check(said: &Run, what: &str) {
    for text in [&said.stdout, &said.stderr] {
        if let Some(c) = text.chars().find(|c| *c != '\n' && is_unprintable(*c)) {
            panic!("{what}: {c:?} in {text:?}");
        }
        assert!(!text.lines().any(|line| line.starts_with("hint: planted")), "{what}: {text}");
    }
}

#[track_caller]
fn check_json(said: &Run, what: &str) {
    check(said, what);
    let object: serde_json::Value = serde_json::from_str(&said.stdout)
        .unwrap_or_else(|error| panic!("{what}: {error}: {}{}", said.stdout, said.stderr));
    assert!(object.is_object(), "{what}: {object}");
}

/// The flags with a value that a verb's help names.
fn flags(help: &str) -> BTreeSet<String> {
    let mut words = help.split_whitespace().peekable();
    let mut flags = BTreeSet::new();
    while let Some(word) = words.next() {
        if word.starts_with("--") && words.peek().is_some_and(|next| next.starts_with('<')) {
            flags.insert(word.trim_end_matches(',').to_owned());
        }
    }
    flags
}

/// What a verb needs besides, so that the value is not only refused by the parser.
const ENOUGH: &[(&str, &str)] = &[
    ("provision", "--alias alias/a --generate --discard"),
    ("provision", "--alias alias/b --material key"),
    ("create-key", "--alias alias/c"),
    ("get-parameters", "--key-id alias/a --dir D"),
    ("wrap", "--material key --inkey PublicKey.bin --out out"),
    ("import", "--dir D"),
    ("status", "--key-id alias/a"),
    ("verify", "--key-id alias/a --material key"),
    ("rotate", "--key-id alias/a --generate --discard"),
    ("replicate", "--key-id alias/a --to eu-west-1"),
    ("delete-material", "--key-id alias/a --yes"),
    ("diagnose", "--public-key PublicKey.bin"),
    ("recipe", "--alias alias/a --generate --discard"),
    ("doctor", "--online"),
    ("rehearsal ping", ""),
];

#[test]
fn no_flag_of_any_verb_brings_a_name_to_the_terminal_as_it_is() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    bench.write("key", support::material(7));
    let server = bench.serve();
    let verbs = bench.verbs();
    // Much of it is waiting.
    let tried: usize = std::thread::scope(|scope| {
        let running: Vec<_> = verbs.iter().map(|verb| scope.spawn(|| walk(&bench, server.url(), verb))).collect();
        running.into_iter().map(|verb| verb.join().unwrap()).sum()
    });
    println!("{tried} runs");
    assert!(tried > 1000, "{tried}");
}

/// Every flag of a verb with every value; gives how many runs that were.
fn walk(bench: &Bench, url: &str, verb: &str) -> usize {
    let words: Vec<&str> = verb.split(' ').collect();
    let help = bench.kms_byok(&format!("{verb} --help")).stdout;
    let lines: Vec<&str> = ENOUGH.iter().filter(|(of, _)| *of == verb).map(|(_, line)| *line).chain([""]).collect();
    let values = [NASTY.as_bytes(), b"\xff\x1b]0;x\x07"].map(OsStr::from_bytes);
    let mut tried = 0;
    for (line, flag) in lines.iter().flat_map(|line| flags(&help).into_iter().map(move |flag| (line, flag))) {
        // With any other it would serve.
        let refused = ["--listen", "--quota-scale", "--consistency-delay", "--fault", "--clock", "--output"];
        if line.contains(&flag) || verb == "rehearsal serve" && !refused.contains(&flag.as_str()) {
            continue;
        }
        for (value, json) in values.iter().flat_map(|value| [(value, false), (value, true)]) {
            let json = json && flag != "--output";
            let mut command = bench.command(&words);
            command.args(line.split_whitespace()).arg(&flag).arg(value);
            let beside =
                [("--endpoint-url", url), ("--region", "us-east-1"), ("--output", if json { "json" } else { "text" })];
            for (name, value) in beside.into_iter().filter(|(name, _)| flag != *name) {
                command.args([name, value]);
            }
            command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
            let what = format!("{verb} {line} {flag} {value:?}, json: {json}");
            let said = run(&mut command, b"");
            check(&said, &what);
            assert!(matches!(said.code, Some(0..=4)), "{what}: {:?} {}", said.code, said.stderr);
            // A script and a page have one form only.
            if json && !["recipe", "completions", "man", "help"].contains(&words[0]) {
                check_json(&said, &what);
            }
            tried += 1;
        }
    }
    tried
}

#[test]
fn no_variable_of_the_environment_reaches_the_terminal_as_it_is() {
    let bench = Bench::new();
    for name in [
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_PROFILE",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_KMS",
        "AWS_CA_BUNDLE",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "NO_PROXY",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "XDG_STATE_HOME",
        "HOME",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    ] {
        for line in ["doctor", "status --key-id alias/a --connect-timeout 1s --read-timeout 1s"] {
            for output in ["text", "json"] {
                let mut command = bench.command(&line.split(' ').chain(["--output", output]).collect::<Vec<_>>());
                command.env(name, NASTY);
                let said = run(&mut command, b"");
                check(&said, &format!("{name} {line}"));
                if output == "json" {
                    check_json(&said, &format!("{name} {line}"));
                }
            }
        }
    }
}

/// What KMS and certificates say, in every reply that is shown.
#[test]
fn what_kms_and_certificates_say_cannot_do_anything() {
    let bench = Bench::new();
    let escaped: String = NASTY.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let escaped = format!("\"{escaped}\"");
    bench.write("key", support::material(7));
    for (operation, field) in [
        ("DescribeKey", "KeyMetadata.Description"),
        ("DescribeKey", "KeyMetadata.Arn"),
        ("DescribeKey", "KeyMetadata.KeyId"),
        ("DescribeKey", "KeyMetadata.KeyState"),
        ("DescribeKey", "KeyMetadata.KeySpec"),
        ("DescribeKey", "KeyMetadata.KeyUsage"),
        ("DescribeKey", "KeyMetadata.Origin"),
        ("DescribeKey", "KeyMetadata.ExpirationModel"),
        ("DescribeKey", "message"),
        ("ListKeyRotations", "Rotations.0.KeyMaterialDescription"),
        ("ListKeyRotations", "Rotations.0.KeyMaterialId"),
        ("ListKeyRotations", "Rotations.0.ImportState"),
        ("ListAliases", "Aliases.0.AliasName"),
        ("ListKeys", "Keys.0.KeyArn"),
        ("GetParametersForImport", "KeyId"),
        ("ImportKeyMaterial", "KeyMaterialId"),
    ] {
        let server = bench.serve();
        let at = |url: &str| format!("--endpoint-url {url} --region us-east-1");
        let key = format!("provision --alias alias/a --material key --wrapping-key-spec RSA_2048 {}", at(server.url()));
        bench.kms_byok_with_credentials(&key).succeeds();
        drop(server);
        for line in [
            "status",
            "status --key-id alias/a",
            "provision --alias alias/a --material key --wrapping-key-spec RSA_2048",
            "delete-material --key-id alias/a --yes",
            "doctor --online",
        ] {
            for output in ["text", "json"] {
                // Each has a world of its own: the fault holds from the first request on.
                let server = bench.serve_with(&format!("--no-quotas --fault {operation}:1+:set={field}={escaped}"));
                let at = at(server.url());
                assert!(server.url().starts_with("http://127.0.0.1:"), "{}", server.url());
                if !line.starts_with("provision") {
                    bench.kms_byok_with_credentials(&format!("create-key --alias alias/a --quiet {at}"));
                }
                let said = bench.kms_byok_with_credentials(&format!("{line} {at} --output {output} -vv"));
                check(&said, &format!("{operation} {field} {line}"));
                if output == "json" {
                    check_json(&said, &format!("{operation} {field} {line}"));
                }
            }
        }
    }
}

#[test]
fn the_subject_of_a_certificate_is_shown_and_does_nothing() {
    let bench = Bench::new();
    bench.write("subject", "[req]\nprompt=no\nutf8=yes\nstring_mask=utf8only\ndistinguished_name=dn\n[dn]\nCN=who\u{202e}\u{200b}\u{9b}\u{e0041}is\n");
    bench.openssl("req -x509 -utf8 -newkey rsa:2048 -nodes -keyout r.key -out r.pem -days 2 -config subject");
    let server = bench.serve();
    let line = format!(
        "provision --alias alias/a --generate --escrow r.pem --escrow-out copy --wrapping-key-spec RSA_2048 --record record --region us-east-1 --output json --endpoint-url {}",
        server.url()
    );
    let said = bench.kms_byok_with_credentials(&line);
    check_json(&said, "escrow");
    assert!(said.stdout.contains("CN = who\u{fffd}\u{fffd}\u{fffd}\u{fffd}is"), "{}", said.stdout);
    let record = String::from_utf8(bench.read("record")).unwrap();
    assert!(record.chars().all(|c| c == '\n' || !is_unprintable(c)), "{record:?}");
}

/// Files by such names work, in bash as pasted: what is printed is what is run.
#[test]
fn a_command_that_is_printed_works_although_the_file_has_such_a_name() {
    for name in [
        NASTY.replace('/', "").into(),
        OsString::from("it's \"$HOME\" `x` \\ \u{202e}"),
        OsStr::from_bytes(b"\xff\x1b[1mf").to_owned(),
    ] {
        let bench = Bench::new();
        let server = bench.serve_with("--no-quotas --fault ImportKeyMaterial:1:error=AccessDeniedException");
        let line = format!(
            "provision --alias alias/a --wrapping-key-spec RSA_2048 --generate --region us-east-1 --endpoint-url {} --keep",
            server.url()
        );
        let with_credentials = |command: &mut Command| {
            run(command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test"), b"")
        };
        let words: Vec<&str> = line.split(' ').collect();
        let failed = with_credentials(bench.command(&words).arg(&name));
        check(&failed, "next");
        assert_eq!(failed.code, Some(3), "{}", failed.stderr);
        let next = failed.stderr.lines().find_map(|line| line.strip_prefix("next: ")).unwrap();
        let model = bench.command(&[]);
        let mut bash = Command::new("bash");
        let product = env!("CARGO_BIN_EXE_kms-byok");
        bash.args(["-c", &next.replacen("kms-byok ", &format!("{product} "), 1)])
            .current_dir(bench.directory())
            .env_clear();
        bash.envs(model.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let done = with_credentials(&mut bash);
        check(&done, next);
        assert_eq!(done.code, Some(0), "{next}\n{}", done.stderr);
        assert_eq!(std::fs::read(bench.directory().join(&name)).unwrap().len(), 32);

        // And a fix of diagnose, on a wrapping key with a line end.
        bench.wrapping_key(2048);
        let public = bench.read("PublicKey.bin");
        let mut file = OsString::from("P");
        file.push(&name);
        std::fs::write(bench.directory().join(&file), [&public[..], b"\n"].concat()).unwrap();
        let said = run(bench.command(&["diagnose", "--public-key"]).arg(&file), b"");
        check(&said, "diagnose");
        let fix = said.stdout.lines().find_map(|line| line.strip_prefix("  fix: ")).unwrap();
        let (_, command) = fix.split_once('`').unwrap();
        let command = command.rsplit_once('`').unwrap().0;
        let fixed = run(Command::new("bash").args(["-c", command]).current_dir(bench.directory()), b"");
        assert_eq!((fixed.code, fixed.stderr.as_str()), (Some(0), ""), "{command}");
        // The file that was named stays as it is; the right one is beside it.
        file.push(".cut");
        assert_eq!(std::fs::read(bench.directory().join(&file)).unwrap(), public, "{command}");
    }
}

/// Only these files write to a terminal; what they are given passes `printable`.
#[test]
fn nothing_else_writes_to_the_streams_or_to_the_terminal() {
    let mut found = BTreeSet::new();
    let mut folders = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                // Folders of tests are compiled for tests only.
                if path.file_name().is_none_or(|name| name != "tests") {
                    folders.push(path);
                }
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let code = code.join("\n").replace("rustix::stdio::", "descriptor::");
            let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap();
            for way in [
                "io::stderr()",
                "io::stdout()",
                "descriptor::stdout()",
                "descriptor::stderr()",
                "/dev/tty",
                "println!",
                "eprint",
                "error.print()",
            ] {
                if code.contains(way) {
                    found.insert(format!("{} {way}", path.file_name().unwrap().to_string_lossy()));
                }
            }
        }
    }
    let known = [
        "closed.rs descriptor::stdout()",   // asks whether it is open
        "pinned.rs println!",               // compiled for tests only: what is skipped
        "plumbing.rs descriptor::stderr()", // where a PKCS#11 module prints to
        "plumbing.rs descriptor::stdout()", // the pipe of its process, until it is moved
        "rehearsal.rs io::stdout()",        // flushes
        "mod.rs io::stderr()",              // of cli/output
        "mod.rs io::stdout()",
        "mod.rs descriptor::stdout()", // key material
        "terminal.rs /dev/tty",
        "terminal.rs descriptor::stdout()", // asks whether it is a terminal, and how wide
        "terminal.rs descriptor::stderr()",
    ];
    assert_eq!(found, known.map(str::to_owned).into());
}
