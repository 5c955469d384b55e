//! Notes what passes: the request id of every reply, what time it is at KMS, and whether the embedded KMS gave it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;

use super::reply::printable;
use crate::moment;
use crate::talk::Talk;

/// The header by which the embedded KMS says what it is.
const REHEARSAL: &str = "x-kms-byok-rehearsal";

#[derive(Clone)]
pub(super) struct Witness {
    talk: Arc<dyn Talk + Send>,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    rehearsal: AtomicBool,
    requests: Mutex<Vec<(String, String)>>,
    /// Seconds by which this machine's clock was ahead of the `Date` of the last reply.
    ahead: Mutex<Option<i64>>,
    warned: AtomicBool,
}

/// AWS refuses signatures that are further off (AWS General Reference, "Signing AWS API requests").
pub(crate) const WORTH_A_WARNING: i64 = 5 * 60;

impl Witness {
    pub(super) fn new(talk: Arc<dyn Talk + Send>) -> Self {
        Witness { talk, seen: Arc::default() }
    }

    pub(super) fn seen_rehearsal(&self) -> bool {
        self.seen.rehearsal.load(Ordering::Relaxed)
    }

    /// Operation and request id of every reply, in order.
    pub(super) fn requests(&self) -> Vec<(String, String)> {
        self.seen.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Seconds by which this machine's clock is ahead of KMS's, by the last reply that told its time.
    pub(super) fn clock_ahead(&self) -> Option<i64> {
        *self.seen.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn compare_clocks(&self, date: Option<&str>) {
        let Some(date) = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok()) else { return };
        let ahead = moment::now().secs() - date.secs();
        *self.seen.ahead.lock().unwrap_or_else(PoisonError::into_inner) = Some(ahead);
        if ahead.abs() > WORTH_A_WARNING && !self.seen.warned.swap(true, Ordering::Relaxed) {
            self.talk.warn(&format!("this machine's clock is {} KMS's: set it (NTP)", moment::difference(ahead)));
        }
    }
}

impl Intercept for Witness {
    fn name(&self) -> &'static str {
        "Witness"
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
        let id = printable(header("x-amzn-requestid").or_else(|| header("x-amz-request-id")).unwrap_or("-"));
        self.talk.detail(&format!("{operation}: HTTP {}, request id {id}", reply.status()));
        let mut requests = self.seen.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.push((operation.to_owned(), id));
        Ok(())
    }
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Witness")
    }
}
