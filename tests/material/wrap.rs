//! `wrap` and `generate` as a user meets them: what they make is opened by the `openssl` command, and wrong input leaves no file.

use std::fs;

use crate::support::{self, Bench};

#[test]
fn what_wrap_makes_openssl_pkeyutl_opens() {
    let bench = Bench::new();
    bench.kms_byok("generate --out key.bin").succeeds();
    for (bits, digest, algorithm) in [
        (2048, "sha256", "RSAES_OAEP_SHA_256"),
        (3072, "sha256", "RSAES_OAEP_SHA_256"),
        (4096, "sha256", "RSAES_OAEP_SHA_256"),
        (2048, "sha1", "RSAES_OAEP_SHA_1"),
    ] {
        bench.wrapping_key(bits);
        bench
            .kms_byok(&format!(
                "wrap --in key.bin --inkey PublicKey.bin --out out.bin --force --allow-sha1 --wrapping-algorithm {algorithm}"
            ))
            .succeeds();
        assert_eq!(bench.read("out.bin").len() as u32, bits / 8);
        let digests =
            format!("-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:{digest} -pkeyopt rsa_mgf1_md:{digest}");
        bench.openssl(&format!("pkeyutl -decrypt -inkey wrapping.pem -in out.bin -out opened.bin {digests}"));
        assert_eq!(bench.read("opened.bin"), bench.read("key.bin"), "{algorithm} {bits}");
    }
}

/// OAEP(ephemeral AES key) ‖ AES-KWP(PKCS#8): opened with `pkeyutl` and `enc -id-aes256-wrap-pad`.
#[test]
fn an_rsa_private_key_goes_through_rsa_aes_key_wrap() {
    let bench = Bench::new();
    bench.wrapping_key(3072);
    bench.kms_byok("generate --key-spec RSA_2048 --out key.der").succeeds();
    let run = bench.kms_byok("wrap --in key.der --inkey PublicKey.bin --out out.bin --key-spec RSA_2048 --output json");
    assert_eq!(run.json()["wrapping_algorithm"], "RSA_AES_KEY_WRAP_SHA_256");
    let wrapped = bench.read("out.bin");
    assert_eq!(wrapped.len(), 384 + bench.read("key.der").len().next_multiple_of(8) + 8);
    bench.write("ephemeral.wrapped", &wrapped[..384]);
    bench.write("key.wrapped", &wrapped[384..]);
    bench.openssl("pkeyutl -decrypt -inkey wrapping.pem -in ephemeral.wrapped -out ephemeral.bin -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256");
    let ephemeral = hex::encode(bench.read("ephemeral.bin"));
    bench.openssl3(&format!("enc -d -id-aes256-wrap-pad -K {ephemeral} -iv A65959A6 -in key.wrapped -out opened.der"));
    assert_eq!(bench.read("opened.der"), bench.read("key.der"));
}

#[test]
fn key_material_from_standard_input_goes_to_standard_output() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    bench.write("key", support::material(7));
    let mut wrap = bench.command(&["wrap", "--in", "-", "--inkey", "PublicKey.bin", "--out", "-"]);
    let output = wrap.stdin(fs::File::open(bench.path("key")).unwrap()).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len(), output.stderr), (Some(0), 256, Vec::new()));
}

