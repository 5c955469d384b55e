//! Mistakes made on purpose with the real `openssl` command, and what `diagnose` says to each.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::Bench;
use super::openssl3::openssl3;

/// A mistake, as a shell makes it, and the first cause that is found in what it leaves.
pub struct Mistake {
    /// What went wrong, as a sentence.
    pub what: &'static str,
    /// Bash, in a directory with the files of [`Workshop`] and the functions of [`FUNCTIONS`].
    pub made: &'static str,
    /// The flags of `diagnose`.
    pub asked: &'static str,
    pub id: &'static str,
    pub certainty: &'static str,
}

/// A mistake that the files leave no doubt of.
pub fn certain(what: &'static str, made: &'static str, asked: &'static str, id: &'static str) -> Mistake {
    Mistake { what, made, asked, id, certainty: "certain" }
}

/// A mistake that the files point to.
pub fn likely(what: &'static str, made: &'static str, asked: &'static str, id: &'static str) -> Mistake {
    Mistake { what, made, asked, id, certainty: "likely" }
}

/// A mistake that the files do not exclude.
pub fn possible(what: &'static str, made: &'static str, asked: &'static str, id: &'static str) -> Mistake {
    Mistake { what, made, asked, id, certainty: "possible" }
}

/// Keys and a token that are made once for a whole table. The symmetric key ends with a letter, so that no line end is part of it.
pub struct Workshop(Bench);

/// `oaep`, `kwp` and `parameters`: the recipe's steps, done right.
const FUNCTIONS: &str = r#"
hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
sha256() { openssl dgst -sha256 -r "$1" | cut -d' ' -f1; }
# oaep IN OUT [PUBLIC_KEY]
oaep() {
  openssl pkeyutl -encrypt -pubin -keyform DER -inkey "${3:-PublicKey.bin}" -in "$1" -out "$2" \
    -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256
}
# oaep_below IN OUT [PUBLIC_KEY]: a number below any modulus of that length, whichever key it is held against
oaep_below() { for _ in {1..64}; do oaep "$@"; (( $(od -An -tu1 -N1 "$2") < 128 )) && return; done; return 1; }
# with IN OUT pkeyopt...
with() {
  local in=$1 out=$2 option options=(); shift 2
  for option; do options+=(-pkeyopt "$option"); done
  openssl pkeyutl -encrypt -pubin -keyform DER -inkey PublicKey.bin -in "$in" -out "$out" "${options[@]}"
}
# kwp IN OUT: under the AES key in the file `aes`
kwp() { "$OPENSSL3" enc -id-aes256-wrap-pad -K "$(hex aes)" -iv A65959A6 -in "$1" -out "$2"; }
# key_wrap IN OUT: RSA_AES_KEY_WRAP_SHA_256
key_wrap() { oaep aes first && kwp "$1" second && cat first second > "$2"; }
# parameters SPEC ALGORITHM WRAPPING [VALID_TO]: what get-parameters writes
parameters() {
  cat > parameters.json <<JSON
{ "version": 1, "key_arn": "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
  "key_spec": "$1", "wrapping_algorithm": "$2", "wrapping_key_spec": "$3",
  "public_key_sha256": "$(sha256 PublicKey.bin)", "import_token_sha256": "$(sha256 ImportToken.bin)",
  "valid_to": "${4:-$(date -u -d '+20 hours' +%Y-%m-%dT%H:%M:%SZ)}", "endpoint": null, "rehearsal": false }
JSON
}
symmetric() { parameters SYMMETRIC_DEFAULT RSAES_OAEP_SHA_256 RSA_2048; oaep key EncryptedKeyMaterial.bin; }
"#;

const FILES: &str = r"
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out wrapping.pem
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out other.pem
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out big.pem
openssl pkey -in wrapping.pem -pubout -outform DER -out PublicKey.bin
openssl pkey -in other.pem -pubout -outform DER -out Other.bin
openssl pkey -in big.pem -pubout -outform DER -out Big.bin
openssl rand -out ImportToken.bin 1800
(openssl rand 31; printf K) > key
openssl rand -out aes 32
openssl pkcs8 -topk8 -nocrypt -in other.pem -outform DER -out rsa.der
openssl rsa -in other.pem -out rsa1.pem -traditional
openssl rsa -in rsa1.pem -outform DER -out rsa1.der -traditional
openssl pkcs8 -topk8 -nocrypt -in big.pem -outform DER -out rsa3072.der
openssl ecparam -name prime256v1 -genkey -noout -out ec.pem
openssl ec -in ec.pem -outform DER -out ec1.der
openssl pkcs8 -topk8 -nocrypt -in ec.pem -outform DER -out ec.der
openssl ecparam -name secp384r1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -outform DER -out p384.der
openssl ecparam -name secp521r1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -outform DER -out p521.der
";

impl Workshop {
    pub fn open() -> Self {
        let workshop = Workshop(Bench::new());
        // OpenSSL before 3.0 has no `-traditional` and writes so by itself.
        let files = FILES.replace(" -traditional", "$traditional");
        let script = format!(
            "traditional=; openssl rsa -help 2>&1 | grep -q traditional && traditional=' -traditional'; {files}"
        );
        shell(&workshop.0, &script.replace("$traditional", " $traditional"));
        workshop
    }

    /// A directory of its own, with all the files and what `made` adds.
    pub fn bench(&self, made: &str) -> Bench {
        let bench = Bench::new();
        for entry in fs::read_dir(self.0.directory()).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), bench.path(&entry.file_name().to_string_lossy())).unwrap();
        }
        shell(&bench, made);
        bench
    }

    /// Makes each mistake and compares the first cause; every row that differs is shown.
    pub fn check(&self, mistakes: &[Mistake]) {
        let wrong: Vec<String> = mistakes.iter().filter_map(|mistake| self.difference(mistake)).collect();
        assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), mistakes.len(), wrong.join("\n"));
    }

    fn difference(&self, mistake: &Mistake) -> Option<String> {
        let answer = diagnosis(&self.bench(mistake.made), mistake.asked);
        let first = &answer["causes"][0];
        let right = first["id"] == mistake.id && first["certainty"] == mistake.certainty;
        (!right).then(|| format!("{}: expected {} {}, got {answer:#}", mistake.what, mistake.certainty, mistake.id))
    }
}

/// Runs bash where the files are; every command must succeed.
pub fn shell(bench: &Bench, script: &str) {
    let binary = Path::new(env!("CARGO_BIN_EXE_kms-byok")).parent().unwrap();
    let mut path = OsString::from(binary);
    path.push(":");
    path.push(env::var_os("PATH").unwrap_or_default());
    let script = format!("set -euo pipefail; umask 077; {FUNCTIONS}\n{script}");
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(bench.directory())
        .env("PATH", path)
        .env("OPENSSL3", openssl3())
        .output()
        .unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The answer of `diagnose` as JSON: exit code 4 with causes, 0 without.
#[track_caller]
pub fn diagnosis(bench: &Bench, flags: &str) -> Value {
    let run = bench.kms_byok(&format!("diagnose --output json {flags}"));
    let answer: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{flags}: {}", run.stderr));
    let causes = answer["causes"].as_array().unwrap().len();
    assert_eq!(run.code, Some(if causes == 0 { 0 } else { 4 }), "{answer:#}");
    answer
}

/// The ids of the causes in an answer.
pub fn ids(answer: &Value) -> Vec<&str> {
    answer["causes"].as_array().unwrap().iter().map(|cause| cause["id"].as_str().unwrap()).collect()
}
