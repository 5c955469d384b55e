//! From an HTTP request to an HTTP reply: who asks, what for, what goes wrong on purpose, and what KMS says.

use std::error::Error as StdError;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Body;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::access_log::{AccessLog, Line};
use super::admission::{self, Peer};
use super::answer::{Answer, reply};
use super::body::Delivered;
use super::faults::{Fault, Plan, What, longest_lag};
use super::host_name::HostName;
use super::inject_fault::{error, inject_fault, instead, redirect};
use super::sts;
use crate::rehearsal::error::RehearsalError;
use crate::rehearsal::model;
use crate::rehearsal::model::call::{Call, Reply};
use crate::rehearsal::model::protocol::{Refusal, Scope, operation};
use crate::rehearsal::model::validate;
use crate::rehearsal::operations;
use crate::rehearsal::operations::create_key::CreateKeyRequest;
use crate::rehearsal::operations::data_keys::DataKeyPair;
use crate::rehearsal::operations::parameters;
use crate::rehearsal::state::accounts::{Accounts, account_of};
use crate::rehearsal::state::clock::{Clock, ClockSetting, Millis, millis, rfc3339};
use crate::rehearsal::state::quotas::Quotas;
use crate::rehearsal::state::wrapping_keys;

/// More than any request of KMS may have.
const MOST: usize = 1 << 20;

pub(crate) struct Service {
    pub(crate) accounts: Mutex<Accounts>,
    pub(crate) clock: Clock,
    pub(crate) quotas: Quotas,
    pub(crate) faults: Plan,
    pub(crate) log: AccessLog,
    pub(crate) access_key_id: Option<String>,
    /// The account of access key ids that name none.
    pub(crate) account: String,
    /// See [`Settings::remote`](crate::rehearsal::Settings::remote).
    pub(crate) remote: Option<Vec<HostName>>,
}

