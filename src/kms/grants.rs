//! Grants: who may use a key besides those whom its policy and IAM let in.

use super::call::Call;
use super::client::Kms;
use super::error::KmsError;
use super::operation::Operation;
use super::pages::Pages;
use super::reply::Reply;

/// One grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// A principal's ARN, or the name of an AWS service.
    pub grantee: String,
    /// What it may call, by KMS's names.
    pub operations: Vec<String>,
}

/// The quota of grants on one key.
const MOST: usize = 50_000;

impl Kms {
    /// The grants on a key.
    pub async fn grants(&self, key_arn: &str) -> Result<Vec<Grant>, KmsError> {
        let operation = Operation::ListGrants;
        let mut grants = Vec::new();
        let mut pages = Pages::new(operation, MOST);
        loop {
            let send = |client: aws_sdk_kms::Client| {
                let request = client.list_grants().key_id(key_arn).limit(100).set_marker(pages.marker());
                async move { request.send().await }
            };
            let page = self.call(Call::new(operation, Some(key_arn)), send).await?;
            let before = grants.len();
            // Left out, it would hide whom grants let in.
            let listed = Reply(operation).need("Grants", page.grants)?;
            grants.extend(listed.iter().map(|grant| {
                Grant {
                    grantee: grant
                        .grantee_principal()
                        .or(grant.grantee_service_principal())
                        .unwrap_or("a principal that is not named")
                        .to_owned(),
                    operations: grant.operations().iter().map(|one| one.as_str().to_owned()).collect(),
                }
            }));
            let size = grants[before..].iter().map(|grant| grant.grantee.len() + grant.operations.len() * 64).sum();
            if !pages.turn(grants.len() - before, size, page.next_marker, page.truncated)? {
                return Ok(grants);
            }
        }
    }
}
