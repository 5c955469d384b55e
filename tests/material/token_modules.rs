//! Modules that are none, crash, hang or end: the run says in which call, and has not touched anything.

use std::time::Instant;

use crate::support::Bench;
use crate::support::token::Token;

const WRAP: &str =
    "wrap --inkey PublicKey.bin --out out --wrapping-algorithm RSAES_OAEP_SHA_1 --allow-sha1 --read-timeout 2s --quiet";

const OTHER: &str =
    "hint: give the file of the token's maker with --pkcs11-module PATH, as in `/usr/lib/softhsm/libsofthsm2.so`\n";

fn bench() -> Bench {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    bench
}

#[test]
fn what_is_no_pkcs11_module_is_refused_with_what_the_loader_says() {
    let bench = bench();
    let flags =
        |module: &str| format!("{WRAP} --pkcs11-module {module} --pkcs11-uri pkcs11:object=a?pin-source=file:pin");
    let here = bench.directory().canonicalize().unwrap();
    bench.write("text.so", "this is no library\n".repeat(20));
    let libc = ["/lib/x86_64-linux-gnu/libc.so.6", "/lib/aarch64-linux-gnu/libc.so.6", "/lib64/libc.so.6"];
    let libc = libc.into_iter().find(|file| std::path::Path::new(file).exists());
    for (module, because) in [
        ("text.so", "invalid ELF header"),
        ("PublicKey.bin", "invalid ELF header"),
        (libc.unwrap_or("text.so"), if libc.is_some() { "it has no function C_GetFunctionList" } else { "invalid" }),
    ] {
        let run = bench.kms_byok(&flags(module));
        let shown = bench.path(module).canonicalize().unwrap();
        assert!(
            run.stderr.starts_with(&format!("error: `{}` is no PKCS#11 module\n", shown.display())),
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains(because) && run.stderr.contains(OTHER), "{}", run.stderr);
        assert_eq!(run.code, Some(1));
    }
    let run = bench.kms_byok(&flags("missing.so"));
    assert!(run.stderr.starts_with("error: there is no PKCS#11 module at `missing.so`\n"), "{}", run.stderr);
    let run = bench.kms_byok(&flags("text.so").replace("?pin", "?module-path=PublicKey.bin&pin"));
    run.refuses(
        2,
        "error: the PKCS#11 URI names another module than `text.so`: `PublicKey.bin`\nhint: leave one of them out\n",
    );
    let run = bench.kms_byok(&format!("{WRAP} --pkcs11-uri pkcs11:object=a"));
    run.refuses(2, &format!("error: no PKCS#11 module is named\n{OTHER}"));
    assert!(here.join("PublicKey.bin").exists() && !bench.exists("out"));
}

#[test]
fn a_module_that_crashes_ends_or_hangs_is_named_with_the_call_it_was_in() {
    let bench = bench();
    let Some(token) = Token::new(&bench) else { return };
    token.pkcs11("--keygen --key-type AES:32 --label payments --extractable --sensitive");
    let crash = "hint: try the same with `pkcs11-tool --module`, and tell the module's maker; the key was not sent\n";
    let hang = "hint: see whether the token is reached and waits for somebody, or allow it more with --read-timeout\n";
    for call in ["C_Initialize", "C_OpenSession", "C_Login", "C_CreateObject", "C_WrapKey"] {
        for (fault, said, hint) in [
            ("crash", format!("has crashed in {call}: its process ended with SIGSEGV"), crash),
            ("exit", format!("has crashed in {call}: its process ended with code 7"), crash),
            ("hang", format!("has not come back from {call} within 2 seconds, and was ended"), hang),
        ] {
            if fault == "hang" && !matches!(call, "C_Login" | "C_WrapKey") {
                continue; // each takes its two seconds
            }
            let Some(behind) = token.behind(&format!("{fault}={call}")) else { return };
            let module = bench.path("proxy.so").canonicalize().unwrap();
            let began = Instant::now();
            behind
                .kms_byok(&format!("{WRAP} {}", behind.flags("payments")))
                .refuses(1, &format!("error: the PKCS#11 module `{}` {said}\n{hint}", module.display()));
            assert!(began.elapsed().as_secs() < 30);
            assert!(!bench.exists("out"));
        }
    }
    assert_eq!(processes_of(&bench), 0);
}

#[test]
fn what_a_module_refuses_is_said_by_the_names_of_the_standard() {
    let bench = bench();
    let Some(token) = Token::new(&bench) else { return };
    token.pkcs11("--keygen --key-type AES:32 --label payments --extractable --sensitive");
    for (words, said) in [
        ("refuse=C_Initialize:30", "the PKCS#11 module refuses C_Initialize with CKR_DEVICE_ERROR"),
        ("refuse=C_OpenSession:b1", "the PKCS#11 module refuses C_OpenSession with CKR_SESSION_COUNT"),
        ("refuse=C_Login:102", "the PKCS#11 module refuses C_Login with CKR_USER_PIN_NOT_INITIALIZED"),
        (
            "refuse=C_CreateObject:80000001",
            "the PKCS#11 module refuses C_CreateObject with the vendor's own value 0x80000001",
        ),
        ("refuse=C_FindObjectsInit:5", "the PKCS#11 module refuses C_FindObjects with CKR_GENERAL_ERROR"),
    ] {
        let Some(behind) = token.behind(words) else { return };
        behind
            .kms_byok(&format!("{WRAP} {}", behind.flags("payments")))
            .refuses(1, &format!("error: {said}\nhint: look that value up in the manual of the token's maker\n"));
    }
}

/// A run that is killed takes the process of the module with it, whatever the module waits for.
#[test]
fn no_process_of_a_module_outlives_its_run() {
    let bench = bench();
    let Some(token) = Token::new(&bench) else { return };
    token.pkcs11("--keygen --key-type AES:32 --label payments --extractable --sensitive");
    let Some(behind) = token.behind("hang=C_WrapKey") else { return };
    let line = format!("{WRAP} {}", behind.flags("payments")).replace("2s", "60s");
    for signal in ["KILL", "TERM", "INT"] {
        let mut run = behind.command(&line).spawn().unwrap();
        while behind.count("C_WrapKey") == 0 {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let sent = std::process::Command::new("kill").args([format!("-{signal}"), run.id().to_string()]).status();
        assert!(sent.unwrap().success());
        assert!(!run.wait().unwrap().success());
        let began = Instant::now();
        while processes_of(&bench) > 0 {
            assert!(began.elapsed().as_secs() < 20, "{signal}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let _ = std::fs::remove_file(bench.path("calls"));
    }
}

/// How many processes of a module run in that bench.
fn processes_of(bench: &Bench) -> usize {
    let here = bench.directory().canonicalize().unwrap();
    let is_ours = |entry: &std::path::Path| {
        let words = std::fs::read(entry.join("cmdline")).unwrap_or_default();
        let is_module = words.windows(21).any(|words| words == b"pkcs11-module-process");
        is_module && std::fs::read_link(entry.join("cwd")).is_ok_and(|at| at == here)
    };
    std::fs::read_dir("/proc").into_iter().flatten().flatten().filter(|entry| is_ours(&entry.path())).count()
}
