//! Every fix that `diagnose` prints runs when it is pasted, and leads on: the cause is gone, or what comes next is at hand.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::cloud::Cloud;
use crate::support::executable::write_executable;

/// Bash that makes a broken set in a directory with a good one, what is asked of `diagnose`, and the first cause.
type Kind = (&'static str, &'static str, &'static str);

const FUNCTIONS: &str = r#"
hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
with() { local in=$1; shift; openssl pkeyutl -encrypt -pubin -keyform DER -inkey D/PublicKey.bin -in "$in" -out D/EncryptedKeyMaterial.bin "$@"; }
oaep() { with "$1" -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256; }
text() { cat > x; mv x "$1"; }
B=D/EncryptedKeyMaterial.bin
P=D/PublicKey.bin
T=D/ImportToken.bin
"#;

const SYMMETRIC: &[Kind] = &[
    ("openssl base64 -in $B | text $B", "--dir D --material key", "encrypted_encoded"),
    ("openssl base64 -A -in $B | tr '+/' '-_' | tr -d = | text $B", "--dir D --material key", "encrypted_encoded"),
    ("(printf '\"'; openssl base64 -A -in $B; echo '\"') | text $B", "--dir D --material key", "encrypted_encoded"),
    ("openssl base64 -A -in $B | iconv -t UTF-16 | text $B", "--dir D --material key", "encrypted_encoded"),
    ("hex $B | text $B", "--dir D --material key", "encrypted_encoded"),
    ("hex $B | sed 's/../0x& /g' | text $B", "--dir D --material key", "encrypted_encoded"),
    ("hex $B | sed 's/../&:/g; s/:$//' | text $B", "--dir D --material key", "encrypted_encoded"),
    ("openssl base64 -A -in $P | text $P", "--dir D --material key", "public_key_encoded"),
    ("openssl pkey -pubin -inform DER -in $P | text $P", "--dir D --material key", "public_key_encoded"),
    ("openssl base64 -in $T | text $T", "--dir D --material key", "import_token_encoded"),
    (
        "(printf '\\357\\273\\277'; openssl base64 -A -in $T) | text $T",
        "--dir D --material key",
        "import_token_encoded",
    ),
    ("echo >> $B", "--dir D --material key", "trailing_newline"),
    ("printf '\\r\\n' >> $T", "--dir D --material key", "trailing_newline"),
    ("echo >> $P", "--dir D --material key", "trailing_newline"),
    ("head -c 200 $B | text $B", "--dir D --material key", "blob_length"),
    (
        "(cat $B; head -c 40 key; head -c 8 key) | head -c 296 | text $B",
        "--dir D --material key",
        "blob_other_algorithm",
    ),
    ("cp key $B", "--dir D --material key", "not_wrapped"),
    ("mv $P x; mv $T $P; mv x $T", "--dir D --material key", "files_swapped"),
    ("rm $T", "--dir D --material key", "file_missing"),
    (": > $P", "--dir D --material key", "file_empty"),
    ("mkdir x; rm $T; mkdir $T", "--dir D --material key", "file_unreadable"),
    ("iconv -f LATIN1 -t UTF-8 $T | text $T", "--dir D --material key", "file_mangled"),
    (
        "sed -i 's/\"key_spec\": \"[^\"]*\"/\"key_spec\": 7/' D/parameters.json",
        "--dir D --material key",
        "parameters_unreadable",
    ),
    (
        "sed -i 's/\"valid_to\": \"[^\"]*\"/\"valid_to\": \"2020-01-01T00:00:00Z\"/' D/parameters.json",
        "--dir D --material key",
        "parameters_expired",
    ),
    ("echo >> key", "--dir D --material key", "trailing_newline"),
    ("openssl rand -hex 16 > key", "--dir D --material key", "material_length"),
    ("openssl rand -hex 32 > key; oaep key", "--dir D --material key", "material_encoded"),
    ("openssl rand -base64 32 > key", "--dir D --material key", "material_encoded"),
    ("openssl rand -out key 31", "--dir D --material key", "material_length"),
    ("head -c 32 /dev/zero > key", "--dir D --material key", "material_all_zero"),
    ("echo 'correct horse battery staple' > key", "--dir D --material key", "not_encoded_text"),
    ("echo 'KEY=0123456789abcdef0123456789abcdef' > key", "--dir D --material key", "not_encoded_text"),
    ("cp other.pem key", "--dir D --material key", ""),
    ("cp p384.pem key", "--dir D --material key", ""),
    (
        "with key -pkeyopt rsa_padding_mode:oaep",
        "--dir D --material key --error InvalidCiphertextException",
        "oaep_hash",
    ),
    ("with key", "--dir D --material key --error IncorrectKeyMaterialException", ""),
    ("true", "--dir D --material key --error ExpiredImportTokenException", "parameters_expired"),
    ("true", "--dir D --material key --error InvalidImportTokenException", "import_token_refused"),
    ("openssl rand -hex 32 > k", "--material k --public-key $P", "material_encoded"),
    (
        "openssl rand -hex 32 > k; echo >> key",
        "--material key --key-spec SYMMETRIC_DEFAULT --public-key $P",
        "trailing_newline",
    ),
    ("cp $B blob; openssl base64 -in blob | text blob", "--encrypted blob --public-key $P", "encrypted_encoded"),
    ("true", "--dir D --material key --key-id alias/nobody", "key_not_found"),
];

const HMAC: &[Kind] = &[
    ("openssl rand -hex 32 > k", "--dir D --material k", "material_length"),
    ("openssl rand -hex 48 > k", "--dir D --material k", "material_encoded"),
    ("openssl rand -base64 64 > k", "--dir D --material k --material-format raw", "material_encoded"),
    ("openssl rand -hex 32 > k", "--dir D --material k --material-format raw", "material_length"),
    (
        "head -c 60 /dev/zero | tr '\\0' 'p' > k; echo >> k",
        "--dir D --material k --material-format raw",
        "trailing_newline",
    ),
    ("openssl rand -hex 50 | sed 's/^/0x/' > k", "--dir D --material k", "material_encoded"),
    (
        "printf '{\"kty\":\"oct\",\"k\":\"%s\"}' \"$(openssl rand -base64 66 | tr -d '\\n=' | tr '+/' '-_')\" > k",
        "--dir D --material k",
        "material_container",
    ),
    ("(openssl rand 48; echo) > k", "--dir D --material k", "trailing_newline"),
];

const EC: &[Kind] = &[
    ("openssl rand -hex 32 > k", "--dir D --material k", "bare_number"),
    ("openssl rand 32 > k", "--dir D --material k", "bare_number"),
    ("cp p384.pem k", "--dir D --material k", "material_curve"),
    ("cp other.pem k", "--dir D --material k", "material_type"),
    ("openssl pkey -in ec.pem -pubout -out k", "--dir D --material k", "public_half"),
    (
        "openssl pkcs8 -topk8 -in ec.pem -passout pass:x -out k; echo x > p",
        "--dir D --material k --passphrase-file p",
        "material_container",
    ),
    (
        "openssl pkcs8 -topk8 -in ec.pem -passout pass:x -out k; echo y > p",
        "--dir D --material k --passphrase-file p",
        "wrong_passphrase",
    ),
    ("openssl ec -in ec.pem -param_enc explicit -out k", "--dir D --material k", "material_container"),
    ("(openssl pkcs8 -topk8 -nocrypt -in ec.pem -outform DER; echo) > k", "--dir D --material k", "trailing_newline"),
    ("head -c 100 ec.pem > k", "--dir D --material k", ""),
    ("cat ec.pem p384.pem > k", "--dir D --material k", "several_keys"),
    ("openssl base64 -A -in ec.pem > k", "--dir D --material k", "material_encoded"),
    (
        "puttygen -q -t ecdsa -b 256 -O private -o k --new-passphrase /dev/null",
        "--dir D --material k",
        "foreign_container",
    ),
];

/// Bash with a `kms-byok` that knows the embedded KMS, as a configured machine knows its Region.
fn shell(cloud: &Cloud, at: &Path, script: &str) -> Output {
    let bin = cloud.bench.path("bin");
    if !bin.exists() {
        std::fs::create_dir(&bin).unwrap();
        let (program, url) = (env!("CARGO_BIN_EXE_kms-byok"), cloud.url());
        let wrapper = format!(
            "#!/bin/sh\ncase \"$*\" in *--endpoint-url*) ;; *) set -- \"$@\" --endpoint-url {url} ;; esac\nexec {program} \"$@\"\n"
        );
        write_executable(&bin.join("kms-byok"), &wrapper);
    }
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell
        .args(["-c", script])
        .current_dir(at)
        .env("PATH", path)
        .env("HOME", at)
        .env("AWS_EC2_METADATA_DISABLED", "true");
    shell.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test").env("AWS_REGION", "us-east-1");
    shell.stdin(std::process::Stdio::null()).output().unwrap()
}

fn copied(cloud: &Cloud, from: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let copy = Command::new("cp").args(["-a", "."]).arg(directory.path()).current_dir(cloud.bench.path(from)).status();
    assert!(copy.unwrap().success());
    directory
}

fn diagnosed(cloud: &Cloud, at: &Path, asked: &str) -> Value {
    let output = shell(cloud, at, &format!("{FUNCTIONS}\nkms-byok diagnose --output json {asked}"));
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{asked}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// What a fix does not fix itself: it shows what the next step needs.
fn only_shows(command: &str) -> bool {
    ["ls -l ", "kms-byok status", "kms-byok create-key", "openssl pkey -in"]
        .iter()
        .any(|begin| command.starts_with(begin))
}

fn problems(cloud: &Cloud, directory: &str, (made, asked, first): &Kind) -> Vec<String> {
    let broken = copied(cloud, directory);
    let output = shell(cloud, broken.path(), &format!("set -euo pipefail; umask 077\n{FUNCTIONS}\n{made}"));
    assert!(output.status.success(), "{made}: {}", String::from_utf8_lossy(&output.stderr));
    let found = diagnosed(cloud, broken.path(), asked);
    let causes = found["causes"].as_array().unwrap();
    let mut problems = Vec::new();
    if causes.is_empty() || !first.is_empty() && causes[0]["id"] != *first {
        problems.push(format!("{made}: not {first}: {found:#}"));
    }
    for cause in causes {
        let fix = cause["fix"].as_str().unwrap();
        for command in fix.split('`').skip(1).step_by(2).filter(|command| command.contains(' ')) {
            let again = tempfile::tempdir().unwrap();
            let copy = Command::new("cp").args(["-a", "."]).arg(again.path()).current_dir(broken.path()).status();
            assert!(copy.unwrap().success());
            // What nobody has named, the user fills in; a terminal would ask for the passphrase.
            let pasted = command.replace("FILE", "key").replace("KEY", "alias/a").replace("DIR", "NEW");
            let pasted = match cause["id"].as_str().unwrap() {
                "wrong_passphrase" | "passphrase_needed" => format!("echo x > right; {pasted} --passphrase-file right"),
                _ => pasted,
            };
            let ran = shell(cloud, again.path(), &pasted);
            if !ran.status.success() {
                let stderr = String::from_utf8_lossy(&ran.stderr);
                problems.push(format!("{made} ({asked}): {fix}\n    fails: {stderr}    of {cause}"));
                continue;
            }
            if only_shows(command) {
                continue;
            }
            // A bare file stays as it was, and what was made of it has a name of its own.
            let fixed = |word: &str| {
                let names = ["decoded", "cut", "named", "pem", "key1"].map(|suffix| format!("{word}.{suffix}"));
                names.into_iter().find(|name| again.path().join(name).exists()).unwrap_or_else(|| word.to_owned())
            };
            let asked = asked.split(" --error").next().unwrap().split(' ').map(fixed).collect::<Vec<_>>().join(" ");
            let wrapped = command.contains("kms-byok wrap") || command.contains("kms-byok import");
            let after = diagnosed(cloud, again.path(), &asked);
            let same = after["causes"].as_array().unwrap().iter().any(|other| {
                other["id"] == cause["id"] && other["certainty"] == "certain" && other["evidence"] == cause["evidence"]
            });
            // The file of the key stays as it is: what is wrapped was read otherwise.
            let of_the_file = ["material_", "bare_number", "not_encoded_text", "wrong_passphrase"];
            let of_the_file = of_the_file.iter().any(|begin| cause["id"].as_str().unwrap().starts_with(begin));
            if same && !(wrapped && of_the_file) {
                problems.push(format!("{made} ({asked}): {fix}\n    leaves: {after:#}"));
            }
        }
    }
    problems
}

#[test]
fn every_fix_runs_when_it_is_pasted_and_leads_on() {
    let cloud = Cloud::new("");
    let mut wrong = Vec::new();
    for (directory, spec, kinds) in
        [("symmetric", "SYMMETRIC_DEFAULT", SYMMETRIC), ("hmac", "HMAC_384", HMAC), ("ec", "ECC_NIST_P256", EC)]
    {
        let alias = if spec == "SYMMETRIC_DEFAULT" { "--alias alias/a" } else { "" };
        let arn = cloud.empty_key(&format!("{alias} --key-spec {spec}"));
        std::fs::create_dir(cloud.bench.path(directory)).unwrap();
        let make = format!(
            "set -e; umask 077; (openssl rand 31; printf K) > key
             openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem
             openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out p384.pem
             openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out other.pem
             kms-byok get-parameters --key-id {arn} --dir D --wrapping-key-spec RSA_2048
             case {spec} in ECC*) good=ec.pem;; HMAC*) openssl rand -out long 48; good=long;; *) good=key;; esac
             kms-byok wrap --dir D --material $good"
        );
        let output = shell(&cloud, &cloud.bench.path(directory), &make);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let puttygen = shell(&cloud, &cloud.bench.path(directory), "command -v puttygen").status.success();
        for kind in kinds.iter().filter(|(made, ..)| puttygen || !made.starts_with("puttygen")) {
            wrong.extend(problems(&cloud, directory, kind));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
