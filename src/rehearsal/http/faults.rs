//! What is to go wrong on purpose, by the text forms of [`Fault`].

use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use serde_json::{Value, json};

use super::body::Delivery;
use crate::rehearsal::error::RehearsalError;
use crate::rehearsal::state::clock::ClockSetting;

/// One thing that is to go wrong, as in `ImportKeyMaterial:1:throttle`. It parses from its text form, `OPERATION:WHEN:WHAT`: other text is
/// [`RehearsalError::Fault`].
///
/// OPERATION is the name of an operation, or `*`; AssumeRole of STS can only be refused: `throttle`, `500`, `501`, `503`, `error=CODE`. WHEN counts its requests from 1: `3`, `3+` (from the third on), `2-4`, `always`.
/// WHAT is one of:
///
/// | | |
/// |---|---|
/// | `throttle` | ThrottlingException, nothing is done |
/// | `500`, `503` | an internal error, nothing is done |
/// | `501` | the operation is not there, as an emulator of KMS says it |
/// | `500-after` | an internal error, although it was done |
/// | `error=CODE`, `error-after=CODE` | this error code, and nothing is done, or it was done all the same; `=MESSAGE` may follow |
/// | `latency=DURATION`, `latency-after=DURATION` | answers later: waits before it is done, or after |
/// | `reset-before`, `reset-after` | the connection breaks, before or after it was done |
/// | `reset-during` | the connection breaks after half of the reply |
/// | `reply=BODY` | this instead of a reply, status 200, nothing is done |
/// | `html`, `html=STATUS` | a page of HTML instead of a reply (status 500) |
/// | `redirect=URL` | status 307 and a Location, nothing is done |
/// | `truncated` | half of the reply's JSON |
/// | `empty-object` | `{}` instead of the reply |
/// | `drop=FIELD` | the reply without this field; `.` leads inwards, as in `KeyMetadata.Arn` |
/// | `set=FIELD=VALUE` | the reply with this field so; VALUE is JSON, or else a text |
/// | `change=FIELD=VALUE` | as `set`, where the reply has this field |
/// | `lie` | an answer about another key: another public key, signature, MAC, plaintext, shared secret, id of key material |
/// | `lag=DURATION` | DescribeKey only: for so long after each import into a key, by the clock of the embedded KMS, the key as it was before it |
/// | `huge` | 64 MiB more of the reply |
/// | `slow=DURATION` | a byte of the reply every so often |
/// | `date=TIME` | the reply's Date is this, or this far from the machine's clock (`+25h`, `-2h`) |
/// | `wrong-key-size` | a public key of 1024 bits |
/// | `non-rsa-key` | a public key on the curve P-256 |
/// | `damaged-key` | a public key of the right size, but not the one of the set |
///
/// The last three are for replies with a PublicKey: GetParametersForImport and GetPublicKey.
///
/// A `POST` of `{"faults": ["CreateKey:1:500"]}` to `/_rehearsal/faults` puts these in the place of all others, and requests are counted
/// anew; a `GET` tells how many requests each has seen and struck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `None` is any operation.
    operation: Option<String>,
    first: u64,
    last: u64,
    what: What,
    text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Error { status: u16, code: String, message: Option<String>, after: bool },
    Latency { time: Duration, after: bool },
    Reset { after: bool },
    Deliver(Delivery),
    Reply(String),
    Html(u16),
    Redirect(HeaderValue),
    Truncated,
    EmptyObject,
    Drop(String),
    Set(String, Value),
    Change(String, Value),
    Lie,
    Lag(Duration),
    Huge,
    Date(ClockSetting),
    Key(Forgery),
}

/// What a public key is replaced by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forgery {
    Small,
    NotRsa,
    AnotherModulus,
}

/// The one operation of STS that can go wrong: it can only be refused.
pub(crate) const ASSUME_ROLE: &str = "AssumeRole";

impl FromStr for Fault {
    type Err = RehearsalError;

