//! What others have written into names and descriptions does nothing in a page or in metrics, and what is due first comes first.

use aws_smithy_types::DateTime;

use super::key::{Due, KeyExpiry};
use super::urgency::Urgency;
use super::{Expiries, Fleet, NotSeen, ToldBy};
use crate::time;

const NOW: &str = "2026-11-28T12:00:00Z";
const NASTY: &str = "</title></style><script>alert(1)</script>\"' onx=1 & \\ \u{202e}\n<img src=x>";

fn at(text: &str) -> DateTime {
    time::parse(text).unwrap()
}

fn key(number: u8, region: &str, due: Due) -> KeyExpiry {
    let arn = format!("arn:aws:kms:{region}:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890{number:02x}");
    KeyExpiry {
        key_arn: Some(arn.parse().unwrap()),
        row: None,
        region: Some(region.to_owned()),
        aliases: vec![format!("alias/k{number}")],
        key_spec: "SYMMETRIC_DEFAULT".to_owned(),
        description: String::new(),
        state: "Enabled".to_owned(),
        key_material_id: None,
        due,
    }
}

fn expiries(keys: Vec<KeyExpiry>) -> Expiries {
    Expiries::new(at(NOW), ToldBy::Kms, keys)
}

#[test]
fn nothing_that_others_wrote_is_markup_in_a_page() {
    let mut nasty = key(1, "eu-west-1", Due::At(at("2026-12-01T00:00:00Z")));
    let say = || NASTY.to_owned();
    (nasty.aliases, nasty.description, nasty.state) = (vec![say(), say()], say(), say());
    (nasty.row, nasty.region, nasty.key_spec, nasty.key_material_id) = (Some(say()), Some(say()), say(), Some(say()));
    let fleet = Fleet { manifest: say(), counts: [("done", 1), ("failed", 0), ("left", 0)] };
    let not_seen = vec![NotSeen { key_arn: None, what: say(), why: say() }];
    let page =
        Expiries { not_seen, ..Expiries::new(at(NOW), ToldBy::Journals(fleet), vec![nasty.clone(), nasty]) }.page();
    for word in ["<script", "<img", "</title></style>", "\u{202e}", "' onx", "\" onx"] {
        assert!(!page.contains(word), "{word}");
    }
    assert_eq!(page.matches("</style>").count(), 1);
    // In the title of the mark, too, each is there as text.
    assert!(
        page.matches(
            "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39; onx=1 &amp; \\ \u{fffd}\u{fffd}&lt;img src=x&gt;"
        )
        .count()
            > 15
    );
}

#[test]
fn a_page_names_nothing_outside_itself() {
    let page = expiries(vec![key(1, "eu-west-1", Due::Missing)]).page();
    for word in [
        "http:",
        "https:",
        "//",
        "url(",
        "@import",
        "src=",
        "<link",
        "<script",
        "<iframe",
        " style=",
        " onload",
        " href=\"h",
    ] {
        assert!(!page.contains(word), "{word}");
    }
    let head = page.split("<style>").next().unwrap();
    assert!(head.contains("default-src 'none'; style-src 'sha256-"), "{head}");
}

