//! Makes a call, and repeats it where that is safe and promising.

use std::error::Error as StdError;
use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use aws_sdk_kms::Client;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::DateTime;

use super::backoff::Backoff;
use super::client::Kms;
use super::description::KeyDescription;
use super::error::{KmsError, Reason, Refusal};
use super::injected::Numbered;
use super::operation::Operation;
use super::recent_changes::{Change, Changed};
use super::region::Region;
use crate::time::seconds;

/// Attempts at a call that is not repeatable, while nothing of it could be sent. The SDK makes as many of the others.
const CONNECT_ATTEMPTS: u32 = 3;

/// How often a paced call may be throttled. Each time its pace slows down, and it waits for its turn again.
const PACED_THROTTLES: u32 = 20;

/// A call about to be made.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) operation: Operation,
    /// The key or alias it is about.
    pub(super) key: Option<&'a str>,
    /// Whether the SDK may send it again after a timeout or a broken connection.
    pub(super) repeatable: bool,
}

/// For how long after its creation some of KMS's servers may refuse an import into a key for its state.
const YOUNG: i64 = 5 * 60;

enum Wait {
    Throttled,
    Consistency(Instant),
    Connection,
}

impl<'a> Call<'a> {
    pub(super) fn new(operation: Operation, key: Option<&'a str>) -> Self {
        Call { operation, key, repeatable: operation.is_repeatable() }
    }
}

impl Kms {
    pub(super) async fn call<T, E, F>(&self, call: Call<'_>, send: impl Fn(Client) -> F) -> Result<T, KmsError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + StdError + 'static,
    {
        self.region().parse::<Region>()?;
        let numbered = Numbered::before();
        let begun = Instant::now();
        let mut throttling = Backoff::new(self.max_wait());
        let (mut consistency, mut connecting) = (None, None);
        let (mut attempts, mut throttles) = (1, 0);
        let mut announced = None;
        loop {
            self.turn(call.operation).await;
            // On the heap: what the SDK keeps for a call would be part of every future above, and of the stack of whoever polls it.
            let answer = Box::pin(send(self.sdk(call.repeatable))).await;
            numbered.after();
            let mut error = match answer {
                Ok(reply) => {
                    self.answered(call.operation, false);
                    if announced.is_some() {
                        let waited = seconds(tenths(begun.elapsed()));
                        self.talk().step(&format!("{} went through after {waited}", call.operation));
                    }
                    return Ok(reply);
                }
                Err(error) => self.classify(call, &error),
            };
            let throttled = error.reason() == Some(Reason::Throttled);
            self.answered(call.operation, throttled);
            throttles += u32::from(throttled);
            let waited = begun.elapsed();
            let Some(wait) = self.worth_waiting(&error, call) else { return Err(error) };
            let (delay, why) = match wait {
                // Its next turn is the pause.
                Wait::Throttled if self.is_paced() => {
                    ((throttles <= PACED_THROTTLES).then_some(Duration::ZERO), "KMS throttles it")
                }
                Wait::Throttled => (throttling.delay(), "KMS throttles it"),
                Wait::Consistency(since) => {
                    let backoff = consistency.get_or_insert_with(|| Backoff::since(since, self.wait()));
                    (backoff.delay(), "the change of the key has not reached all of KMS")
                }
                Wait::Connection if attempts < CONNECT_ATTEMPTS => {
                    let pauses = connecting.get_or_insert_with(|| Backoff::new(self.max_wait()));
                    (pauses.delay(), "KMS was not reached")
                }
                Wait::Connection => (None, ""),
            };
            let Some(delay) = delay else {
                if !matches!(wait, Wait::Connection) {
                    give_up(&mut error, waited);
                }
                return Err(error);
            };
            attempts += 1;
            if announced.replace(why) != Some(why) {
                self.announce(call.operation, &wait, why);
            }
            let pause = seconds(delay);
            self.talk().detail(&format!("{}: {why}; attempt {attempts} in {pause}", call.operation));
            tokio::time::sleep(delay).await;
        }
    }

    fn worth_waiting(&self, error: &KmsError, call: Call<'_>) -> Option<Wait> {
        match error {
            KmsError::Refused(refusal) => match refusal.reason {
                Reason::Throttled => Some(Wait::Throttled),
                Reason::NotFound | Reason::InvalidState => self.inconsistent(refusal).map(Wait::Consistency),
                _ if self.is_paced() && call.repeatable && refusal.is_server_fault => Some(Wait::Connection),
                _ => None,
            },
            KmsError::Endpoint(error) if !call.repeatable && error.is_passing() => Some(Wait::Connection),
            KmsError::Endpoint(error) if self.is_paced() && error.may_have_been_sent() => Some(Wait::Connection),
            KmsError::Endpoint(error) if self.is_paced() && error.is_passing() => Some(Wait::Connection),
            KmsError::ReplyLost { .. } if self.is_paced() && call.repeatable => Some(Wait::Connection),
            _ => None,
        }
    }

    /// KMS is eventually consistent: for a while after CreateKey, ReplicateKey and ImportKeyMaterial, some of its
    /// servers answer as before. Only keys that this process has changed are waited for, and for imports those that are young.
    fn inconsistent(&self, refusal: &Refusal) -> Option<Instant> {
        let key = refusal.key.as_deref()?;
        let says = |text: &str| refusal.message.to_ascii_lowercase().contains(text);
        let lasting = says("pending deletion") || says("pending rotation") || says("disabled");
        let changed = self.recent().change_of(key);
        if refusal.reason == Reason::InvalidState && refusal.operation == Operation::ImportKeyMaterial {
            let begun = changed.map_or_else(Instant::now, |changed| changed.at);
            return (!lasting && self.is_new(key, changed)).then_some(begun);
        }
        let changed = changed?;
        let passing = match refusal.reason {
            Reason::NotFound => true,
            _ if says("pending import") => changed.what == Change::Imported,
            _ => !lasting,
        };
        passing.then_some(changed.at)
    }

    /// Whether a key may not be ready for imports everywhere: replicated by this process, or made minutes ago by KMS's clock.
    fn is_new(&self, key: &str, changed: Option<Changed>) -> bool {
        let what = changed.map(|changed| changed.what);
        match self.recent().date_of(key) {
            _ if what == Some(Change::Replicated) => true,
            Some(made) => self.is_young(made),
            None => what == Some(Change::Created),
        }
    }

    fn is_young(&self, made: DateTime) -> bool {
        self.now().secs() - made.secs() < YOUNG
    }

    /// KMS has told when the key was made.
    pub(super) fn note_date(&self, key: &KeyDescription) {
        self.recent().made(key, key.created.is_some_and(|made| self.is_young(made)));
    }

    /// Says once what is waited for, and how long at most.
    fn announce(&self, operation: Operation, wait: &Wait, why: &str) {
        let limit = match wait {
            Wait::Connection => format!("up to {CONNECT_ATTEMPTS} times"),
            Wait::Throttled => format!("for up to {}", seconds(self.max_wait())),
            Wait::Consistency(_) => format!("for up to {}", seconds(self.wait())),
        };
        self.talk().step(&format!("repeating {operation} {limit}: {why}"));
    }
}

/// Enough for people.
fn tenths(time: Duration) -> Duration {
    Duration::from_millis(time.as_millis() as u64 / 100 * 100)
}

fn give_up(error: &mut KmsError, waited: Duration) {
    if let KmsError::Refused(refusal) = error {
        refusal.waited = Some(waited);
    }
}
