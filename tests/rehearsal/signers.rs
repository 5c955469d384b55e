//! What signs with imported keys in the real world: the programs of `examples/signing` run as the pages of the manual show them, with keys
//! that `provision` has imported, and whoever has to believe the signature verifies it by the public half that is on the other side.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Verifier;
use serde_json::Value;

use crate::support::{Bench, EmbeddedKms, Run, ended, pinned, pinned_node};

/// An embedded KMS, a directory with the programs, and what runs them.
pub(super) struct Consumers {
    pub(super) bench: Bench,
    kms: EmbeddedKms,
    program: PathBuf,
}

impl Consumers {
    pub(super) fn in_node(packages: &[&str]) -> Option<Self> {
        let (node, directory) = pinned_node::node(packages)?;
        let signers = Consumers::with(node);
        symlink(directory.join("node_modules"), signers.bench.path("node_modules")).unwrap();
        Some(signers)
    }

    pub(super) fn in_python(modules: &[&str]) -> Option<Self> {
        Some(Consumers::with(pinned::python(&["python"], modules)?.join("python")))
    }

    fn with(program: PathBuf) -> Self {
        let bench = Bench::new();
        let kms = bench.serve_with("--access-log calls.log");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folders = ["examples/signing", "examples/envelope"].map(|folder| fs::read_dir(root.join(folder)).unwrap());
        let examples = folders.into_iter().flatten().map(|file| file.unwrap().path());
        // Those who verify in Node find its modules from where they lie.
        let verifiers = ["ethereum_account.mjs", "jwt_verify.mjs"].map(|file| root.join("tests/clients").join(file));
        for file in examples.chain(verifiers).filter(|path| path.is_file()) {
            fs::copy(&file, bench.path(file.file_name().unwrap().to_str().unwrap())).unwrap();
        }
        Consumers { bench, kms, program }
    }

    /// What commands print that reach the embedded KMS, with the Node or the Python of the environment.
    pub(super) fn shell(&self, script: &str) -> String {
        let script = format!("set -e; umask 077; {script}");
        Run::of_others(ended(&mut self.bash(&script), b"")).succeeds().stdout.clone()
    }

    fn bash(&self, script: &str) -> Command {
        let mut command = Command::new("bash");
        command.args(["-c", script]).current_dir(self.bench.directory());
        let path = format!("{}:{}", self.program.parent().unwrap().display(), std::env::var("PATH").unwrap());
        for (name, value) in [
            ("PATH", &*path),
            ("AWS_ENDPOINT_URL_KMS", self.kms.url()),
            ("AWS_REGION", "us-east-1"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("PYTHONDONTWRITEBYTECODE", "1"),
            ("HOME", self.bench.directory().to_str().unwrap()),
        ] {
            command.env(name, value);
        }
        command
    }

    /// What a command of a page of the manual prints, without the line end: the one that runs that program. `values` has what the reader
    /// fills in.
    pub(super) fn shown(&self, page: &str, program: &str, values: &[(&str, &str)]) -> String {
        let mut line = command_of(page, program);
        for (name, value) in values {
            assert!(line.contains(name), "{page}: {line} has no {name}");
            line = line.replace(name, value);
        }
        self.shell(&line).trim_end_matches('\n').to_owned()
    }

    pub(super) fn kms_byok(&self, line: &str) -> String {
        let line = format!("{line} --endpoint-url {} --region us-east-1 --quiet", self.kms.url());
        self.bench.kms_byok_with_credentials(&line).succeeds().stdout.clone()
    }

    pub(super) fn provision(&self, alias: &str, spec: &str, more: &str) {
        self.kms_byok(&format!("provision --alias alias/{alias} --key-spec {spec} {more}"));
    }

    /// Every operation that was asked for so far.
    fn calls(&self) -> Vec<String> {
        let log = String::from_utf8(self.bench.read("calls.log")).unwrap();
        log.lines().filter_map(|line| Some(line.split(' ').nth(2)?.to_owned())).collect()
    }

    /// What a program of the tests answers, without the line end.
    fn answer(&self, words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        self.shell(&format!("'{}' {}", self.program.display(), words.join(" "))).trim_end_matches('\n').to_owned()
    }

    fn verifies(&self, public: &str, message: &[u8], signature: &[u8]) -> bool {
        let key = PKey::public_key_from_pem(&self.bench.read(public)).unwrap();
        Verifier::new(MessageDigest::sha256(), &key).unwrap().verify_oneshot(signature, message).unwrap()
    }
}

/// The command in a page of the manual that runs that program.
fn command_of(page: &str, program: &str) -> String {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page)).unwrap();
    let runs = |line: &&str| ["node", "python"].iter().any(|with| line.starts_with(&format!("{with} {program} ")));
    let runs = |line: &&str| runs(line) || line.starts_with(&format!("{program} "));
    text.lines().find(runs).unwrap_or_else(|| panic!("{page} does not run {program}")).to_owned()
}

