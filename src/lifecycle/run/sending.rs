//! Sending wrapped key material, and the account of what became of it.

use std::future::Future;

use crate::kms::KmsError;
use crate::kms::{Import, Imported, Operation};
use crate::lifecycle::error::Error;
use crate::lifecycle::import::attempt::{AttemptOutcome, ImportAttempt};
use crate::lifecycle::run::facts::Facts;
use crate::lifecycle::run::ongoing::Ongoing;
use crate::parameters::sha256;

impl dyn Ongoing + '_ {
    /// A set of parameters is at hand.
    pub(crate) fn obtained(&self, attempt: ImportAttempt) {
        self.note(|facts| facts.obtained(attempt));
    }

    /// Sends wrapped key material. Whatever interrupts it, the account says that it was on its way; after the answer the call is still
    /// to be settled.
    pub(crate) async fn sending(
        &self,
        key_arn: &str,
        import: &Import<'_>,
        call: impl Future<Output = Result<Imported, KmsError>>,
    ) -> Result<Imported, Error> {
        let (token, wrapped) = (sha256(import.token)?, sha256(import.encrypted)?);
        // Of bare files nothing is known but the files.
        self.obtained(ImportAttempt {
            key_arn: key_arn.to_owned(),
            import_token_sha256: token.clone(),
            ..ImportAttempt::default()
        });
        self.note(|facts| {
            if let Some(attempt) = facts.attempt(&token) {
                attempt.wrapped_material_sha256 = Some(wrapped);
                attempt.outcome = AttemptOutcome::Unanswered;
            }
        });
        let result = self.asking(Operation::ImportKeyMaterial, call).await;
        self.note(|facts| {
            let Some(attempt) = facts.attempt(&token) else { return };
            match &result {
                Ok(imported) => {
                    attempt.outcome = AttemptOutcome::Imported;
                    attempt.key_material_id.clone_from(&imported.key_material_id);
                }
                Err(error) if error.may_have_changed() => {}
                Err(_) => attempt.outcome = AttemptOutcome::Refused,
            }
        });
        result
    }
}

impl Facts {
    fn obtained(&mut self, attempt: ImportAttempt) {
        if self.attempt(&attempt.import_token_sha256).is_none() {
            self.attempts.push(attempt);
        }
    }

    /// The passage with that token: a set serves one key.
    fn attempt(&mut self, token_sha256: &str) -> Option<&mut ImportAttempt> {
        self.attempts.iter_mut().rfind(|attempt| attempt.import_token_sha256 == token_sha256)
    }
}
