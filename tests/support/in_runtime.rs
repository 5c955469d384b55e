//! An embedded KMS in the runtime of the test, and clients that reach it without a socket.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use kms_byok::Silent;
use kms_byok::kms::{Connection, Kms};
use kms_byok::rehearsal::{Fault, InProcessKms, Settings};
use serde_json::Value;
use tokio::sync::Notify;

/// A call at which a run is broken off, counted from 1; attempts at one call count each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopPoint {
    pub call: usize,
    pub how: How,
}

/// What happens there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// KMS does not do it, and says so.
    Refused,
    /// The connection breaks before KMS gets the request.
    NotSent,
    /// KMS does it, and the connection breaks.
    ReplyLost,
    /// KMS does it, and answers with an error of its own.
    Failed,
    /// KMS does it, and the reply lacks all that KMS always says.
    ReplyEmpty,
    /// KMS does it, and the reply is about another key or other bytes.
    Forged,
    /// The network is gone from here on.
    CutBefore,
    /// KMS does it, and the network is gone before the reply.
    CutAfter,
    /// The process ends before KMS gets the request.
    StoppedBefore,
    /// The process ends before it gets the reply.
    StoppedAfter,
}

pub const EVERY_WAY: [How; 10] = [
    How::Refused,
    How::NotSent,
    How::ReplyLost,
    How::Failed,
    How::ReplyEmpty,
    How::Forged,
    How::CutBefore,
    How::CutAfter,
    How::StoppedBefore,
    How::StoppedAfter,
];

/// The embedded KMS.
pub struct InRuntime {
    kms: InProcessKms,
    faults: Vec<Fault>,
    connection: Connection,
}

/// A client of one run, and where it is broken off.
pub struct Client {
    pub kms: Kms,
    line: Arc<Line>,
}

/// Between a client and the embedded KMS: what the faults of the embedded KMS cannot say is that the client's process ends.
struct Line {
    kms: InProcessKms,
    stop: Option<StopPoint>,
    /// Each with its Region.
    calls: Mutex<Vec<(String, String)>>,
    /// The calls, from 1, whose reply says something that could be of another key.
    forgeable: Mutex<BTreeSet<usize>>,
    stopped: Notify,
}

impl How {
    /// KMS has done what it was asked for.
    pub fn is_done(self) -> bool {
        !matches!(self, How::Refused | How::NotSent | How::CutBefore | How::StoppedBefore)
    }

    /// The process ends.
    pub fn stops(self) -> bool {
        matches!(self, How::StoppedBefore | How::StoppedAfter)
    }
}

impl StopPoint {
    /// In the words of the embedded KMS.
    fn faults(self) -> Vec<Fault> {
        let (call, next) = (self.call, self.call + 1);
        let faults = match self.how {
            How::Refused => vec![format!("*:{call}:error=AccessDeniedException")],
            How::NotSent => vec![format!("*:{call}:reset-before")],
            How::ReplyLost => vec![format!("*:{call}:reset-after")],
            How::Failed => vec![format!("*:{call}:500-after")],
            How::ReplyEmpty => vec![format!("*:{call}:empty-object")],
            How::Forged => vec![format!("*:{call}:lie")],
            How::CutBefore => vec![format!("*:{call}+:reset-before")],
            How::CutAfter => vec![format!("*:{call}:reset-after"), format!("*:{next}+:reset-before")],
            How::StoppedBefore | How::StoppedAfter => Vec::new(),
        };
        faults.iter().map(|fault| fault.parse().unwrap()).collect()
    }
}

impl InRuntime {
    /// `faults` in the words of the embedded KMS.
    pub fn new(faults: &[&str], connection: Connection) -> Self {
        let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
        Self::with(Settings::default(), faults, connection)
    }

    /// `faults` beside other settings.
    pub fn with(settings: Settings, faults: Vec<Fault>, connection: Connection) -> Self {
        InRuntime { kms: InProcessKms::start(settings).unwrap(), faults, connection }
    }

