//! The way to KMS, with something wrong on it: stands between a client and the embedded KMS, knows which request is which, and makes
//! one of them, or all from one on, go wrong.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// What is done to the reply of an operation.
pub(crate) type Edit = Arc<dyn Fn(&str, &mut Value) + Send + Sync>;

/// What goes wrong with a request.
#[derive(Clone)]
pub enum Trouble {
    /// Nobody listens.
    Refused,
    /// The connection breaks, before or after KMS has done its part.
    Broken { after: bool },
    /// No answer comes, before or after.
    Silent { after: bool },
    /// The answer takes its time.
    Slow(Duration),
    /// An error reply of KMS, instead of or after its work.
    Error { status: u16, code: &'static str, message: &'static str, after: bool },
    /// This instead of the reply.
    Reply { status: u16, kind: &'static str, body: &'static str, after: bool },
    /// Half of the reply's JSON.
    Truncated,
    /// An error that goes away by itself.
    ForAWhile { code: &'static str, time: Duration },
    /// A panic in the client when the reply has come, which the scene brings about.
    Panic,
    /// The reply, changed.
    Edited(Edit),
    /// Something happens elsewhere, before or after KMS has done its part; the reply comes only if this says so.
    Meanwhile { happens: Arc<dyn Fn() -> bool + Send + Sync>, after: bool },
}

/// Where the trouble is: at this request (counted from 1), and at all later ones where `lasting`.
#[derive(Clone)]
pub struct Plan {
    pub at: usize,
    pub lasting: bool,
    pub trouble: Trouble,
}

pub struct Way {
    pub url: String,
    state: Arc<State>,
}

struct State {
    address: SocketAddr,
    upstream: SocketAddr,
    plan: Mutex<Option<Plan>>,
    log: Mutex<Vec<String>>,
    since: Mutex<Option<Instant>>,
    open: Mutex<Open>,
    changed: Condvar,
}

/// Whether the listener is to be there, and whether it is.
#[derive(Default)]
struct Open {
    wanted: bool,
    is: bool,
    over: bool,
}

impl Way {
    /// Leads to the server at this URL.
    pub fn to(url: &str) -> Way {
        // An address of its own: a port that is closed for a while is not taken by somebody else. Only Linux has so many.
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let own =
            Ipv4Addr::new(127, 1 + (std::process::id() % 200) as u8, (number / 250) as u8, 1 + (number % 250) as u8);
        let ip = if cfg!(target_os = "linux") { own } else { Ipv4Addr::LOCALHOST };
        let listener = TcpListener::bind((ip, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            address,
            upstream: url.strip_prefix("http://").unwrap().parse().unwrap(),
            plan: Mutex::default(),
            log: Mutex::default(),
            since: Mutex::default(),
            open: Mutex::new(Open { wanted: true, is: true, over: false }),
            changed: Condvar::new(),
        });
        let listening = state.clone();
        thread::spawn(move || listening.listen(listener));
        Way { url: format!("http://{address}"), state }
    }

    /// From now on, something is wrong; requests are counted anew.
    pub fn trouble(&self, plan: Plan) {
        self.state.log.lock().unwrap().clear();
        *self.state.since.lock().unwrap() = None;
        let closed = plan.at == 1 && matches!(plan.trouble, Trouble::Refused);
        *self.state.plan.lock().unwrap() = Some(plan);
        if closed {
            self.state.set_open(false);
        }
    }

    /// How many calls there were.
    pub fn calls(&self) -> usize {
        self.state.log.lock().unwrap().len()
    }

    /// From now on, all is well; gives the operations that were asked for, in order.
    pub fn heal(&self) -> Vec<String> {
        *self.state.plan.lock().unwrap() = None;
        self.state.set_open(true);
        std::mem::take(&mut *self.state.log.lock().unwrap())
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.state.open.lock().unwrap().over = true;
        self.state.set_open(false);
    }
}

impl State {
    fn listen(self: Arc<Self>, first: TcpListener) {
        let mut listener = Some(first);
        loop {
            {
                let mut open = self.open.lock().unwrap();
                if !open.wanted {
                    drop(listener.take());
                    open.is = false;
                    self.changed.notify_all();
                    open = self.changed.wait_while(open, |open| !open.wanted && !open.over).unwrap();
                    if open.over {
                        return;
                    }
                    listener = Some(TcpListener::bind(self.address).unwrap());
                    open.is = true;
                    self.changed.notify_all();
                }
            }
            let Ok((client, _)) = listener.as_ref().unwrap().accept() else { continue };
            let state = self.clone();
            if self.open.lock().unwrap().wanted {
                thread::spawn(move || state.converse(client));
            }
        }
    }

    fn set_open(&self, wanted: bool) {
        let mut open = self.open.lock().unwrap();
        open.wanted = wanted;
        self.changed.notify_all();
        if open.is && !wanted {
            let _ = TcpStream::connect(self.address); // wakes the one that accepts
        }
        if !open.over {
            drop(self.changed.wait_while(open, |open| open.is != wanted).unwrap());
        }
    }

