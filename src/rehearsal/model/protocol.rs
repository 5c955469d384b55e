//! KMS's JSON 1.1 protocol: who asks for what in which Region, and how a refusal looks.

use serde_json::{Value, json};

/// An error reply of KMS. An empty text is left out of the reply, as KMS does.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Refusal { code, message: message.into() }
    }

    /// A refusal that KMS gives no reason for.
    pub(crate) fn silent(code: &'static str) -> Self {
        Refusal::new(code, "")
    }

    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Refusal::new("ValidationException", message)
    }

    pub(crate) fn invalid_state(message: impl Into<String>) -> Self {
        Refusal::new("KMSInvalidStateException", message)
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Refusal::new("UnsupportedOperationException", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Refusal::new("NotFoundException", message)
    }

    pub(crate) fn internal(what: &str) -> Self {
        Refusal::new("KMSInternalException", format!("the embedded KMS failed: {what}"))
    }

    pub(crate) fn status(&self) -> u16 {
        match self.code {
            "KMSInternalException" => 500,
            "AccessDeniedException" => 400,
            _ => 400,
        }
    }

    pub(crate) fn body(&self) -> Value {
        if self.message.is_empty() {
            return json!({ "__type": self.code });
        }
        // The types of KMS's model carry `message`; what answers before KMS itself is reached says `message` too.
        json!({ "__type": self.code, "message": self.message })
    }
}

impl From<openssl::error::ErrorStack> for Refusal {
    fn from(_: openssl::error::ErrorStack) -> Self {
        Refusal::internal("OpenSSL")
    }
}

/// What the `Authorization` header of a request (AWS signature version 4) says about its sender.
pub(crate) struct Scope<'a> {
    pub(crate) access_key_id: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
}

impl<'a> Scope<'a> {
    /// Reads `AWS4-HMAC-SHA256 Credential=AKID/20270131/us-east-1/kms/aws4_request, …`. The signature is not looked at.
    pub(crate) fn read(authorization: Option<&'a str>) -> Result<Self, Refusal> {
        let header = authorization
            .ok_or_else(|| Refusal::new("MissingAuthenticationTokenException", "Missing Authentication Token"))?;
        let incomplete = || {
            Refusal::new(
                "IncompleteSignatureException",
                "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter.",
            )
        };
        let scope = header
            .strip_prefix("AWS4-HMAC-SHA256 ")
            .and_then(|parameters| parameters.split(',').find_map(|part| part.trim().strip_prefix("Credential=")))
            .ok_or_else(incomplete)?;
        let mut parts = scope.rsplitn(5, '/');
        match (parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some("aws4_request"), Some(service), Some(region), Some(_date), Some(access_key_id))
                if is_region(region) && !access_key_id.is_empty() =>
            {
                Ok(Scope { access_key_id, region, service })
            }
            _ => Err(incomplete()),
        }
    }
}

/// `us-east-1`, `us-gov-west-1`, …
pub(crate) fn is_region(text: &str) -> bool {
    let mut parts = text.rsplit('-');
    let number = parts.next().unwrap_or_default();
    let words: Vec<&str> = parts.collect();
    (2..=3).contains(&words.len())
        && words.iter().all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The operation of an `X-Amz-Target: TrentService.Operation`.
pub(crate) fn operation(target: Option<&str>) -> Option<&str> {
    target?.strip_prefix("TrentService.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_credential_scope_names_key_and_region() {
        let header =
            "AWS4-HMAC-SHA256 Credential=AKIA/x/20270131/eu-west-2/kms/aws4_request, SignedHeaders=host, Signature=00";
        let scope = Scope::read(Some(header)).map_err(|refusal| refusal.code).unwrap();
        assert_eq!((scope.access_key_id, scope.region, scope.service), ("AKIA/x", "eu-west-2", "kms"));
    }

    #[test]
    fn a_request_without_authorization_is_refused() {
        assert_eq!(Scope::read(None).err().map(|refusal| refusal.code), Some("MissingAuthenticationTokenException"));
        assert_eq!(
            Scope::read(Some("Basic x")).err().map(|refusal| refusal.code),
            Some("IncompleteSignatureException")
        );
    }

    #[test]
    fn regions_are_words_and_a_number() {
        assert!(is_region("us-east-1") && is_region("us-gov-west-1") && is_region("ap-southeast-12"));
        assert!(!is_region("us-east") && !is_region("US-EAST-1") && !is_region("us--1") && !is_region("x-1"));
    }
}