    /// What a new process would connect with; its calls are counted from here on.
    pub fn connect(&self, stop: Option<StopPoint>) -> Client {
        let stops = stop.map(StopPoint::faults).unwrap_or_default();
        self.kms.set_faults(self.faults.iter().cloned().chain(stops).collect());
        let line = Line {
            kms: self.kms.clone(),
            stop,
            calls: Mutex::default(),
            forgeable: Mutex::default(),
            stopped: Notify::new(),
        };
        let line = Arc::new(line);
        let answering = line.clone();
        let answer = move |request| {
            let line = answering.clone();
            async move { line.answer(request).await }
        };
        Client { kms: Kms::answered_by(answer, &self.connection, Arc::new(Silent)), line }
    }

    /// The reply to an operation, or the code of its error: nothing of the product is between, and no run is broken off any more.
    pub async fn ask(&self, region: &str, operation: &str, body: Value) -> Result<Value, String> {
        self.kms.set_faults(self.faults.clone());
        let scope = format!(
            "AWS4-HMAC-SHA256 Credential=LOOKING/20270131/{region}/kms/aws4_request, SignedHeaders=host, Signature=0"
        );
        let request = Request::post("/").header("authorization", scope);
        let request = request.header("x-amz-target", format!("TrentService.{operation}"));
        let reply = self.kms.answer(request.body(body.to_string().into()).unwrap()).await.unwrap();
        let body: Value = serde_json::from_slice(reply.body()).unwrap_or_default();
        match reply.status().as_u16() {
            200 => Ok(body),
            _ => Err(body["__type"].as_str().unwrap_or_default().to_owned()),
        }
    }
}

impl Client {
    /// Runs something to its end; nothing where its process ends first.
    pub async fn run<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.line.stopped.notified() => None,
        }
    }

    /// Whether the reply to a call said something that could be of another key.
    pub fn is_forgeable(&self, call: usize) -> bool {
        self.line.forgeable.lock().unwrap().contains(&call)
    }

    /// The operations that were called so far.
    pub fn calls(&self) -> Vec<String> {
        self.line.calls.lock().unwrap().iter().map(|(operation, _)| operation.clone()).collect()
    }

    /// The same; those outside of us-east-1 as in `DescribeKey@eu-west-1`.
    pub fn calls_in_regions(&self) -> Vec<String> {
        let named = |(operation, region): &(String, String)| match region.as_str() {
            "us-east-1" => operation.clone(),
            region => format!("{operation}@{region}"),
        };
        self.line.calls.lock().unwrap().iter().map(named).collect()
    }
}

impl Line {
    async fn answer(&self, request: Request<Bytes>) -> io::Result<Response<Bytes>> {
        let (call, due) = self.due(&request);
        match due {
            Some(How::StoppedBefore) => self.stop().await,
            Some(How::StoppedAfter) => {
                self.kms.answer(request).await?;
                self.stop().await
            }
            _ => {
                let reply = self.kms.answer(request).await?;
                if is_forgeable(reply.body()) {
                    self.forgeable.lock().unwrap().insert(call);
                }
                Ok(reply)
            }
        }
    }

    /// Which call it is, and what happens to it.
    fn due(&self, request: &Request<Bytes>) -> (usize, Option<How>) {
        let target = request.headers().get("x-amz-target").unwrap().to_str().unwrap();
        let scope = request.headers().get("authorization").unwrap().to_str().unwrap();
        let region = scope.split('/').nth(2).unwrap();
        let mut calls = self.calls.lock().unwrap();
        calls.push((target.trim_start_matches("TrentService.").to_owned(), region.to_owned()));
        (calls.len(), self.stop.filter(|stop| stop.call == calls.len()).map(|stop| stop.how))
    }

    /// Whoever waits for this is gone.
    async fn stop<T>(&self) -> T {
        self.stopped.notify_one();
        std::future::pending().await
    }
}

/// Whether the fault `lie` of the embedded KMS changes a reply.
fn is_forgeable(body: &[u8]) -> bool {
    let reply: Value = serde_json::from_slice(body).unwrap_or_default();
    let fields =
        ["PublicKey", "Signature", "Mac", "Plaintext", "SharedSecret", "KeyMaterialId", "CurrentKeyMaterialId"];
    [&reply, &reply["KeyMetadata"]].iter().any(|reply| fields.iter().any(|field| reply[field].is_string()))
}
