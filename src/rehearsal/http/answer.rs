//! A reply before it becomes HTTP, and how it becomes that.

use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use super::body::{Delivered, Delivery};
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::clock::{Millis, http_date};

/// A reply before it becomes HTTP.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
    /// The error code, for the access log.
    pub(crate) code: String,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) delivery: Delivery,
}

impl Answer {
    pub(crate) fn new(status: u16, content_type: &'static str, body: Vec<u8>, code: &str) -> Self {
        Answer { status, content_type, body, code: code.to_owned(), headers: Vec::new(), delivery: Delivery::AtOnce }
    }

    /// Operations without an output answer with an empty body.
    pub(crate) fn success(reply: &Value) -> Self {
        let body = if reply.is_null() { Vec::new() } else { reply.to_string().into_bytes() };
        Answer::new(200, "application/x-amz-json-1.1", body, "-")
    }

    pub(crate) fn refusal(refusal: &Refusal) -> Self {
        Answer { status: refusal.status(), code: refusal.code.to_owned(), ..Answer::success(&refusal.body()) }
    }

    pub(crate) fn error(status: u16, code: &str) -> Self {
        Answer { status, code: code.to_owned(), ..Answer::success(&json!({ "__type": code })) }
    }
}

pub(crate) fn reply(answer: Answer, request_id: &str, now: Millis) -> Response<Delivered> {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::new(Delivered::new(answer.body, answer.delivery));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-amzn-requestid", request_id),
        ("date", &http_date(now)),
        ("x-kms-byok-rehearsal", "true"),
        (CONTENT_TYPE.as_str(), answer.content_type),
        ("cache-control", "no-cache, no-store, must-revalidate, private"),
    ] {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    // Not `extend`, which would keep the usual ones beside them.
    for (name, value) in answer.headers {
        headers.insert(name, value);
    }
    response
}
