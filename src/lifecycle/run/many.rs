//! The same question about each of many keys: some at a time, no more a second than KMS allows, the answers in the order of the keys.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use crate::kms::Operation;

/// Each question under way may hold a connection. So many are enough to use up a quota of 100 a second when an answer takes 150 ms.
const AT_ONCE: usize = 16;

/// A question under way.
pub(crate) type Asking<'a, A> = Pin<Box<dyn Future<Output = A> + Send + 'a>>;

/// Questions that are asked side by side. Dropping it drops those under way.
pub(crate) struct Many<'a, I, A> {
    questions: I,
    begun: VecDeque<Question<'a, A>>,
}

enum Question<'a, A> {
    Open(Asking<'a, A>),
    Answered(A),
}

impl<'a, A, I: Iterator<Item = Asking<'a, A>>> Many<'a, I, A> {
    /// Asks nothing yet.
    pub(crate) fn new(questions: I) -> Self {
        Many { questions, begun: VecDeque::with_capacity(AT_ONCE) }
    }

    /// The answer to the next question, in their order; nothing after the last.
    pub(crate) async fn next(&mut self) -> Option<A> {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<A>> {
        while self.begun.len() < AT_ONCE
            && let Some(question) = self.questions.next()
        {
            self.begun.push_back(Question::Open(question));
        }
        for question in &mut self.begun {
            if let Question::Open(asking) = question
                && let Poll::Ready(answer) = asking.as_mut().poll(context)
            {
                *question = Question::Answered(answer);
            }
        }
        match self.begun.pop_front() {
            None => Poll::Ready(None),
            Some(Question::Answered(answer)) => Poll::Ready(Some(answer)),
            Some(open) => {
                self.begun.push_front(open);
                Poll::Pending
            }
        }
    }
}

/// Keeps one kind of call below its quota, and leaves a twentieth of it to others.
pub(crate) struct Pace {
    gap: Duration,
    next: Mutex<Instant>,
}

impl Pace {
    /// As the quota of that operation allows; at once where it has none of its own.
    pub(crate) fn of(operation: Operation) -> Self {
        let second = Duration::from_secs(1);
        let gap = operation.quota_per_second().map_or(Duration::ZERO, |quota| second.mul_f64(20.0 / 19.0) / quota);
        Pace { gap, next: Mutex::new(Instant::now()) }
    }

    /// Waits until the next call may be made.
    pub(crate) async fn turn(&self) {
        let at = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let at = (*next).max(Instant::now());
            *next = at + self.gap;
            at
        };
        tokio::time::sleep_until(at).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn answers_come_in_the_order_of_the_questions_and_no_more_than_some_are_open() {
        let (open, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let ask = |number: u64| -> Asking<'_, u64> {
            let (open, most) = (&open, &most);
            Box::pin(async move {
                most.fetch_max(open.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(number * 7 % 40)).await;
                open.fetch_sub(1, Ordering::Relaxed);
                number
            })
        };
        let mut many = Many::new((0..100).map(ask));
        let mut answers = Vec::new();
        while let Some(answer) = many.next().await {
            answers.push(answer);
        }
        assert_eq!(answers, (0..100).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::Relaxed), AT_ONCE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pace_leaves_a_twentieth_of_the_quota() {
        let (pace, begun) = (Pace::of(Operation::ListKeyRotations), Instant::now());
        for _ in 0..951 {
            pace.turn().await;
        }
        assert_eq!(begun.elapsed().as_millis().div_ceil(10), 1000);
    }
}
