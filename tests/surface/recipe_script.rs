//! `recipe`: what the script makes before it turns to AWS, what ends it there, and what is refused before there is a script.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use kms_byok::material::{KeyMaterial, Passphrase};
use kms_byok::{MaterialError, Secret};
use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::pkey::PKey;

use crate::support::stage::Stage;

/// The bytes themselves, as they are before anything is asked of AWS.
#[test]
fn the_script_takes_key_material_in_every_form() {
    let stage = Stage::new("");
    let raw = [7; 32];
    stage.secret("raw", raw);
    stage.secret("hexed", format!("{}\n", "07".repeat(32)));
    stage.secret("b64", "BwcHBwcHBwcHBwcHBwcHBwcH\nBwcHBwcHBwcHBwcHBwc=\n");
    stage.bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out ec.pem");
    stage.bench.openssl("pkcs8 -topk8 -nocrypt -in ec.pem -outform DER -out ec.der");
    stage.bench.openssl("ec -in ec.pem -outform DER -out sec1.der");
    stage.secret("pass phrase", "correct-horse\n");
    stage.bench.openssl("pkey -in ec.pem -aes256 -passout pass:correct-horse -out encrypted.pem");
    for (words, expected) in [
        (&["--key-spec", "HMAC_256", "--material", "raw"][..], "raw"),
        (&["--key-spec", "HMAC_256", "--material", "hexed", "--material-format", "hex"], "raw"),
        (&["--key-spec", "HMAC_256", "--material", "b64", "--material-format", "base64"], "raw"),
        (&["--key-spec", "HMAC_256", "--material", "-"], "raw"),
        (&["--key-spec", "ECC_NIST_P384", "--material", "ec.pem"], "ec.der"),
        (&["--key-spec", "ECC_NIST_P384", "--material", "sec1.der"], "ec.der"),
        (&["--key-spec", "ECC_NIST_P384", "--material", "encrypted.pem", "--passphrase-file", "pass phrase"], "ec.der"),
    ] {
        assert_eq!(stage.plaintext(words), stage.bench.read(expected), "{words:?}");
    }
}

