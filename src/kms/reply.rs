//! Replies are checked at the border: what a hostile or half-built endpoint leaves out must not pass as success.

use std::str::FromStr;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::arn::KeyArn;
use super::error::KmsError;
use super::name::KmsName;
use super::operation::Operation;
use crate::printable;

/// A reply of one operation, about to be taken apart.
#[derive(Clone, Copy)]
pub(super) struct Reply(pub(super) Operation);

impl Reply {
    /// A field that KMS always sends.
    pub(super) fn need<T>(self, field: &'static str, value: Option<T>) -> Result<T, KmsError> {
        value.ok_or(KmsError::FieldMissing { operation: self.0, field })
    }

    /// A text that KMS always sends, and never empty.
    pub(super) fn text(self, field: &'static str, value: Option<&str>) -> Result<String, KmsError> {
        self.need(field, value.filter(|text| !text.is_empty())).map(str::to_owned)
    }

    /// Bytes that KMS always sends, and never none of them.
    pub(super) fn bytes(self, field: &'static str, value: Option<aws_smithy_types::Blob>) -> Result<Vec<u8>, KmsError> {
        self.need(field, value.map(aws_smithy_types::Blob::into_inner).filter(|bytes| !bytes.is_empty()))
    }

    /// One of the values that KMS documents for the field.
    pub(super) fn known<T: FromStr>(self, field: &'static str, value: &str) -> Result<T, KmsError> {
        value.parse().map_err(|_| KmsError::ValueUnknown { operation: self.0, field, value: printable(value) })
    }

    /// A name of KMS's own, as in `ECC_NIST_P256`; it may be one that is not known here.
    pub(super) fn name<T: FromStr>(self, field: &'static str, value: Option<&str>) -> Result<KmsName<T>, KmsError> {
        let name = self.text(field, value)?;
        if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Ok(KmsName::of(&name));
        }
        Err(KmsError::ValueUnknown { operation: self.0, field, value: printable(&name) })
    }

    /// A time that KMS always sends, within the years that can be written down (RFC 3339).
    pub(super) fn time(self, field: &'static str, value: Option<DateTime>) -> Result<DateTime, KmsError> {
        let time = self.need(field, value)?;
        if time.fmt(Format::DateTime).is_ok() {
            return Ok(time);
        }
        Err(KmsError::ValueUnknown { operation: self.0, field, value: format!("{} s after 1970", time.secs()) })
    }

    /// The ARN of a key.
    pub(super) fn key_arn(self, field: &'static str, value: Option<&str>) -> Result<KeyArn, KmsError> {
        self.known(field, &self.text(field, value)?)
    }

    /// The key that the reply is about, which must be the one that was asked for (unless that was an alias).
    pub(super) fn same_key(self, asked: &str, answered: Option<&str>) -> Result<String, KmsError> {
        let answered = self.text("KeyId", answered)?;
        if super::arn::is_alias(asked) || id(asked) == id(&answered) {
            return Ok(answered);
        }
        Err(KmsError::OtherKey { operation: self.0, asked: asked.to_owned(), answered: printable(&answered) })
    }

    /// A key material id: 64 hex characters at AWS, whose formula is unpublished; any hex word is let through.
    pub(super) fn material_id(self, field: &'static str, value: Option<&str>) -> Result<Option<String>, KmsError> {
        match value {
            None => Ok(None),
            Some(id) if !id.is_empty() && id.len() <= 128 && id.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                Ok(Some(id.to_owned()))
            }
            Some(id) => Err(KmsError::ValueUnknown { operation: self.0, field, value: printable(id) }),
        }
    }
}

fn id(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

/// Somebody else's text, fit for a terminal: no control characters, and an end.
pub(crate) fn printable(text: &str) -> String {
    const LIMIT: usize = 1000;
    let mut shown = printable::line(&text.trim().chars().take(LIMIT).collect::<String>());
    if text.trim().chars().nth(LIMIT).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: Reply = Reply(Operation::ImportKeyMaterial);
    const ARN: &str = "arn:aws:kms:us-east-1:111122223333:key/1234";

    #[test]
    fn a_missing_or_empty_field_is_an_error() {
        assert!(matches!(REPLY.same_key(ARN, None), Err(KmsError::FieldMissing { field: "KeyId", .. })));
        assert!(matches!(REPLY.text("Policy", Some("")), Err(KmsError::FieldMissing { field: "Policy", .. })));
        assert!(REPLY.bytes("ImportToken", Some(aws_smithy_types::Blob::new([]))).is_err());
    }

    #[test]
    fn a_reply_about_another_key_is_an_error() {
        assert_eq!(REPLY.same_key(ARN, Some(ARN)).unwrap(), ARN);
        assert_eq!(REPLY.same_key("1234", Some(ARN)).unwrap(), ARN);
        assert!(REPLY.same_key("alias/a", Some(ARN)).is_ok());
        let other = REPLY.same_key(ARN, Some("arn:aws:kms:us-east-1:111122223333:key/9999"));
        assert!(matches!(other, Err(KmsError::OtherKey { .. })));
    }

    #[test]
    fn text_of_others_cannot_move_the_cursor_and_has_an_end() {
        assert_eq!(printable("a\u{1b}[2Jb\n"), "a\u{fffd}[2Jb");
        assert_eq!(printable(&"x".repeat(5000)).chars().count(), 1001);
    }
}
