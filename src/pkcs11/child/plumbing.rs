//! The descriptors of the process: the module gets none that lead to the run.

use std::fs::{File, OpenOptions};
use std::io;

/// The pipe of requests and that of replies, under numbers that no module knows.
pub(super) fn plumb() -> io::Result<(File, File)> {
    let requests = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
    let replies = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
    let nothing = OpenOptions::new().read(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nothing)?;
    rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
    Ok((requests.into(), replies.into()))
}
