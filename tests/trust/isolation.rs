//! `--rehearse` reads nothing of AWS and reaches nothing but itself, whatever the environment says; and what a rehearsal made does not
//! reach AWS.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kms_byok::kms::{Connection, Kms};
use kms_byok::{Reason, Silent};

use crate::support::cloud::{Cloud, plain, wait};
use crate::support::{self, Bench, run};

/// A listener that counts who comes, and says nothing: to be silent is all it does.
struct Trap {
    url: String,
    visits: Arc<AtomicUsize>,
}

impl Trap {
    fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let visits = Arc::<AtomicUsize>::default();
        let counted = visits.clone();
        std::thread::spawn(move || {
            for _ in listener.incoming() {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        Trap { url, visits }
    }

    fn visits(&self) -> usize {
        self.visits.load(Ordering::Relaxed)
    }
}

/// Everything that an AWS tool obeys, pointing into the trap or nowhere.
fn hostile(command: &mut Command, trap: &Trap) {
    let url = &trap.url;
    for name in [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "http_proxy",
        "https_proxy",
        "ALL_PROXY",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_KMS",
        "AWS_ENDPOINT_URL_STS",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ] {
        command.env(name, url);
    }
    for (name, value) in [
        ("AWS_PROFILE", "nowhere"),
        ("AWS_CONFIG_FILE", "/nonexistent/config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials"),
        ("AWS_REGION", "cn-north-1"),
        ("AWS_DEFAULT_REGION", "not a region"),
        ("AWS_CA_BUNDLE", "/nonexistent/ca.pem"),
        ("AWS_USE_FIPS_ENDPOINT", "true"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
        ("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/keys"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token"),
        ("AWS_MAX_ATTEMPTS", "0"),
        ("AWS_RETRY_MODE", "nonsense"),
        ("AWS_EC2_METADATA_DISABLED", "false"),
        ("XDG_STATE_HOME", "/nonexistent/state"),
    ] {
        command.env(name, value);
    }
    command.env_remove("HOME");
}

#[test]
fn a_rehearsal_works_in_a_hostile_environment_and_reads_none_of_it() {
    let bench = Bench::new();
    let trap = Trap::set();
    let words =
        ["provision", "--rehearse", "--alias", "alias/a", "--wrapping-key-spec", "RSA_2048", "--generate", "--discard"];
    let mut command = bench.command(&words);
    hostile(&mut command, &trap);
    let text = run(&mut command, b"");
    let shown = plain(&text.succeeds().stdout);
    assert!(shown.starts_with("key        ARN\nalias      alias/a\n"), "{shown}");
    assert!(shown.contains("\nrehearsal  yes: an embedded KMS, nothing is in AWS\nproof: proven\n"), "{shown}");
    let answer = run(command.args(["--output", "json"]), b"").json();
    assert_eq!((&answer["rehearsal"], &answer["region"]), (&true.into(), &"us-east-1".into()));
    assert!(answer["key_arn"].as_str().unwrap().starts_with("arn:aws:kms:us-east-1:000000000000:key/"), "{answer}");
    assert_eq!((trap.visits(), bench.names().len()), (0, 0));
}

/// What is opened, as the system saw it.
#[cfg(target_os = "linux")]
#[test]
fn a_rehearsal_opens_no_aws_file_and_writes_nothing() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path(".aws")).unwrap();
    bench.write(".aws/config", "[default]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:1\n");
    bench.write(".aws/credentials", "[default]\naws_access_key_id = AKIDREAL\naws_secret_access_key = real\n");
    let model = bench.command(&[]);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-e", "trace=%file,connect", "-o", "trace", env!("CARGO_BIN_EXE_kms-byok")]);
    strace.args([
        "provision",
        "--rehearse",
        "--wrapping-key-spec",
        "RSA_2048",
        "--generate",
        "--discard",
        "--output",
        "json",
    ]);
    strace.current_dir(bench.directory()).envs(model.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let Ok(output) = strace.output() else {
        println!("skipped: there is no strace");
        return;
    };
    let trace = String::from_utf8_lossy(&bench.read("trace")).into_owned();
    if !trace.contains("openat") {
        println!("skipped: strace may not trace here");
        return;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let home = bench.directory().display().to_string();
    let touched: Vec<&str> = trace.lines().filter(|line| line.contains(".aws") || line.contains(&home)).collect();
    assert!(touched.iter().all(|line| line.contains("execve")), "{touched:#?}");
    let abroad: Vec<&str> =
        trace.lines().filter(|line| line.contains("connect(") && !line.contains("127.0.0.1")).collect();
    assert!(abroad.is_empty(), "{abroad:#?}");
    assert_eq!(bench.names(), [".aws", "trace"]);
}

#[test]
fn a_rehearsal_and_the_flags_of_a_real_connection_exclude_each_other_wherever_they_stand() {
    let bench = Bench::new();
    for (flag, value) in [
        ("--region", "eu-west-1"),
        ("--profile", "keys"),
        ("--endpoint-url", "http://127.0.0.1:1"),
        ("--fips-endpoint", ""),
    ] {
        for line in [
            format!("provision --rehearse --generate --discard {flag} {value}"),
            format!("{flag} {value} provision --rehearse --generate --discard"),
        ] {
            bench
                .kms_byok(&line)
                .refuses(2, &format!("error: --rehearse and {flag} exclude each other\nhint: leave one of them out\n"));
        }
    }
}

/// Another process that finds the port while the run waits for its wrapping key of 4096 bits.
#[cfg(target_os = "linux")]
#[test]
fn only_the_run_itself_is_answered_by_its_embedded_kms() {
    let bench = Bench::new();
    // A machine under load may look too late.
    for _ in 0..20 {
        if is_answered_alone(&bench) {
            return;
        }
    }
    println!("skipped: this machine looks at a run only after its end");
}

/// Whether the embedded KMS of a run was asked by somebody else while it ran; nobody else was answered.
#[cfg(target_os = "linux")]
fn is_answered_alone(bench: &Bench) -> bool {
    let words = ["provision", "--rehearse", "--generate", "--discard"];
    let mut process = bench.command(&words).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(process.stderr.take().unwrap()).read_line(&mut said).unwrap();
    if std::fs::read_dir(format!("/proc/{}/fd", process.id())).is_err() {
        println!(
            "skipped: the open files of a run cannot be looked at here: that takes root with the capability SYS_PTRACE"
        );
        process.kill().unwrap();
        process.wait().unwrap();
        return true;
    }
    let Some(port) = listening(process.id()) else {
        process.kill().unwrap();
        process.wait().unwrap();
        return false;
    };
    let url = format!("http://127.0.0.1:{port}");
    let reply = wait(Kms::isolated(&url, "AKIDOTHER", &Connection::default(), Arc::new(Silent)).describe("alias/a"));
    let alive = process.try_wait().unwrap().is_none();
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(said.starts_with("created key "), "{said}");
    match reply.unwrap_err() {
        error if error.reason() == Some(Reason::CredentialsUnknown) => true,
        error if alive => panic!("{error}"),
        _ => false,
    }
}

/// The port on which a process listens.
#[cfg(target_os = "linux")]
fn listening(process: u32) -> Option<u16> {
    let sockets: Vec<String> = std::fs::read_dir(format!("/proc/{process}/fd"))
        .ok()?
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok()?.into_os_string().into_string().ok())
        .collect();
    let table = std::fs::read_to_string("/proc/net/tcp").ok()?;
    table.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let mine = sockets.contains(&format!("socket:[{}]", fields.get(9)?));
        let (_, port) = fields.get(1)?.rsplit_once(':')?;
        (mine && fields[3] == "0A").then(|| u16::from_str_radix(port, 16).ok())?
    })
}

#[test]
fn what_a_rehearsal_made_is_not_imported_into_aws() {
    let cloud = Cloud::new("");
    let arn = cloud.empty_key("");
    let get =
        cloud.run(&format!("get-parameters --key-id {arn} --dir D --wrapping-key-spec RSA_2048 --output json")).json();
    assert_eq!(get["rehearsal"], true);
    let wrapped = cloud.bench.kms_byok("wrap --dir D --generate --discard --output json").json();
    assert_eq!(wrapped["rehearsal"], true);
    let refused = "error: the parameters come from a rehearsal (account 000000000000), which AWS does not know\n\
                   hint: run `kms-byok get-parameters --force` again and wrap the key for the new token\n";
    for line in [
        "import --dir D",
        "import --dir D --region us-east-1",
        "import --dir D --endpoint-url https://kms.us-east-1.amazonaws.com",
        "import --dir D --fips-endpoint",
    ] {
        cloud.bench.kms_byok_with_credentials(line).refuses(1, refused);
    }
    // Also when the directory was altered to look like one of AWS.
    let honest = String::from_utf8(cloud.bench.read("D/parameters.json")).unwrap();
    let endpoint = format!("\"{}\"", cloud.url());
    let altered = honest.replace(&endpoint, "null").replace("\"rehearsal\": true", "\"rehearsal\": false");
    assert_ne!(honest, altered);
    cloud.bench.write("D/parameters.json", altered);
    cloud.bench.kms_byok_with_credentials("import --dir D").refuses(1, refused);
    cloud.bench.kms_byok("wrap --dir D --generate --discard --force").refuses(1, refused);
    assert_eq!(cloud.states(), ["PendingImport"]);
}

#[test]
fn reports_against_a_served_rehearsal_say_so_in_text_too() {
    let cloud = Cloud::new("");
    cloud.bench.write("key", support::material(7));
    for line in [
        "provision --alias alias/b --wrapping-key-spec RSA_2048 --generate --discard",
        "create-key --alias alias/a",
        "get-parameters --key-id alias/a --dir D --wrapping-key-spec RSA_2048",
        "wrap --dir D --material key",
        "import --dir D",
        "verify --key-id alias/a --material key",
        "status --key-id alias/a",
    ] {
        let shown = cloud.run(line).succeeds().stdout.clone();
        assert!(shown.lines().any(|line| line.starts_with("rehearsal ") && line.contains(" yes: ")), "{line}: {shown}");
    }
}
