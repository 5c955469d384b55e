//! A run in progress. Its stage can be read as one value at any moment and from any thread, also after the run failed, was stopped or
//! panicked. Only the run itself publishes a new stage.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::kms::{KeyDescription, Operation};
use crate::lifecycle::error::Error;
use crate::lifecycle::run::facts::Facts;
use crate::lifecycle::run::stage::{Account, Done, Interrupted, News, Stage, Standing};
use crate::progress::{Progress, Silent};

/// One run of a verb whose stages are `R`. It may be read from other threads while the run goes on.
pub struct Run<R> {
    latest: Arc<Mutex<Arc<Standing<R>>>>,
    /// Passed by every changing call before it is sent.
    gate: Arc<Mutex<()>>,
    progress: Arc<dyn Progress + Send>,
    /// Who is asked before each call that changes AWS.
    before: Option<Arc<dyn Before>>,
    /// Where this run is a part of another one: what tells that one of it.
    whole: Option<Arc<Tell<R>>>,
}

/// Publishes a part's stage and facts as those of the whole.
type Tell<R> = dyn Fn(&Standing<R>) + Send + Sync;

/// A run of any verb, for a caller that reports on it.
pub trait Watched: Send + Sync {
    /// Everything that can be reported at this moment.
    fn account(&self) -> Account;

    /// Stops the run from sending another call that changes AWS, for the rest of the process: a report about a run in another thread then
    /// stays true. A call that is already under way is in doubt.
    fn close(&self);
}

impl<R: Stage> Default for Run<R> {
    fn default() -> Self {
        Run::new(Arc::new(Silent))
    }
}

impl<R: Stage> Run<R> {
    /// A run that has not begun, whose steps are told to `progress`. `Run::default()` says nothing.
    pub fn new(progress: Arc<dyn Progress + Send>) -> Self {
        Run { latest: Arc::default(), gate: Arc::default(), progress, before: None, whole: None }
    }

    /// The same, and `before` is asked before each call that changes AWS.
    #[must_use]
    pub fn asking_first(self, before: Arc<dyn Before>) -> Self {
        Run { before: Some(before), ..self }
    }

    /// A run of another verb as a part of this one, which begins with the facts of this one: each of its stages becomes a stage of the
    /// whole, in the form that `stage` gives it. Meanwhile only the part publishes.
    pub fn part<S: Stage>(&self, stage: impl Fn(S) -> R + Send + Sync + 'static) -> Run<S> {
        let (latest, above) = (self.latest.clone(), self.whole.clone());
        let whole = move |part: &Standing<S>| {
            let Standing { reached, facts } = part.clone();
            let mut latest = lock(&latest);
            *latest = Arc::new(Standing { reached: stage(reached), facts });
            if let Some(tell) = &above {
                tell(&latest);
            }
        };
        Run {
            latest: Arc::new(Mutex::new(Arc::new(Standing { reached: S::default(), facts: self.facts() }))),
            gate: self.gate.clone(),
            progress: self.progress.clone(),
            before: self.before.clone(),
            whole: Some(Arc::new(whole)),
        }
    }

    /// The stage and the facts at this moment.
    pub fn standing(&self) -> Arc<Standing<R>> {
        lock(&self.latest).clone()
    }

    /// Tells the run its key, where the caller has asked KMS for it.
    pub fn found(&self, key: &KeyDescription) {
        let run: &dyn Ongoing = self;
        run.hear(&News::Seen(key));
    }

    /// The next stage.
    pub(crate) fn reach(&self, stage: impl Into<R>) {
        let stage = stage.into();
        self.replace(|now| now.reached = stage);
    }

    /// The stage that follows from the one before.
    pub(crate) fn advance(&self, next: impl FnOnce(R) -> R) {
        self.replace(|now| now.reached = next(mem::take(&mut now.reached)));
    }

    /// The next stage, with the answer to the call that led to it.
    pub(crate) fn arrive(&self, stage: impl Into<R>) {
        let stage = stage.into();
        self.replace(|now| {
            now.facts.settle(true);
            now.reached = stage;
        });
    }

    /// Ends the run with a result.
    pub(crate) fn outcome<E: Clone + Into<R>>(&self, result: Result<E, Error>) -> Result<Done<E>, Interrupted<R>> {
        match result {
            Ok(evidence) => {
                self.reach(evidence.clone());
                Ok(Done::new(evidence, self.facts()))
            }
            Err(error) => Err(self.interrupted(error)),
        }
    }

    /// The run as it is now, ended by that error.
    pub fn interrupted(&self, error: Error) -> Interrupted<R> {
        Interrupted { error, stands: Box::new((*self.standing()).clone()) }
    }

