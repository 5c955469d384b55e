//! What people see: the screens of the main verbs on terminals of 40, 80 and 200 columns, in colours and without. They are kept in
//! `tests/data/screens`, with the colours in words; `scripts/docs --write` writes them.
#![cfg(all(target_os = "linux", feature = "fleet", feature = "pkcs11"))] // `script` has other flags elsewhere; help shows every verb

use std::fmt::Write as _;

use crate::support::cloud::Cloud;
use crate::support::kept_file::is_kept;
use crate::support::material;
use crate::support::screen::{painted, shown};
use crate::support::terminal::Terminal;

const COLUMNS: [usize; 3] = [40, 80, 200];

/// One session: what is typed, and what was there before.
struct Session {
    name: &'static str,
    line: &'static str,
    /// Faults of the embedded KMS.
    faults: &'static str,
    before: fn(&Cloud),
    /// A question, and what is answered.
    answer: Option<(&'static str, &'static str)>,
    code: i32,
}

const PLAIN: Session = Session { name: "", line: "", faults: "", before: |_| (), answer: None, code: 0 };

/// The flags that every call has, where KMS is asked.
const AT: &str = "--endpoint-url http://127.0.0.1:40000 --region us-east-1";
const MADE: &str = "provision alias/payments --wrapping-key-spec RSA_2048 --material one --quiet";

fn made(cloud: &Cloud) {
    materials(cloud);
    cloud.run(MADE).succeeds();
}

fn materials(cloud: &Cloud) {
    cloud.bench.write("one", material(1));
    cloud.bench.write("two", material(2));
    for name in ["one", "two"] {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(cloud.bench.path(name), mode).unwrap();
    }
}

/// Keys that expire soon, later and never.
fn keys(cloud: &Cloud) {
    materials(cloud);
    for (alias, expires) in [("payments", "7230m"), ("invoices-of-the-north", "36030m"), ("logs", "432030m")] {
        let line = format!(
            "provision alias/{alias} --wrapping-key-spec RSA_2048 --generate --discard --quiet --expires-in {expires}"
        );
        cloud.run(&line).succeeds();
    }
    cloud.run(MADE.replace("payments", "archive").as_str()).succeeds();
}

/// Parameters, the public key written over by text, and a key with a line end.
fn mistaken(cloud: &Cloud) {
    made(cloud);
    cloud.run("get-parameters --key-id alias/payments --dir D --quiet").succeeds();
    cloud.bench.write("D/PublicKey.bin", "-----BEGIN PUBLIC KEY-----\n");
    cloud.bench.write("two", [&material(3)[..], b"\n"].concat());
}

const SESSIONS: [Session; 17] = [
    Session { name: "help", line: "-h", ..PLAIN },
    Session { name: "help-of-status", line: "status -h", ..PLAIN },
    Session { name: "no-verb", line: "", code: 2, ..PLAIN },
    Session { name: "usage-error", line: "status alias/payments --regoin eu-west-1", code: 2, ..PLAIN },
    Session { name: "missing", line: "provision alias/payments --generate", code: 2, ..PLAIN },
    Session {
        name: "provision",
        line: "provision alias/payments --generate --discard --wrapping-key-spec RSA_2048 --expires-in 90d AT",
        ..PLAIN
    },
    Session { name: "provision-again", line: "provision alias/payments --material one AT", before: made, ..PLAIN },
    Session {
        name: "provision-differs",
        line: "provision alias/payments --material one --key-spec HMAC_256 --expires-in 30d AT",
        before: made,
        code: 1,
        ..PLAIN
    },
    Session {
        name: "provision-interrupted",
        line: "provision alias/payments --generate --keep key --wrapping-key-spec RSA_2048 AT",
        faults: "--fault ImportKeyMaterial:1+:error=AccessDeniedException",
        code: 3,
        ..PLAIN
    },
    Session { name: "status", line: "status alias/payments AT", before: keys, ..PLAIN },
    Session { name: "status-expiring", line: "status --expiring-within 30d AT", before: keys, code: 4, ..PLAIN },
    Session { name: "verify", line: "verify alias/payments --material one AT", before: made, ..PLAIN },
    Session {
        name: "verify-contradicted",
        line: "verify alias/payments --material two AT",
        before: made,
        code: 4,
        ..PLAIN
    },
    Session { name: "rotate", line: "rotate alias/payments --material two AT", before: made, ..PLAIN },
    Session { name: "diagnose", line: "diagnose --dir D --material two AT", before: mistaken, code: 4, ..PLAIN },
    Session { name: "doctor", line: "doctor", ..PLAIN },
    Session {
        name: "delete-material",
        line: "delete-material alias/payments AT",
        before: made,
        answer: Some(("to delete it: ", "no\n")),
        code: 1,
        ..PLAIN
    },
];

#[test]
fn every_screen_is_the_one_that_was_looked_at() {
    for session in &SESSIONS {
        let mut page = format!("$ kms-byok {}\n", session.line.replace(" AT", ""));
        for columns in COLUMNS {
            let Some(written) = session.on(columns, &[("TERM", "xterm")]) else { return };
            let coloured = painted(&written, columns);
            let plain = session.on(columns, &[("TERM", "xterm"), ("NO_COLOR", "1")]).unwrap();
            assert!(!plain.contains("\u{1b}[3"), "{}: {plain:?}", session.name);
            assert_eq!(shown(&plain, columns), shown(&written, columns), "{} without colours", session.name);
            write!(page, "\n{:─<columns$}\n{}\n", format!("─ {columns} "), coloured.trim_end()).unwrap();
        }
        is_kept(&format!("tests/data/screens/{}.txt", session.name), &page);
    }
}