#[test]
fn wrong_files_are_named_with_cause_and_fix_and_leave_nothing() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    bench.openssl("pkey -in wrapping.pem -pubout -out public.pem");
    bench.openssl("base64 -in PublicKey.bin -out public.base64");
    bench.openssl("rsa -in wrapping.pem -RSAPublicKey_out -outform DER -out pkcs1.der");
    bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem");
    bench.openssl("pkey -in ec.pem -pubout -outform DER -out ec.der");
    bench.write("key", support::material(1));
    bench.write("empty", []);
    bench.write("huge", vec![1; 65_537]);
    bench.write("newline", [&support::material(1)[..], b"\n"].concat());
    bench.write("cut", &bench.read("PublicKey.bin")[..200]);
    fs::create_dir(bench.path("directory")).unwrap();
    let before = bench.names();
    let use_parameters = "hint: use the PublicKey of GetParametersForImport, decoded from base64 to bytes, or run `kms-byok get-parameters`\n";
    for (key, public, stderr) in [
        ("missing", "PublicKey.bin", "error: --material does not name a file: its value is 7 characters\nhint: give the path of a file, or `-` and pipe the bytes in; a secret in an argument is seen by every user of the machine\n".to_owned()),
        ("./missing", "PublicKey.bin", "error: key material file `./missing` does not exist\nhint: check the path\n".to_owned()),
        ("empty", "PublicKey.bin", "error: key material file `empty` is empty\nhint: check the command that should have written it\n".to_owned()),
        ("directory", "PublicKey.bin", "error: key material file `directory` is a directory\nhint: name a file in it\n".to_owned()),
        ("huge", "PublicKey.bin", "error: key material file `huge` is larger than 65536 bytes\nhint: check that it is the file you mean\n".to_owned()),
        ("newline", "PublicKey.bin", "error: the key material has 33 bytes and the last is a newline: SYMMETRIC_DEFAULT needs exactly 32, so an editor or `echo` may have added it\nhint: run `(umask 077 && < newline head -c 32 > newline.cut) && kms-byok wrap --material newline.cut --inkey PublicKey.bin --out out.bin --quiet` if the newline is not part of the key\n".to_owned()),
        ("key", "missing", "error: wrapping public key `missing` does not exist\nhint: check the path\n".to_owned()),
        ("key", "empty", "error: wrapping public key `empty` is empty\nhint: check the command that should have written it\n".to_owned()),
        ("key", "public.pem", "error: the wrapping public key is PEM text, but DER bytes are needed\nhint: decode it first: `openssl pkey -pubin -in FILE -outform DER -out PublicKey.bin`\n".to_owned()),
        ("key", "public.base64", "error: the wrapping public key is base64 text, but DER bytes are needed\nhint: decode it first: `< FILE tr -d '[:space:]' | tr '_-' '/+' | awk '{ while (length % 4) $0 = $0 \"=\"; printf \"%s\", $0 }' | openssl base64 -d -A > PublicKey.bin`\n".to_owned()),
        ("key", "cut", format!("error: the wrapping public key is not a DER SubjectPublicKeyInfo (RFC 5280 §4.1)\n{use_parameters}")),
        ("key", "pkcs1.der", format!("error: the wrapping public key is not a DER SubjectPublicKeyInfo (RFC 5280 §4.1)\n{use_parameters}")),
        ("key", "ec.der", format!("error: the wrapping public key is not an RSA key\n{use_parameters}")),
    ] {
        let run = bench.kms_byok(&format!("wrap --in {key} --inkey {public} --out out.bin --quiet"));
        let stderr = stderr.as_str();
        // Files of this test are readable by all: that warning comes first, and is not the point here.
        let said: String = run.stderr.lines().filter(|line| !line.starts_with("warning: ")).map(|l| format!("{l}\n")).collect();
        assert_eq!((run.code, said.as_str()), (Some(1), stderr), "{key} {public}");
        assert_eq!(bench.names(), before, "{key} {public}");
    }
}

#[test]
fn nothing_is_overwritten_unasked() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    bench.kms_byok("generate --out key.bin").succeeds();
    let key = bench.read("key.bin");
    bench.kms_byok("generate --out key.bin").refuses(
        1,
        "error: plaintext key file `key.bin` exists, and may hold the only copy of a key\nhint: name another path; this tool never overwrites a key\n",
    );
    bench
        .kms_byok("wrap --in key.bin --inkey PublicKey.bin --out key.bin --force")
        .refuses(2, "error: `key.bin` is both input and output\nhint: name another path for the output\n");
    assert_eq!(bench.read("key.bin"), key);
    bench.write("out.bin", b"mine");
    bench.kms_byok("wrap --in key.bin --inkey PublicKey.bin --out out.bin").refuses(
        1,
        "error: wrapped key material `out.bin` exists\nhint: name another path, or add --force to replace it\n",
    );
    assert_eq!(bench.read("out.bin"), b"mine");
    bench.kms_byok("wrap --in key.bin --inkey PublicKey.bin --out out.bin --force").succeeds();
    assert_eq!(bench.read("out.bin").len(), 256);
}

#[test]
fn combinations_that_kms_refuses_are_refused_with_the_numbers() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    bench.kms_byok("generate --key-spec ECC_NIST_P521 --out p521").succeeds();
    bench.kms_byok("generate --key-spec RSA_2048 --out rsa").succeeds();
    bench.kms_byok("wrap --in p521 --key-spec ECC_NIST_P521 --inkey PublicKey.bin --out out").refuses(
        2,
        "error: ECC_NIST_P521 key material of 241 bytes does not fit: RSA_2048 with RSAES_OAEP_SHA_256 carries 190 bytes\n\
         hint: use RSA_AES_KEY_WRAP_SHA_256, or a larger --wrapping-key-spec\n",
    );
    bench
        .kms_byok("wrap --in rsa --key-spec RSA_2048 --wrapping-algorithm RSAES_OAEP_SHA_256 --inkey PublicKey.bin --out out")
        .refuses(
            2,
            "error: an RSA_2048 private key cannot be wrapped with RSAES_OAEP_SHA_256: KMS takes RSA private keys only under RSA_AES_KEY_WRAP\n\
             hint: use RSA_AES_KEY_WRAP_SHA_256\n",
        );
    bench.kms_byok("wrap --in p521 --wrapping-algorithm RSAES_OAEP_SHA_1 --inkey PublicKey.bin --out out").refuses(
        2,
        "error: RSAES_OAEP_SHA_1 uses SHA-1, which was not allowed\nhint: use the SHA-256 variant, or add --allow-sha1\n",
    );
}

