//! One passage of key material into KMS, by fingerprints: what it was wrapped for, what was sent, and what became of it.

use std::future::Future;

use serde::{Deserialize, Serialize};

use super::Journal;
use crate::error::{Error, KmsError};
use crate::kms::{Import, Imported};
use crate::parameters::sha256;

/// A set of import parameters and what was done with it. The hashes are of what an eavesdropper may see anyway: wrapping public key,
/// import token, wrapped key material. There is none of the key material itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // the names of parameters.json
pub struct Transfer {
    pub key_arn: String,
    /// Unknown, as the three below, for bare files.
    pub wrapping_algorithm: Option<String>,
    pub wrapping_key_spec: Option<String>,
    pub public_key_sha256: Option<String>,
    /// When the token expires, RFC 3339.
    pub valid_to: Option<String>,
    pub import_token_sha256: String,
    /// Nothing was wrapped yet if absent.
    pub wrapped_material_sha256: Option<String>,
    /// What KMS answered.
    pub key_material_id: Option<String>,
    pub outcome: TransferOutcome,
}

/// What became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferOutcome {
    /// The parameters were not used.
    #[default]
    NotSent,
    /// Sent, and no reply was seen.
    Unanswered,
    /// KMS did not take it.
    Refused,
    /// KMS took it.
    Imported,
}

impl Journal {
    /// A set of parameters is at hand.
    pub(super) fn obtained(&self, transfer: Transfer) {
        if self.known(&transfer.import_token_sha256).is_none() {
            self.transfers.lock().push(transfer);
        }
    }

    /// Sends wrapped key material. Whatever interrupts it, the account says that it was on its way.
    pub(super) async fn transferring(
        &self,
        key_arn: &str,
        import: &Import<'_>,
        call: impl Future<Output = Result<Imported, KmsError>>,
    ) -> Result<Imported, Error> {
        let (token, wrapped) = (sha256(import.token)?, sha256(import.encrypted)?);
        // Of bare files nothing is known but the files.
        self.obtained(Transfer {
            key_arn: key_arn.to_owned(),
            import_token_sha256: token.clone(),
            ..Transfer::default()
        });
        self.note_transfer(&token, |transfer| {
            transfer.wrapped_material_sha256 = Some(wrapped);
            transfer.outcome = TransferOutcome::Unanswered;
        });
        let result = call.await.map_err(Error::from);
        self.note_transfer(&token, |transfer| match &result {
            Ok(imported) => {
                transfer.outcome = TransferOutcome::Imported;
                transfer.key_material_id.clone_from(&imported.key_material_id);
            }
            Err(error) if error.may_have_changed() => {}
            Err(_) => transfer.outcome = TransferOutcome::Refused,
        });
        result
    }

    fn note_transfer(&self, token_sha256: &str, edit: impl FnOnce(&mut Transfer)) {
        if let Some(place) = self.known(token_sha256) {
            edit(&mut self.transfers.lock()[place]);
        }
    }

    /// The passage with that token: a set serves one key.
    fn known(&self, token_sha256: &str) -> Option<usize> {
        self.transfers.lock().iter().rposition(|transfer| transfer.import_token_sha256 == token_sha256)
    }
}
