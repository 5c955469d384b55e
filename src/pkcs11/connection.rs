//! The run's side of the module's process: one question at a time, and an end to it that does not come back.

use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use super::error::Pkcs11Error;
use super::frame;
use super::launch::Launch;
use super::protocol::{Reply, Request};
use crate::secret::Secret;

/// The module's process. It is ended when this is dropped.
pub(super) struct Connection {
    child: Child,
    requests: Option<ChildStdin>,
    replies: Receiver<io::Result<Reply>>,
    limit: Duration,
    module: PathBuf,
}

/// What a process does before it calls a function of the module.
const LOADING: &str = "dlopen";

/// How long it has to log out.
const FAREWELL: Duration = Duration::from_secs(2);

impl Connection {
    /// Starts the process. It loads nothing yet.
    pub(super) fn start(launch: &Launch, module: &Path) -> Result<Self, Pkcs11Error> {
        let not_started = |source| Pkcs11Error::NotStarted { source };
        let mut child = launch.start().map_err(not_started)?;
        let (requests, answers) = (child.stdin.take(), child.stdout.take());
        let (sender, replies) = channel();
        let mut connection = Connection { child, requests, replies, limit: launch.limit, module: module.to_owned() };
        let Some(mut answers) = answers else { return Err(Pkcs11Error::Nonsense) };
        let read = move || {
            // Ends with the process, or when nobody listens any more.
            while let Some(reply) = frame::read(&mut answers).transpose() {
                let is_last = reply.is_err();
                if sender.send(reply).is_err() || is_last {
                    return;
                }
            }
        };
        if let Err(source) = thread::Builder::new().name("pkcs11".to_owned()).spawn(read) {
            connection.kill();
            return Err(not_started(source));
        }
        Ok(connection)
    }

    /// Asks, and waits for the answer: as long as each call of the module comes back in time.
    pub(super) fn ask(&mut self, request: &Request, secret: Option<&Secret>) -> Result<Reply, Pkcs11Error> {
        let sent = match &mut self.requests {
            Some(requests) => frame::write(&mut *requests, request)
                .and_then(|()| secret.map_or(Ok(()), |secret| requests.write_all(secret.expose()))),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        let mut call = LOADING.to_owned();
        if sent.is_err() {
            return Err(self.crashed(call));
        }
        loop {
            match self.replies.recv_timeout(self.limit) {
                Ok(Ok(Reply::Calling(next))) => call = next,
                Ok(Ok(Reply::Failed(error))) => return Err(error.into()),
                Ok(Ok(reply)) => return Ok(reply),
                Ok(Err(_)) => {
                    self.kill();
                    return Err(Pkcs11Error::Nonsense);
                }
                Err(RecvTimeoutError::Disconnected) => return Err(self.crashed(call)),
                Err(RecvTimeoutError::Timeout) => {
                    self.kill();
                    let (module, seconds) = (self.module.clone(), self.limit.as_secs());
                    return Err(Pkcs11Error::Hung { module, call, seconds });
                }
            }
        }
    }

    /// The process has ended, or will not talk any more.
    fn crashed(&mut self, call: String) -> Pkcs11Error {
        let module = self.module.clone();
        // What ends within the blink of an eye has ended by itself.
        let ended = (0..50).find_map(|_| {
            let ended = self.child.try_wait().ok().flatten();
            if ended.is_none() {
                thread::sleep(Duration::from_millis(10));
            }
            ended
        });
        let Some(status) = ended else {
            self.kill();
            return Pkcs11Error::Nonsense;
        };
        Pkcs11Error::Crashed { module, call, how: how(status) }
    }

    /// Ends it, and whatever it has started.
    fn kill(&mut self) {
        self.requests = None;
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) && self.requests.is_some() {
            self.limit = FAREWELL;
            let _ = self.ask(&Request::Close, None);
        }
        self.kill();
    }
}

fn how(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(number), _) => match Signal::from_named_raw(number) {
            Some(Signal::SEGV) => "SIGSEGV".to_owned(),
            Some(Signal::ABORT) => "SIGABRT".to_owned(),
            Some(Signal::BUS) => "SIGBUS".to_owned(),
            Some(Signal::ILL) => "SIGILL".to_owned(),
            Some(Signal::FPE) => "SIGFPE".to_owned(),
            Some(Signal::KILL) => "SIGKILL".to_owned(),
            Some(Signal::TERM) => "SIGTERM".to_owned(),
            _ => format!("signal {number}"),
        },
        (None, Some(code)) => format!("code {code}"),
        (None, None) => "no status".to_owned(),
    }
}
