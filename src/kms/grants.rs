//! Grants: who may use a key besides those whom its policy and IAM let in.

use aws_sdk_kms::Client;
use aws_sdk_kms::operation::list_grants::ListGrantsOutput;
use aws_sdk_kms::types::GrantListEntry;

use super::call::Call;
use super::client::Kms;
use super::error::KmsError;
use super::operation::Operation;
use super::pages::Page;
use super::reply::Reply;

/// One grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// A principal's ARN, or the name of an AWS service.
    pub grantee: String,
    /// What it may call, by KMS's names, as in `Decrypt`.
    pub operations: Vec<String>,
}

/// The quota of grants on one key.
const MOST: usize = 50_000;

impl Kms {
    /// ListGrants, all pages: the grants on the key of that id or ARN.
    ///
    /// # Errors
    /// As every call of [`Kms`], and [`KmsError::EndlessList`].
    pub async fn grants(&self, key_arn: &str) -> Result<Vec<Grant>, KmsError> {
        let operation = Operation::ListGrants;
        let send = |client: Client, marker| {
            let request = client.list_grants().key_id(key_arn).limit(100).set_marker(marker);
            async move { request.send().await }
        };
        let read = |page: ListGrantsOutput| {
            // Left out, it would hide whom grants let in.
            let listed = Reply(operation).need("Grants", page.grants)?;
            let grantee = |grant: &GrantListEntry| {
                let principal = grant.grantee_principal().or(grant.grantee_service_principal());
                principal.unwrap_or("a principal that is not named").to_owned()
            };
            let operations =
                |grant: &GrantListEntry| grant.operations().iter().map(|one| one.as_str().to_owned()).collect();
            let grant = |grant: &GrantListEntry| Grant { grantee: grantee(grant), operations: operations(grant) };
            let items: Vec<Grant> = listed.iter().map(grant).collect();
            let bytes = items.iter().map(|grant| grant.grantee.len() + grant.operations.len() * 64).sum();
            Ok(Page { listed: items.len(), items, bytes, marker: page.next_marker, truncated: page.truncated })
        };
        self.list(Call::new(operation, Some(key_arn)), MOST, send, read).await
    }
}
