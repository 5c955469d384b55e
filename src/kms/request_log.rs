//! Logs every reply with its request id, what time it is at KMS, and whether the embedded KMS gave it.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::date_time::Format;
use http::Uri;
use serde::{Deserialize, Serialize};

use super::error::WORTH_A_WARNING;
use super::reply::printable;
use crate::progress::Progress;
use crate::time::{self, rfc3339};

/// The header by which the embedded KMS says what it is.
const REHEARSAL: &str = "x-kms-byok-rehearsal";

/// A request that was answered, as CloudTrail and AWS support can find it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LoggedRequest {
    /// The operation, by KMS's name.
    pub operation: String,
    /// Where it was sent: scheme, host and port.
    #[cfg_attr(feature = "schemas", schemars(regex(pattern = r"^https?://[^/@?#]+$")))]
    pub endpoint: String,
    /// When the reply came, by this machine's clock: RFC 3339, UTC.
    #[cfg_attr(feature = "schemas", schemars(extend("format" = "date-time")))]
    pub at: String,
    /// The HTTP status.
    pub status: u16,
    /// `x-amzn-requestid`; `-` where the reply has none.
    pub request_id: String,
}

#[derive(Clone)]
pub(super) struct RequestLog {
    talk: Arc<dyn Progress + Send>,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    rehearsal: AtomicBool,
    replies: Mutex<Replies>,
    /// Seconds by which this machine's clock was ahead of the `Date` of the last reply.
    ahead: Mutex<Option<i64>>,
    warned: AtomicBool,
    /// Replies are not kept.
    keeps_none: AtomicBool,
}

/// Every reply. What thousands of them have in common is kept once.
#[derive(Default)]
struct Replies {
    names: HashSet<Arc<str>>,
    all: Vec<Reply>,
}

struct Reply {
    operation: Arc<str>,
    endpoint: Arc<str>,
    at: DateTime,
    status: u16,
    request_id: Box<str>,
}

impl Replies {
    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return known.clone();
        }
        let name: Arc<str> = name.into();
        self.names.insert(name.clone());
        name
    }
}

impl RequestLog {
    pub(super) fn new(talk: Arc<dyn Progress + Send>) -> Self {
        RequestLog { talk, seen: Arc::default() }
    }

    /// From now on no reply is kept.
    pub(super) fn keep_none(&self) {
        self.seen.keeps_none.store(true, Ordering::Relaxed);
    }

    pub(super) fn seen_rehearsal(&self) -> bool {
        self.seen.rehearsal.load(Ordering::Relaxed)
    }

    /// Every reply, in order.
    pub(super) fn requests(&self) -> Vec<LoggedRequest> {
        let replies = self.seen.replies.lock().unwrap_or_else(PoisonError::into_inner);
        let logged = |reply: &Reply| LoggedRequest {
            operation: reply.operation.to_string(),
            endpoint: reply.endpoint.to_string(),
            at: rfc3339(reply.at),
            status: reply.status,
            request_id: reply.request_id.to_string(),
        };
        replies.all.iter().map(logged).collect()
    }

    /// Seconds by which this machine's clock is ahead of KMS's, by the last reply that told its time.
    pub(super) fn clock_ahead(&self) -> Option<i64> {
        *self.seen.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn compare_clocks(&self, date: Option<&str>) {
        let Some(date) = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok()) else { return };
        let ahead = time::now().secs() - date.secs();
        *self.seen.ahead.lock().unwrap_or_else(PoisonError::into_inner) = Some(ahead);
        if ahead.abs() > WORTH_A_WARNING && !self.seen.warned.swap(true, Ordering::Relaxed) {
            self.talk.warn(&format!("this machine's clock is {} KMS's: set it (NTP)", time::difference(ahead)));
        }
    }
}

impl Intercept for RequestLog {
    fn name(&self) -> &'static str {
        "RequestLog"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // The request is gone by the time its reply is seen.
        cfg.interceptor_state().store_put(Origin::of(context.request().uri()));
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let reply = context.response();
        let operation = cfg.load::<Metadata>().map_or("?", Metadata::name);
        let header = |name| reply.headers().get(name);
        if header(REHEARSAL).is_some_and(|value| value == "true") {
            self.seen.rehearsal.store(true, Ordering::Relaxed);
        }
        self.compare_clocks(header("date"));
        let request_id = printable(header("x-amzn-requestid").or_else(|| header("x-amz-request-id")).unwrap_or("-"));
        self.talk.detail(&format!("{operation}: HTTP {}, request id {request_id}", reply.status()));
        if self.seen.keeps_none.load(Ordering::Relaxed) {
            return Ok(());
        }
        let (at, status, request_id) = (time::now(), reply.status().as_u16(), request_id.into());
        let mut replies = self.seen.replies.lock().unwrap_or_else(PoisonError::into_inner);
        let operation = replies.name(operation);
        let endpoint = replies.name(cfg.load::<Origin>().map_or("?", |origin| &origin.0));
        replies.all.push(Reply { operation, endpoint, at, status, request_id });
        Ok(())
    }
}

/// Scheme and host of a request's URL; the endpoint rules let no user name into it.
#[derive(Debug)]
struct Origin(String);

impl Storable for Origin {
    type Storer = StoreReplace<Self>;
}

impl Origin {
    fn of(url: &str) -> Self {
        let uri: Option<Uri> = url.parse().ok();
        let parts = uri.as_ref().and_then(|uri| Some((uri.scheme_str()?, uri.authority()?)));
        Origin(parts.map_or_else(|| "?".to_owned(), |(scheme, authority)| format!("{scheme}://{authority}")))
    }
}

impl fmt::Debug for RequestLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestLog")
    }
}
