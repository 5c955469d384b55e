//! The process that the module is loaded in. It answers one run, and ends with it.

mod algorithms;
mod calls;
mod compare;
mod make;
mod mechanism;
mod object;
mod plumbing;
mod session;
mod trial;
mod way;
mod wrap;

use std::fs::File;
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use rustix::process::{Signal, getpid, kill_process};

use self::calls::Calls;
use self::plumbing::plumb;
use self::session::Session;
use self::way::Found;
use super::frame;
use super::protocol::{PIN_LIMIT, Reply, Request};
use super::token_error::TokenError;
use crate::secret::Secret;

/// A request, and the PIN that was typed for it.
type Asked = (Request, Option<Secret>);

/// Answers the run that has started this process, until it has ended. For a program that a [`Launch`](super::Launch) names: it calls
/// [`protect_process`](crate::protect_process) and this, and returns what it gives.
///
/// Descriptors 0 and 1 are the pipes of the two. They are moved out of the module's way before it is loaded: what it prints goes to
/// standard error.
pub fn serve() -> ExitCode {
    match plumb() {
        Ok((requests, replies)) => match answer(&listen(requests), replies) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE, // nobody listens any more
        },
        Err(_) => ExitCode::FAILURE,
    }
}

/// Hears what is asked while the module is busy, and ends the process when the run is gone: whatever the module waits for, nobody else
/// will end it.
fn listen(mut requests: File) -> Receiver<Asked> {
    let (sender, asked) = sync_channel(1);
    thread::spawn(move || {
        while let Ok(Some(request)) = frame::read::<Request>(&mut requests) {
            let typed = match request {
                Request::Login { typed: Some(length) } if length <= PIN_LIMIT => pin(&mut requests, length).ok(),
                _ => None,
            };
            if sender.send((request, typed)).is_err() {
                break;
            }
        }
        let _ = kill_process(getpid(), Signal::KILL);
    });
    asked
}

fn pin(requests: &mut File, length: usize) -> io::Result<Secret> {
    let mut pin = Secret::zeroed(length).map_err(|_| io::ErrorKind::OutOfMemory)?;
    requests.read_exact(pin.expose_mut())?;
    Ok(pin)
}

fn answer(asked: &Receiver<Asked>, mut replies: File) -> io::Result<()> {
    let calls = Rc::new(Calls::new(replies.try_clone()?));
    let mut session = None;
    while let Ok((request, typed)) = asked.recv() {
        let is_last = matches!(request, Request::Close);
        let reply = reply(&calls, &mut session, request, typed.as_ref()).unwrap_or_else(Reply::Failed);
        drop(typed);
        frame::write(&mut replies, &reply)?;
        replies.flush()?;
        if is_last {
            break;
        }
    }
    Ok(())
}

fn reply(
    calls: &Rc<Calls>,
    open: &mut Option<Session>,
    request: Request,
    typed: Option<&Secret>,
) -> Result<Reply, TokenError> {
    let not_open = || TokenError::Refused { call: "C_OpenSession".to_owned(), code: "CKR_SESSION_CLOSED".to_owned() };
    match (request, open) {
        (Request::Open { module, uri }, open) => {
            let session = Session::open(calls.clone(), &module, &uri)?;
            let reply = session.opened();
            *open = Some(session);
            Ok(reply)
        }
        (Request::Close, open) => {
            open.take().map_or(Ok(()), Session::close)?;
            Ok(Reply::Closed)
        }
        (_, None) => Err(not_open()),
        (Request::Login { .. }, Some(session)) => session.log_in(typed).map(|()| Reply::LoggedIn),
        (Request::Find { spec }, Some(session)) => session.find(&spec).map(Reply::Found),
        (Request::Try { algorithm }, Some(session)) => {
            let Found { way, fills_up } = session.way(&algorithm)?;
            Ok(Reply::Tried { mechanisms: way.to_string(), fills_up })
        }
        (Request::Wrap { algorithm, public_key }, Some(session)) => {
            session.wrap(&algorithm, &public_key).map(|wrapped| Reply::Bytes(Some(hex::encode(wrapped))))
        }
        (Request::Vacant { spec, id }, Some(session)) => session.vacancy(&spec, id.as_deref()).map(|_| Reply::Vacant),
        (Request::Make { spec, id }, Some(session)) => session.make(&spec, id.as_deref()),
        (Request::PublicKey, Some(session)) => Ok(Reply::Bytes(session.public_half().map(hex::encode))),
        (Request::Mac { message }, Some(session)) => {
            let message = hex::decode(message).unwrap_or_default();
            Ok(Reply::Bytes(session.mac(&message)?.map(hex::encode)))
        }
    }
}
