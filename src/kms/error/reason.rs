//! KMS's error codes, sorted by what they mean.
//! Source: the error lists of each operation in the AWS KMS API reference, and its "Common Errors".

/// What an error code means, whichever of AWS's spellings it came in. A code that is not known here is `Unlisted`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Reason {
    AccessDenied,
    AlreadyExists,
    /// The request was signed for another time: this machine's clock is off.
    ClockSkew,
    Conflict,
    CredentialsExpired,
    /// AWS does not know the access key, or there was no signature.
    CredentialsUnknown,
    Disabled,
    ExpiredImportToken,
    IncorrectKey,
    IncorrectKeyMaterial,
    InvalidAliasName,
    InvalidArn,
    InvalidCiphertext,
    InvalidImportToken,
    InvalidKeyUsage,
    InvalidState,
    /// A quota of keys, aliases, grants or rotations is spent.
    LimitExceeded,
    MalformedPolicy,
    NotFound,
    /// The endpoint does not have the call: it is an emulator of KMS.
    NotImplemented,
    /// The account is not subscribed to KMS in this Region.
    NotSubscribed,
    /// The signature is wrong: the secret access key does not belong to the access key id.
    SignatureMismatch,
    Tag,
    Throttled,
    Unavailable,
    /// A code that is not known here.
    Unlisted,
    Unsupported,
    Validation,
}

/// HTTP's status for a call that a server does not have (RFC 9110 §15.6.2): emulators of KMS answer so.
const NOT_IMPLEMENTED: u16 = 501;

impl Reason {
    /// Whether a question that is refused so will be refused again: for want of a permission, or because the call is not there.
    pub(crate) fn is_lasting(self) -> bool {
        matches!(self, Reason::AccessDenied | Reason::NotImplemented | Reason::Unsupported | Reason::Unlisted)
    }

    /// Whether other calls of the same caller may go through.
    pub(crate) fn is_of_one_call(self) -> bool {
        !matches!(
            self,
            Reason::ClockSkew
                | Reason::CredentialsExpired
                | Reason::CredentialsUnknown
                | Reason::NotSubscribed
                | Reason::SignatureMismatch
                | Reason::Throttled
        )
    }

    /// Sorts a code of KMS, or one of the codes that every AWS service shares.
    pub(crate) fn of(code: &str, message: &str, status: u16) -> Self {
        match code {
            _ if status == NOT_IMPLEMENTED => Reason::NotImplemented,
            // AWS's own, and that of the query protocol.
            "UnknownOperationException"
            | "UnknownOperation"
            | "InvalidAction"
            | "NotImplemented"
            | "NotImplementedException" => Reason::NotImplemented,
            _ if status >= 500 && says_not_implemented(message) => Reason::NotImplemented,
            "AccessDeniedException" | "AccessDenied" | "NotAuthorized" => Reason::AccessDenied,
            "AlreadyExistsException" => Reason::AlreadyExists,
            "RequestExpired" | "RequestTimeTooSkewed" | "RequestInTheFuture" => Reason::ClockSkew,
            "ConflictException" => Reason::Conflict,
            "ExpiredTokenException" | "ExpiredToken" => Reason::CredentialsExpired,
            "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidAccessKeyId"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException" => Reason::CredentialsUnknown,
            "DisabledException" => Reason::Disabled,
            "ExpiredImportTokenException" => Reason::ExpiredImportToken,
            "IncorrectKeyException" => Reason::IncorrectKey,
            "IncorrectKeyMaterialException" => Reason::IncorrectKeyMaterial,
            "InvalidAliasNameException" => Reason::InvalidAliasName,
            "InvalidArnException" => Reason::InvalidArn,
            "InvalidCiphertextException" => Reason::InvalidCiphertext,
            "InvalidImportTokenException" => Reason::InvalidImportToken,
            "InvalidKeyUsageException" => Reason::InvalidKeyUsage,
            "KMSInvalidStateException" => Reason::InvalidState,
            "LimitExceededException" => Reason::LimitExceeded,
            "MalformedPolicyDocumentException" => Reason::MalformedPolicy,
            "NotFoundException" => Reason::NotFound,
            "OptInRequired" | "SubscriptionRequiredException" => Reason::NotSubscribed,
            // AWS answers a wrong clock with the same code: "Signature expired: …", "Signature not yet current: …".
            "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "IncompleteSignature"
            | "IncompleteSignatureException"
                if message.starts_with("Signature expired") || message.starts_with("Signature not yet current") =>
            {
                Reason::ClockSkew
            }
            "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "IncompleteSignature"
            | "IncompleteSignatureException" => Reason::SignatureMismatch,
            "TagException" => Reason::Tag,
            "ThrottlingException"
            | "Throttling"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "SlowDown" => Reason::Throttled,
            "DependencyTimeoutException"
            | "KMSInternalException"
            | "InternalFailure"
            | "InternalServerError"
            | "KeyUnavailableException"
            | "ServiceUnavailable"
            | "ServiceUnavailableException" => Reason::Unavailable,
            "UnsupportedOperationException" => Reason::Unsupported,
            "ValidationException" | "ValidationError" => Reason::Validation,
            _ => Reason::Unlisted,
        }
    }
}

/// How emulators of KMS say it where they say it with another code.
fn says_not_implemented(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["not implemented", "not yet implemented", "not yet been emulated", "not been implemented"]
        .into_iter()
        .any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_a_server_does_not_have_is_no_call_that_fails_for_a_minute() {
        for (code, message, status) in [
            ("InternalFailure", "The API action 'ListKeyRotations' is not available in your license plan", 501),
            ("InternalFailure", "API for service 'kms' not yet implemented or pro feature", 500),
            ("InternalError", "it has not yet been emulated by LocalStack", 500),
            ("UnknownOperationException", "", 400),
            ("InvalidAction", "Unknown action: ListKeyRotations", 400),
        ] {
            assert_eq!(Reason::of(code, message, status), Reason::NotImplemented, "{code} {message}");
        }
        assert_eq!(Reason::of("KMSInternalException", "", 500), Reason::Unavailable);
        // A description that a user wrote, as KMS repeats it.
        assert_eq!(
            Reason::of("ValidationException", "Value 'not implemented' at 'description'", 400),
            Reason::Validation
        );
    }
}
