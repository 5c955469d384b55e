//! The table of recorded truths (`tests/data/recorded_truths.json`): one row a fact, with its source.
//!
//! The embedded KMS must agree with every row; rows known as `?` are suppositions, so that whoever runs the table against a real
//! account sees at once what AWS says. To do that, with keys that cost a little and are scheduled for deletion afterwards:
//!
//!     KMS_BYOK_REAL_ACCOUNT=111122223333 AWS_REGION=eu-central-1 AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… \
//!         cargo test --test rehearsal -- --ignored --nocapture

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::committed::{cell, is_committed};
use crate::support::embedded_kms::Kms;
use crate::support::real_kms::RealKms;
use crate::support::truth_keys::SharedKeys;
use crate::support::truths::{Truth, table};

#[test]
fn the_embedded_kms_agrees_with_every_row() {
    let server = Kms::start();
    let (table, next, shared) = (table(), AtomicUsize::new(0), SharedKeys::default());
    let rows = || table.get(next.fetch_add(1, Ordering::Relaxed));
    // A row waits for rotations; others need not wait for it.
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let compare = |url: &str| {
            let kms = Kms::at(url);
            let differs = |truth: &Truth| {
                Some(format!("{}\n    {}\n    ({})", truth.fact, truth.difference(&kms, &shared)?, truth.source))
            };
            std::iter::from_fn(rows).filter_map(differs).collect::<Vec<_>>()
        };
        let url = &server.url;
        let threads = [(); 8].map(|()| scope.spawn(move || compare(url)));
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} rows differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_row_says_how_it_is_known() {
    for truth in table() {
        assert!(["recorded", "partly", "model", "guide", "?"].contains(&truth.known.as_str()), "{}", truth.fact);
        assert!(!truth.source.is_empty(), "{}", truth.fact);
    }
}

/// What people read of the table: every row, below how it is known.
#[test]
fn the_page_of_truths_has_every_row() {
    let table = table();
    let mut page = String::from(
        "<!-- Written by scripts/docs from tests/data/recorded_truths.json. -->\n# Truths\n\n\
         What AWS KMS is known to answer, and how that is known. A test asks the [embedded KMS](../embedded-kms.md) for each row, and\n\
         compares the whole answer.\n",
    );
    let kinds = [
        ("recorded", "Recorded", "Somebody has recorded the reply of the real service to this very request."),
        (
            "partly",
            "Recorded of something near it",
            "A recording shows it of another key or request; here the same is supposed.",
        ),
        ("model", "Of the service model", "The model of the service that AWS publishes says so."),
        ("guide", "Of the documentation", "The developer guide or the API reference says so."),
        ("?", "Supposed", "Nobody outside AWS is known to have seen it. Whoever does may find it otherwise."),
    ];
    let mut rows = 0;
    for (known, title, meaning) in kinds {
        let of_it: Vec<&Truth> = table.iter().filter(|truth| truth.known == known).collect();
        rows += of_it.len();
        page.push_str(&format!("\n## {title}\n\n{meaning} Rows: {}.\n\n| fact | source |\n|---|---|\n", of_it.len()));
        of_it
            .iter()
            .for_each(|truth| page.push_str(&format!("| {} | {} |\n", plain(&truth.fact), plain(&truth.source))));
    }
    assert_eq!(rows, table.len());
    is_committed("truths.md", &page);
}

/// Text in which Markdown sees no marks but those of code.
fn plain(text: &str) -> String {
    let part = |(place, part): (usize, &str)| match place % 2 {
        0 => part.replace('<', "&lt;").replace('*', "\\*"),
        _ => part.to_owned(),
    };
    cell(&text.split('`').enumerate().map(part).collect::<Vec<_>>().join("`"))
}

/// A fact recorded of one kind of key is a fact about that kind.
#[test]
fn every_recorded_row_asks_what_its_recording_asked_of_the_same_kind_of_key() {
    let known: Value = serde_json::from_str(include_str!("../data/recordings.json")).unwrap();
    for truth in table().iter().filter(|truth| truth.known == "recorded") {
        let (name, parameter) = recording(&truth.source);
        let recording = &known["recordings"][name];
        let has = |list: &Value, wanted: &str| {
            let items = list.as_array().unwrap_or_else(|| panic!("{}: no recording {name}", truth.fact)).iter();
            items.map(|item| item.as_str().unwrap().replace("<1>", parameter)).any(|item| item == wanted)
        };
        for step in truth.row["steps"].as_array().unwrap().iter().filter(|step| step["call"] == "CreateKey") {
            let kind = kind(&step["with"]);
            assert!(has(&recording["keys"], &kind), "{}: {name} has no key of {kind}", truth.fact);
        }
        let request = &truth.row["request"];
        let operation = request[0].as_str().or(request["call"].as_str()).unwrap_or("ImportKeyMaterial");
        assert!(has(&recording["operations"], operation), "{}: {name} did not ask {operation}", truth.fact);
    }
}

/// `test_sign_verify` and `RSA_2048` of `…, test_sign_verify[RSA_2048-RSASSA_PSS_SHA_256], 2023-04-13`.
fn recording(source: &str) -> (&str, &str) {
    let name = &source[source.rfind(", test_").unwrap() + 2..];
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
    let parameters = name[end..].strip_prefix('[').unwrap_or_default();
    (&name[..end], parameters.split(['-', ']']).next().unwrap_or_default())
}

/// `SYMMETRIC_DEFAULT ENCRYPT_DECRYPT EXTERNAL MultiRegion` of a CreateKey.
fn kind(request: &Value) -> String {
    let text = |name: &str, usual: &'static str| request[name].as_str().unwrap_or(usual).to_owned();
    let mut kind = format!("{} {}", text("KeySpec", "SYMMETRIC_DEFAULT"), text("KeyUsage", "ENCRYPT_DECRYPT"));
    if request["Origin"] == "EXTERNAL" {
        kind.push_str(" EXTERNAL");
    }
    if request["MultiRegion"] == true {
        kind.push_str(" MultiRegion");
    }
    kind
}

#[test]
#[ignore = "asks a real account: set KMS_BYOK_REAL_ACCOUNT, AWS_REGION and credentials"]
fn a_real_account_agrees() {
    let Some(kms) = RealKms::from_environment() else {
        println!("skipped: KMS_BYOK_REAL_ACCOUNT is not set");
        return;
    };
    let (mut contradicted, shared) = (0, SharedKeys::default());
    for truth in table() {
        match (truth.known.as_str(), truth.difference(&kms, &shared)) {
            ("?", None) => println!("now known: {}", truth.fact),
            ("?", Some(difference)) => println!("now known to be otherwise: {}\n    {difference}", truth.fact),
            (_, None) => {}
            (known, Some(difference)) => {
                contradicted += 1;
                println!("CONTRADICTED ({known}): {}\n    {difference}\n    source: {}", truth.fact, truth.source);
            }
        }
    }
    shared.delete(&kms);
    assert_eq!(contradicted, 0, "the table is wrong in {contradicted} rows");
}
