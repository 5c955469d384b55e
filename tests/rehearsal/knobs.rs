//! The knobs of `rehearsal serve`: quotas, clock, consistency, access log.

use std::time::Duration;

use openssl::nid::Nid;
use serde_json::{Value, json};

use crate::support::Bench;
use crate::support::embedded_kms::Kms;
use crate::support::importing::{base64, random};
use crate::support::keys::{ec, pkcs8};

fn throttled(kms: &Kms, operation: &str, body: &Value) -> bool {
    match kms.call(operation, body.clone()) {
        Ok(_) => false,
        Err((code, message)) => {
            assert_eq!(code, "ThrottlingException");
            assert!(message.contains("exceeded the rate"), "{message}");
            true
        }
    }
}

/// A hundredth of the quotas, so that no slow machine earns a second request.
#[test]
fn requests_above_the_quota_are_throttled_by_operation_and_region() {
    let bench = Bench::new();
    let server = bench.serve_with("--quota-scale 0.01");
    let (kms, there) = (Kms::at(server.url()), Kms::at(server.url()).in_region("eu-west-2"));
    let set =
        |key: &str| json!({ "KeyId": key, "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048" });
    let (here, far) = (kms.key(json!({ "Origin": "EXTERNAL" })), there.key(json!({ "Origin": "EXTERNAL" })));
    kms.ok("GetParametersForImport", set(&here));
    assert!(throttled(&kms, "GetParametersForImport", &set(&here)));
    assert_eq!(kms.post("GetParametersForImport", &set(&here).to_string()).status, 400, "no server error");
    assert!(throttled(&kms, "CreateKey", &json!({})));
    there.ok("GetParametersForImport", set(&far));
    kms.ok("DescribeKey", json!({ "KeyId": here }));
}

#[test]
fn the_quotas_of_kms_itself_are_the_default() {
    let bench = Bench::new();
    let server = bench.serve_with("");
    let kms = Kms::at(server.url());
    let made = (0..100).filter(|_| !throttled(&kms, "CreateKey", &json!({}))).count();
    assert!((5..100).contains(&made), "five at once, and five a second: {made}");
    std::thread::sleep(Duration::from_millis(250));
    kms.ok("CreateKey", json!({}));
}

#[test]
fn a_replica_costs_two_keys_in_its_region() {
    let bench = Bench::new();
    let server = bench.serve_with("--quota-scale 0.01");
    let kms = Kms::at(server.url());
    let key = kms.key(json!({ "MultiRegion": true }));
    kms.ok("ReplicateKey", json!({ "KeyId": key, "ReplicaRegion": "eu-west-2" }));
    assert!(throttled(&kms.in_region("eu-west-2"), "CreateKey", &json!({})));
    assert!(!throttled(&kms.in_region("ap-south-1"), "CreateKey", &json!({})));
}

#[test]
fn quotas_can_be_scaled_or_left_out() {
    let bench = Bench::new();
    for (flags, all) in [("--quota-scale 0.1", false), ("--quota-scale 1000", true), ("--no-quotas", true)] {
        let server = bench.serve_with(flags);
        let kms = Kms::at(server.url());
        let key = kms.key(json!({ "Origin": "EXTERNAL" }));
        let body = json!({ "KeyId": key, "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048" });
        let taken = (0..10).filter(|_| !throttled(&kms, "GetParametersForImport", &body)).count();
        assert_eq!(taken == 10, all, "{flags}: {taken}");
        assert!(taken > 0, "{flags}");
    }
    let both = bench.kms_byok("rehearsal serve --no-quotas --quota-scale 2");
    assert_eq!(both.code, Some(2), "{}", both.stderr);
}

#[test]
fn what_is_new_is_not_found_for_a_while() {
    let bench = Bench::new();
    let server = bench.serve_with("--no-quotas --consistency-delay 30s");
    let kms = Kms::at(server.url());
    let missing = |kms: &Kms, key: &str| kms.refused("DescribeKey", json!({ "KeyId": key }));
    let not_found = |key: &str| ("NotFoundException".to_owned(), format!("Key '{key}' does not exist"));
    let key = kms.key(json!({ "MultiRegion": true }));
    assert_eq!(missing(&kms, &key), not_found(&key));
    assert_eq!(kms.ok("ListKeys", json!({}))["Keys"], json!([]));
    kms.move_clock(json!({ "advance": "29s" }));
    assert_eq!(missing(&kms, &key), not_found(&key));
    kms.move_clock(json!({ "advance": "2s" }));
    assert_eq!(kms.state(&key), "Enabled");
    kms.ok("CreateAlias", json!({ "AliasName": "alias/new", "TargetKeyId": key }));
    assert_eq!(kms.code("DescribeKey", json!({ "KeyId": "alias/new" })), "NotFoundException");
    kms.ok("ReplicateKey", json!({ "KeyId": key, "ReplicaRegion": "eu-west-2" }));
    let (europe, replica) = (kms.in_region("eu-west-2"), key.replace("us-east-1", "eu-west-2"));
    assert_eq!(missing(&europe, &replica), not_found(&replica));
    kms.move_clock(json!({ "advance": "32s" }));
    assert_eq!(europe.state(&replica), "Enabled");
    assert_eq!(kms.describe("alias/new")["Arn"], key);
}

