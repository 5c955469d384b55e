//! What a run has asked of KMS.

use super::stage::Stage;

impl Stage {
    /// The operations that were answered while `work` ran.
    pub fn answered_during<T>(&self, work: impl FnOnce() -> T) -> (T, Vec<String>) {
        let before = self.answered().len();
        let result = work();
        (result, self.answered().split_off(before))
    }
}
