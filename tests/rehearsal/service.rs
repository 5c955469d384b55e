//! What the embedded KMS does as a service, whatever the key: Regions, pages, ciphertext that holds together, and STS beside it.

use serde_json::{Value, json};

use crate::support::embedded_kms::Kms;
use crate::support::importing;
use crate::support::importing::{base64, random};

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
        kms.ok(
            "CreateGrant",
            json!({ "KeyId": key, "GranteePrincipal": "arn:aws:iam::111122223333:root", "Operations": ["Decrypt"] }),
        );
        kms.ok("RotateKeyOnDemand", json!({ "KeyId": key }));
        kms.move_clock(json!({ "advance": "1s" }));
    }
    for (operation, list, body, total) in [
        ("ListKeys", "Keys", json!({}), 5_usize),
        ("ListAliases", "Aliases", json!({}), 4),
        ("ListAliases", "Aliases", json!({ "KeyId": key }), 4),
        ("ListResourceTags", "Tags", json!({ "KeyId": key }), 4),
        ("ListGrants", "Grants", json!({ "KeyId": key }), 4),
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
fn sts_says_who_asks() {
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
    let (status, body) = ask("GetSessionToken");
    assert!(status == 400 && body.contains("<Code>InvalidAction</Code>"), "{body}");
}

/// Ciphertext belongs to its key, its material and its encryption context; whatever is changed about it, KMS says one thing.
#[test]
fn tampered_ciphertext_does_not_open() {
    let kms = Kms::start();
    let key = kms.key(json!({}));
    let context = json!({ "a": "1", "b": "2" });
    let request = json!({ "KeyId": key, "Plaintext": base64(b"hello"), "EncryptionContext": context });
    let sealed = importing::bytes(&kms.ok("Encrypt", request)["CiphertextBlob"]);
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

/// A page in a browser reaches loopback: with an Origin, or, after its own name was made to mean 127.0.0.1, with that name as Host.
#[test]
fn a_request_with_a_foreign_host_or_an_origin_is_refused_and_moves_no_clock() {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let settings =
        kms_byok::rehearsal::Settings { access_log: Some(log.clone()), ..kms_byok::rehearsal::Settings::default() };
    let server = kms_byok::rehearsal::Server::start(settings).unwrap();
    let address = server.url().strip_prefix("http://").unwrap().to_owned();
    let port = address.rsplit(':').next().unwrap();
    let ask = |target: &str, headers: &str| -> String {
        let body = if target.starts_with("GET") { "" } else { r#"{"advance": "25h"}"# };
        let mut stream = TcpStream::connect(&address).unwrap();
        let length = body.len();
        write!(stream, "{target} HTTP/1.1\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{body}")
            .unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    };
    let clock = || {
        ask("GET /_rehearsal/clock", &format!("host: {address}\r\n")).rsplit("\r\n").next().unwrap()[9..19].to_owned()
    };
    let before = clock();
    let own = format!("host: {address}\r\n");
    let refused: Vec<(String, String)> = [
        format!("evil.example:{port}"),
        "evil.example".to_owned(),
        format!("127.0.0.1.evil.example:{port}"),
        format!("localhost.evil.example:{port}"),
        format!("localhost.:{port}"),
        format!("10.0.0.1:{port}"),
        format!("0.0.0.0:{port}"),
        format!("[::2]:{port}"),
        format!("localhost@evil.example:{port}"),
        format!("evil@localhost:{port}"),
        format!("{address}, evil.example"),
        format!("http://{address}"),
        format!("127.1:{port}"),
        String::new(),
    ]
    .into_iter()
    .map(|host| ("/_rehearsal/clock".to_owned(), format!("host: {host}\r\n")))
    .chain([
        ("/_rehearsal/clock".to_owned(), String::new()),
        ("/_rehearsal/clock".to_owned(), format!("{own}host: evil.example\r\n")),
        ("/_rehearsal/clock".to_owned(), format!("{own}origin: http://evil.example\r\n")),
        ("/_rehearsal/clock".to_owned(), format!("{own}Origin: null\r\n")),
        ("/_rehearsal/clock".to_owned(), format!("{own}origin: http://{address}\r\n")),
        ("/_rehearsal/clock".to_owned(), format!("{own}origin:\r\n")),
        (format!("http://evil.example:{port}/_rehearsal/clock"), own.clone()),
        (format!("http://{address}/_rehearsal/clock"), format!("host: evil.example:{port}\r\n")),
        ("/".to_owned(), format!("host: evil.example:{port}\r\nx-amz-target: TrentService.CreateKey\r\n")),
        ("/".to_owned(), format!("{own}origin: x\r\nx-amz-target: TrentService.CreateKey\r\n")),
        ("/nowhere".to_owned(), format!("host: evil.example:{port}\r\n")),
    ])
    .collect();
    for (path, headers) in &refused {
        let reply = ask(&format!("POST {path}"), headers);
        let status = reply.lines().next().unwrap();
        assert!(["HTTP/1.1 403 Forbidden", "HTTP/1.1 400 Bad Request"].contains(&status), "{path} {headers}: {reply}");
        assert!(!reply.to_ascii_lowercase().contains("access-control-allow"), "{reply}");
    }
    let told = ask("POST /_rehearsal/clock", &format!("host: evil.example:{port}\r\n"));
    assert!(
        told.ends_with(r#"{"error":"the Host of the request is no name of this machine's loopback, on which the embedded KMS listens"}"#),
        "{told}"
    );
    let told = ask("POST /_rehearsal/clock", &format!("{own}origin: http://evil.example\r\n"));
    let because = "a request with an Origin comes from a page in a browser, and the embedded KMS answers none";
    assert!(told.ends_with(&format!(r#"{{"error":"{because}"}}"#)), "{told}");
    assert_eq!(clock(), before);
    let lines = std::fs::read_to_string(&log).unwrap();
    assert!(lines.lines().count() >= 20 && lines.lines().all(|line| line.contains(" - - 403 foreign ")), "{lines}");

    for host in [
        address.clone(),
        format!("localhost:{port}"),
        format!("LocalHost:{port}"),
        format!("[::1]:{port}"),
        format!("127.0.0.2:{port}"),
        "localhost:4566".to_owned(), // a tunnel, or a published port
        "127.0.0.1".to_owned(),
    ] {
        let reply = ask("POST /_rehearsal/clock", &format!("host: {host}\r\n"));
        assert!(reply.starts_with("HTTP/1.1 200 OK"), "{host}: {reply}");
    }
    assert_ne!(clock(), before);
}
