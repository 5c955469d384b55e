//! Credentials are looked at when they arrive, the first ones and each that replaces them: in a request header a stray character is a
//! panic of the SDK, and in the secret key a refused signature that names no cause.

use aws_credential_types::Credentials;

use super::error::KmsError;

/// Refuses credentials with a character that no access key id, secret access key or session token of AWS has. `origin` says where they
/// come from; the values are not shown.
pub(super) fn check(credentials: &Credentials, origin: &str) -> Result<(), KmsError> {
    let fields = [
        ("access key id", Some(credentials.access_key_id())),
        ("secret access key", Some(credentials.secret_access_key())),
        ("session token", credentials.session_token()),
    ];
    for (field, value) in fields {
        let stray = value.into_iter().flat_map(str::chars).enumerate().find(|(_, c)| !c.is_ascii_graphic());
        if let Some((before, stray)) = stray {
            let found = name(stray);
            return Err(KmsError::CredentialsMalformed { origin: origin.to_owned(), field, found, place: before + 1 });
        }
    }
    Ok(())
}

fn name(stray: char) -> &'static str {
    match stray {
        '\n' | '\r' => "a line break",
        ' ' => "a space",
        '\t' => "a tab",
        c if c.is_control() => "a control character",
        _ => "a character that is not ASCII",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};

    use super::super::credentials::Remembering;
    use super::super::transport::find;
    use super::*;

    fn checked(id: &str, secret: &str, token: Option<&str>) -> Result<(), String> {
        let credentials = Credentials::new(id, secret, token.map(str::to_owned), None, "test");
        check(&credentials, "SSO").map_err(|error| error.to_string())
    }

    #[test]
    fn what_aws_gives_out_passes() {
        assert_eq!(
            checked("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", Some("IQoJb3J+/=")),
            Ok(())
        );
    }

    #[test]
    fn a_stray_character_is_named_by_source_field_and_place_without_the_value() {
        for (stray, named) in [
            ('\n', "a line break"),
            ('\r', "a line break"),
            (' ', "a space"),
            ('\t', "a tab"),
            ('\0', "a control character"),
            ('\u{7f}', "a control character"),
            ('\u{85}', "a control character"),
            ('é', "a character that is not ASCII"),
            ('\u{200b}', "a character that is not ASCII"),
            ('\u{202e}', "a character that is not ASCII"),
        ] {
            for (place, value) in
                [(1, format!("{stray}AKID")), (3, format!("AK{stray}ID")), (5, format!("AKID{stray}"))]
            {
                for (field, outcome) in [
                    ("access key id", checked(&value, "secret", None)),
                    ("secret access key", checked("AKID", &value, Some("token"))),
                    ("session token", checked("AKID", "secret", Some(&value))),
                ] {
                    assert_eq!(outcome, Err(format!("the {field} from SSO has {named} at character {place}")));
                }
            }
        }
    }

    /// Good credentials first, and worse ones when they are renewed.
    #[derive(Debug)]
    struct Worsening(AtomicBool);

    impl ProvideCredentials for Worsening {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let id = if self.0.swap(true, Ordering::Relaxed) { "AKID\n" } else { "AKID" };
            future::ProvideCredentials::ready(Ok(Credentials::new(id, "secret", None, None, "test")))
        }
    }

    #[tokio::test]
    async fn credentials_that_replace_others_are_looked_at_as_well() {
        let provider = Remembering::new(SharedCredentialsProvider::new(Worsening(AtomicBool::new(false))));
        assert_eq!(provider.provide_credentials().await.unwrap().access_key_id(), "AKID");
        let error = provider.provide_credentials().await.unwrap_err();
        let cause = find::<KmsError>(&error).unwrap().to_string();
        assert_eq!(cause, "the access key id from static credentials has a line break at character 5");
    }
}
