//! awsJson1_1 (Smithy's name for KMS's protocol) as others test it: botocore's cases, asked of a server.

use serde_json::{Value, json};

use crate::support::embedded_kms::Kms;
use crate::support::truth_keys::SharedKeys;
use crate::support::truths::difference;

#[test]
fn every_protocol_case_that_applies_to_kms_is_answered_and_every_other_has_a_reason() {
    let data: Value = serde_json::from_str(include_str!("../data/json_protocol_cases.json")).unwrap();
    let cases = data["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 112);
    let server = Kms::start();
    let (kms, shared) = (Kms::at(&server.url), SharedKeys::default());
    let (left_out, asked): (Vec<&Value>, Vec<&Value>) = cases.iter().partition(|case| case["left_out"].is_string());
    assert!(left_out.iter().all(|case| case.get("request").is_none()));
    assert_eq!(asked.len(), 37);
    let wrong: Vec<String> = asked
        .into_iter()
        .filter_map(|case| Some(format!("{}: {}", case["case"], difference(case, &kms, &shared)?)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The forms that no client of the SDKs sends, and that the protocol allows.
#[test]
fn a_body_may_be_empty_or_have_white_space_escapes_and_unknown_members() {
    let kms = Kms::start();
    let key = kms.key(json!({ "Description": "a \u{e4}\u{1f511}" }));
    let described = format!(
        "\n {{ \"\\u004beyId\" :\t\"{key}\", \"GrantTokens\":null, \"Unknown\": {{\"a\": [1, 2.5e3, true]}} }} \r\n"
    );
    for (operation, body) in [("ListKeys", ""), ("ListKeys", "{}"), ("DescribeKey", &described)] {
        let reply = kms.post(operation, body);
        assert_eq!(reply.status, 200, "{body}: {}", String::from_utf8_lossy(&reply.body));
    }
    assert_eq!(kms.describe(&key)["Description"], "a \u{e4}\u{1f511}");
    for body in ["[]", "7", "\"{}\"", "null", "{", "{} {}", "\u{feff}{}", "{\"KeyId\": \"a\", }"] {
        let reply = kms.post("DescribeKey", body);
        let reply: (u16, Value) = (reply.status, serde_json::from_slice(&reply.body).unwrap());
        assert_eq!(reply, (400, json!({ "__type": "SerializationException" })), "{body}");
    }
}

#[test]
fn every_reply_has_a_request_id_and_its_type_and_what_has_no_output_has_no_body() {
    let kms = Kms::start();
    let key = kms.key(json!({}));
    let update = json!({ "KeyId": key, "Description": "" }).to_string();
    let mut ids = Vec::new();
    for (operation, body, status, length) in [
        ("UpdateKeyDescription", update.as_str(), 200, Some(0)),
        ("ListKeys", "{}", 200, None),
        ("DescribeKey", "{\"KeyId\": \"nothing\"}", 400, None),
        ("NoSuchOperation", "{}", 400, None),
    ] {
        let reply = kms.post(operation, body);
        assert_eq!(reply.status, status, "{operation}");
        assert!(reply.head.contains("\r\ncontent-type: application/x-amz-json-1.1\r\n"), "{}", reply.head);
        assert!(length.is_none_or(|length| reply.body.len() == length), "{operation}");
        assert!(!String::from_utf8(reply.body).unwrap().contains(":null"), "{operation}");
        ids.extend(reply.head.lines().filter_map(|line| line.strip_prefix("x-amzn-requestid: ")).map(str::to_owned));
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}
