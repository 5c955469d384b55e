//! What files, the command line, OpenSSL and this machine can make fail.

use openssl::rsa::Rsa;

use super::super::Sample;
use super::{foreign, path, system, typed};
use crate::doctor::HealthError;
use crate::explain::Explain;
use crate::files::FileError;
use crate::openssl_probe::{Branch, OpenSslError, Platform};
use crate::usage_error::UsageError;

pub(super) fn all() -> Vec<Sample> {
    [files(), findings(), openssls(), usages()].into_iter().flatten().collect()
}

one_of_each! {
    files: FileError {
        Missing { what: "key policy", path: path() }
        SeveralOfOneKind { what: "import token", directory: path() }
        NamesNoFile { flag: "--material", length: 64, kind: "characters of hex" }
        Directory { what: "key policy", path: path() }
        NotADirectory { what: "parameter directory", path: path() }
        NotAFile { what: "wrapped key material", path: path() }
        LeadsToDevice { what: "escrow file", path: path(), place: "/proc" }
        NameTooLong { what: "record", path: path() }
        NotReplaceable { what: "wrapped key material", path: path(), source: system() }
        Unreadable { what: "key policy", path: path(), source: system() }
        StdinUnreadable { what: "key material", source: system() }
        Empty { what: "import token", path: path() }
        TooLarge { what: "key policy", path: path(), limit: 32_768 }
        Unwritable { what: "escrow file", path: path(), source: system() }
        Exists { what: "wrapped key material", path: path() }
        PlaintextExists { path: path() }
        NoDirectory { what: "plaintext key file", path: "newdir/".into() }
        TwoOutputs { path: path() }
        SameFile { path: path() }
        BinaryToTerminal { what: "wrapped key material" }
        OpenToOthers { what: "passphrase file", path: path(), mode: 0o644 }
        OpenToWriters { path: path(), who: "any user", mode: 0o777 }
        FileOpenToWriters { what: "parameter file", path: path(), who: "any user of its group", mode: 0o664 }
        AnswerLost { source: system() }
        NoMemory { source: system() }
        NoEventQueue { source: system() }
    }
    findings: HealthError {
        EndOfLife { which: "loaded", branch: branch("3.0"), platform: Platform::Apt, newer: Some(branch("3.5")) }
        EndOfLife { which: "on PATH", branch: branch("1.1.1"), platform: Platform::Dnf, newer: None }
        EndOfLife { which: "loaded", branch: branch("1.0.2"), platform: Platform::Homebrew, newer: Some(branch("3.5")) }
        EndOfLife { which: "loaded", branch: branch("3.1"), platform: Platform::Unknown, newer: Some(branch("3.5")) }
        LibreSslOnPath { found: "LibreSSL 3.3.6".into(), platform: Platform::Homebrew }
        LibreSslOnPath { found: "LibreSSL 3.3.6".into(), platform: Platform::Unknown }
        NoBaseProvider { active: "`legacy`".into(), path: path() }
        BrokenConfiguration { path: path(), named_by: "OPENSSL_CONF", problem: "there is no section `x`".into() }
        BrokenConfiguration { path: path(), named_by: "OpenSSL's own directory", problem: "line 1 is neither a section nor a setting".into() }
        NoTrustStore { places: "no certificate is in `a` or `b`".into() }
        ClockOff { seconds: 600, direction: "behind" }
        NotLocked {}
        CoreDumps {}
    }
    openssls: OpenSslError {
        Step { step: "draw random bytes", source: Rsa::private_key_from_der(b"none").unwrap_err() }
        Unfit { found: "OpenSSL 1.0.1u".into(), needed: "OpenSSL 1.0.2 or newer".into() }
        SelfTest { what: "OAEP-SHA-256" }
        NoKeyWrap { algorithm: "RSA_AES_KEY_WRAP_SHA_256", found: "LibreSSL 4.0.0".into() }
        NotFips { found: "OpenSSL 3.0.19".into() }
        NoCms { found: "LibreSSL 4.0.0".into() }
        NoEd25519 { found: "OpenSSL 1.1.0".into() }
    }
    usages: UsageError {
        Conflict { first: "--keep", second: "--discard" }
        NoCopy {}
        CopyToStdout { flag: "--keep" }
        WithoutGenerate { flag: "--discard" }
        WithoutMaterial { flag: "--escrow" }
        Missing { what: "the key material", hint: "add --generate, or --material FILE (`-` for standard input)" }
        NotInShell { flag: "--rehearse" }
        NotInShell { flag: "--record" }
        UnknownVerb { given: typed() }
        PolicyNotJson { path: typed(), problem: foreign() }
    }
}

fn branch(name: &str) -> &'static Branch {
    Branch::of(&format!("OpenSSL {name}")).unwrap()
}