    fn converse(&self, mut client: TcpStream) {
        client.set_nodelay(true).unwrap();
        let Ok(server) = TcpStream::connect(self.upstream) else { return };
        server.set_nodelay(true).unwrap();
        let mut server = BufReader::new(server);
        let mut reader = BufReader::new(client.try_clone().unwrap());
        while let Ok(Some(request)) = Message::read(&mut reader) {
            let number = {
                let mut log = self.log.lock().unwrap();
                log.push(request.operation());
                log.len()
            };
            if self.answer(number, &request, &mut client, &mut server).is_err() {
                break_off(client);
                return;
            }
        }
    }

    /// An error breaks the connection.
    fn answer(
        &self,
        number: usize,
        request: &Message,
        client: &mut TcpStream,
        server: &mut BufReader<TcpStream>,
    ) -> io::Result<()> {
        let mut forward = || -> io::Result<Message> {
            // The server answers to its own name only.
            let head = request.head.replace(&self.address.to_string(), &self.upstream.to_string());
            server.get_mut().write_all(&[head.as_bytes(), &request.body].concat())?;
            Message::read(server)?.ok_or_else(broken)
        };
        let plan = self.plan.lock().unwrap().clone();
        let closes = |plan: &Plan| number + 1 == plan.at && matches!(plan.trouble, Trouble::Refused);
        if plan.as_ref().is_some_and(closes) {
            let reply = forward()?.closing();
            self.set_open(false);
            return client.write_all(&reply.bytes()).and(Err(broken()));
        }
        let due = plan.filter(|plan| number == plan.at || plan.lasting && number > plan.at);
        let reply = match due.map(|plan| plan.trouble) {
            None | Some(Trouble::Panic) => forward()?,
            Some(Trouble::Refused) => return Err(broken()),
            Some(Trouble::Broken { after }) => {
                if after {
                    forward()?;
                }
                return Err(broken());
            }
            Some(Trouble::Silent { after }) => {
                if after {
                    forward()?;
                }
                // Until the client has had enough.
                let _ = client.read(&mut [0]);
                return Err(broken());
            }
            Some(Trouble::Slow(time)) => {
                let reply = forward()?;
                thread::sleep(time);
                reply
            }
            Some(Trouble::Error { status, code, message, after }) => {
                if after {
                    forward()?;
                }
                Message::error(status, code, message)
            }
            Some(Trouble::Reply { status, kind, body, after }) => {
                if after {
                    forward()?;
                }
                Message::new(status, kind, body.as_bytes())
            }
            Some(Trouble::Truncated) => {
                let reply = forward()?;
                Message::new(200, JSON, &reply.body[..reply.body.len() / 2])
            }
            Some(Trouble::ForAWhile { code, time }) => {
                let since = *self.since.lock().unwrap().get_or_insert_with(Instant::now);
                if since.elapsed() < time { Message::error(400, code, "not yet") } else { forward()? }
            }
            Some(Trouble::Edited(edit)) => {
                let reply = forward()?;
                match serde_json::from_slice(&reply.body) {
                    Ok(mut body) if reply.head.starts_with("HTTP/1.1 200 ") => {
                        edit(&request.operation(), &mut body);
                        Message::new(200, JSON, body.to_string().as_bytes())
                    }
                    _ => reply,
                }
            }
            Some(Trouble::Meanwhile { happens, after }) => {
                let reply = if after { Some(forward()?) } else { None };
                if !happens() {
                    let _ = client.read(&mut [0]);
                    return Err(broken());
                }
                match reply {
                    Some(reply) => reply,
                    None => forward()?,
                }
            }
        };
        client.write_all(&reply.bytes())
    }
}

fn broken() -> io::Error {
    io::ErrorKind::ConnectionReset.into()
}

/// Ends a connection with a reset, as a router or a process that dies does.
fn break_off(client: TcpStream) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let _guard = runtime.enter();
    client.set_nonblocking(true).unwrap();
    if let Ok(client) = tokio::net::TcpStream::from_std(client) {
        let _ = client.set_zero_linger();
    }
}

const JSON: &str = "application/x-amz-json-1.1";

/// A request or a reply: head, empty line, and as many bytes as `content-length` says.
struct Message {
    head: String,
    body: Vec<u8>,
}

impl Message {
    fn new(status: u16, kind: &str, body: &[u8]) -> Self {
        let head =
            format!("HTTP/1.1 {status} Trouble\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
        Message { head, body: body.to_vec() }
    }

    fn error(status: u16, code: &str, message: &str) -> Self {
        Message::new(status, JSON, format!(r#"{{"__type":"{code}","message":"{message}"}}"#).as_bytes())
    }

    fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if from.read_line(&mut head)? == 0 {
                return Ok(None);
            }
        }
        let length = value(&head, "content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        from.read_exact(&mut body)?;
        Ok(Some(Message { head, body }))
    }

    fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), &self.body].concat()
    }

    fn closing(mut self) -> Self {
        self.head = self.head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
        self
    }

    fn operation(&self) -> String {
        let target = value(&self.head, "x-amz-target").unwrap_or_default();
        target.rsplit('.').next().unwrap_or_default().to_owned()
    }
}

fn value<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}
