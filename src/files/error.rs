//! Files that cannot be read, and files that must not be written.

use std::io;
use std::path::{Path, PathBuf};

use crate::explain::{Explain, Hint, Setting, hint, some};

/// A file is not what is needed, or may not be touched.
///
/// `what` says what the file is for, as in "import token". Lengths and limits are bytes, `mode` is the permission bits, and `source` is
/// what the operating system answered.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum FileError {
    #[error("{what} `{}` does not exist", .path.display())]
    #[strum(serialize = "file_missing")]
    Missing { what: &'static str, path: PathBuf },
    #[error("{flag} does not name a file: its value is {length} {kind}")]
    NamesNoFile { flag: &'static str, length: usize, kind: &'static str },
    #[error("{what} `{}` is a directory", .path.display())]
    Directory { what: &'static str, path: PathBuf },
    #[error("{what} `{}` is not a directory", .path.display())]
    NotADirectory { what: &'static str, path: PathBuf },
    #[error("{what} `{}` is not a regular file", .path.display())]
    NotAFile { what: &'static str, path: PathBuf },
    #[error("{what} `{}` leads into `{place}`, where no file is kept", .path.display())]
    LeadsToDevice { what: &'static str, path: PathBuf, place: &'static str },
    #[error("the name of the {what} `{}` is too long", .path.display())]
    NameTooLong { what: &'static str, path: PathBuf },
    #[error("{what} `{}` exists and cannot be moved or replaced", .path.display())]
    NotReplaceable { what: &'static str, path: PathBuf, source: io::Error },
    #[error("{what} `{}` cannot be read", .path.display())]
    Unreadable { what: &'static str, path: PathBuf, source: io::Error },
    #[error("{what} cannot be read from standard input")]
    StdinUnreadable { what: &'static str, source: io::Error },
    #[error("{what} `{}` is empty", .path.display())]
    #[strum(serialize = "file_empty")]
    Empty { what: &'static str, path: PathBuf },
    #[error("{what} `{}` is larger than {limit} bytes", .path.display())]
    TooLarge { what: &'static str, path: PathBuf, limit: usize },
    #[error("{what} `{}` cannot be written", .path.display())]
    Unwritable { what: &'static str, path: PathBuf, source: io::Error },
    #[error("{what} `{}` exists", .path.display())]
    Exists { what: &'static str, path: PathBuf },
    #[error("plaintext key file `{}` exists, and may hold the only copy of a key", .path.display())]
    PlaintextExists { path: PathBuf },
    #[error("{what} `{}` names a directory that does not exist", .path.display())]
    NoDirectory { what: &'static str, path: PathBuf },
    #[error("the directory `{}` has several files that could be the {what}", .directory.display())]
    SeveralOfOneKind { what: &'static str, directory: PathBuf },
    #[error("`{}` is named for two outputs", .path.display())]
    TwoOutputs { path: PathBuf },
    #[error("`{}` is both input and output", .path.display())]
    SameFile { path: PathBuf },
    #[error("{what} is binary, and standard output is a terminal")]
    BinaryToTerminal { what: &'static str },
    #[error("the {what} `{}` can be read by other users (mode {mode:03o})", .path.display())]
    OpenToOthers { what: &'static str, path: PathBuf, mode: u32 },
    #[error("{who} can replace files in the directory `{}` (mode {mode:03o})", .path.display())]
    OpenToWriters { path: PathBuf, who: &'static str, mode: u32 },
    #[error("{who} can write to the {what} `{}` (mode {mode:03o})", .path.display())]
    FileOpenToWriters { what: &'static str, path: PathBuf, who: &'static str, mode: u32 },
    #[error("the answer cannot be written to standard output")]
    AnswerLost { source: io::Error },
    #[error("there is no memory for secrets")]
    NoMemory { source: io::Error },
    #[error("the system does not provide an event queue")]
    NoEventQueue { source: io::Error },
}

impl FileError {
    /// Sorts an error of opening or reading a file by what the user has to do about it: `Missing`, `Directory` or `Unreadable`.
    pub fn reading(what: &'static str, path: PathBuf, source: io::Error) -> Self {
        match source.kind() {
            // A file where a directory was meant: the path leads nowhere.
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FileError::Missing { what, path },
            io::ErrorKind::IsADirectory => FileError::Directory { what, path },
            _ => FileError::Unreadable { what, path, source },
        }
    }
}

impl Explain for FileError {
    fn id(&self) -> &'static str {
        self.into()
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            FileError::Missing { .. } => some("check the path"),
            FileError::NamesNoFile { .. } => some(
                "give the path of a file, or `-` and pipe the bytes in; a secret in an argument is seen by every user of the machine",
            ),
            FileError::Directory { .. } => some("name a file in it"),
            FileError::NotADirectory { .. } => some("name a directory, or a path where none is yet"),
            FileError::NotAFile { .. } => some("name a regular file, or a path where none is yet"),
            FileError::LeadsToDevice { .. } => some("name a regular file, or a path where none is yet"),
            FileError::NameTooLong { .. } => {
                some("choose a shorter name: a file that is moved aside gets `.superseded-` and the time at its end")
            }
            FileError::NotReplaceable { .. } => some("name a path where no file is yet"),
            FileError::Unreadable { .. } => some("check its permissions, and which user runs this"),
            FileError::StdinUnreadable { .. } => some("pipe the bytes in, or name a file"),
            FileError::Empty { .. } => some("check the command that should have written it"),
            FileError::TooLarge { .. } => some("check that it is the file you mean"),
            FileError::Unwritable { path, source, .. } => some(make_writable(path, source.kind())),
            FileError::Exists { .. } => hint!["name another path, or add ", Setting::Force, " to replace it"],
            FileError::PlaintextExists { .. } => some("name another path; this tool never overwrites a key"),
            FileError::NoDirectory { .. } => {
                some("leave out the slash at its end, or name a file in a directory that exists")
            }
            FileError::SeveralOfOneKind { .. } => some("give the files of each parameter set a directory of their own"),
            FileError::TwoOutputs { .. } => some("name another path for one of them"),
            FileError::SameFile { .. } => some("name another path for the output"),
            FileError::BinaryToTerminal { .. } => {
                hint!["redirect standard output to a file, or use ", Setting::Out.to("FILE")]
            }
            FileError::OpenToOthers { .. } => some("run `chmod 600` on it, and consider whether somebody has read it"),
            FileError::OpenToWriters { .. } | FileError::FileOpenToWriters { .. } => hint![
                "compare the wrapping public key by another way (`",
                Setting::ExpectPublicKey,
                "`), or use a private directory",
            ],
            FileError::AnswerLost { .. } => some("redirect standard output to a place that can be written"),
            FileError::NoMemory { .. } => None,
            FileError::NoEventQueue { .. } => some("allow this process more open files (`ulimit -n`)"),
        }
    }

    fn because(&self) -> Option<String> {
        match self {
            FileError::Unreadable { source, .. }
            | FileError::StdinUnreadable { source, .. }
            | FileError::Unwritable { source, .. }
            | FileError::NotReplaceable { source, .. }
            | FileError::AnswerLost { source }
            | FileError::NoMemory { source }
            | FileError::NoEventQueue { source } => Some(of_the_system(source)),
            _ => None,
        }
    }
}

/// The system's text, without the path of a temporary file that `tempfile` adds.
fn of_the_system(error: &io::Error) -> String {
    let text = error.to_string();
    text.split_once(" at path \"").map_or(text.clone(), |(said, _)| said.to_owned())
}

/// The fix differs most in a container: its user, its read-only root and what was mounted are easily mixed up.
fn make_writable(path: &Path, kind: io::ErrorKind) -> String {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let shown = directory.display();
    match kind {
        io::ErrorKind::PermissionDenied => {
            let user = rustix::process::geteuid().as_raw();
            format!("let user {user} write to the directory `{shown}`, or name a path elsewhere")
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            format!("mount a directory that can be written at `{shown}`, or name a path elsewhere")
        }
        io::ErrorKind::NotFound => format!("make the directory `{shown}`, or name a path elsewhere"),
        _ => "name a path in a directory that this user can write to, on a disk with free space".to_owned(),
    }
}