    fn from_str(text: &str) -> Result<Self, RehearsalError> {
        let wrong = |problem| RehearsalError::Fault { text: text.to_owned(), problem };
        let mut parts = text.splitn(3, ':');
        let (Some(operation), Some(when), Some(what)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong("it has fewer than three parts"));
        };
        if !["*", ASSUME_ROLE].contains(&operation) && crate::rehearsal::model::input_of(operation).is_none() {
            return Err(wrong("its first part is not an operation of the embedded KMS"));
        }
        let (first, last) = when_of(when).ok_or_else(|| wrong("its second part is not a count of requests"))?;
        let what = what_of(what).ok_or_else(|| wrong("its third part is unknown"))?;
        if matches!(what, What::Lag(_)) && operation != "DescribeKey" {
            return Err(wrong("only DescribeKey lags behind"));
        }
        if operation == ASSUME_ROLE && !matches!(what, What::Error { after: false, .. }) {
            return Err(wrong("AssumeRole can only be refused"));
        }
        let operation = (operation != "*").then(|| operation.to_owned());
        Ok(Fault { operation, first, last, what, text: text.to_owned() })
    }
}

fn when_of(text: &str) -> Option<(u64, u64)> {
    let count = |text: &str| text.parse().ok().filter(|count| *count > 0);
    if text == "always" {
        return Some((1, u64::MAX));
    }
    if let Some(first) = text.strip_suffix('+') {
        return Some((count(first)?, u64::MAX));
    }
    match text.split_once('-') {
        Some((first, last)) => Some((count(first)?, count(last)?)),
        None => count(text).map(|only| (only, only)),
    }
}

fn what_of(text: &str) -> Option<What> {
    let error = |status, code: &str, after| What::Error { status, code: code.to_owned(), message: None, after };
    let duration = |text: &str| humantime::parse_duration(text).ok();
    Some(match text.split_once('=') {
        Some(("latency", time)) => What::Latency { time: duration(time)?, after: false },
        Some(("latency-after", time)) => What::Latency { time: duration(time)?, after: true },
        Some(("lag", time)) => What::Lag(duration(time)?),
        Some(("slow", time)) => What::Deliver(Delivery::Slow(duration(time)?)),
        Some((name @ ("error" | "error-after"), says)) if !says.is_empty() => {
            let (code, message) = says.split_once('=').map_or((says, None), |(code, message)| (code, Some(message)));
            let (message, after) = (message.map(str::to_owned), name == "error-after");
            What::Error { status: status_of(code), code: code.to_owned(), message, after }
        }
        Some(("reply", body)) => What::Reply(body.to_owned()),
        Some(("html", status)) => What::Html(status.parse().ok().filter(|status| (200..600).contains(status))?),
        Some(("redirect", url)) if !url.is_empty() => What::Redirect(HeaderValue::from_str(url).ok()?),
        Some(("drop", field)) if !field.is_empty() => What::Drop(field.to_owned()),
        Some((name @ ("set" | "change"), assignment)) => {
            let (field, value) = assignment.split_once('=').filter(|(field, _)| !field.is_empty())?;
            let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
            if name == "set" { What::Set(field.to_owned(), value) } else { What::Change(field.to_owned(), value) }
        }
        Some(("date", time)) => What::Date(time.parse().ok()?),
        Some(_) => return None,
        None => match text {
            "throttle" => error(400, "ThrottlingException", false),
            "500" => error(500, "KMSInternalException", false),
            "500-after" => error(500, "KMSInternalException", true),
            "501" => error(501, "InternalFailure", false),
            "503" => error(503, "ServiceUnavailableException", false),
            "reset-before" => What::Reset { after: false },
            "reset-after" => What::Reset { after: true },
            "reset-during" => What::Deliver(Delivery::Cut),
            "html" => What::Html(500),
            "truncated" => What::Truncated,
            "empty-object" => What::EmptyObject,
            "lie" => What::Lie,
            "huge" => What::Huge,
            "wrong-key-size" => What::Key(Forgery::Small),
            "non-rsa-key" => What::Key(Forgery::NotRsa),
            "damaged-key" => What::Key(Forgery::AnotherModulus),
            _ => return None,
        },
    })
}

/// The HTTP status that KMS's model gives an error.
fn status_of(code: &str) -> u16 {
    match code {
        "KMSInternalException" | "KeyUnavailableException" | "InternalFailure" => 500,
        "DependencyTimeoutException" | "ServiceUnavailable" | "ServiceUnavailableException" => 503,
        _ => 400,
    }
}