#[test]
fn the_clock_starts_where_it_is_told_and_moves() {
    let bench = Bench::new();
    let server = bench.serve_with("--no-quotas --clock 2031-05-06T07:08:09Z");
    let kms = Kms::at(server.url());
    let created = kms.ok("CreateKey", json!({}))["KeyMetadata"]["CreationDate"].as_f64().unwrap();
    let start = 1_935_817_689.0; // 2031-05-06T07:08:09Z
    assert!((start..start + 60.0).contains(&created), "{created}");
    let clock = |body: &str| {
        let method = if body.is_empty() { "GET" } else { "POST" };
        let reply = kms.http(method, "/_rehearsal/clock", &[], body.as_bytes()).unwrap();
        (reply.status, serde_json::from_slice::<Value>(&reply.body).unwrap())
    };
    assert!(clock("").1["now"].as_str().unwrap().starts_with("2031-05-06T07:0"));
    assert!(clock(r#"{"advance": "25h"}"#).1["now"].as_str().unwrap().starts_with("2031-05-07T08:0"));
    assert!(clock(r#"{"set": "2040-01-01T00:00:00Z"}"#).1["now"].as_str().unwrap().starts_with("2040-01-01T00:0"));
    for wrong in ["{}", r#"{"advance": "soon"}"#, r#"{"set": 7}"#, "nonsense"] {
        assert_eq!(clock(wrong).0, 400, "{wrong}");
    }
    assert!(clock("").1["now"].as_str().unwrap().starts_with("2040-01-01T00:0"), "what is refused moves nothing");
    let later = bench.serve_with("--no-quotas --clock +36500d");
    let reply = Kms::at(later.url()).http("GET", "/_rehearsal/clock", &[], b"").unwrap();
    assert!(String::from_utf8(reply.body).unwrap().contains("\"21"), "a century ahead");
}

#[test]
fn the_access_log_has_a_line_for_each_request_and_nothing_of_their_contents() {
    let bench = Bench::new();
    let server = bench.serve_with("--no-quotas --access-log access.log --fault GenerateRandom:1:reset-before");
    let kms = Kms::at(server.url());
    let material = random(32);
    let signer = pkcs8(&ec(Nid::X9_62_PRIME256V1));
    let key = kms.key(json!({ "Origin": "EXTERNAL", "Description": "a-description" }));
    let set = kms.parameters(&key, "RSAES_OAEP_SHA_256", "RSA_2048");
    let wrapped = set.wrap(&material);
    kms.ok("ImportKeyMaterial", set.request(&key, &wrapped, json!({ "KeyMaterialDescription": "of-the-material" })));
    let sealed = kms.ok("Encrypt", json!({ "KeyId": key, "Plaintext": base64(b"a plaintext to look for") }));
    kms.ok("Decrypt", json!({ "CiphertextBlob": sealed["CiphertextBlob"] }));
    let data_key = kms.ok("GenerateDataKey", json!({ "KeyId": key, "KeySpec": "AES_256" }));
    let signing = kms.imported("ECC_NIST_P256", "SIGN_VERIFY", &signer);
    let request =
        json!({ "KeyId": signing, "Message": base64(b"a message to look for"), "SigningAlgorithm": "ECDSA_SHA_256" });
    let signature = kms.ok("Sign", request)["Signature"].clone();
    kms.code("DescribeKey", json!({ "KeyId": "alias/a-name" }));
    kms.code("NoSuchOperation", json!({}));
    let _ = kms.try_post("GenerateRandom", r#"{"NumberOfBytes":8}"#);

    let scope = "Credential=AKIDTEST/20270131/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=00";
    let headers = [("authorization", format!("AWS4-HMAC-SHA256 {scope}"))];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    kms.http("POST", "/", &headers, b"Action=GetCallerIdentity&Version=2011-06-15").unwrap();

    let log = String::from_utf8(bench.read("access.log")).unwrap();
    let words: Vec<Vec<&str>> = log.lines().map(|line| line.split(' ').collect()).collect();
    let seen: Vec<(&str, &str, &str)> = words.iter().map(|words| (words[2], words[3], words[4])).collect();
    assert!(words.iter().all(|words| words.len() == 7 && words[1] == "us-east-1"), "{log}");
    for expected in [
        ("CreateKey", "200", "-"),
        ("ImportKeyMaterial", "200", "-"),
        ("DescribeKey", "400", "NotFoundException"),
        ("-", "400", "UnknownOperationException"),
        ("GenerateRandom", "0", "reset"),
        ("STS", "200", "-"),
    ] {
        assert!(seen.contains(&expected), "{expected:?} in {log}");
    }
    assert_eq!(words.len(), 14, "{log}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut contents =
        vec!["a-description".to_owned(), "of-the-material".to_owned(), "a-name".to_owned(), "AKIDTEST".to_owned()];
    contents
        .extend([&sealed["CiphertextBlob"], &data_key["Plaintext"], &data_key["CiphertextBlob"], &signature].map(text));
    for bytes in [
        &material[..],
        &signer,
        &wrapped,
        &set.token,
        &set.public_key,
        b"a plaintext to look for",
        b"a message to look for",
    ] {
        contents.extend([base64(bytes), hex::encode(bytes), String::from_utf8_lossy(bytes).into_owned()]);
    }
    for content in contents {
        // Some of it in the middle would be as bad as all of it.
        let characters: Vec<char> = content.chars().collect();
        let middle: String = characters[characters.len() / 4..].iter().take(12).collect();
        assert!(!log.contains(&middle), "`{middle}` of `{content}` is in the log");
    }
}
