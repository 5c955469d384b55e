//! From the SDK's errors to ours.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::call::Call;
use super::client::Kms;
use super::error::{EndpointError, KmsError, Reason, Refusal};
use super::operation::Operation;
use super::reply::printable;
use super::transport::find;

impl Kms {
    /// Sorts a failed call. The SDK's own texts are used only where KMS has said nothing.
    pub(super) fn classify<E>(&self, call: Call<'_>, error: &SdkError<E, HttpResponse>) -> KmsError
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let operation = call.operation;
        if let Some(error) = find::<KmsError>(error) {
            return error.clone();
        }
        if let Some(error) = find::<CredentialsError>(error) {
            if let Some(refused) = self.provider_refused() {
                return refused.into();
            }
            return self.no_credentials(error);
        }
        if let Some(cause) = find::<EndpointError>(error) {
            let cause = cause.clone();
            return match operation.changes() && cause.may_have_been_sent() {
                true => KmsError::ReplyLost { operation, cause },
                false => cause.into(),
            };
        }
        match error {
            // KMS sends nobody elsewhere, and nobody is followed: the request would be signed for another host.
            SdkError::ServiceError(context) if (300..400).contains(&context.raw().status().as_u16()) => {
                self.not_kms(operation, context.raw())
            }
            SdkError::ServiceError(context) => match context.err().code().filter(|code| !code.is_empty()) {
                Some(code) => self.refused(call, code, context.err(), context.raw()),
                None => self.not_kms(operation, context.raw()),
            },
            SdkError::ResponseError(context) => self.not_kms(operation, context.raw()),
            other => KmsError::Unsendable { operation, because: chain(other) },
        }
    }

    fn refused(&self, call: Call<'_>, code: &str, error: &dyn ProvideErrorMetadata, raw: &HttpResponse) -> KmsError {
        let message = printable(error.message().unwrap_or_default());
        let reason = Reason::of(code, &message, raw.status().as_u16());
        KmsError::Refused(Box::new(Refusal {
            operation: call.operation,
            reason,
            code: printable(code),
            message,
            request_id: raw.headers().get("x-amzn-requestid").map(printable),
            key: call.key.map(str::to_owned),
            region: self.region().clone(),
            endpoint: self.endpoint().map(str::to_owned),
            waited: None,
            clock_ahead: self.clock_ahead(),
            had_material: None,
            is_server_fault: raw.status().is_server_error() && reason != Reason::NotImplemented,
        }))
    }

    fn not_kms(&self, operation: Operation, raw: &HttpResponse) -> KmsError {
        let status = raw.status().as_u16();
        let header = |name: &str| raw.headers().get(name).map(printable);
        let because = match (header("location"), header("content-type")) {
            (Some(location), _) => format!("HTTP {status}, a redirect to {location}"),
            (None, Some(kind)) => format!("HTTP {status}, {kind}"),
            (None, None) => format!("HTTP {status}"),
        };
        let endpoint = self.endpoint().map_or_else(|| format!("KMS in {}", self.region()), str::to_owned);
        KmsError::NotKms { operation, endpoint, status, because }
    }

    fn no_credentials(&self, error: &CredentialsError) -> KmsError {
        let (profile, because) = (self.profile().map(str::to_owned), chain(error));
        match error {
            CredentialsError::CredentialsNotLoaded(_) => KmsError::NoCredentials { profile, because },
            _ => KmsError::CredentialsFail { profile, because },
        }
    }
}

/// All texts of a chain of errors, outermost first, without repetition.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        let inner = error.to_string();
        if !text.contains(&inner) {
            text = format!("{text}: {inner}");
        }
        next = error.source();
    }
    // The chain of providers is a list with a line for each.
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    printable(&lines.join("; ").replace(":; ", ": "))
}
