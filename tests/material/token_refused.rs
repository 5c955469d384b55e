//! Tokens and keys that are not what is wanted: each has its cause and its fix, and nothing is wrapped. No PIN is tried twice.

use crate::support::Bench;
use crate::support::token::Token;

const WRAP: &str = "wrap --inkey PublicKey.bin --out out --quiet";
const SHA1: &str = "--wrapping-algorithm RSAES_OAEP_SHA_1 --allow-sha1";

fn bench() -> Bench {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    bench
}

impl Token<'_> {
    fn wrap_is_refused(&self, flags: &str, code: i32, said: &str) {
        self.kms_byok(&format!("{WRAP} {flags}")).refuses(code, said);
        assert!(!self.bench.exists("out"), "{flags}");
    }
}

#[test]
fn a_wrong_pin_is_tried_once_and_a_token_that_would_lock_itself_is_not_touched() {
    let bench = bench();
    let Some(token) = Token::new(&bench) else { return };
    token.pkcs11("--keygen --key-type AES:32 --label payments --extractable --sensitive");
    bench.write_private("wrong", "111111\n");
    bench.write_private("short", "1\n");
    let wrong = "error: token `ceremony` does not accept the PIN, which was tried once\n\
                 hint: check the PIN before the next run: tokens lock themselves after a few wrong ones\n";
    let last = "error: token `ceremony` locks itself after one more wrong PIN, and no PIN was tried\n\
                hint: log in once with the tool of the token's maker or with `pkcs11-tool --login`, which counts from the start again\n";
    let locked = "error: token `ceremony` has locked its PIN after wrong ones, and no PIN was tried\n\
                  hint: let the token's security officer set a new PIN, with the tool of its maker or `pkcs11-tool --init-pin`\n";
    let now_locked = "error: token `ceremony` does not accept the PIN, which was tried once\n\
                      hint: let the token's security officer set a new PIN: this was the last try, and the token has locked itself\n";
    let short = "error: the PIN is 1 bytes long, and token `ceremony` takes 4 to 255: it was not tried\n\
                 hint: check the PIN; in a file, it is everything but one line end\n";
    for (words, pin, said, tried) in [
        ("", "wrong", wrong, 1),
        ("refuse=C_Login:a4", "pin", now_locked, 1),
        ("flags=20000", "pin", last, 0),
        ("flags=40000", "pin", locked, 0),
        ("", "short", short, 0),
    ] {
        let Some(behind) = token.behind(words) else { return };
        let flags = behind.flags_of(&format!("token=ceremony;object=payments?pin-source=file:{pin}"));
        behind.wrap_is_refused(&format!("{SHA1} {flags}"), 1, said);
        assert_eq!(behind.count("C_Login"), tried, "{words} {pin}");
    }
    // The right one still works: nothing was used up.
    token.kms_byok(&format!("{WRAP} {SHA1} {}", token.flags("payments"))).succeeds();
}

#[test]
fn a_pin_file_that_is_missing_or_open_to_others_is_said() {
    let bench = bench();
    let Some(token) = Token::new(&bench) else { return };
    token.pkcs11("--keygen --key-type AES:32 --label payments --extractable --sensitive");
    let of = |file: &str| {
        format!("{SHA1} {}", token.flags_of(&format!("token=ceremony;object=payments?pin-source=file:{file}")))
    };
    let run = token.kms_byok(&format!("{WRAP} {}", of("nowhere")));
    assert!(run.stderr.starts_with("error: the PIN in `nowhere` cannot be read\n"), "{}", run.stderr);
    bench.write("open", bench.read("pin"));
    let open = "the PIN file `open` can be read by other users (mode 644)";
    let run = token.kms_byok(&format!("{WRAP} --strict {}", of("open")));
    assert!(run.code == Some(1) && run.stderr.contains(open), "{}", run.stderr);
    let run = token.kms_byok(&format!("{WRAP} {}", of("open")));
    assert!(run.succeeds().stderr.contains(&format!("warning: {open}")), "{}", run.stderr);
}

