//! What is to go wrong on purpose: `OPERATION:WHEN:WHAT`.
//!
//! OPERATION is the name of an operation, or `*`. WHEN counts its requests from 1: `3`, `3+` (from the third on), `2-4`, `always`.
//! WHAT is one of:
//!
//! | | |
//! |---|---|
//! | `throttle` | ThrottlingException, nothing is done |
//! | `500`, `503` | an internal error, nothing is done |
//! | `500-after` | an internal error, although it was done |
//! | `error=CODE` | this error code, nothing is done |
//! | `latency=DURATION` | does it later, and answers |
//! | `latency-after=DURATION` | does it, and answers later |
//! | `reset-before`, `reset-after` | the connection breaks, before or after it was done |
//! | `html`, `html=STATUS` | a page of HTML instead of a reply (status 500) |
//! | `truncated` | half of the reply's JSON |
//! | `empty-object` | `{}` instead of the reply |
//! | `lie` | an answer about another key: another public key, signature, MAC, plaintext, shared secret, id of key material |
//! | `wrong-key-size` | a public key of 1024 bits in GetParametersForImport |

use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::RehearsalError;

/// One thing that is to go wrong. Its text form is `OPERATION:WHEN:WHAT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `None` is any operation.
    operation: Option<String>,
    first: u64,
    last: u64,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Error { status: u16, code: String, after: bool },
    Latency { time: Duration, after: bool },
    Reset { after: bool },
    Html(u16),
    Truncated,
    EmptyObject,
    Lie,
    WrongKeySize,
}

impl FromStr for Fault {
    type Err = RehearsalError;

    fn from_str(text: &str) -> Result<Self, RehearsalError> {
        let wrong = |problem| RehearsalError::Fault { text: text.to_owned(), problem };
        let mut parts = text.splitn(3, ':');
        let (Some(operation), Some(when), Some(what)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong("it has fewer than three parts"));
        };
        if operation != "*" && super::model::input_of(operation).is_none() {
            return Err(wrong("its first part is not an operation of the embedded KMS"));
        }
        let (first, last) = when_of(when).ok_or_else(|| wrong("its second part is not a count of requests"))?;
        let what = what_of(what).ok_or_else(|| wrong("its third part is unknown"))?;
        let operation = (operation != "*").then(|| operation.to_owned());
        Ok(Fault { operation, first, last, what })
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
    let error = |status, code: &str, after| What::Error { status, code: code.to_owned(), after };
    Some(match text.split_once('=') {
        Some(("latency", time)) => What::Latency { time: humantime::parse_duration(time).ok()?, after: false },
        Some(("latency-after", time)) => What::Latency { time: humantime::parse_duration(time).ok()?, after: true },
        Some(("error", code)) if !code.is_empty() => error(400, code, false),
        Some(("html", status)) => What::Html(status.parse().ok().filter(|status| (200..600).contains(status))?),
        Some(_) => return None,
        None => match text {
            "throttle" => error(400, "ThrottlingException", false),
            "500" => error(500, "KMSInternalException", false),
            "500-after" => error(500, "KMSInternalException", true),
            "503" => error(503, "ServiceUnavailableException", false),
            "reset-before" => What::Reset { after: false },
            "reset-after" => What::Reset { after: true },
            "html" => What::Html(500),
            "truncated" => What::Truncated,
            "empty-object" => What::EmptyObject,
            "lie" => What::Lie,
            "wrong-key-size" => What::WrongKeySize,
            _ => return None,
        },
    })
}

/// The faults of a server, and how many requests each has seen.
pub(super) struct Plan {
    faults: Vec<(Fault, AtomicU64)>,
}

impl Plan {
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        Plan { faults: faults.into_iter().map(|fault| (fault, AtomicU64::new(0))).collect() }
    }

    /// What goes wrong with this request.
    pub(super) fn strike(&self, operation: &str) -> Vec<&What> {
        let concerned =
            self.faults.iter().filter(|(fault, _)| fault.operation.as_deref().is_none_or(|name| name == operation));
        let due = concerned
            .filter(|(fault, seen)| (fault.first..=fault.last).contains(&(seen.fetch_add(1, Ordering::Relaxed) + 1)));
        due.map(|(fault, _)| &fault.what).collect()
    }
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
    fn what_is_not_a_fault_is_refused() {
        for text in
            ["", "CreateKey", "CreateKey:1", "Nothing:1:500", "CreateKey:0:500", "CreateKey:x:500", "CreateKey:1:boom"]
        {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }
}