impl Session {
    /// Everything that was written to a terminal; nothing where there is none.
    fn on(&self, columns: usize, variables: &[(&str, &str)]) -> Option<String> {
        let cloud = Cloud::new(self.faults);
        (self.before)(&cloud);
        let at = AT.replace("http://127.0.0.1:40000", cloud.url());
        let line = format!("stty cols {columns} rows 50; \"$KMS_BYOK\" {}", self.line.replace("AT", &at));
        let credentials = [("AWS_ACCESS_KEY_ID", "AKIDTEST"), ("AWS_SECRET_ACCESS_KEY", "test")];
        let mut terminal = Terminal::open_with(&cloud.bench, &line, &[variables, &credentials].concat())?;
        if let Some((question, answer)) = self.answer {
            terminal.wait_for(question);
            terminal.press(answer);
        }
        let (code, written) = terminal.end();
        assert_eq!(code, Some(self.code), "{}: {written}", self.name);
        let written = settled(&written).replace(cloud.url(), "http://127.0.0.1:40000");
        Some(of_no_machine(&of_no_day(&written), self.name == "doctor").replace('\n', "\r\n"))
    }
}

/// Without what was shown for a moment only: how much that was is not the same twice.
fn settled(written: &str) -> String {
    let lines = written.split_inclusive('\n').map(|line| line.rsplit_once("\r\u{1b}[K").map_or(line, |(_, kept)| kept));
    lines.collect()
}

/// Ids and times become others of the same length, the same for the same one.
fn of_no_day(written: &str) -> String {
    let mut ids: Vec<&str> = Vec::new();
    let mut text = String::new();
    let mut rest = written;
    while let Some(first) = rest.chars().next() {
        let found = SHAPES.iter().find_map(|(shape, instead)| Some((fits(rest, shape)?, *instead)));
        match found {
            Some((length, "")) => {
                let id = &rest[..length];
                let number = ids.iter().position(|one| *one == id).unwrap_or_else(|| {
                    ids.push(id);
                    ids.len() - 1
                });
                let digit = char::from_digit(u32::try_from(number).unwrap() + 1, 16).unwrap();
                text.extend(id.chars().map(|c| if c == '-' { c } else { digit }));
                rest = &rest[length..];
            }
            Some((length, instead)) => {
                text.push_str(instead);
                rest = &rest[length..];
            }
            None => {
                text.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    text
}

/// `h` is a hex digit, `d` a decimal one. Ids are replaced by number, times by a time.
const SHAPES: [(&str, &str); 4] = [
    ("hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh", ""),
    ("hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh", ""),
    ("dddd-dd-ddTdd:dd:ddZ", "2027-01-31T12:00:00Z"),
    ("dddd-dd-dd dd:dd UTC", "2027-01-31 12:00 UTC"),
];

fn fits(text: &str, shape: &str) -> Option<usize> {
    let fits = |(shape, found): (u8, u8)| match shape {
        b'h' => found.is_ascii_hexdigit(),
        b'd' => found.is_ascii_digit(),
        other => other == found,
    };
    (text.len() >= shape.len() && shape.bytes().zip(text.bytes()).all(fits)).then_some(shape.len())
}

/// What is read from the machine becomes that of another one, and what `doctor` says of it is left out.
fn of_no_machine(written: &str, is_doctor: bool) -> String {
    let written = written.replace(openssl::version::version(), "OpenSSL 3.5.4 30 Sep 2025");
    let mut text = String::new();
    let mut lines = written.lines().peekable();
    while let Some(line) = lines.next() {
        let noted = |label: &str| line.contains(label) && !line.contains(" AWS Region ");
        if is_doctor && (noted("note:") || noted("warning:")) {
            lines.next_if(|line| line.contains("hint:"));
            continue;
        }
        match MACHINE.iter().find(|(label, _)| line.starts_with(&format!("{label}  "))) {
            Some((label, value)) => {
                let gap = line[label.len()..].chars().take_while(|c| *c == ' ').count();
                writeln!(text, "{label}{:gap$}{value}", "").unwrap();
            }
            None => writeln!(text, "{line}").unwrap(),
        }
    }
    text
}

const MACHINE: [(&str, &str); 10] = [
    ("compiled against", "OpenSSL 3.5.4"),
    ("loaded", "OpenSSL 3.5.4 30 Sep 2025; support of 3.5 ends 2030-04-08"),
    ("openssl on PATH", "OpenSSL 3.5.4 30 Sep 2025 (Library: OpenSSL 3.5.4 30 Sep 2025)"),
    ("providers", "default"),
    ("FIPS", "not in force; no provider can be loaded"),
    ("self-test passed", "OAEP-SHA-256, OAEP-SHA-1, AES-KWP, random generator"),
    ("works here", "RSAES_OAEP_SHA_256, RSAES_OAEP_SHA_1, RSA_AES_KEY_WRAP_SHA_256, RSA_AES_KEY_WRAP_SHA_1"),
    ("trust store", "/etc/ssl/certs/ca-certificates.crt: 144 certificates"),
    ("memory", "secrets are locked; limit 8192 KiB"),
    ("core dumps", "off"),
];