fn from_url(text: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// GitHub has the public half of the App's key, and takes tokens of at most ten minutes.
#[test]
fn a_github_apps_token_is_signed_through_kms_and_verified_by_the_apps_public_key() {
    let Some(signers) = Consumers::in_node(&["@octokit/auth-app", "@aws-sdk/client-kms"]) else { return };
    // As GitHub makes it: PKCS#1 in PEM.
    signers.shell(
        "openssl genrsa -traditional -out app.private-key.pem 2048 || openssl genrsa -out app.private-key.pem 2048",
    );
    signers.shell("openssl rsa -in app.private-key.pem -pubout -out app.pem");
    signers.provision("github-app", "RSA_2048", "--material app.private-key.pem");
    let before = signers.calls().len();
    let token = signers.shown("github-app.md", "github-app.mjs", &[("APP_ID", "12345")]);
    // That is all that its policy allows, and by this alias.
    let policy: Value = serde_json::from_str(include_str!("../../examples/github-app/sign.json")).unwrap();
    let [statement] = &policy["Statement"].as_array().unwrap()[..] else { panic!("{policy}") };
    let calls: Vec<String> = signers.calls().split_off(before).iter().map(|call| format!("kms:{call}")).collect();
    assert_eq!(calls, [statement["Action"].as_str().unwrap()]);
    let condition = &statement["Condition"]["StringEquals"];
    assert!(command_of("github-app.md", "github-app.mjs").contains(condition["kms:RequestAlias"].as_str().unwrap()));
    let source = include_str!("../../examples/signing/github-app.mjs");
    assert!(source.contains(condition["kms:SigningAlgorithm"].as_str().unwrap()));
    let parts: Vec<&str> = token.split('.').collect();
    let input = format!("{}.{}", parts[0], parts[1]);
    assert!(signers.verifies("app.pem", input.as_bytes(), &from_url(parts[2])), "{token}");
    let claims: Value = serde_json::from_slice(&from_url(parts[1])).unwrap();
    assert_eq!(claims["iss"], "12345");
    assert!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap() <= 600, "{claims}");
    assert!(!signers.verifies("app.pem", b"another message", &from_url(parts[2])));
}

/// A service that knows the JWKS of both generations takes tokens of the old key and of the new one.
#[test]
fn jwts_of_two_generations_are_verified_by_one_jwks() {
    let Some(signers) = Consumers::in_node(&["jose", "@aws-sdk/client-kms"]) else { return };
    for (spec, alg, made) in [
        ("RSA_2048", "RS256", "openssl genrsa -out KEY 2048"),
        ("RSA_3072", "RS256", "openssl genrsa -out KEY 3072"),
        ("ECC_NIST_P256", "ES256", "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out KEY"),
        ("ECC_NIST_P384", "ES384", "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out KEY"),
        ("ECC_NIST_P521", "ES512", "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out KEY"),
        ("ECC_NIST_EDWARDS25519", "EdDSA", "openssl genpkey -algorithm ED25519 -out KEY"),
    ] {
        let mut tokens = Vec::new();
        for generation in ["first", "second"] {
            let name = format!("{generation}-{spec}");
            signers.shell(&made.replace("KEY", &name));
            signers.provision(&name, spec, &format!("--material {name} --wrapping-key-spec RSA_3072"));
            let key = format!("alias/{name}");
            let jwk = signers.kms_byok(&format!("public-key {key} --format jwk --jwks {spec}.jwks"));
            let jwk: Value = serde_json::from_str(&jwk).unwrap();
            assert_eq!(jwk["alg"], alg);
            let values = [("alias/tokens", &*key), ("KID", jwk["kid"].as_str().unwrap()), ("somebody", &*name)];
            let token = signers.shown("jwt.md", "jwt.mjs", &values);
            tokens.push((name, token));
        }
        for (name, token) in tokens {
            assert_eq!(signers.answer(&["jwt_verify.mjs", &format!("{spec}.jwks"), alg, &token]), name);
        }
    }
}