    /// Replaces the value. A reader sees the old value or the new one, never half of each.
    fn replace(&self, change: impl FnOnce(&mut Standing<R>)) {
        let mut latest = lock(&self.latest);
        let mut now = (**latest).clone();
        change(&mut now);
        *latest = Arc::new(now);
        if let Some(tell) = &self.whole {
            tell(&latest);
        }
    }
}

impl<R: Stage> Watched for Run<R> {
    fn account(&self) -> Account {
        let standing = self.standing();
        Account::of(&standing.reached, &standing.facts)
    }

    fn close(&self) {
        mem::forget(lock(&self.gate));
    }
}

/// What has to be done before a call that changes AWS is sent, as writing down that it will be.
pub trait Before: Send + Sync {
    /// Returns when the call may be sent. `account` is the run so far.
    ///
    /// # Errors
    /// Whatever ends the run instead of the call. Nothing was sent then.
    fn changing(&self, operation: Operation, account: Account) -> Asked<'_>;
}

/// The answer to the question whether a call may be sent.
pub type Asked<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

/// What the steps that several verbs share may do to a run.
pub(crate) trait Ongoing: Send + Sync {
    fn progress(&self) -> &dyn Progress;

    fn facts(&self) -> Facts;

    /// Asks whether a changing call may be sent.
    fn ask_first(&self, operation: Operation) -> Option<Asked<'_>>;

    /// Waits at the gate, and notes a changing call before it is sent.
    fn begin(&self, operation: Operation);

    /// Publishes one new value.
    fn publish(&self, change: &mut dyn FnMut(&mut Facts), news: Option<&News<'_>>);
}

impl<R: Stage> Ongoing for Run<R> {
    fn progress(&self) -> &dyn Progress {
        &*self.progress
    }

    fn facts(&self) -> Facts {
        self.standing().facts.clone()
    }

    fn ask_first(&self, operation: Operation) -> Option<Asked<'_>> {
        self.before.as_ref().map(|before| before.changing(operation, self.account()))
    }

    fn begin(&self, operation: Operation) {
        let _open = lock(&self.gate);
        self.replace(|now| now.facts.in_doubt = Some(operation));
    }

    fn publish(&self, change: &mut dyn FnMut(&mut Facts), news: Option<&News<'_>>) {
        self.replace(|now| {
            change(&mut now.facts);
            if let Some(news) = news {
                now.reached = mem::take(&mut now.reached).after(news);
            }
        });
    }
}

impl dyn Ongoing + '_ {
    pub(crate) fn step(&self, text: impl AsRef<str>) {
        self.progress().step(text.as_ref());
    }

    pub(crate) fn warn(&self, text: impl AsRef<str>) {
        self.progress().warn(text.as_ref());
    }

    /// The stage after that piece of news.
    pub(crate) fn hear(&self, news: &News<'_>) {
        self.publish(&mut |_| (), Some(news));
    }

    /// Notes a fact; the stage stays.
    pub(crate) fn note(&self, change: impl FnOnce(&mut Facts)) {
        let mut change = Some(change);
        let mut once = |facts: &mut Facts| {
            if let Some(change) = change.take() {
                change(facts);
            }
        };
        self.publish(&mut once, None);
    }

    /// Whether a change that an earlier run has begun is waited for.
    pub(crate) fn awaiting_earlier(&self, awaited: bool) {
        self.note(|facts| facts.awaited = awaited);
    }

    /// The call in doubt was answered, or found to have taken effect; with what that means for the stage.
    pub(crate) fn settle(&self, changed: bool, news: Option<&News<'_>>) {
        self.publish(&mut |facts| facts.settle(changed), news);
    }

    /// Sends a call that changes AWS. Whatever interrupts it, the run says that it may have happened. So it does after the answer, too,
    /// until that is [settled](Self::settle).
    pub(crate) async fn asking<T, E: Into<Error>>(
        &self,
        operation: Operation,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Error> {
        if let Some(asked) = self.ask_first(operation) {
            asked.await?;
        }
        self.begin(operation);
        let result = call.await.map_err(Into::into);
        if let Err(error) = &result
            && !error.may_have_changed()
        {
            self.settle(false, None);
        }
        result
    }

    /// The same, and settled by the answer.
    pub(crate) async fn changing<T, E: Into<Error>>(
        &self,
        operation: Operation,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Error> {
        let answer = self.asking(operation, call).await?;
        self.settle(true, None);
        Ok(answer)
    }
}

/// Ignores poisoning: the value is replaced in one statement, so that a panic elsewhere leaves it whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
