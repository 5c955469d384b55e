//! Whether the files belong together, and are still good: by the fingerprints of the parameter file, and by their times.

use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;

use super::causes::{FileCause, ParametersCause};
use super::claims::Claims;
use super::finding::Findings;
use super::hand::Hand;
use super::item::Item;
use crate::files::damage::{MOST_LINE_END, newline_after, without_carriage_returns};
use crate::kms::{is_alias, region_of};
use crate::parameters::sha256;
use crate::time::rfc3339;
use crate::time::seconds;

/// ParametersValidTo is 24 hours after the request.
const VALID: Duration = Duration::from_secs(24 * 60 * 60);
/// The recipe writes both files at once; a person who types does so within this time.
const TOGETHER: Duration = Duration::from_secs(60 * 60);
/// Files that are copied together may change places by as much.
const COPYING: Duration = Duration::from_secs(60);

pub(super) fn examine(hand: &Hand, findings: &mut Findings) {
    if let Some(claims) = &hand.claims {
        compare_request(hand, claims, findings);
        for item in [&hand.public_key, &hand.token].into_iter().flatten() {
            compare_fingerprint(hand, item, findings);
        }
    }
    compare_region(hand, findings);
    examine_age(hand, findings);
    compare_times(hand, findings);
}

/// Whether the parameter file has the SHA-256 of exactly these bytes.
pub(super) fn is_vouched_for(hand: &Hand, item: &Item) -> bool {
    expected(hand, item).is_some_and(|expected| has(item.content(), expected))
}

/// Whether the parameter file has the SHA-256 of another file, whatever was added to this one on its way.
pub(super) fn is_of_another_set(hand: &Hand, item: &Item) -> bool {
    let Some(expected) = expected(hand, item) else { return false };
    let bytes = item.content();
    let cut = |extra| bytes.len().checked_sub(extra).is_some_and(|wanted| has(&bytes[..wanted], expected));
    let before = without_carriage_returns(bytes).is_some_and(|(before, _)| has(&before, expected));
    !(cut(0) || cut(1) || cut(2) || before)
}

fn compare_request(hand: &Hand, claims: &Claims, findings: &mut Findings) {
    let named = &hand.named;
    let differences = [
        ("key spec", claims.spec.map(|is| is.name()), named.spec.map(|asked| asked.name())),
        ("wrapping algorithm", claims.algorithm.map(|is| is.name()), named.algorithm.map(|asked| asked.name())),
        ("wrapping key spec", claims.wrapping.map(|is| is.name()), named.wrapping.map(|asked| asked.name())),
    ];
    for (what, found, asked) in differences {
        if let (Some(found), Some(asked)) = (found, asked)
            && found != asked
        {
            findings.certain(ParametersCause::Differ { what, found: found.to_owned(), asked: asked.to_owned() });
        }
    }
    let asked = hand.key.described().map(|key| key.arn.as_str()).or(named.key.as_deref());
    if let (Some(found), Some(asked)) = (&claims.key_arn, asked)
        && !is_alias(asked)
        && id(found) != id(asked)
    {
        findings.certain(ParametersCause::OtherKey { found: found.clone(), asked: asked.to_owned() });
    }
    if claims.is_of_a_rehearsal() && claims.endpoint.is_none() {
        findings.certain(ParametersCause::OfARehearsal);
    }
}

fn id(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

fn compare_region(hand: &Hand, findings: &mut Findings) {
    let of_key = hand.key().and_then(region_of);
    if let (Some(found), Some(asked)) = (of_key, &hand.named.region)
        && found != asked
    {
        findings.certain(ParametersCause::OtherRegion { found: found.to_owned(), asked: asked.clone() });
    }
}

/// A file whose SHA-256 is another, unless a line end or carriage returns explain it.
fn compare_fingerprint(hand: &Hand, item: &Item, findings: &mut Findings) {
    let Some(expected) = expected(hand, item) else { return };
    let (name, bytes) = (item.name.clone(), item.content());
    if has(bytes, expected) {
        return;
    }
    for extra in 1..=MOST_LINE_END {
        if let Some(wanted) = bytes.len().checked_sub(extra)
            && newline_after(bytes, wanted) == Some(extra)
            && has(&bytes[..wanted], expected)
        {
            return findings.certain(FileCause::TrailingNewline { name, found: bytes.len(), extra, wanted });
        }
    }
    if let Some((before, damage)) = without_carriage_returns(bytes)
        && has(&before, expected)
    {
        return findings.certain(FileCause::Mangled { name, damage });
    }
    let found = sha256(bytes).unwrap_or_default();
    findings.certain(ParametersCause::Mixed { name, found, expected: expected.to_owned() });
}

fn expected<'a>(hand: &'a Hand, item: &Item) -> Option<&'a str> {
    let claims = hand.claims.as_ref()?;
    let is = |slot: &Option<Item>| slot.as_ref().is_some_and(|other| std::ptr::eq(other, item));
    match () {
        () if is(&hand.public_key) => claims.public_key_sha256.as_deref(),
        () if is(&hand.token) => claims.import_token_sha256.as_deref(),
        () => None,
    }
}

fn has(bytes: &[u8], expected: &str) -> bool {
    sha256(bytes).is_ok_and(|found| found == expected)
}

fn examine_age(hand: &Hand, findings: &mut Findings) {
    let valid_to = hand.claims.as_ref().and_then(|claims| claims.valid_to);
    if let Some(at) = valid_to {
        if at <= hand.now {
            findings.certain(ParametersCause::Expired { at: rfc3339(at), now: rfc3339(hand.now) });
        }
        return;
    }
    for item in [&hand.token, &hand.public_key].into_iter().flatten() {
        if let Some(at) = item.modified.map(DateTime::from)
            && hand.now.secs() - at.secs() > VALID.as_secs() as i64
        {
            let age = hours((hand.now.secs() - at.secs()).unsigned_abs());
            return findings.likely(ParametersCause::Old { name: item.name.clone(), at: rfc3339(at), age });
        }
    }
}

fn hours(seconds_ago: u64) -> String {
    match seconds_ago / 3600 {
        0 => seconds(Duration::from_secs(seconds_ago)),
        hours @ 1..72 => format!("{hours} hours"),
        hours => format!("{} days", hours / 24),
    }
}

/// A blob is made after the public key it is made with, and both files of a set come at once.
fn compare_times(hand: &Hand, findings: &mut Findings) {
    let time = |item: &Item| Some((item.name.clone(), item.modified?));
    let (key, token) = (hand.public_key.as_ref().and_then(time), hand.token.as_ref().and_then(time));
    let before = |one: SystemTime, other: SystemTime| other.duration_since(one).unwrap_or_default();
    let words = |time: SystemTime| rfc3339(DateTime::from(time));
    if let (Some((name, wrapped)), Some((other, downloaded))) =
        (hand.encrypted.as_ref().and_then(time), key.clone().or_else(|| token.clone()))
        && before(wrapped, downloaded) > COPYING
    {
        let (wrapped, downloaded) = (words(wrapped), words(downloaded));
        findings.likely(ParametersCause::WrappedBefore { name, wrapped, other, downloaded });
    }
    let vouched = [&hand.public_key, &hand.token].into_iter().flatten().all(|item| is_vouched_for(hand, item));
    if let (Some((first, one)), Some((second, two))) = (key, token)
        && !vouched
        && before(one, two).max(before(two, one)) > TOGETHER
    {
        let (one, two) = (words(one), words(two));
        findings.possible(ParametersCause::TimesApart { first, one, second, two });
    }
}
