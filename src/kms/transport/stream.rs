//! One type for the byte streams that TLS or HTTP may run on: TCP, TCP through a proxy, TLS to a proxy.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};

pub(super) struct Stream {
    stream: Pin<Box<dyn ReadWrite>>,
    /// Plain http through a proxy: requests then carry the whole URL (RFC 9112 §3.2.2).
    through_proxy: bool,
}

trait ReadWrite: Read + Write + Send {}
impl<T: Read + Write + Send> ReadWrite for T {}

impl Stream {
    pub(super) fn new(stream: impl Read + Write + Send + 'static) -> Self {
        Stream { stream: Box::pin(stream), through_proxy: false }
    }

    pub(super) fn through_proxy(self) -> Self {
        Stream { through_proxy: true, ..self }
    }
}

impl Read for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_read(cx, buf)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_shutdown(cx)
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new().proxy(self.through_proxy)
    }
}
