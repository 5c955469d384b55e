//! The way to KMS: counts the calls of a run, and has the embedded KMS make one of them, or all from one on, go wrong.
//!
//! Only what the faults of the embedded KMS cannot say goes wrong here, on the socket: nobody listens (a server that does not listen cannot
//! say so), the test itself does something in the middle of a call, or looks at what is answered.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use serde_json::{Value, json};

use super::embedded_kms::Kms;

/// Looks at the reply of an operation.
pub(crate) type Look = Arc<dyn Fn(&str, &Value) + Send + Sync>;

/// What goes wrong with a request.
#[derive(Clone)]
pub enum Trouble {
    /// What the embedded KMS does, in its own words.
    Fault(&'static str),
    /// Nobody listens.
    Refused,
    /// A panic in the client when the reply has come, which the scene brings about.
    Panic,
    /// Nothing; the reply is looked at.
    Seen(Look),
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
    /// Whether the embedded KMS has faults by way of this.
    faulty: Mutex<bool>,
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
            faulty: Mutex::default(),
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
        if let Trouble::Fault(what) = plan.trouble {
            let (at, on) = (plan.at, if plan.lasting { "+" } else { "" });
            self.state.faults(&[format!("*:{at}{on}:{what}")]);
        }
        let closed = plan.at == 1 && matches!(plan.trouble, Trouble::Refused);
        *self.state.plan.lock().unwrap() = Some(plan);
        if closed {
            self.state.set_open(false);
        }
    }

    /// From now on, the embedded KMS has these faults; requests are counted anew.
    pub fn faults(&self, faults: &[String]) {
        self.state.log.lock().unwrap().clear();
        self.state.faults(faults);
    }

    /// How many calls there were.
    pub fn calls(&self) -> usize {
        self.state.log.lock().unwrap().len()
    }

    /// From now on, all is well; gives the operations that were asked for, in order.
    pub fn heal(&self) -> Vec<String> {
        *self.state.plan.lock().unwrap() = None;
        if std::mem::take(&mut *self.state.faulty.lock().unwrap()) {
            self.state.faults(&[]);
            *self.state.faulty.lock().unwrap() = false;
        }
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
    fn faults(&self, faults: &[String]) {
        *self.faulty.lock().unwrap() = true;
        let body = json!({ "faults": faults }).to_string();
        let kms = Kms::at(&format!("http://{}", self.upstream));
        let reply = kms.http("POST", "/_rehearsal/faults", &[], body.as_bytes()).unwrap();
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    }

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
            None | Some(Trouble::Panic | Trouble::Fault(_)) => forward()?,
            Some(Trouble::Refused) => return Err(broken()),
            Some(Trouble::Seen(look)) => {
                let reply = forward()?;
                if let (true, Ok(body)) = (reply.head.starts_with("HTTP/1.1 200 "), serde_json::from_slice(&reply.body))
                {
                    look(&request.operation(), &body);
                }
                reply
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

/// A request or a reply: head, empty line, and as many bytes as `content-length` says.
struct Message {
    head: String,
    body: Vec<u8>,
}

impl Message {
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
