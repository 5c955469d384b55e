//! A run of the real binary that says as much as it can be made to say, and stands still where it can be looked into.

use std::fs;
use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use super::memory::{Copy, Shapes, search_process, wait_until_in};
use super::{Bench, EmbeddedKms};

/// A run whose standard output is a full pipe: it stops before the first byte of its answer, when its work is done.
pub struct Watched {
    child: Child,
    stdout: PipeReader,
    filler: usize,
    stderr: Option<JoinHandle<Vec<u8>>>,
    lines: Receiver<String>,
}

/// Every byte that the run has written to its two streams.
pub struct Streams {
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Watched {
    pub fn start(mut command: Command, stdin: &[u8]) -> Self {
        // Whatever may be listening for a wish to hear more.
        for (name, value) in [
            ("RUST_LOG", "trace"),
            ("RUST_BACKTRACE", "full"),
            ("AWS_LOG_LEVEL", "debug"),
            ("AWS_SDK_LOAD_CONFIG", "1"),
            ("SSLKEYLOGFILE", "keylog"),
            ("AWS_ACCESS_KEY_ID", "AKIDTEST"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ] {
            command.env(name, value);
        }
        let (stdout, mut writer) = std::io::pipe().unwrap();
        let filler = fill(&mut writer);
        command.arg("-vv").stdin(Stdio::piped()).stdout(writer).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(command);
        let _ = child.stdin.take().unwrap().write_all(stdin);
        let (sender, lines) = channel();
        let mut talk = BufReader::new(child.stderr.take().unwrap());
        let stderr = thread::spawn(move || {
            let mut all = Vec::new();
            let mut line = Vec::new();
            while talk.read_until(b'\n', &mut line).unwrap() > 0 {
                all.extend_from_slice(&line);
                let _ = sender.send(String::from_utf8_lossy(&line).into_owned());
                line.clear();
            }
            all
        });
        Watched { child, stdout, filler, stderr: Some(stderr), lines }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line on standard error, and then for the process to wait for a reply.
    pub fn wait_for_reply_after(&self, text: &str) {
        let mut seen = String::new();
        while !seen.contains(text) {
            match self.lines.recv_timeout(Duration::from_secs(30)) {
                Ok(line) => seen.push_str(&line),
                Err(_) => panic!("no `{text}` on standard error:\n{seen}"),
            }
        }
        assert!(wait_until_in(self.pid(), "epoll"), "it does not wait for a reply:\n{seen}");
    }

    /// Waits until the answer is to be written and nothing else is left to do.
    pub fn wait_for_answer(&self) {
        if !wait_until_in(self.pid(), "pipe_write") {
            let said: String = self.lines.try_iter().collect();
            panic!("it gives no answer:\n{said}");
        }
    }

    /// Takes the answer, and lets the run end.
    pub fn end(mut self) -> Streams {
        let mut stdout = Vec::new();
        self.stdout.read_to_end(&mut stdout).unwrap();
        let status = self.child.wait().unwrap();
        let stderr = self.stderr.take().unwrap().join().unwrap();
        Streams { code: status.code(), stdout: stdout.split_off(self.filler), stderr }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Fills a pipe to the brim, and says with how many bytes.
fn fill(pipe: &mut PipeWriter) -> usize {
    let flags = fcntl_getfl(&*pipe).unwrap();
    fcntl_setfl(&*pipe, flags | OFlags::NONBLOCK).unwrap();
    let mut written = 0;
    while let Ok(count) = pipe.write(&[b'.'; 4096]) {
        written += count;
    }
    fcntl_setfl(&*pipe, flags).unwrap();
    written
}

/// Searches every file below a directory, except those named.
pub fn search_files(directory: &Path, shapes: &Shapes, except: &[&str]) -> Vec<Copy> {
    let mut copies = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            copies.extend(search_files(&path, shapes, except));
        } else if !except.contains(&name.as_str()) {
            copies.extend(shapes.search(&name, 0, &fs::read(&path).unwrap()));
        }
    }
    copies
}

/// What is found in the memory of a run; nothing where it cannot be read: only root can, since the process is not dumpable.
pub fn memory_of(run: &Watched, shapes: &Shapes) -> Option<Vec<Copy>> {
    match search_process(run.pid(), shapes) {
        Ok(copies) => Some(copies),
        Err(error) => {
            println!(
                "skipped: the memory of a run cannot be read here ({error}): that takes root with the capability SYS_PTRACE"
            );
            None
        }
    }
}

/// Nothing that the run has said or written shows the secret, but the files named.
#[track_caller]
pub fn assert_silent(what: &str, bench: &Bench, streams: &Streams, shapes: &Shapes, except: &[&str]) {
    assert_eq!(streams.code, Some(0), "{what}: {}", String::from_utf8_lossy(&streams.stderr));
    let mut found = shapes.search("standard output", 0, &streams.stdout);
    found.extend(shapes.search("standard error", 0, &streams.stderr));
    found.extend(search_files(bench.directory(), shapes, except));
    assert!(found.is_empty(), "{what}: {found:?}");
}

impl Bench {
    /// Starts `kms-byok` with a line of words.
    pub fn watched(&self, line: &str, stdin: &[u8]) -> Watched {
        let words: Vec<&str> = line.split_whitespace().collect();
        Watched::start(self.command(&words), stdin)
    }

    /// An embedded KMS that takes its time over imports.
    pub fn slow_importer(&self) -> EmbeddedKms {
        self.serve_with("--no-quotas --fault ImportKeyMaterial:always:latency=1s")
    }
}
