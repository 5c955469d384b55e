//! STS GetCallerIdentity, because clients ask who they are before anything else. It speaks STS's query protocol, in XML.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::answer::Answer;
use crate::partition;
use crate::rehearsal::model::protocol::Scope;

/// What a request to STS is called in the access log.
pub(crate) const NAME: &str = "STS";

/// The answer to a request to STS; `None` if it is not one.
pub(crate) fn answer(headers: &HeaderMap, body: &[u8], account: &str) -> Option<Answer> {
    let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let scope = Scope::read(authorization).ok().filter(|scope| scope.service == "sts")?;
    let asked = body.split(|byte| *byte == b'&').any(|pair| pair == b"Action=GetCallerIdentity");
    let (status, code, body) = if asked {
        let access_key_id: String = scope.access_key_id.chars().filter(char::is_ascii_alphanumeric).collect();
        let identity = format!(
            "<GetCallerIdentityResult><Arn>arn:{}:iam::{account}:user/rehearsal</Arn><UserId>{access_key_id}</UserId>\
             <Account>{account}</Account></GetCallerIdentityResult>",
            partition::of(scope.region).name
        );
        (200, "-", format!("<GetCallerIdentityResponse {NAMESPACE}>{identity}</GetCallerIdentityResponse>"))
    } else {
        let error = "<Error><Type>Sender</Type><Code>InvalidAction</Code><Message>The embedded KMS answers GetCallerIdentity only.</Message></Error>";
        (400, "InvalidAction", format!("<ErrorResponse {NAMESPACE}>{error}</ErrorResponse>"))
    };
    Some(Answer::new(status, "text/xml", body.into_bytes(), code))
}

const NAMESPACE: &str = "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"";
