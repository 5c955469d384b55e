//! `provision --material`: keys as people have them, in every format, from files and standard input, each proven to be the one in KMS.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::support::cloud::Cloud;
use crate::support::{self, cloud};

const PROVISION: &str = "provision --wrapping-key-spec RSA_2048 --output json --quiet";

/// Private keys that `openssl` made, by name of the key spec.
fn make(cloud: &Cloud, spec: &str) {
    let how = match spec {
        "ECC_NIST_EDWARDS25519" => "-algorithm ED25519".to_owned(),
        "ECC_NIST_P256" => "-algorithm EC -pkeyopt ec_paramgen_curve:P-256".to_owned(),
        "ECC_NIST_P384" => "-algorithm EC -pkeyopt ec_paramgen_curve:P-384".to_owned(),
        "ECC_NIST_P521" => "-algorithm EC -pkeyopt ec_paramgen_curve:P-521".to_owned(),
        "ECC_SECG_P256K1" => "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1".to_owned(),
        rsa => format!("-algorithm RSA -pkeyopt rsa_keygen_bits:{}", rsa.trim_start_matches("RSA_")),
    };
    cloud.bench.openssl(&format!("genpkey {how} -out pem"));
    cloud.bench.openssl("pkcs8 -topk8 -nocrypt -in pem -outform DER -out der");
    cloud.bench.openssl("pkcs8 -topk8 -v2 aes-256-cbc -passout pass:swordfish -in pem -out encrypted.pem");
    cloud.bench.openssl("pkcs8 -topk8 -v2 aes-256-cbc -passout pass:swordfish -in pem -outform DER -out encrypted.der");
    cloud.bench.write("passphrase", "swordfish\n");
    encode(cloud, "der");
}

/// The same bytes as text.
fn encode(cloud: &Cloud, name: &str) {
    let bytes = cloud.bench.read(name);
    cloud.bench.write("hex", format!("{}\n", hex::encode(&bytes)));
    let text = BASE64_STANDARD.encode(&bytes);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    cloud.bench.write("base64", format!("{}\n", lines.join("\n")));
}

#[track_caller]
fn is_proven(answer: &Value, what: &str) {
    assert_eq!(answer["proof"]["outcome"], "proven", "{what}: {answer}");
    assert_eq!((&answer["changed"], &answer["generated"]), (&true.into(), &false.into()), "{what}");
}

#[test]
fn private_keys_of_every_spec_come_in_every_container() {
    let cloud = Cloud::new("");
    for spec in [
        "RSA_2048",
        "RSA_3072",
        "RSA_4096",
        "ECC_NIST_P256",
        "ECC_NIST_P384",
        "ECC_NIST_P521",
        "ECC_SECG_P256K1",
        "ECC_NIST_EDWARDS25519",
    ] {
        make(&cloud, spec);
        let algorithm = "--wrapping-algorithm RSA_AES_KEY_WRAP_SHA_256";
        let mut public_keys = Vec::new();
        for material in [
            "pem",
            "pem --material-format pem",
            "der",
            "der --material-format der",
            "hex --material-format hex",
            "base64 --material-format base64",
            "encrypted.pem --passphrase-file passphrase",
            "encrypted.der --passphrase-file passphrase",
        ] {
            let answer = cloud.run(&format!("{PROVISION} --key-spec {spec} {algorithm} --material {material}")).json();
            is_proven(&answer, &format!("{spec} from {material}"));
            let arn = answer["key_arn"].as_str().unwrap().to_owned();
            public_keys.push(cloud::wait(async { cloud.kms().public_key(&arn).await.unwrap() }));
        }
        cloud.bench.openssl("pkey -in pem -pubout -outform DER -out public.der");
        assert!(public_keys.iter().all(|key| *key == cloud.bench.read("public.der")), "{spec}");
    }
}

#[test]
fn older_containers_are_recognised_too() {
    let cloud = Cloud::new("");
    make(&cloud, "RSA_2048");
    cloud.bench.openssl("pkey -in pem -traditional -out pkcs1.pem");
    cloud.bench.openssl("pkey -in pem -traditional -outform DER -out pkcs1.der");
    cloud.bench.openssl("ecparam -name prime256v1 -genkey -out sec1.pem");
    cloud.bench.openssl("ec -in sec1.pem -outform DER -out sec1.der");
    for (spec, names) in [("RSA_2048", ["pkcs1.pem", "pkcs1.der"]), ("ECC_NIST_P256", ["sec1.pem", "sec1.der"])] {
        for name in names {
            is_proven(&cloud.run(&format!("{PROVISION} --key-spec {spec} --material {name}")).json(), name);
        }
    }
}

