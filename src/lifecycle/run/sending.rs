//! Sending wrapped key material, and the account of what became of it.

use std::future::Future;

use crate::kms::KmsError;
use crate::kms::{Import, Imported};
use crate::lifecycle::error::Error;
use crate::lifecycle::import::attempt::{AttemptOutcome, ImportAttempt};
use crate::lifecycle::run::journal::Journal;
use crate::parameters::sha256;

impl Journal {
    /// A set of parameters is at hand.
    pub(crate) fn obtained(&self, transfer: ImportAttempt) {
        if self.known(&transfer.import_token_sha256).is_none() {
            self.transfers.lock().push(transfer);
        }
    }

    /// Sends wrapped key material. Whatever interrupts it, the account says that it was on its way.
    pub(crate) async fn transferring(
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
        self.note_transfer(&token, |transfer| {
            transfer.wrapped_material_sha256 = Some(wrapped);
            transfer.outcome = AttemptOutcome::Unanswered;
        });
        let result = call.await.map_err(Error::from);
        self.note_transfer(&token, |transfer| match &result {
            Ok(imported) => {
                transfer.outcome = AttemptOutcome::Imported;
                transfer.key_material_id.clone_from(&imported.key_material_id);
            }
            Err(error) if error.may_have_changed() => {}
            Err(_) => transfer.outcome = AttemptOutcome::Refused,
        });
        result
    }

    fn note_transfer(&self, token_sha256: &str, edit: impl FnOnce(&mut ImportAttempt)) {
        if let Some(place) = self.known(token_sha256) {
            edit(&mut self.transfers.lock()[place]);
        }
    }

    /// The passage with that token: a set serves one key.
    fn known(&self, token_sha256: &str) -> Option<usize> {
        self.transfers.lock().iter().rposition(|transfer| transfer.import_token_sha256 == token_sha256)
    }
}