#[test]
fn labels_are_escaped_and_a_key_that_is_listed_twice_is_one() {
    let mut nasty = key(1, "eu-west-1", Due::At(at("2026-11-28T13:00:00Z")));
    nasty.aliases = vec!["alias/a\"b\\c\nd".to_owned(), "alias/b".to_owned()];
    let text =
        expiries(vec![nasty.clone(), key(2, "eu-west-1", Due::Missing), nasty, key(3, "eu-west-1", Due::Deletion)])
            .metrics();
    let labels = |number: u8, alias: &str| {
        let id = format!("1234abcd-12ab-34cd-56ef-1234567890{number:02x}");
        format!(
            "{{region=\"eu-west-1\",account=\"111122223333\",key_id=\"{id}\",\
             key_arn=\"arn:aws:kms:eu-west-1:111122223333:key/{id}\",alias=\"{alias}\"}}"
        )
    };
    let (one, two) = (labels(1, "alias/a\\\"b\\\\c\u{fffd}d,alias/b"), labels(2, "alias/k2"));
    assert_eq!(
        text,
        format!(
            "# HELP kms_byok_seconds_until_key_material_expiration Seconds from when this was written until the first key material of the key expires.\n\
             # TYPE kms_byok_seconds_until_key_material_expiration gauge\n\
             kms_byok_seconds_until_key_material_expiration{one} 3600\n\
             # HELP kms_byok_key_material_expiration_timestamp_seconds When the first key material of the key expires, in seconds after 1970.\n\
             # TYPE kms_byok_key_material_expiration_timestamp_seconds gauge\n\
             # UNIT kms_byok_key_material_expiration_timestamp_seconds seconds\n\
             kms_byok_key_material_expiration_timestamp_seconds{one} 1795870800\n\
             # HELP kms_byok_key_material_missing Whether the key waits for key material: it has expired, was deleted, or was never imported.\n\
             # TYPE kms_byok_key_material_missing gauge\n\
             kms_byok_key_material_missing{two} 1\n\
             kms_byok_key_material_missing{one} 0\n\
             # EOF\n"
        )
    );
}

#[test]
fn what_is_due_first_comes_first_and_is_said_first() {
    let keys = vec![
        key(1, "us-east-1", Due::Never),
        key(2, "us-east-1", Due::At(at("2027-01-01T00:00:00Z"))),
        key(3, "eu-west-1", Due::At(at("2026-12-03T00:00:00Z"))),
        key(4, "eu-west-1", Due::Unknown),
        key(5, "us-east-1", Due::Missing),
        key(6, "eu-west-1", Due::Deletion),
        key(7, "eu-west-1", Due::At(at("2026-11-28T11:00:00Z"))),
    ];
    let all = expiries(keys);
    let names: Vec<String> = all.keys.iter().map(KeyExpiry::name).collect();
    assert_eq!(names, ["alias/k5", "alias/k7", "alias/k3", "alias/k2", "alias/k4", "alias/k1", "alias/k6"]);
    let urgencies: Vec<Urgency> = all.keys.iter().map(|key| Urgency::of(key, all.now)).collect();
    use Urgency::{Deletion, Gone, Never, Quarter, Unknown, Week};
    assert_eq!(urgencies, [Gone, Gone, Week, Quarter, Unknown, Never, Deletion]);
    let page = all.page();
    assert!(page.contains(
        "<p class=\"first\"><strong><bdi>alias/k5</bdi></strong> in us-east-1 has no key material. Due first: \
         <strong><bdi>alias/k7</bdi></strong> in eu-west-1 expired <strong>1 h ago</strong>, \
         <time datetime=\"2026-11-28T11:00:00Z\">2026-11-28 11:00 UTC</time>.</p>"
    ));
    // The Region in which something is due first has the first lane.
    let lanes: Vec<&str> =
        page.split("class=\"lane\"").skip(1).map(|rest| &rest[rest.find('>').unwrap() + 1..][..9]).collect();
    assert_eq!(lanes, ["us-east-1", "eu-west-1"]);
    assert_eq!(page.matches("<tr class=").count(), 7);
}

#[test]
fn a_page_without_keys_says_so() {
    let page = expiries(Vec::new()).page();
    assert!(page.contains(
        "<p>0 keys · as KMS told it <time datetime=\"2026-11-28T12:00:00Z\">2026-11-28 12:00 UTC</time></p>"
    ));
    assert!(
        page.contains("No key material that was seen expires.") && !page.contains("<svg") && !page.contains("<table")
    );
}

#[test]
fn many_keys_of_one_week_are_one_mark_with_their_number() {
    let keys = (0..200).map(|number| key(number, "us-east-1", Due::At(at("2026-12-20T00:00:00Z")))).collect();
    let page = expiries(keys).page();
    assert_eq!((page.matches("class=\"mark month\"").count(), page.matches("<circle").count()), (1, 0));
    assert!(page.contains(">200</text>") && page.contains("\nand 188 more</title>"));
}