/// Bash that writes `k`, the key spec, and flags besides. The script makes the bytes that `wrap` reads.
const WRITTEN: &[(&str, &str, &str)] = &[
    ("hex raw > k", "HMAC_256", ""),
    ("hex raw | tr a-f A-F > k; echo >> k", "HMAC_256", ""),
    ("(printf 0x; hex raw) > k", "HMAC_256", ""),
    ("hex raw | sed 's/../0x&, /g' > k", "HMAC_256", "hex"),
    ("hex raw | sed 's/../&:/g; s/:$//' > k", "HMAC_256", ""),
    ("hex raw | fold -w 16 > k", "HMAC_256", ""),
    ("openssl base64 -in raw > k", "HMAC_256", ""),
    ("openssl base64 -A -in raw > k", "HMAC_256", ""),
    ("openssl base64 -A -in raw | tr '+/' '-_' | tr -d = > k", "HMAC_256", ""),
    ("openssl base64 -A -in raw | fold -w 20 > k; echo >> k", "HMAC_256", ""),
    ("(printf '\"'; openssl base64 -A -in raw; echo '\"') > k", "HMAC_256", ""),
    ("openssl base64 -A -in raw | iconv -t UTF-16LE > k", "HMAC_256", ""),
    ("openssl base64 -A -in raw | iconv -t UTF-16 > k", "HMAC_256", ""),
    ("(printf '\\357\\273\\277'; openssl base64 -A -in raw) > k", "HMAC_256", ""),
    ("openssl base64 -in raw | openssl base64 > k", "HMAC_256", ""),
    ("hex raw | openssl base64 > k", "HMAC_256", ""),
    ("hex raw > k", "HMAC_256", "raw"),
    ("cp ec.pem k", "ECC_NIST_P384", ""),
    ("sed 's/$/\\r/' ec.pem > k", "ECC_NIST_P384", ""),
    ("sed 's/^/    /' ec.pem > k", "ECC_NIST_P384", ""),
    ("tr '\\n' ' ' < ec.pem > k", "ECC_NIST_P384", ""),
    ("tr -d '\\n' < ec.pem > k", "ECC_NIST_P384", ""),
    ("awk '{ printf \"%s\\\\n\", $0 }' ec.pem > k", "ECC_NIST_P384", ""),
    ("(echo Bag Attributes; cat ec.pem; echo the end) > k", "ECC_NIST_P384", ""),
    ("openssl base64 -in ec.pem > k", "ECC_NIST_P384", ""),
    ("openssl base64 -in ec.der > k", "ECC_NIST_P384", ""),
    ("hex ec.der > k", "ECC_NIST_P384", ""),
    ("(cat ec.der; echo) > k", "ECC_NIST_P384", ""),
    ("cp sec1.der k", "ECC_NIST_P384", ""),
    ("openssl ec -in ec.pem > k", "ECC_NIST_P384", ""),
    ("openssl ec -in ec.pem -param_enc explicit > k", "ECC_NIST_P384", ""),
    ("openssl pkcs8 -topk8 -in ec.pem -passout pass:x -out k; echo x > p", "ECC_NIST_P384", "p"),
    ("openssl pkcs8 -topk8 -in ec.pem -passout pass:x -outform DER -out k; echo x > p", "ECC_NIST_P384", "p"),
    ("openssl ec -in ec.pem -aes128 -passout pass:x -out k; echo x > p", "ECC_NIST_P384", "p"),
    (
        "openssl req -x509 -new -key ec.pem -subj /CN=x -out c.pem; openssl pkcs12 -export -inkey ec.pem -in c.pem -passout pass:x -out k; echo x > p",
        "ECC_NIST_P384",
        "p",
    ),
    ("openssl req -x509 -new -key ec.pem -subj /CN=x -out c.pem; cat c.pem ec.pem > k", "ECC_NIST_P384", ""),
    ("cp ec.pem k; chmod 600 k; ssh-keygen -q -p -P '' -N '' -f k > ssh.log", "ECC_NIST_P384", ""),
    ("openssl rsa -in rsa.pem -traditional -out k 2> log || openssl rsa -in rsa.pem -out k", "RSA_2048", ""),
    (
        "openssl rsa -in rsa.pem -traditional -outform DER -out k 2> log || openssl rsa -in rsa.pem -outform DER -out k",
        "RSA_2048",
        "",
    ),
    ("ssh-keygen -q -t rsa -b 2048 -N '' -f k > ssh.log", "RSA_2048", ""),
    ("cp raw k", "ECC_NIST_P256", "scalar"),
    ("cp raw k", "ECC_SECG_P256K1", "scalar"),
    ("(cat raw; head -c 16 raw) > k", "ECC_NIST_P384", "scalar"),
    ("(printf '\\000\\001'; cat raw raw) > k", "ECC_NIST_P521", "scalar"),
    ("hex raw > k", "ECC_NIST_P256", "scalar"),
    ("cp raw k", "ECC_NIST_EDWARDS25519", "seed"),
    ("openssl base64 -in raw > k", "ECC_NIST_EDWARDS25519", "seed"),
    ("cp ed.pem k", "ECC_NIST_EDWARDS25519", ""),
    ("ssh-keygen -q -t ed25519 -N '' -C 'a comment' -f k > ssh.log", "ECC_NIST_EDWARDS25519", ""),
    (
        "(openssl pkey -in ed.pem -outform DER | tail -c 32 > seed; printf '0\\121\\002\\001\\001\\060\\005\\006\\003\\053\\145\\160\\004\\042\\004\\040'; cat seed; printf '\\201\\041\\000'; openssl pkey -in ed.pem -pubout -outform DER | tail -c 32) > k",
        "ECC_NIST_EDWARDS25519",
        "",
    ),
    ("sed 's/../\\\\x&/g' rawhex > k", "HMAC_256", ""),
    ("(printf '{'; sed 's/../0x&, /g; s/0x0/0x/g; s/, $//' rawhex; printf '}') > k", "HMAC_256", "hex"),
    ("(printf '{\"Plaintext\": \"'; openssl base64 -A -in raw; printf '\", \"KeyId\": \"x\"}') > k", "HMAC_256", ""),
    ("(printf '{\"a\": {\"SecretString\": \"'; hex raw; printf '\"}}') > k", "HMAC_256", ""),
    ("(printf '{\"kty\":\"oct\",\"k\":\"'; url raw; printf '\"}') > k", "HMAC_256", ""),
    ("(printf '{\"keys\":[{\"kty\":\"oct\",\"k\":\"'; url raw; printf '\"}]}') > k", "HMAC_256", ""),
    ("(printf '{\"private_key\": \"'; awk '{ printf \"%s\\\\n\", $0 }' ec.pem; printf '\"}') > k", "ECC_NIST_P384", ""),
    ("cp ec.jwk k", "ECC_NIST_P384", ""),
    ("cp ed.jwk k", "ECC_NIST_EDWARDS25519", ""),
    ("cp rsa.jwk k", "RSA_2048", ""),
    ("openssl pkey -in ed.pem -outform DER -out k", "ECC_NIST_EDWARDS25519", ""),
];