/// The faults of a server, and how many requests each has seen.
pub(crate) struct Plan(Mutex<Vec<Planned>>);

struct Planned {
    fault: Fault,
    seen: u64,
    struck: u64,
}

impl Plan {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Plan(Mutex::new(planned(faults)))
    }

    /// These and no others from now on.
    pub(crate) fn replace(&self, faults: Vec<Fault>) {
        *self.planned() = planned(faults);
    }

    fn planned(&self) -> MutexGuard<'_, Vec<Planned>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What goes wrong with this request.
    pub(crate) fn strike(&self, operation: &str) -> Vec<What> {
        let mut due = Vec::new();
        for Planned { fault, seen, struck } in self.planned().iter_mut() {
            // Any operation is any of KMS.
            if fault.operation.as_deref().map_or(operation == ASSUME_ROLE, |name| name != operation) {
                continue;
            }
            *seen += 1;
            if (fault.first..=fault.last).contains(seen) {
                *struck += 1;
                due.push(fault.what.clone());
            }
        }
        due
    }

    /// Each fault, and how many requests it has seen and struck.
    pub(crate) fn told(&self) -> Value {
        let told = self
            .planned()
            .iter()
            .map(|Planned { fault, seen, struck }| json!({ "fault": fault.text, "seen": seen, "struck": struck }))
            .collect();
        json!({ "faults": Value::Array(told) })
    }
}

fn planned(faults: Vec<Fault>) -> Vec<Planned> {
    faults.into_iter().map(|fault| Planned { fault, seen: 0, struck: 0 }).collect()
}

/// The longest lag of DescribeKey among these.
pub(crate) fn longest_lag(faults: &[Fault]) -> Duration {
    let lags = faults.iter().filter_map(|fault| match fault.what {
        What::Lag(lag) => Some(lag),
        _ => None,
    });
    lags.max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strikes(fault: &str, requests: u64) -> Vec<u64> {
        let plan = Plan::new(vec![fault.parse().unwrap()]);
        (1..=requests).filter(|_| !plan.strike("CreateKey").is_empty()).collect()
    }

    #[test]
    fn a_fault_strikes_when_it_is_told_to() {
        assert_eq!(strikes("CreateKey:2:throttle", 4), [2]);
        assert_eq!(strikes("*:2+:500", 4), [2, 3, 4]);
        assert_eq!(strikes("CreateKey:1-2:html", 4), [1, 2]);
        assert_eq!(strikes("CreateKey:always:latency=5ms", 2), [1, 2]);
        assert_eq!(strikes("CreateAlias:always:reset-after", 2), [0; 0]);
    }

    #[test]
    fn faults_are_replaced_and_counted_anew() {
        let plan = Plan::new(vec!["CreateKey:2:500".parse().unwrap()]);
        assert!(plan.strike("CreateKey").is_empty());
        plan.replace(vec!["CreateKey:2:500".parse().unwrap(), "*:1:throttle".parse().unwrap()]);
        assert_eq!(
            [plan.strike("ListKeys").len(), plan.strike("CreateKey").len(), plan.strike("CreateKey").len()],
            [1, 0, 1]
        );
        let told = json!([
            { "fault": "CreateKey:2:500", "seen": 2, "struck": 1 },
            { "fault": "*:1:throttle", "seen": 3, "struck": 1 },
        ]);
        assert_eq!(plan.told(), json!({ "faults": told }));
    }

    #[test]
    fn what_is_not_a_fault_is_refused() {
        for text in [
            "",
            "CreateKey",
            "CreateKey:1",
            "Nothing:1:500",
            "CreateKey:0:500",
            "CreateKey:x:500",
            "CreateKey:1:boom",
            "*:1:set=KeyId",
            "*:1:change=KeyId",
            "*:1:error=",
            "*:1:date=yesterday",
            "*:1:slow",
            "*:1:redirect=",
            "DescribeKey:1:lag",
            "ImportKeyMaterial:1:lag=9s",
            "AssumeRole:1:html",
            "AssumeRole:1:500-after",
        ] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }
}