/// Whoever has the bytes of an HMAC key verifies what KMS made with it.
#[test]
fn jwts_of_hmac_keys_are_verified_by_the_bytes_that_were_imported() {
    let Some(signers) = Consumers::in_node(&["jose", "@aws-sdk/client-kms"]) else { return };
    for (spec, alg, length) in [("HMAC_256", "HS256", 32), ("HMAC_384", "HS384", 48), ("HMAC_512", "HS512", 128)] {
        let k = signers.shell(&format!(
            "openssl rand -out {spec} {length}; openssl base64 -A -in {spec} | tr '+/' '-_' | tr -d ="
        ));
        signers.provision(spec, spec, &format!("--material {spec} --material-format raw"));
        let jwks = format!(r#"{{"keys":[{{"kty":"oct","kid":"shared","k":"{k}"}}]}}"#);
        signers.bench.write("shared.jwks", &jwks);
        let values = [("alias/tokens", &*format!("alias/{spec}")), ("KID", "shared")];
        let token = signers.shown("jwt.md", "jwt.mjs", &values);
        assert_eq!(signers.answer(&["jwt_verify.mjs", "shared.jwks", alg, &token]), "somebody");
    }
}

#[test]
fn an_ethereum_account_signs_through_kms_as_the_wallet_it_came_from() {
    let Some(signers) = Consumers::in_node(&["ethers", "@aws-sdk/client-kms"]) else { return };
    // As wallets export it: 64 hex characters.
    signers.shell("openssl ecparam -name secp256k1 -genkey -noout -outform DER | tail -c +8 | head -c 32 | od -An -v -tx1 | tr -d ' \\n' > account");
    let private = String::from_utf8(signers.bench.read("account")).unwrap();
    signers.provision("wallet", "ECC_SECG_P256K1", "--material account --material-format scalar");
    let address = signers.answer(&["ethereum_account.mjs", "alias/wallet", &private]);
    let answer: Value = serde_json::from_str(&signers.shown("ethereum.md", "ethereum.mjs", &[])).unwrap();
    assert_eq!(answer["address"], address.as_str());
    let shown: Value = serde_json::from_str(&signers.kms_byok("public-key alias/wallet --output json")).unwrap();
    if shown["ethereum_address"].is_null() {
        println!("the OpenSSL in use has no Keccak, so the address of the report is not compared");
    } else {
        assert_eq!(shown["ethereum_address"], address.as_str());
    }
}

#[test]
fn tuf_metadata_is_signed_through_kms_and_verified_by_the_public_key() {
    let Some(signers) = Consumers::in_python(&["boto3", "cryptography", "securesystemslib.signer"]) else { return };
    signers.bench.write("root.json", r#"{"_type":"root"}"#);
    for (spec, made) in [
        ("RSA_2048", "openssl genrsa -out KEY 2048"),
        ("ECC_NIST_P256", "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out KEY"),
        ("ECC_NIST_P384", "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out KEY"),
    ] {
        signers.shell(&format!("{}; openssl pkey -in {spec} -pubout -out {spec}.pem", made.replace("KEY", spec)));
        signers.provision(spec, spec, &format!("--material {spec}"));
        let signed = signers.shown("tuf.md", "tuf.py", &[("alias/tuf-root", &format!("alias/{spec}"))]);
        let signed: Value = serde_json::from_str(&signed).unwrap();
        let public = String::from_utf8(signers.bench.read(&format!("{spec}.pem"))).unwrap();
        assert_eq!(signed["key"]["keyval"]["public"].as_str().unwrap().trim(), public.trim());
        if spec == "ECC_NIST_P256" {
            let signature = hex::decode(signed["sig"].as_str().unwrap()).unwrap();
            assert!(signers.verifies("ECC_NIST_P256.pem", br#"{"_type":"root"}"#, &signature));
        }
    }
}

/// A `.p12` from the authority, the key of which goes into KMS, and a signature that `openssl cms` takes.
#[test]
fn code_is_signed_through_kms_with_the_key_of_a_pkcs12_file() {
    let Some(signers) = Consumers::in_python(&["boto3", "asn1crypto"]) else { return };
    signers.bench.write("release.tar", b"what is released");
    signers.bench.write("passphrase", "sesame\n");
    for (spec, made) in [
        ("RSA_3072", "openssl genrsa -out KEY 3072"),
        ("ECC_NIST_P256", "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out KEY"),
    ] {
        signers.shell(&format!(
            "{}; openssl req -x509 -new -key key.pem -subj /CN=release -days 2 -out release.crt; cp release.crt ca.crt
             openssl pkcs12 -export -inkey key.pem -in release.crt -passout pass:sesame -out {spec}.p12; rm key.pem",
            made.replace("KEY", "key.pem")
        ));
        signers.provision(spec, spec, &format!("--material {spec}.p12 --passphrase-file passphrase"));
        signers.kms_byok(&format!("verify --key-id alias/{spec} --certificate release.crt"));
        signers.shown("code-signing.md", "cms.py", &[("alias/release", &format!("alias/{spec}"))]);
        let page = "code-signing.md";
        assert_eq!(signers.shown(page, "openssl cms -verify", &[("> /dev/null", "")]), "what is released");
        let verify = command_of(page, "openssl cms -verify");
        signers.shell(&format!(
            "printf x >> release.tar; ! {verify} > changed 2>&1; printf 'what is released' > release.tar"
        ));
    }
}
