//! Everything that can be made to go wrong in the embedded KMS goes wrong as it is named, and the effect is there or not.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use kms_byok::rehearsal::{Fault, Settings};
use openssl::pkey::{Id, PKey};
use serde_json::{Value, json};

use crate::support::embedded_kms::{HttpReply, Kms};
use crate::support::importing::bytes;
use crate::support::served::Served;
use crate::support::{self, Bench, keys};

fn with(fault: &str) -> Served {
    Kms::start_with(Settings { faults: vec![fault.parse().unwrap()], ..Settings::default() })
}

fn keys(kms: &Kms) -> usize {
    kms.ok("ListKeys", json!({}))["Keys"].as_array().unwrap().len()
}

/// A reply's `__type`, and whether a key was made all the same.
fn error(fault: &str) -> (u16, String, bool) {
    let kms = with(fault);
    let reply = kms.post("CreateKey", "{}");
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    let done = keys(&kms) == 1;
    kms.ok("CreateKey", json!({}));
    (reply.status, body["__type"].as_str().unwrap().to_owned(), done)
}

#[test]
fn errors_come_before_or_after_the_effect() {
    for (fault, status, code, done) in [
        ("CreateKey:1:throttle", 400, "ThrottlingException", false),
        ("CreateKey:1:500", 500, "KMSInternalException", false),
        ("CreateKey:1:501", 501, "InternalFailure", false),
        ("CreateKey:1:503", 503, "ServiceUnavailableException", false),
        ("*:1:error=AccessDeniedException", 400, "AccessDeniedException", false),
        ("CreateKey:1:error=KMSInternalException", 500, "KMSInternalException", false),
        ("CreateKey:1:error-after=KMSInternalException", 500, "KMSInternalException", true),
        ("CreateKey:1:error=KeyUnavailableException", 500, "KeyUnavailableException", false),
        ("CreateKey:1:error=KMSInvalidStateException", 400, "KMSInvalidStateException", false),
        ("CreateKey:1:500-after", 500, "KMSInternalException", true),
        ("CreateKey:1:error-after=DependencyTimeoutException", 503, "DependencyTimeoutException", true),
    ] {
        assert_eq!(error(fault), (status, code.to_owned(), done), "{fault}");
    }
}

#[test]
fn an_error_may_have_a_message_of_its_own() {
    for (fault, done) in
        [("error=InvalidSignatureException=a=b", false), ("error-after=InvalidSignatureException=a=b", true)]
    {
        let kms = with(&format!("CreateKey:1:{fault}"));
        assert_eq!(kms.refused("CreateKey", json!({})), ("InvalidSignatureException".to_owned(), "a=b".to_owned()));
        assert_eq!(keys(&kms) == 1, done, "{fault}");
    }
}

