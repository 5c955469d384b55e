//! What the library says while it works. Who listens, and where it is shown, is the caller's business.

/// Receives the sentences of a run, from any thread. None of them ever holds a secret, and none has a say in the result.
pub trait Progress: Sync {
    /// A step that was done, or what is waited for now, as one sentence without a full stop.
    fn step(&self, text: &str);
    /// A step that the result does not tell of, so that it should stay where the user sees it. By default it is one as the others.
    fn note(&self, text: &str) {
        self.step(text);
    }
    /// Something the user should look at.
    fn warn(&self, text: &str);
    /// A detail for the curious: calls, request ids, waits.
    fn detail(&self, text: &str);
}

/// A [`Progress`] that says nothing.
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _: &str) {}
    fn warn(&self, _: &str) {}
    fn detail(&self, _: &str) {}
}