struct Said;

impl Passphrase for Said {
    fn passphrase(&mut self) -> Result<Option<Secret>, MaterialError> {
        Ok(Some(Secret::copy(b"x")?))
    }
}

/// A private key as a JWK (RFC 7518 §6.2, §6.3; RFC 8037 §2), by the tests' own hand.
fn jwk(pem: &[u8]) -> String {
    let url = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let key = PKey::private_key_from_pem(pem).unwrap();
    let members = if let Ok(rsa) = key.rsa() {
        let number = |number: Option<&BigNumRef>| url(&number.unwrap().to_vec());
        let [n, e, d] = [rsa.n(), rsa.e(), rsa.d()].map(|value| number(Some(value)));
        let [p, q, dp, dq, qi] = [rsa.p(), rsa.q(), rsa.dmp1(), rsa.dmq1(), rsa.iqmp()].map(number);
        format!(r#""RSA","n":"{n}","e":"{e}","d":"{d}","p":"{p}","q":"{q}","dp":"{dp}","dq":"{dq}","qi":"{qi}""#)
    } else if let Ok(ec) = key.ec_key() {
        let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
        let mut context = BigNumContext::new().unwrap();
        ec.public_key().affine_coordinates(ec.group(), &mut x, &mut y, &mut context).unwrap();
        let [d, x, y] = [ec.private_key(), &x, &y].map(|value| url(&value.to_vec_padded(48).unwrap()));
        format!(r#""EC","crv":"P-384","d":"{d}","x":"{x}","y":"{y}""#)
    } else {
        let [d, x] = [key.raw_private_key(), key.raw_public_key()].map(|bytes| url(&bytes.unwrap()));
        format!(r#""OKP","crv":"Ed25519","d":"{d}","x":"{x}""#)
    };
    format!(r#"{{"kty":{members}}}"#)
}

#[test]
fn the_script_converts_what_the_recogniser_reads() {
    let stage = Stage::new("");
    let at = |script: &str| {
        let functions = "hex() { od -An -v -tx1 \"$1\" | tr -d ' \\n'; }; url() { openssl base64 -A -in \"$1\" | tr '+/' '-_' | tr -d =; }";
        let script = format!("set -e; umask 077; {functions}; rm -f k k.pub p; {script}");
        let mut bash = std::process::Command::new("bash");
        let made = bash.args(["-c", &script]).current_dir(stage.bench.directory()).output().unwrap();
        assert!(made.status.success(), "{script}: {}", String::from_utf8_lossy(&made.stderr));
    };
    at("openssl rand -out raw 31; printf K >> raw; hex raw > rawhex
        openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out ec.pem
        openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem
        openssl genpkey -algorithm ED25519 -out ed.pem
        openssl pkcs8 -topk8 -nocrypt -in ec.pem -outform DER -out ec.der
        openssl ec -in ec.pem -outform DER -out sec1.der");
    for name in ["ec", "rsa", "ed"] {
        stage.secret(&format!("{name}.jwk"), jwk(&stage.bench.read(&format!("{name}.pem"))));
    }
    let mut wrong = Vec::new();
    for (made, spec, more) in WRITTEN {
        at(made);
        let mut words = vec!["--key-spec", spec, "--material", "k"];
        if *spec == "ECC_NIST_P521" {
            words.extend(["--wrapping-algorithm", "RSA_AES_KEY_WRAP_SHA_256"]);
        }
        match *more {
            "" => {}
            "p" => words.extend(["--passphrase-file", "p"]),
            format => words.extend(["--material-format", format]),
        }
        let format = (!matches!(*more, "" | "p")).then(|| more.parse().unwrap());
        let bytes = Secret::copy(&stage.bench.read("k")).unwrap();
        let read = KeyMaterial::read(bytes, spec.parse().unwrap(), format, &mut Said);
        let ours = read.unwrap_or_else(|error| panic!("{made}: {error}")).expose().to_vec();
        let theirs = stage.plaintext(&words);
        if ours != theirs {
            wrong.push(format!("{made} {spec} {more}:\n  {}\n  {}", hex::encode(ours), hex::encode(theirs)));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), WRITTEN.len(), wrong.join("\n"));
}

/// Where no command converts it, the script says so before it turns to AWS.
#[test]
fn the_script_says_what_no_command_converts() {
    let stage = Stage::new("");
    // Only jq undoes such escapes, and only this program completes an RSA key.
    stage.secret("reply", r#"{"Plaintext":"\u0042wcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="}"#);
    stage.secret("part", r#"{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB"}"#);
    stage.secret("xml", "<RSAKeyValue><Modulus>AQAB</Modulus><Exponent>AQAB</Exponent><D>AQAB</D></RSAKeyValue>");
    for (file, spec, what) in [
        ("reply", "HMAC_256", "this JSON"),
        ("part", "RSA_2048", "a JWK"),
        ("xml", "RSA_2048", "an XML RSA private key"),
    ] {
        let script = stage.recipe(&["--key-spec", spec, "--material", file]);
        let cause = format!("no command of openssl or POSIX reads {what}: use kms-byok provision for this key");
        stage.fails_before_aws(&script, 1, &format!("error: {cause}\n"));
    }
}

#[test]
fn an_unfit_openssl_ends_the_script_before_anything_is_made() {
    let stage = Stage::new("");
    let symmetric = stage.recipe(&["--generate", "--discard"]);
    let rsa = stage.recipe(&["--key-spec", "RSA_2048", "--generate", "--discard"]);
    for (version, script, cause) in [
        ("OpenSSL 1.0.1u  22 Sep 2016", &symmetric, "is too old"),
        ("LibreSSL 3.3.6", &symmetric, "is not OpenSSL"),
        ("OpenSSL 1.1.1w  11 Sep 2023", &rsa, "is too old"),
    ] {
        stage.stand_in("openssl", &format!("echo '{version}'"));
        stage.fails_before_aws(script, 1, &format!("error: {version} {cause}\n"));
    }
}

#[test]
fn a_file_in_the_way_of_a_copy_ends_the_script_before_anything_is_made() {
    let stage = Stage::new("");
    stage.bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key");
    stage.bench.openssl("req -x509 -new -key ec.key -subj /CN=ec -days 2 -out ec.pem");
    stage.bench.write("kept", "the only copy");
    let keep = stage.recipe(&["--generate", "--keep", "kept"]);
    stage.fails_before_aws(&keep, 1, ": kept: cannot overwrite existing file\n");
    let escrow = stage.recipe(&["--generate", "--escrow", "ec.pem", "--escrow-out", "kept"]);
    stage.fails_before_aws(&escrow, 1, "error: the escrow file exists, and may hold the only copy of a key\n");
    assert_eq!(stage.bench.read("kept"), b"the only copy");
}

#[test]
fn an_endpoint_of_the_environment_ends_a_script_that_was_not_told_of_it() {
    let stage = Stage::new("");
    let script = stage.run("recipe --generate --discard --region us-east-1").succeeds().stdout.clone();
    let set = format!("export AWS_ENDPOINT_URL=http://127.0.0.1:9\n{script}");
    stage.fails_before_aws(&set, 1, "error: an endpoint is set in the environment (--allow-endpoint-env)\n");
    let allowed = stage.run("recipe --generate --discard --region us-east-1 --allow-endpoint-env");
    assert!(!allowed.succeeds().stdout.contains("AWS_ENDPOINT_URL"));
}

#[test]
fn the_script_warns_where_the_shell_shows_a_key() {
    let stage = Stage::new("");
    let rsa = stage.recipe(&["--key-spec", "RSA_3072", "--generate", "--discard"]);
    for line in [
        "# 4. The OpenSSL that is here: `openssl enc` has -id-aes256-wrap-pad, and `openssl cms` AES-GCM, from 3.0 on.\n",
        "# WARNING: openssl takes the AES key as an argument. While it runs, other users of this machine can read that key in the process list;\n",
        "# openssl wraps 4097 bytes and more wrongly, with exit status 0 (openssl#29940).\n",
    ] {
        assert!(rsa.contains(line), "{rsa}");
    }
    let symmetric = stage.recipe(&["--generate", "--discard"]);
    assert!(!symmetric.contains("WARNING") && !symmetric.contains("openssl enc -id"), "{symmetric}");
}

#[test]
fn no_key_material_is_read_and_what_provision_refuses_is_refused() {
    let stage = Stage::new("");
    assert!(
        stage.recipe(&["--material", "./missing"]).contains("cp -- ./missing \"$work/PlaintextKeyMaterial.bin\"\n")
    );
    let answer = stage.run("recipe --generate --discard --output json").json();
    assert!(answer["recipe"].as_str().unwrap().starts_with("#!/usr/bin/env bash\n"));
    stage.run("recipe --rehearse --generate --discard").refuses(
        2,
        "error: --rehearse has no equivalent in the shell\n\
         hint: leave it out, and run the script on `kms-byok rehearsal serve` with --endpoint-url\n",
    );
    for flag in ["--dry-run", "--record r"] {
        let cause = format!("error: {} has no equivalent in the shell\n", flag.split(' ').next().unwrap());
        stage.run(&format!("recipe --generate --discard {flag}")).refuses(2, &format!("{cause}hint: leave it out\n"));
    }
    for flags in [
        "AT --generate",
        "AT",
        "AT --material a --discard",
        "AT --generate --discard --expires-at 2020-01-01T00:00:00Z",
        "AT --generate --discard --key-spec RSA_2048 --wrapping-algorithm RSAES_OAEP_SHA_256",
        "AT --generate --discard --key-spec HMAC_256 --material-description x",
        "--generate --discard --region us-east-1 --endpoint-url http://kms.example.org",
        "--generate --discard --region cn-north-1",
    ] {
        let (recipe, provision) =
            (stage.run(&format!("recipe --quiet {flags}")), stage.run(&format!("provision --quiet {flags}")));
        assert_eq!((recipe.stdout.as_str(), recipe.code), ("", provision.code), "{flags}: {}", recipe.stderr);
        assert_eq!(recipe.stderr, provision.stderr, "{flags}");
    }
    assert!(stage.answered().is_empty());
}
