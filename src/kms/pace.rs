//! When a call may be sent, for callers that make many.

use std::future::Future;
use std::pin::Pin;

use super::operation::Operation;

/// Decides when each attempt at a call is sent. The SDK repeats nothing then: every repetition is an attempt of its own.
pub trait Pace: Send + Sync {
    /// Waits until the next call of that operation may be sent.
    fn turn(&self, operation: Operation) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// An attempt was answered: whether KMS has throttled it.
    fn answered(&self, operation: Operation, throttled: bool);
}