#[test]
fn generated_files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    bench.kms_byok("generate --key-spec HMAC_384 --out key").succeeds();
    let metadata = fs::metadata(bench.path("key")).unwrap();
    assert_eq!((metadata.permissions().mode() & 0o777, metadata.len()), (0o600, 48));
    let run = bench.kms_byok("generate --out missing/key");
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.starts_with("error: plaintext key file `missing/key` cannot be written\nbecause: "),
        "{}",
        run.stderr
    );
}

#[test]
fn a_key_file_that_others_can_read_is_warned_about_and_refused_when_strict() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    bench.wrapping_key(2048);
    bench.write("key", support::material(1));
    fs::set_permissions(bench.path("key"), fs::Permissions::from_mode(0o644)).unwrap();
    let run = bench.kms_byok("wrap --in key --inkey PublicKey.bin --out out");
    run.succeeds();
    assert_eq!(run.stderr, "warning: the key material file `key` can be read by other users (mode 644)\n");
    bench.kms_byok("wrap --in key --inkey PublicKey.bin --out out2 --strict").refuses(
        1,
        "error: the key material file `key` can be read by other users (mode 644)\n\
         hint: run `chmod 600` on it, and consider whether somebody has read it\n",
    );
    assert!(!bench.exists("out2"));
}

#[test]
fn doctor_is_healthy_and_says_which_openssl_it_is() {
    let bench = Bench::new();
    let answer = bench.kms_byok("doctor --output json").json();
    assert_eq!(answer["healthy"], true);
    assert_eq!(answer["openssl"]["loaded"], openssl::version::version());
    assert_eq!(answer["self_test"].as_array().unwrap().len(), 4);
    assert!(answer["self_test"].as_array().unwrap().iter().all(|test| test["passed"] == true));
}

/// A public key of 2048 bits: `e` in decimal, and a modulus that `divisor` divides, or an honest one.
fn public_key(e: &str, divisor: Option<u32>) -> Vec<u8> {
    use openssl::bn::BigNum;
    use openssl::rsa::Rsa;
    let mut modulus = Rsa::generate(2048).unwrap().n().to_owned().unwrap();
    if let Some(divisor) = divisor {
        // No smaller divisor, so that the cause is the same each time.
        while (2..=divisor).find(|n| modulus.mod_word(*n).unwrap() == 0) != Some(divisor) {
            let rest = u32::try_from(modulus.mod_word(divisor).unwrap()).unwrap();
            modulus.sub_word(if rest == 0 { divisor } else { rest }).unwrap();
        }
    }
    Rsa::from_public_components(modulus, BigNum::from_dec_str(e).unwrap()).unwrap().public_key_to_der().unwrap()
}

/// With the exponent 1, what is "wrapped" is the padded key itself; with others it may be opened without the private key.
#[test]
fn a_public_key_that_need_not_protect_anything_is_refused_and_named_by_diagnose() {
    let hint =
        "hint: wrap nothing with it, find out where it came from, and run `kms-byok get-parameters` for a new one\n";
    let large = "36893488147419103233"; // 2^65 + 1
    let exponents = ["0", "1", "2", "3", "4", "17", "65536", "65539", "4294967297", large];
    let exponents = exponents.map(|e| {
        let shown = if e == large { "a number of 66 bits" } else { e };
        let cause = format!("has the public exponent {shown}, but KMS uses only 65537");
        (public_key(e, None), format!("the wrapping public key {cause}"), "public_key_exponent")
    });
    let factors = [2, 3, 751].map(|factor| {
        let cause = format!("the modulus of the wrapping public key is divisible by {factor}, as no key of KMS is: it is damaged, or made to be broken");
        (public_key("65537", Some(factor)), cause, "public_key_factor")
    });
    let bench = Bench::new();
    bench.kms_byok("generate --out key").succeeds();
    for (der, cause, id) in exponents.into_iter().chain(factors) {
        bench.write("PublicKey.bin", &der);
        for strict in ["", " --strict"] {
            bench
                .kms_byok(&format!("wrap --in key --inkey PublicKey.bin --out wrapped{strict}"))
                .refuses(1, &format!("error: {cause}\n{hint}"));
            assert!(!bench.exists("wrapped"), "{cause}");
        }
        let diagnosis = bench.kms_byok("diagnose --public-key PublicKey.bin --output json");
        let causes = serde_json::from_str::<serde_json::Value>(&diagnosis.stdout).unwrap()["causes"].clone();
        assert_eq!(
            (diagnosis.code, &causes[0]["id"], &causes[0]["certainty"]),
            (Some(4), &id.into(), &"certain".into())
        );
        assert_eq!(causes.as_array().unwrap().len(), 1, "{causes}");
    }
}