#[test]
fn a_pin_in_the_uri_is_refused_and_repeated_nowhere() {
    let bench = bench();
    let said = "error: the PKCS#11 URI has a PIN in it, which everybody on this machine can read in the list of processes\n\
                hint: change that PIN, put the new one into a file that only you can read, and name it with `pin-source=file:PATH`; or leave it out, and type the PIN\n";
    for uri in ["pkcs11:object=a?pin-value=739154", "pkcs11:object=a;pin-value=739154", "pkcs11:x=1?Pin-Value=739154"] {
        let line = format!("{WRAP} --pkcs11-module /nowhere.so --pkcs11-uri {uri}");
        bench.kms_byok(&line).refuses(2, said);
        let json = bench.kms_byok(&format!("{line} --output json"));
        assert_eq!(json.json_of_failure()["error"]["id"], "pin_in_uri");
        assert!(!format!("{}{}", json.stdout, json.stderr).contains("739154"));
        let line = format!(
            "provision --alias alias/a --rehearse --record record --quiet --pkcs11-module /nowhere.so --pkcs11-uri {uri}"
        );
        bench.kms_byok(&line).refuses(2, said);
        let record = if bench.exists("record") { bench.read("record") } else { Vec::new() };
        assert!(!String::from_utf8_lossy(&record).contains("739154"));
        let _ = std::fs::remove_file(bench.path("record"));
    }
}

#[test]
fn the_one_key_that_fits_is_taken_and_what_else_there_is_is_said() {
    let bench = bench();
    let Some(token) = Token::new(&bench) else { return };
    let secret = "--extractable --sensitive";
    token.pkcs11(&format!("--keygen --key-type AES:32 --label twice --id 01 {secret}"));
    token.pkcs11(&format!("--keygen --key-type AES:32 --label twice --id 02 {secret}"));
    token.pkcs11(&format!("--keygen --key-type AES:16 --label short {secret}"));
    token.pkcs11("--keygen --key-type AES:32 --label kept --sensitive");
    token.pkcs11(&format!("--keypairgen --key-type rsa:2048 --label pair --id 03 {secret}"));
    token.pkcs11(&format!("--keypairgen --key-type EC:secp384r1 --label curve --id 04 {secret}"));
    bench.write("note", "a note");
    token.pkcs11("--write-object note --type data --label note");
    let private = "--wrapping-algorithm RSA_AES_KEY_WRAP_SHA_1 --allow-sha1 --key-spec";
    let other = "hint: name another key, or give the --key-spec that fits it\n";
    let class = "hint: name the key itself, or give the --key-spec that fits it\n";
    let list = "hint: list what is there with `pkcs11-tool --module MODULE --login --list-objects`, and name it with `object=` or `id=`\n";
    for (flags, rest, said) in [
        (SHA1.to_owned(), "object=twice", "error: 2 keys in token `ceremony` fit the PKCS#11 URI, and one is needed\nhint: add `id=` to the PKCS#11 URI, as in `id=%01`\n".to_owned()),
        (SHA1.to_owned(), "object=nothing", format!("error: token `ceremony` has no secret key that fits the PKCS#11 URI\n{list}")),
        (format!("{private} RSA_2048"), "object=nothing", format!("error: token `ceremony` has no private key that fits the PKCS#11 URI\n{list}")),
        (SHA1.to_owned(), "object=short", format!("error: `short` in token `ceremony` is an AES key of 16 bytes, but SYMMETRIC_DEFAULT key material is an AES key of 32 bytes\n{other}")),
        (format!("{SHA1} --key-spec HMAC_256"), "object=twice;id=%01", format!("error: `twice` in token `ceremony` is an AES key of 32 bytes, but HMAC_256 key material is a generic secret of 32 to 128 bytes\n{other}")),
        (format!("{private} RSA_4096"), "object=pair", format!("error: `pair` in token `ceremony` is an RSA key of 2048 bits, but RSA_4096 key material is an RSA key of 4096 bits\n{other}")),
        (format!("{private} ECC_NIST_P256"), "object=curve", format!("error: `curve` in token `ceremony` is an EC key on secp384r1, but ECC_NIST_P256 key material is an EC key on prime256v1\n{other}")),
        (format!("{private} ECC_NIST_P256"), "object=pair", format!("error: `pair` in token `ceremony` is an RSA key of 2048 bits, but ECC_NIST_P256 key material is an EC key on prime256v1\n{other}").replace("an RSA key of 2048 bits", "an RSA key")),
        (SHA1.to_owned(), "object=pair", format!("error: what fits the PKCS#11 URI in token `ceremony` is a private key, and SYMMETRIC_DEFAULT key material is a secret key\n{class}")),
        (SHA1.to_owned(), "object=note", format!("error: what fits the PKCS#11 URI in token `ceremony` is a data object, and SYMMETRIC_DEFAULT key material is a secret key\n{class}")),
        (format!("{private} RSA_2048"), "object=pair;type=public", format!("error: what fits the PKCS#11 URI in token `ceremony` is a public key, and RSA_2048 key material is a private key\n{class}")),
        (format!("{private} RSA_2048"), "object=short", format!("error: what fits the PKCS#11 URI in token `ceremony` is a secret key, and RSA_2048 key material is a private key\n{class}")),
        (SHA1.to_owned(), "object=kept", "error: `kept` in token `ceremony` may not leave it, not even wrapped: CKA_EXTRACTABLE is false\nhint: make a new key with CKA_EXTRACTABLE true: nothing makes this one extractable, and that is what the attribute is for\n".to_owned()),
    ] {
        token.wrap_is_refused(&format!("{flags} {}", token.flags_of(&format!("token=ceremony;{rest}?pin-source=file:pin"))), 1, &said);
    }
    let Some(behind) = token.behind("trusted") else { return };
    let flags = behind.flags_of("token=ceremony;object=twice;id=%01?pin-source=file:pin");
    behind.wrap_is_refused(
        &format!("{SHA1} {flags}"),
        1,
        "error: `twice` in token `ceremony` may be wrapped by trusted keys only: CKA_WRAP_WITH_TRUSTED is true\n\
         hint: use a key without that attribute: the wrapping key of KMS cannot be made trusted beforehand\n",
    );
}

