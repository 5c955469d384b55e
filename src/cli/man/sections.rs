//! The sections of a man page that clap knows nothing of: examples, exit status, variables and files.

use clap::Command;

const EXIT_STATUS: [(&str, &str); 5] = [
    ("0", "done"),
    ("1", "failed, and nothing changed in AWS"),
    ("2", "wrong usage"),
    (
        "3",
        "failed after something changed in AWS, or may have; the report says what exists and the command that completes it",
    ),
    ("4", "a check found a problem"),
];

/// Variables, and the flag without which a verb has no use for them.
const VARIABLES: [(&str, Option<&str>, &str); 14] = [
    ("KMS_BYOK_OUTPUT", None, "stands for --output"),
    ("KMS_BYOK_QUIET", None, "stands for --quiet, with 1 or 0"),
    ("KMS_BYOK_STRICT", None, "stands for --strict, with 1 or 0"),
    ("KMS_BYOK_COLOR", None, "stands for --color"),
    ("KMS_BYOK_CONNECT_TIMEOUT", Some("connect_timeout"), "stands for --connect-timeout"),
    ("KMS_BYOK_READ_TIMEOUT", Some("read_timeout"), "stands for --read-timeout"),
    ("NO_COLOR", None, "no colours, unless --color always is given"),
    ("AWS_REGION, AWS_DEFAULT_REGION", Some("region"), "the Region, where --region is not given"),
    (
        "AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN",
        Some("region"),
        "the credentials, as for the aws CLI",
    ),
    (
        "AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_KMS",
        Some("allow_endpoint_env"),
        "another endpoint; refused without --allow-endpoint-env",
    ),
    ("AWS_CA_BUNDLE, SSL_CERT_FILE, SSL_CERT_DIR", Some("region"), "the certificate authorities that TLS trusts"),
    ("HTTPS_PROXY, NO_PROXY", Some("region"), "the proxy, and what is reached without it"),
    ("XDG_STATE_HOME", Some("find_lost"), "where requests under way are written down"),
    ("OPENSSL_CONF", None, "the configuration of OpenSSL"),
];

/// Files, and the flag without which a verb has no use for them.
const FILES: [(&str, &str, &str); 4] = [
    ("~/.aws/config, ~/.aws/credentials", "region", "profiles, read as the aws CLI reads them"),
    (
        "$XDG_STATE_HOME/kms-byok, or ~/.local/state/kms-byok",
        "find_lost",
        "requests under way, so that a key whose reply was lost is found again; no secrets",
    ),
    (
        "DIR/PublicKey.bin, DIR/ImportToken.bin, DIR/parameters.json",
        "dir",
        "the parameters of an import, good for 24 hours",
    ),
    ("DIR/EncryptedKeyMaterial.bin", "dir", "the wrapped key material"),
];

/// Sentences below each other.
pub(super) fn paragraphs(notes: &[String]) -> String {
    notes.iter().map(|note| format!(".PP\n{}\n", roff(note))).collect()
}

pub(super) fn examples(examples: &[String]) -> String {
    let lines: String = examples.iter().map(|line| roff(line) + "\n").collect();
    format!(".SH EXAMPLES\n.nf\n.RS\n{lines}.RE\n.fi\n")
}

pub(super) fn exit_status() -> String {
    section("EXIT STATUS", EXIT_STATUS.into_iter())
}

/// Of a verb, or all.
pub(super) fn environment(verb: Option<&Command>) -> String {
    let uses = |flag: &Option<&str>| flag.is_none_or(|flag| has(verb, flag));
    let used = VARIABLES.iter().filter(|(_, flag, _)| uses(flag)).map(|(names, _, what)| (*names, *what));
    section("ENVIRONMENT", used)
}

/// Of a verb, or all; nothing for a verb that has none but those that its flags name.
pub(super) fn files(verb: Option<&Command>) -> String {
    let mut used =
        FILES.iter().filter(|(_, flag, _)| has(verb, flag)).map(|(names, _, what)| (*names, *what)).peekable();
    if used.peek().is_none() {
        return section("FILES", [("those that the flags name", "and no others")].into_iter());
    }
    section("FILES", used)
}

/// The other pages.
pub(super) fn see_also(verbs: &[&str]) -> String {
    let verbs: Vec<String> = verbs.iter().map(|verb| format!("kms-byok-{}", verb.replace(' ', "-"))).collect();
    let pages: Vec<String> = if verbs.is_empty() { vec!["kms-byok".to_owned()] } else { verbs };
    let last = pages.len() - 1;
    let comma = |place: usize| if place < last { "," } else { "" };
    let pages = pages.iter().enumerate().map(|(place, page)| format!(".BR {} (1){}\n", roff(page), comma(place)));
    format!(".SH \"SEE ALSO\"\n{}", pages.collect::<String>())
}

fn has(verb: Option<&Command>, flag: &str) -> bool {
    verb.is_none_or(|verb| verb.get_arguments().any(|arg| arg.get_id() == flag))
}

fn section<'a>(heading: &str, entries: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let entries: String =
        entries.map(|(name, what)| format!(".TP\n\\fB{}\\fR\n{}\n", roff(name), roff(what))).collect();
    let heading = if heading.contains(' ') { format!("\"{heading}\"") } else { heading.to_owned() };
    format!(".SH {heading}\n{entries}")
}

/// Text that roff prints as it is.
fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}
