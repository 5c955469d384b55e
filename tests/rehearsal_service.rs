//! What the embedded KMS does as a service, whatever the key: Regions, pages, ciphertext that holds together, and STS beside it.
#![cfg(feature = "rehearsal")]
#![allow(clippy::unwrap_used)]

#[path = "support/embedded_kms.rs"]
mod embedded_kms;

use embedded_kms::{Kms, base64, random};
use serde_json::{Value, json};

#[test]
fn regions_are_worlds_of_their_own() {
    let kms = Kms::start();
    let (east, china) = (kms.key(json!({})), kms.in_region("us-gov-west-1").key(json!({})));
    assert!(east.starts_with("arn:aws:kms:us-east-1:000000000000:key/"), "{east}");
    assert!(china.starts_with("arn:aws-us-gov:kms:us-gov-west-1:000000000000:key/"), "{china}");
    let tokyo = kms.in_region("ap-northeast-1");
    let id = east.rsplit('/').next().unwrap();
    let elsewhere = format!("arn:aws:kms:ap-northeast-1:000000000000:key/{id}");
    assert_eq!(
        tokyo.refused("DescribeKey", json!({ "KeyId": id })),
        ("NotFoundException".to_owned(), format!("Key '{elsewhere}' does not exist"))
    );
    for region in [&kms, &tokyo] {
        let key = region.key(json!({}));
        region.ok("CreateAlias", json!({ "AliasName": "alias/same", "TargetKeyId": key }));
        assert_eq!(region.describe("alias/same")["Arn"], key);
    }
    assert_eq!(tokyo.ok("ListKeys", json!({}))["Keys"].as_array().unwrap().len(), 1);
}

#[test]
fn pages_are_limited_marked_and_complete() {
    let kms = Kms::start();
    let key = kms.key(json!({ "Origin": "EXTERNAL" }));
    kms.import(&key, &random(32), json!({})).unwrap();
    for n in 0..4 {
        kms.key(json!({}));
        kms.ok("CreateAlias", json!({ "AliasName": format!("alias/{n}"), "TargetKeyId": key }));
        kms.ok("TagResource", json!({ "KeyId": key, "Tags": [{ "TagKey": n.to_string(), "TagValue": "" }] }));
        kms.import(&key, &random(32), json!({ "ImportType": "NEW_KEY_MATERIAL" })).unwrap();
        kms.ok("RotateKeyOnDemand", json!({ "KeyId": key }));
        kms.move_clock(json!({ "advance": "1s" }));
    }
    for (operation, list, body, total) in [
        ("ListKeys", "Keys", json!({}), 5_usize),
        ("ListAliases", "Aliases", json!({}), 4),
        ("ListAliases", "Aliases", json!({ "KeyId": key }), 4),
        ("ListResourceTags", "Tags", json!({ "KeyId": key }), 4),
        ("ListKeyRotations", "Rotations", json!({ "KeyId": key }), 4),
        ("ListKeyRotations", "Rotations", json!({ "KeyId": key, "IncludeKeyMaterial": "ALL_KEY_MATERIAL" }), 5),
        ("ListKeyPolicies", "PolicyNames", json!({ "KeyId": key }), 1),
    ] {
        let whole = kms.ok(operation, body.clone());
        assert_eq!((&whole["Truncated"], whole.get("NextMarker")), (&json!(false), None), "{operation}");
        let (mut found, mut pages, mut next) = (Vec::new(), 0, body.clone());
        loop {
            next["Limit"] = 2.into();
            let page = kms.ok(operation, next.clone());
            found.extend(page[list].as_array().unwrap().iter().cloned());
            pages += 1;
            assert_eq!(page["Truncated"], page.get("NextMarker").is_some(), "{operation}");
            let Some(marker) = page.get("NextMarker") else { break };
            next["Marker"] = marker.clone();
        }
        assert_eq!((json!(found), found.len(), pages), (whole[list].clone(), total, total.div_ceil(2)), "{operation}");
        if operation != "ListKeyPolicies" {
            // which declares no such error
            let mut wrong = body;
            wrong["Marker"] = "nonsense".into();
            assert_eq!(kms.code(operation, wrong), "InvalidMarkerException", "{operation}");
        }
    }
}

#[test]
fn sts_says_who_asks_and_nothing_else() {
    let kms = Kms::start();
    let ask = |action: &str| {
        let authorization = "AWS4-HMAC-SHA256 Credential=AKIDTEST/20270131/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=00";
        let headers = [("authorization", authorization), ("content-type", "application/x-www-form-urlencoded")];
        let reply = kms.http("POST", "/", &headers, format!("Action={action}&Version=2011-06-15").as_bytes()).unwrap();
        (reply.status, String::from_utf8(reply.body).unwrap())
    };
    let (status, body) = ask("GetCallerIdentity");
    assert_eq!(status, 200);
    for part in [
        "<Account>000000000000</Account>",
        "<UserId>AKIDTEST</UserId>",
        "<Arn>arn:aws:iam::000000000000:user/rehearsal</Arn>",
    ] {
        assert!(body.contains(part), "{body}");
    }
    let (status, body) = ask("AssumeRole");
    assert!(status == 400 && body.contains("<Code>InvalidAction</Code>"), "{body}");
}

/// Ciphertext belongs to its key, its material and its encryption context; whatever is changed about it, KMS says one thing.
#[test]
fn tampered_ciphertext_does_not_open() {
    let kms = Kms::start();
    let key = kms.key(json!({}));
    let context = json!({ "a": "1", "b": "2" });
    let request = json!({ "KeyId": key, "Plaintext": base64(b"hello"), "EncryptionContext": context });
    let sealed = embedded_kms::bytes(&kms.ok("Encrypt", request)["CiphertextBlob"]);
    let open = |blob: &[u8], context: Value| {
        kms.call("Decrypt", json!({ "CiphertextBlob": base64(blob), "EncryptionContext": context }))
    };
    assert!(open(&sealed, context.clone()).is_ok());
    assert!(open(&sealed, json!({ "b": "2", "a": "1" })).is_ok(), "the order of a context says nothing");
    let invalid = ("InvalidCiphertextException".to_owned(), String::new());
    for index in 0..sealed.len() {
        let mut damaged = sealed.clone();
        damaged[index] ^= 0x10;
        assert_eq!(open(&damaged, context.clone()).unwrap_err(), invalid, "byte {index} of {}", sealed.len());
    }
    assert_eq!(open(&sealed[..sealed.len() - 1], context.clone()).unwrap_err(), invalid);
    for other in [
        json!({}),
        json!({ "a": "1" }),
        json!({ "a": "1", "b": "3" }),
        json!({ "a": "1", "b": "2", "c": "" }),
        json!({ "A": "1", "b": "2" }),
    ] {
        assert_eq!(open(&sealed, other.clone()).unwrap_err(), invalid, "{other}");
    }
}