#[test]
fn the_one_token_that_fits_is_taken_and_the_others_are_listed() {
    let bench = bench();
    let Some(token) = Token::new(&bench) else { return };
    token.another("spare");
    let of = |rest: &str| format!("{SHA1} {}", token.flags_of(&format!("{rest}?pin-source=file:pin")));
    let run = token.kms_byok(&format!("{WRAP} {}", of("token=nothing;object=a")));
    assert!(run.stderr.starts_with("error: no token fits the PKCS#11 URI; the module has `"), "{}", run.stderr);
    assert!(run.stderr.contains("`ceremony` (serial ") && run.stderr.contains("`spare` (serial "), "{}", run.stderr);
    let run = token.kms_byok(&format!("{WRAP} {}", of("object=a")));
    assert!(run.stderr.starts_with("error: 2 tokens fit the PKCS#11 URI: `"), "{}", run.stderr);
    let hint = "hint: name one of them with `token=` or `serial=` in the PKCS#11 URI\n";
    assert!(run.code == Some(1) && run.stderr.ends_with(hint), "{}", run.stderr);
    for rest in ["token=ceremony;manufacturer=Other", "token=ceremony;library-version=9", "slot-id=0;token=ceremony"] {
        let run = token.kms_byok(&format!("{WRAP} {}", of(rest)));
        assert!(run.stderr.starts_with("error: no token fits the PKCS#11 URI; the module has "), "{}", run.stderr);
    }
}

