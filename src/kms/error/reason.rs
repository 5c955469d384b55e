//! KMS's error codes, sorted by what they mean.
//! Source: the error lists of each operation in the AWS KMS API reference, and its "Common Errors".

/// What an error code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Reason {
    AccessDenied,
    AlreadyExists,
    ClockSkew,
    Conflict,
    CredentialsExpired,
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
    LimitExceeded,
    MalformedPolicy,
    NotFound,
    NotSubscribed,
    SignatureMismatch,
    Tag,
    Throttled,
    Unavailable,
    Unlisted,
    Unsupported,
    Validation,
}

impl Reason {
    /// Sorts a code of KMS, or one of the codes that every AWS service shares.
    pub(crate) fn of(code: &str, message: &str) -> Self {
        match code {
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
