//! How the body of a reply gets to the client: at once, a byte at a time, or not to its end.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// How a reply's body is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    AtOnce,
    /// A byte every so often.
    Slow(Duration),
    /// Half of it; then the connection breaks.
    Cut,
}

/// Time for the first half to arrive: a connection that breaks at once takes with it what was sent.
const ARRIVES: Duration = Duration::from_millis(50);

/// The body of a reply, on its way.
pub(crate) struct Delivered {
    rest: Bytes,
    /// Bytes that are announced and never sent.
    withheld: usize,
    delivery: Delivery,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Delivered {
    pub(crate) fn new(mut body: Vec<u8>, delivery: Delivery) -> Self {
        let (mut withheld, mut pause) = (0, None);
        match delivery {
            Delivery::AtOnce => {}
            Delivery::Slow(time) => pause = Some(time),
            Delivery::Cut => {
                // At least a byte, so that a reply without a body breaks off as well.
                withheld = body.len().div_ceil(2).max(1);
                body.truncate(body.len() / 2);
                pause = Some(ARRIVES);
            }
        }
        Delivered { rest: body.into(), withheld, delivery, pause: pause.map(|time| Box::pin(sleep(time))) }
    }

    fn poll_pause(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.pause.as_mut().map_or(Poll::Ready(()), |pause| pause.as_mut().poll(context))
    }
}

impl Body for Delivered {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.rest.is_empty() {
            if self.withheld == 0 {
                return Poll::Ready(None);
            }
            ready!(self.poll_pause(context));
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())));
        }
        let mut now = self.rest.len();
        if let Delivery::Slow(time) = self.delivery {
            ready!(self.poll_pause(context));
            self.pause = Some(Box::pin(sleep(time)));
            now = 1;
        }
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(now)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.withheld == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact((self.rest.len() + self.withheld) as u64)
    }
}