impl Service {
    /// An error here breaks the connection.
    pub(crate) async fn serve<B>(&self, request: Request<B>, peer: Peer) -> Result<Response<Delivered>, io::Error>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let started = Instant::now();
        let (parts, body) = request.into_parts();
        let request_id = request_id();
        if let Some(refused) = admission::refusal(&parts, peer, self.remote.as_deref()) {
            self.log.write(&Line {
                time: self.clock.now(),
                region: "-",
                operation: "-",
                status: 403,
                code: refused.code,
                took: started.elapsed(),
                request_id: &request_id,
            });
            let answer = Answer { status: 403, ..Answer::success(&json!({ "error": refused.why })) };
            return Ok(reply(answer, &request_id, self.clock.now()));
        }
        let Ok(body) = Limited::new(body, MOST).collect().await.map(|body| body.to_bytes()) else {
            let answer = Answer::refusal(&Refusal::silent("RequestEntityTooLargeException"));
            return Ok(reply(answer, &request_id, self.clock.now()));
        };
        if let Some(answer) = self.own_pages(&parts.method, parts.uri.path(), &body) {
            return Ok(reply(answer, &request_id, self.clock.now()));
        }
        let target = operation(header(&parts.headers, "x-amz-target")).unwrap_or("-");
        let here = sts::Here { usual: &self.account, now: self.clock.now(), faults: &self.faults };
        let (name, answer) = match sts::answer(&parts.headers, &body, &here) {
            Some(answer) => (sts::NAME, Ok(answer)),
            None => (target, self.answer(&parts.headers, target, &body, &request_id).await),
        };
        let region = Scope::read(header(&parts.headers, AUTHORIZATION.as_str())).map(|scope| scope.region.to_owned());
        let (status, code) = match &answer {
            Ok(answer) => (answer.status, answer.code.as_str()),
            Err(_) => (0, "reset"),
        };
        self.log.write(&Line {
            time: self.clock.now(),
            region: region.as_deref().unwrap_or("-"),
            // No words of the sender's own.
            operation: if name == sts::NAME || model::input_of(name).is_some() { name } else { "-" },
            status,
            code,
            took: started.elapsed(),
            request_id: &request_id,
        });
        Ok(reply(answer?, &request_id, self.clock.now()))
    }

    pub(crate) async fn answer(
        &self,
        headers: &HeaderMap,
        name: &str,
        body: &[u8],
        request_id: &str,
    ) -> Result<Answer, io::Error> {
        let faults = self.faults.strike(name);
        for fault in &faults {
            match fault {
                What::Latency { time, after: false } => tokio::time::sleep(*time).await,
                What::Reset { after: false } => return Err(io::ErrorKind::ConnectionReset.into()),
                What::Error { status, code, message, after: false } => {
                    return Ok(error(*status, code, message.as_deref()));
                }
                What::Reply(body) => return Ok(instead(body)),
                What::Redirect(url) => return Ok(redirect(url)),
                _ => {}
            }
        }
        let mut answer = match self.kms(headers, name, body, (request_id, lag_of(&faults))).await {
            Ok(reply) => Answer::success(&reply),
            Err(refusal) => Answer::refusal(&refusal),
        };
        for fault in faults {
            if let What::Latency { time, after: true } = fault {
                tokio::time::sleep(time).await;
            }
            answer = inject_fault(&fault, answer)?;
        }
        Ok(answer)
    }

    async fn kms(
        &self,
        headers: &HeaderMap,
        name: &str,
        body: &[u8],
        (request_id, lag): (&str, Option<Millis>),
    ) -> Reply {
        let scope = Scope::read(header(headers, AUTHORIZATION.as_str()))?;
        if self.access_key_id.as_deref().is_some_and(|id| id != scope.access_key_id) || scope.service != "kms" {
            return Err(Refusal::new(
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ));
        }
        let members = model::input_of(name).ok_or_else(operations::unknown)?;
        let account = account_of(scope.access_key_id, &self.account);
        self.quotas.take((account, scope.region), name, Instant::now())?;
        let input = json_object(body)?;
        validate::validate(members, &input)?;
        if let Some(replica_region) = input.get("ReplicaRegion").and_then(Value::as_str) {
            self.quotas.take_replica((account, replica_region), Instant::now())?;
        }
        let mut call = Call {
            operation: name.to_owned(),
            region: scope.region.to_owned(),
            now: self.clock.now(),
            request_id: request_id.to_owned(),
            input,
            lag,
            made: None,
            set: 0,
        };
        self.prepare(&mut call).await?;
        operations::run(self.accounts().world(account), &mut call)
    }

    fn accounts(&self) -> MutexGuard<'_, Accounts> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes RSA keys on a thread of their own, before the state is locked.
    async fn prepare(&self, call: &mut Call) -> Result<(), Refusal> {
        let lost = |_| Refusal::internal("a thread");
        match call.operation.as_str() {
            "GetParametersForImport" => {
                let set = self.accounts().next_set();
                call.set = set;
                if let Some(spec) = parameters::wanted(call).filter(|spec| wrapping_keys::ready(*spec, set).is_none()) {
                    let make = move || wrapping_keys::make(spec, set).map(|_| ());
                    tokio::task::spawn_blocking(make).await.map_err(lost)??;
                }
            }
            "GenerateDataKeyPair" | "GenerateDataKeyPairWithoutPlaintext" => {
                if let Some(pair) = DataKeyPair::read(call).ok().filter(|pair| pair.is_slow()) {
                    let make = move || pair.make();
                    call.made = Some(tokio::task::spawn_blocking(make).await.map_err(lost)??);
                }
            }
            "CreateKey" => {
                let request = CreateKeyRequest::read(call)?;
                call.made = match request.is_slow() {
                    true => tokio::task::spawn_blocking(move || request.make()).await.map_err(lost)??,
                    false => request.make()?,
                };
            }
            _ => {}
        }
        Ok(())
    }

    /// These faults and no others from now on.
    pub(crate) fn set_faults(&self, faults: Vec<Fault>) {
        self.accounts().keep_lag(millis(longest_lag(&faults)));
        self.faults.replace(faults);
    }

    /// What is not KMS: health, the clock and the faults.
    fn own_pages(&self, method: &Method, path: &str, body: &[u8]) -> Option<Answer> {
        let answer = match (method, path) {
            (&Method::GET, "/_rehearsal/health") => Answer::success(&json!({ "status": "ok" })),
            (&Method::GET, "/_rehearsal/clock") => self.time(),
            (&Method::POST, "/_rehearsal/clock") => match self.set_clock(body) {
                Some(()) => self.time(),
                None => Answer { status: 400, ..Answer::success(&json!({ "error": CLOCK_HELP })) },
            },
            (&Method::GET, "/_rehearsal/faults") => Answer::success(&self.faults.told()),
            (&Method::POST, "/_rehearsal/faults") => match faults_of(body) {
                Ok(faults) => {
                    self.set_faults(faults);
                    Answer::success(&self.faults.told())
                }
                Err(error) => Answer { status: 400, ..Answer::success(&json!({ "error": error })) },
            },
            (&Method::POST, "/") => return None,
            _ => Answer { status: 404, ..Answer::success(&json!({ "error": "no such page" })) },
        };
        Some(answer)
    }

    fn time(&self) -> Answer {
        Answer::success(&json!({ "now": rfc3339(self.clock.now()) }))
    }

    fn set_clock(&self, body: &[u8]) -> Option<()> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        if let Some(by) = text("advance") {
            self.clock.advance(millis(humantime::parse_duration(by).ok()?));
        } else if let Some(to) = text("set") {
            self.clock.set(to.parse().ok()?);
        } else {
            body.get("reset")?;
            self.clock.set(ClockSetting::System);
        }
        Some(())
    }
}

const CLOCK_HELP: &str =
    "send {\"advance\": \"25h\"}, {\"set\": \"2027-01-31T12:00:00Z\"}, {\"set\": \"+90d\"} or {\"reset\": true}";

fn faults_of(body: &[u8]) -> Result<Vec<Fault>, String> {
    let help = || "send {\"faults\": [\"CreateKey:1:500\"]}".to_owned();
    let body: Value = serde_json::from_slice(body).map_err(|_| help())?;
    let faults = body.get("faults").and_then(Value::as_array).ok_or_else(help)?;
    let fault =
        |fault: &Value| fault.as_str().ok_or_else(help)?.parse().map_err(|error: RehearsalError| error.to_string());
    faults.iter().map(fault).collect()
}

fn lag_of(faults: &[What]) -> Option<Millis> {
    faults.iter().find_map(|fault| match fault {
        What::Lag(lag) => Some(millis(*lag)),
        _ => None,
    })
}

fn json_object(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(Refusal::silent("SerializationException")),
    }
}

fn request_id() -> String {
    crate::rehearsal::state::key_id::uuid().into()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