#[test]
fn raw_keys_come_as_bytes_hex_and_base64() {
    let cloud = Cloud::new("");
    for (spec, length) in [
        ("SYMMETRIC_DEFAULT", 32),
        ("HMAC_224", 28),
        ("HMAC_256", 32),
        ("HMAC_384", 48),
        ("HMAC_512", 64),
        ("HMAC_512", 128),
    ] {
        let key: Vec<u8> = (0..length).map(|byte: u8| byte ^ 0xa5).collect();
        cloud.bench.write("raw", &key);
        encode(&cloud, "raw");
        for material in
            ["raw", "raw --material-format raw", "hex --material-format hex", "base64 --material-format base64"]
        {
            is_proven(
                &cloud.run(&format!("{PROVISION} --key-spec {spec} --material {material}")).json(),
                &format!("{spec} from {material}"),
            );
        }
        // The same bytes by two ways: KMS takes the second as a second import of the first.
        let alias = format!("alias/{spec}-{length}");
        cloud
            .run(&format!("{PROVISION} --key-spec {spec} --alias {alias} --material hex --material-format hex"))
            .json();
        let verified = cloud.run(&format!("verify --key-id {alias} --material raw --output json --quiet")).json();
        assert_eq!(verified["proof"]["outcome"], "proven", "{spec}: {verified}");
    }
}

#[test]
fn standard_input_serves_as_a_file() {
    let cloud = Cloud::new("");
    let answer = cloud.run_reading(&format!("{PROVISION} --alias alias/raw --material -"), &[0xd5; 32]).json();
    is_proven(&answer, "raw bytes");
    let hex = format!("{}\n", hex::encode([0xd5; 32]));
    let line = "verify --key-id alias/raw --material - --material-format hex --output json --quiet";
    assert_eq!(cloud.run_reading(line, hex.as_bytes()).json()["proof"]["outcome"], "proven");
    make(&cloud, "RSA_2048");
    for (name, format) in [("pem", "pem"), ("der", "der"), ("base64", "base64")] {
        let line = format!("{PROVISION} --key-spec RSA_2048 --material - --material-format {format}");
        is_proven(&cloud.run_reading(&line, &cloud.bench.read(name)).json(), name);
        // The container of a private key is recognised on standard input as well.
        if name != "base64" {
            let line = format!("{PROVISION} --key-spec RSA_2048 --material -");
            is_proven(&cloud.run_reading(&line, &cloud.bench.read(name)).json(), name);
        }
    }
}

#[test]
fn key_material_that_is_not_of_the_key_spec_creates_nothing() {
    let cloud = Cloud::new("");
    make(&cloud, "RSA_2048");
    cloud.bench.write("newline", [&support::material(7)[..], b"\n"].concat());
    cloud.bench.write("zero", [0; 32]);
    cloud.bench.write("short", [7; 31]);
    for (flags, cause) in [
        ("--material newline", "the key material has 33 bytes and the last is a newline"),
        ("--material zero", "every byte of the key material is zero"),
        ("--material short", "the key material has 31 bytes, but SYMMETRIC_DEFAULT needs exactly 32"),
        ("--material pem", "the key material is a PKCS#8 private key, but SYMMETRIC_DEFAULT needs raw bytes"),
        ("--key-spec RSA_3072 --material pem", "the RSA private key has a modulus of 2048 bits"),
        ("--key-spec ECC_NIST_P256 --material der", "the private key is an RSA key of 2048 bits"),
        ("--key-spec RSA_3072 --material hex", "the RSA private key has a modulus of 2048 bits"),
    ] {
        let run = cloud.run(&format!("{PROVISION} {flags}"));
        let error = run.stderr.lines().find(|line| line.starts_with("error: ")).unwrap_or(&run.stderr);
        assert_eq!(run.code, Some(1), "{flags}: {}", run.stderr);
        assert!(error.contains(cause) && run.stderr.contains("\nhint: "), "{flags}: {}", run.stderr);
        assert_eq!(run.json_of_failure()["error"]["exit_code"], 1);
    }
    assert_eq!((cloud.states().len(), cloud.requests("CreateKey")), (0, 0));
}
