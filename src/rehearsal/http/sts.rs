//! STS, as far as clients of KMS need it: GetCallerIdentity, because they ask who they are before anything else, and AssumeRole, because
//! the keys of a fleet are in several accounts. It speaks STS's query protocol, in XML.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::answer::Answer;
use super::faults::{ASSUME_ROLE, Plan, What};
use crate::partition;
use crate::rehearsal::model::protocol::Scope;
use crate::rehearsal::state::accounts::{access_key_id, account_of, is_account};
use crate::rehearsal::state::clock::{Millis, rfc3339};
use crate::rehearsal::state::key_id::uuid;

/// What a request to STS is called in the access log.
pub(crate) const NAME: &str = "STS";

/// What an answer depends on besides the request.
pub(crate) struct Here<'a> {
    /// The account of access key ids that name none.
    pub(crate) usual: &'a str,
    pub(crate) now: Millis,
    pub(crate) faults: &'a Plan,
}

/// An error's status, code and message.
type Refused = (u16, String, String);

/// The answer to a request to STS; `None` if it is not one.
pub(crate) fn answer(headers: &HeaderMap, body: &[u8], here: &Here<'_>) -> Option<Answer> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let scope = Scope::read(text(AUTHORIZATION.as_str())).ok().filter(|scope| scope.service == "sts")?;
    let form = String::from_utf8_lossy(body);
    let field = |name: &str| {
        let value = form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        value.map(decoded).unwrap_or_default()
    };
    let (name, answer) = match field("Action").as_str() {
        name @ "GetCallerIdentity" => (name.to_owned(), Ok(identity(&scope, text("x-amz-security-token"), here))),
        name @ "AssumeRole" => (name.to_owned(), assume_role(field, here)),
        _ => {
            let text = "The embedded KMS answers GetCallerIdentity and AssumeRole only.";
            (String::new(), Err((400, "InvalidAction".to_owned(), text.to_owned())))
        }
    };
    let id = uuid();
    let (status, code, body) = match answer {
        Ok(result) => {
            let metadata = format!("<ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata>");
            let result = format!("<{name}Result>{result}</{name}Result>{metadata}");
            (200, "-".to_owned(), format!("<{name}Response {NAMESPACE}>{result}</{name}Response>"))
        }
        Err((status, code, text)) => {
            let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{text}</Message></Error>");
            let body = format!("<ErrorResponse {NAMESPACE}>{error}<RequestId>{id}</RequestId></ErrorResponse>");
            (status, code, body)
        }
    };
    Some(Answer::new(status, "text/xml", body.into_bytes(), &code))
}

const NAMESPACE: &str = "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"";

fn identity(scope: &Scope<'_>, token: Option<&str>, here: &Here<'_>) -> String {
    let account = account_of(scope.access_key_id, here.usual);
    let role = token.and_then(|token| String::from_utf8(BASE64_STANDARD.decode(token).ok()?).ok());
    let role = role.filter(|arn| arn.starts_with("arn:") && arn.split(':').nth(4) == Some(account) && is_plain(arn));
    let name =
        role.unwrap_or_else(|| format!("arn:{}:iam::{account}:user/rehearsal", partition::of(scope.region).name));
    let id: String = scope.access_key_id.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("<Arn>{name}</Arn><UserId>{id}</UserId><Account>{account}</Account>")
}

/// Any role of any account may be assumed by anybody: there is no IAM here.
fn assume_role(field: impl Fn(&str) -> String, here: &Here<'_>) -> Result<String, Refused> {
    for fault in here.faults.strike(ASSUME_ROLE) {
        if let What::Error { status, code, message, .. } = fault {
            let status = if code == "AccessDenied" { 403 } else { status };
            return Err((status, escaped(&code), escaped(&message.unwrap_or_default())));
        }
    }
    let invalid = |what: &str| (400, "ValidationError".to_owned(), format!("1 validation error detected: {what}"));
    let (role_arn, session) = (field("RoleArn"), field("RoleSessionName"));
    let parts: Vec<&str> = role_arn.splitn(6, ':').collect();
    let (partition, account, role) = match parts[..] {
        ["arn", partition, "iam", "", account, resource] if is_account(account) && is_plain(&role_arn) => {
            let role = resource.strip_prefix("role/").and_then(|path| path.rsplit('/').next());
            (partition, account, role.filter(|role| !role.is_empty()).ok_or_else(|| invalid("roleArn names no role"))?)
        }
        _ => return Err(invalid("roleArn is not the ARN of a role")),
    };
    if !(2..=64).contains(&session.len()) || session.contains(['/', ':']) || !is_plain(&session) {
        return Err(invalid("roleSessionName must have 2 to 64 letters, digits and any of _=,.@-"));
    }
    let seconds = match field("DurationSeconds").as_str() {
        "" => 3600,
        text => match text.parse::<Millis>() {
            Ok(seconds) if (900..=43_200).contains(&seconds) => seconds,
            _ => return Err(invalid("durationSeconds must be 900 to 43200")),
        },
    };
    let (id, secret) = (uuid().to_string(), uuid().to_string());
    let arn = format!("arn:{partition}:sts::{account}:assumed-role/{role}/{session}");
    Ok(format!(
        "<AssumedRoleUser><AssumedRoleId>AROAREHEARSAL:{session}</AssumedRoleId><Arn>{arn}</Arn></AssumedRoleUser>\
         <Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>\
         <SessionToken>{}</SessionToken><Expiration>{}</Expiration></Credentials>",
        access_key_id(account, &id),
        BASE64_STANDARD.encode(&arn),
        rfc3339(here.now + seconds * 1000),
    ))
}

/// The characters of ARNs and of the names in them.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-/:".contains(&byte))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// A value of a form, without its percent-encoding.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, more @ ..] = rest {
        let code = match (*first, more) {
            (b'%', [high, low, ..]) => {
                std::str::from_utf8(&[*high, *low]).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok())
            }
            _ => None,
        };
        bytes.push(code.unwrap_or(if *first == b'+' { b' ' } else { *first }));
        rest = if code.is_some() { &more[2..] } else { more };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_a_form_are_decoded() {
        assert_eq!(decoded("arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa+b"), "arn:aws:iam::1:role/a b");
        assert_eq!(decoded("%zz%4"), "%zz%4");
    }
}