#[test]
fn a_reply_is_replaced_and_nothing_done() {
    for (body, kind) in
        [(r#"{"KeyId": []}"#, "application/x-amz-json-1.1"), ("<p>", "text/html"), ("", "application/x-amz-json-1.1")]
    {
        let kms = with(&format!("CreateKey:1:reply={body}"));
        let reply = kms.post("CreateKey", "{}");
        assert_eq!((reply.status, reply.body.as_slice()), (200, body.as_bytes()));
        assert!(reply.head.contains(&format!("content-type: {kind}\r\n")), "{}", reply.head);
        assert_eq!(keys(&kms), 0);
    }
}

#[test]
fn faults_come_and_go_while_it_runs() {
    let kms = with("CreateKey:always:500");
    let told = |method: &str, body: &str| -> (u16, Value) {
        let reply = kms.http(method, "/_rehearsal/faults", &[], body.as_bytes()).unwrap();
        (reply.status, serde_json::from_slice(&reply.body).unwrap())
    };
    assert_eq!(kms.code("CreateKey", json!({})), "KMSInternalException");
    assert_eq!(told("GET", "").1, json!({ "faults": [{ "fault": "CreateKey:always:500", "seen": 1, "struck": 1 }] }));
    let (status, now) = told("POST", r#"{"faults": ["*:2:throttle"]}"#);
    assert_eq!((status, now), (200, json!({ "faults": [{ "fault": "*:2:throttle", "seen": 0, "struck": 0 }] })));
    kms.ok("CreateKey", json!({}));
    assert_eq!(kms.code("CreateKey", json!({})), "ThrottlingException");
    kms.ok("CreateKey", json!({}));
    assert_eq!(told("GET", "").1["faults"][0], json!({ "fault": "*:2:throttle", "seen": 3, "struck": 1 }));
    for (body, says) in [
        ("{}", "send {\"faults\": [\"CreateKey:1:500\"]}"),
        (r#"{"faults": [7]}"#, "send {\"faults\": [\"CreateKey:1:500\"]}"),
        (r#"{"faults": ["CreateKey:1:boom"]}"#, "`CreateKey:1:boom` is not a fault: its third part is unknown"),
    ] {
        assert_eq!(told("POST", body), (400, json!({ "error": says })));
    }
    assert_eq!(told("GET", "").1["faults"][0]["struck"], 1, "what is refused changes nothing");
    assert_eq!(told("POST", r#"{"faults": []}"#), (200, json!({ "faults": [] })));
    kms.ok("CreateKey", json!({}));
}

/// A lag that is asked for later shows what was imported from then on.
#[test]
fn a_lag_may_come_later() {
    let kms = Kms::start();
    let key = kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    let lag = br#"{"faults": ["DescribeKey:always:lag=9s"]}"#;
    assert_eq!(kms.http("POST", "/_rehearsal/faults", &[], lag).unwrap().status, 200);
    kms.import(&key, &support::material(1), json!({})).unwrap();
    assert_eq!(kms.describe(&key)["KeyState"], "PendingImport");
    kms.move_clock(json!({ "advance": "10s" }));
    assert_eq!(kms.describe(&key)["KeyState"], "Enabled");
}

#[test]
fn a_connection_breaks_before_during_or_after_the_effect() {
    for (fault, done) in
        [("CreateKey:1:reset-before", false), ("CreateKey:1:reset-during", true), ("CreateKey:1:reset-after", true)]
    {
        let kms = with(fault);
        assert!(kms.try_post("CreateKey", "{}").is_err(), "{fault}");
        assert_eq!(keys(&kms) == 1, done, "{fault}");
    }
}

#[test]
fn a_reply_that_breaks_off_was_announced_whole() {
    let kms = with("CreateAlias:1:reset-during");
    let key = kms.key(json!({}));
    let body = json!({ "AliasName": "alias/a", "TargetKeyId": key }).to_string();
    assert!(kms.try_post("CreateAlias", &body).is_err(), "even a reply without a body");
    assert_eq!(kms.describe("alias/a")["Arn"], key);
    let raw = raw_reply(&with("CreateKey:1:reset-during"), "CreateKey");
    let (head, body) = raw.split_once("\r\n\r\n").unwrap();
    let announced: usize =
        head.to_lowercase().split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    assert!(!body.is_empty() && body.len() < announced, "{} of {announced}", body.len());
}

#[test]
fn a_late_reply_is_late_before_or_after_the_effect() {
    for (fault, done) in [("CreateKey:1:latency=400ms", false), ("CreateKey:1:latency-after=400ms", true)] {
        let kms = with(fault);
        let mut impatient = TcpStream::connect(kms.url.trim_start_matches("http://")).unwrap();
        impatient.write_all(request(&kms, "CreateKey").as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(100));
        drop(impatient);
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(keys(&kms) == 1, done, "{fault}: whoever hangs up has asked for nothing, or has it");
        let patient = with(fault);
        let start = Instant::now();
        patient.ok("CreateKey", json!({}));
        assert!(start.elapsed() >= Duration::from_millis(400), "{fault}");
    }
}

#[test]
fn something_else_answers() {
    let page = with("ListKeys:1:html").post("ListKeys", "{}");
    assert_eq!((page.status, &page.body[..15]), (500, &b"<!doctype html>"[..]));
    assert!(page.head.contains("content-type: text/html"));
    assert_eq!(with("ListKeys:1:html=200").post("ListKeys", "{}").status, 200);
    let kms = with("CreateKey:1:redirect=http://127.0.0.1:9/elsewhere");
    let moved = kms.post("CreateKey", "{}");
    assert!(moved.status == 307 && moved.head.contains("location: http://127.0.0.1:9/elsewhere\r\n"), "{}", moved.head);
    assert_eq!(keys(&kms), 0);
}

#[test]
fn a_reply_is_cut_emptied_or_changed() {
    let spoiled = |what: &str| with(&format!("CreateKey:1:{what}")).post("CreateKey", "{}");
    let json = |reply: HttpReply| -> Value { serde_json::from_slice(&reply.body).unwrap() };
    let cut = spoiled("truncated");
    assert!(cut.status == 200 && serde_json::from_slice::<Value>(&cut.body).is_err() && cut.body.starts_with(b"{"));
    assert_eq!(json(spoiled("empty-object")), json!({}));
    assert_eq!(json(spoiled("drop=KeyMetadata")), json!({}));
    let dropped = json(spoiled("drop=KeyMetadata.Arn"));
    assert!(dropped["KeyMetadata"].get("Arn").is_none() && dropped["KeyMetadata"]["KeyId"].is_string());
    assert_eq!(json(spoiled("set=KeyMetadata.KeyState=Asleep"))["KeyMetadata"]["KeyState"], "Asleep");
    assert_eq!(json(spoiled("set=KeyMetadata.Arn=null"))["KeyMetadata"]["Arn"], Value::Null);
    assert_eq!(json(spoiled("set=KeyMetadata.CreationDate=[1]"))["KeyMetadata"]["CreationDate"], json!([1]));
    assert_eq!(json(spoiled("set=New=a=b:c"))["New"], "a=b:c");
    let kms = with("ListKeys:2:set=Keys.0.KeyId=other");
    kms.key(json!({}));
    kms.ok("ListKeys", json!({}));
    assert_eq!(kms.ok("ListKeys", json!({}))["Keys"][0]["KeyId"], "other");
}

#[test]
fn a_reply_is_huge() {
    let reply = with("ListKeys:1:huge").post("ListKeys", "{}");
    assert!(reply.body.len() > 64 << 20);
    assert_eq!(serde_json::from_slice::<Value>(&reply.body).unwrap()["Keys"], json!([]));
}

#[test]
fn a_reply_comes_a_byte_at_a_time() {
    let kms = with("ListKeys:1:slow=10ms");
    let start = Instant::now();
    let reply = kms.post("ListKeys", "{}");
    let least = Duration::from_millis(10) * u32::try_from(reply.body.len()).unwrap();
    assert!(start.elapsed() >= least, "{:?} for {} bytes", start.elapsed(), reply.body.len());
    assert_eq!(serde_json::from_slice::<Value>(&reply.body).unwrap()["Keys"], json!([]));
}

#[test]
fn the_date_of_a_reply_is_off() {
    let date = |kms: &Kms| {
        let head = kms.post("ListKeys", "{}").head;
        head.lines().find_map(|line| line.strip_prefix("date: ")).unwrap().to_owned()
    };
    let kms = with("ListKeys:1:date=2027-01-31T12:00:00Z");
    assert!(date(&kms).starts_with("sun, 31 jan 2027 12:00:0"));
    assert!(!date(&kms).contains("31 jan 2027"), "the second reply has the time of day");
    assert_ne!(date(&with("ListKeys:1:date=+25h"))[..16], date(&kms)[..16], "another day");
}

#[test]
fn the_public_key_of_a_set_is_forged() {
    let parameters = |fault: &str| {
        let kms = with(fault);
        let key = kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
        let real = kms.in_region("us-east-1");
        let forged = kms.parameters(&key, "RSAES_OAEP_SHA_256", "RSA_2048");
        let refused = match PKey::public_key_from_der(&forged.public_key).unwrap() {
            public if public.id() == Id::RSA && public.bits() == 2048 => {
                let request = forged.request(&key, &forged.wrap(&support::material(7)), json!({}));
                Some(kms.code("ImportKeyMaterial", request))
            }
            _ => None,
        };
        let honest = real.parameters(&key, "RSAES_OAEP_SHA_256", "RSA_2048");
        real.ok("ImportKeyMaterial", honest.request(&key, &honest.wrap(&support::material(7)), json!({})));
        (PKey::public_key_from_der(&forged.public_key).unwrap(), refused)
    };
    let (small, _) = parameters("GetParametersForImport:1:wrong-key-size");
    assert_eq!((small.id(), small.bits()), (Id::RSA, 1024));
    let (curve, _) = parameters("GetParametersForImport:1:non-rsa-key");
    assert_eq!((curve.id(), curve.bits()), (Id::EC, 256));
    let (damaged, refused) = parameters("GetParametersForImport:1:damaged-key");
    assert_eq!((damaged.id(), damaged.bits()), (Id::RSA, 2048));
    assert_eq!(refused.as_deref(), Some("InvalidCiphertextException"));
}

#[test]
fn a_forged_public_key_of_an_imported_one_is_not_it() {
    let kms = with("GetPublicKey:1:damaged-key");
    let own = keys::rsa(2048);
    let key = kms.imported("RSA_2048", "SIGN_VERIFY", &keys::pkcs8(&own));
    let shown = || bytes(&kms.ok("GetPublicKey", json!({ "KeyId": key }))["PublicKey"]);
    let forged = shown();
    assert_eq!(PKey::public_key_from_der(&forged).unwrap().bits(), 2048);
    assert_ne!(forged, own.public_key_to_der().unwrap());
    assert_eq!(shown(), own.public_key_to_der().unwrap());
}

#[test]
fn a_lie_is_an_answer_about_another_key() {
    let kms = with("*:always:lie");
    let honest = |key: &str, operation: &str, body: &Value| {
        let mut body = body.clone();
        body["KeyId"] = key.into();
        (kms.ok(operation, body.clone()), body)
    };
    let key = kms.key(json!({}));
    let (lied, _) = honest(&key, "DescribeKey", &json!({}));
    assert_eq!(lied["KeyMetadata"]["CurrentKeyMaterialId"], "0".repeat(64));
    let (sealed, _) = honest(&key, "Encrypt", &json!({ "Plaintext": "AAAA" }));
    let opened = kms.ok("Decrypt", json!({ "CiphertextBlob": sealed["CiphertextBlob"] }));
    assert_eq!(opened["Plaintext"], "AAAB", "the last bit");
    let signer = kms.key(json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY" }));
    let (one, _) = honest(&signer, "GetPublicKey", &json!({}));
    let (two, _) = honest(&signer, "GetPublicKey", &json!({}));
    assert_ne!(one["PublicKey"], two["PublicKey"]);
    let (signed, body) = honest(&signer, "Sign", &json!({ "Message": "AAAA", "SigningAlgorithm": "ECDSA_SHA_256" }));
    let mut verify = body;
    verify["Signature"] = signed["Signature"].clone();
    assert_eq!(kms.code("Verify", verify), "KMSInvalidSignatureException");
}

/// The help of `rehearsal serve` names every kind, and the server takes each from its command line.
#[test]
fn the_help_names_every_fault() {
    let kinds = [
        "throttle",
        "500",
        "501",
        "503",
        "error=CODE",
        "error=CODE=MESSAGE",
        "reset-before",
        "redirect=URL",
        "reply=BODY",
        "500-after",
        "error-after=CODE",
        "reset-during",
        "reset-after",
        "html",
        "html=STATUS",
        "truncated",
        "empty-object",
        "drop=FIELD",
        "set=FIELD=VALUE",
        "change=FIELD=VALUE",
        "lie",
        "huge",
        "date=TIME",
        "latency=DURATION",
        "latency-after=DURATION",
        "slow=DURATION",
        "wrong-key-size",
        "non-rsa-key",
        "damaged-key",
    ];
    let bench = Bench::new();
    let help = bench.kms_byok("rehearsal serve --help").stdout.replace('\n', " ");
    for kind in kinds {
        assert!(help.contains(&format!(" {kind}")), "{kind}");
        let example = kind
            .replace("STATUS", "502")
            .replace("DURATION", "1s")
            .replace("TIME", "+25h")
            .replace("URL", "http://127.0.0.1:1");
        let fault = format!("*:always:{example}");
        assert!(fault.parse::<Fault>().is_ok(), "{fault}");
    }
    let kms = bench.serve_with("--fault ListKeys:1:html --fault ListKeys:2+:error=TagException");
    let client = Kms::at(kms.url());
    assert_eq!(client.post("ListKeys", "{}").status, 500);
    assert_eq!(client.code("ListKeys", json!({})), "TagException");
    let unknown = bench.kms_byok("rehearsal serve --fault ListKeys:1:boom");
    assert_eq!(unknown.code, Some(2), "{}", unknown.stderr);
}

fn request(kms: &Kms, operation: &str) -> String {
    let address = kms.url.trim_start_matches("http://");
    format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\ncontent-length: 2\r\nx-amz-target: TrentService.{operation}\r\nauthorization: \
         AWS4-HMAC-SHA256 Credential=local/20270131/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=00\r\n\r\n{{}}"
    )
}

/// All that arrives before the connection ends, however it ends.
fn raw_reply(kms: &Kms, operation: &str) -> String {
    let mut stream = TcpStream::connect(kms.url.trim_start_matches("http://")).unwrap();
    stream.write_all(request(kms, operation).as_bytes()).unwrap();
    let (mut received, mut piece) = (Vec::new(), [0; 4096]);
    while let Ok(length @ 1..) = stream.read(&mut piece) {
        received.extend(&piece[..length]);
    }
    String::from_utf8(received).unwrap()
}