/// SoftHSM does no other OAEP. That is found out before KMS is asked: nothing listens at this endpoint.
#[test]
fn a_token_that_does_oaep_with_sha1_only_is_refused_for_sha256_before_kms_is_asked() {
    let bench = bench();
    let Some(token) = Token::new(&bench) else { return };
    token.pkcs11("--keygen --key-type AES:32 --label payments --extractable --sensitive");
    token.pkcs11("--keypairgen --key-type EC:prime256v1 --label curve --id 04 --extractable --sensitive");
    let provision = "provision --alias alias/a --region us-east-1 --endpoint-url http://127.0.0.1:9 --quiet";
    for (flags, object, algorithm, instead) in [
        ("", "payments", "RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1"),
        ("--key-spec ECC_NIST_P256", "curve", "RSA_AES_KEY_WRAP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1"),
    ] {
        let said = format!(
            "error: token `ceremony` does OAEP with SHA-1 only, and {algorithm} needs SHA-256\n\
             hint: update the token's firmware, or use {instead} with --allow-sha1: SHA-1 is sound in OAEP, and KMS takes it\n"
        );
        token.wrap_is_refused(&format!("{flags} {}", token.flags(object)), 1, &said);
        token.kms_byok(&format!("{provision} {flags} {}", token.flags(object))).refuses(1, &said);
    }
}

#[test]
fn what_a_token_calls_key_wrap_and_is_not_rfc_5649_is_not_used() {
    let bench = bench();
    let Some(token) = Token::new(&bench) else { return };
    token.pkcs11("--keypairgen --key-type EC:prime256v1 --label curve --id 04 --extractable --sensitive");
    let hint =
        "hint: wrap it with the tool of the token's maker, and import what that gives as EncryptedKeyMaterial.bin\n";
    let wrap = "--key-spec ECC_NIST_P256 --wrapping-algorithm RSA_AES_KEY_WRAP_SHA_1 --allow-sha1";
    for (words, lacking) in [
        ("as=210a:2109", "what its CKM_AES_KEY_WRAP_PAD gives is not what the standard says"),
        ("flip=210a", "what its CKM_AES_KEY_WRAP_PAD gives is not what the standard says"),
        ("flip=9", "what its CKM_RSA_PKCS_OAEP gives is not what the standard says"),
        ("without=9", "it does not have CKM_RSA_PKCS_OAEP"),
        ("without=210a", "it has neither CKM_RSA_AES_KEY_WRAP nor a mechanism for AES-KWP (RFC 5649)"),
    ] {
        let Some(behind) = token.behind(words) else { return };
        let said = format!("error: token `ceremony` cannot wrap with RSA_AES_KEY_WRAP_SHA_1: {lacking}\n{hint}");
        behind.wrap_is_refused(&format!("{wrap} {}", behind.flags("curve")), 1, &said);
    }
}

#[test]
fn flags_that_do_not_go_with_a_key_in_a_token_are_refused() {
    let bench = bench();
    bench.write_private("key", crate::support::material(3));
    bench.openssl("req -x509 -newkey rsa:3072 -nodes -keyout rec.key -subj /CN=recovery -days 2 -out rec.pem");
    let Some(token) = Token::new(&bench) else { return };
    token.pkcs11("--keypairgen --key-type EC:prime256v1 --label curve --id 04 --extractable --sensitive");
    token.wrap_is_refused(
        &format!("{SHA1} --key-spec ECC_NIST_P256 {}", token.flags("curve")),
        1,
        "error: a token wraps a private key under an AES key, and RSAES_OAEP_SHA_1 has none\nhint: use RSA_AES_KEY_WRAP_SHA_1\n",
    );
    token.wrap_is_refused(
        &format!("{SHA1} --escrow rec.pem --escrow-out copy {}", token.flags("curve")),
        1,
        "error: a key whose bytes stay elsewhere cannot be encrypted for a recovery certificate\n\
         hint: leave --escrow out, and back up what holds the key as its maker says\n",
    );
    for flags in ["--material key", "--component key --component key"] {
        let run = token.kms_byok(&format!("{WRAP} {flags} {}", token.flags("curve")));
        assert!(run.code == Some(2) && run.stderr.contains("exclude each other"), "{}", run.stderr);
    }
    let run = token.kms_byok(&format!("{WRAP} --pkcs11-uri pkcs11:x-vendor=1"));
    run.refuses(
        2,
        "error: the PKCS#11 URI has an attribute `x-vendor`, which RFC 7512 does not have\n\
         hint: name the key by token, serial, object, id or type\n",
    );
}
