//! Paths that lead into `/dev` or `/proc`: links there stand for descriptors and devices of the machine. As root, whoever replaces
//! `/dev/stdout` breaks it for everybody, and leaves a key there.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::{env, fs};

use super::error::FileError;

/// The most links that the system follows.
const LINKS: usize = 40;
/// A directory for files, although it is in `/dev`.
const SHARED_MEMORY: &str = "/dev/shm";

/// Refuses a path that ends in `/dev` or `/proc`, or leads through a link there. Files that are named in shared memory are files.
pub(super) fn refuse(what: &'static str, path: &Path) -> Result<(), FileError> {
    match leads_into(path) {
        Some(place) => Err(FileError::LeadsToDevice { what, path: path.to_owned(), place }),
        None => Ok(()),
    }
}

/// The file that holds what is read at a path: the path itself, or what a link at its end leads to. Nothing for pipes, devices and what is
/// named by a descriptor.
pub fn holder(path: &Path) -> Option<PathBuf> {
    if !fs::metadata(path).is_ok_and(|found| found.is_file()) || leads_into(path).is_some() {
        return None;
    }
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => fs::canonicalize(path).ok(),
        _ => Some(path.to_owned()),
    }
}

/// The place that a path leads into: walked as the system does, link by link, also where nothing is yet.
fn leads_into(path: &Path) -> Option<&'static str> {
    let mut here = env::current_dir().unwrap_or_default();
    let mut rest = steps(path);
    let (mut links, mut linked) = (0, false);
    while let Some(step) = rest.pop_front() {
        if step == ".." {
            here.pop();
            continue;
        }
        let next = here.join(&step); // a root starts anew
        let Ok(target) = fs::read_link(&next) else {
            here = next;
            continue;
        };
        let in_shared_memory = next.starts_with(SHARED_MEMORY);
        if !in_shared_memory && let Some(place) = place_of(&next) {
            return Some(place);
        }
        links += 1;
        if links > LINKS {
            return None; // the system opens no such path
        }
        linked |= !in_shared_memory;
        let mut ahead = steps(&target);
        ahead.append(&mut rest);
        rest = ahead;
    }
    let is_named_in_shared_memory = !linked && here.starts_with(SHARED_MEMORY) && here != Path::new(SHARED_MEMORY);
    if is_named_in_shared_memory { None } else { place_of(&here) }
}

fn place_of(path: &Path) -> Option<&'static str> {
    ["/dev", "/proc"].into_iter().find(|place| path.starts_with(place))
}

fn steps(path: &Path) -> VecDeque<OsString> {
    path.iter().filter(|step| *step != ".").map(ToOwned::to_owned).collect()
}

/// A directory, device, pipe or socket is never put aside or replaced: as root, `/dev/null` would become a file.
pub(super) fn check_kind(what: &'static str, path: &Path) -> Result<(), FileError> {
    let directory = || FileError::Directory { what, path: path.to_owned() };
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => return Err(directory()),
        Ok(found) if !found.is_file() => return Err(FileError::NotAFile { what, path: path.to_owned() }),
        _ => {}
    }
    refuse(what, path)?;
    let name = path.as_os_str().as_bytes();
    let is_directory = name.ends_with(b"/") || name.ends_with(b"/.") || path.file_name().is_none();
    match fs::symlink_metadata(path) {
        Err(_) if is_directory && path.file_name().is_some() => {
            Err(FileError::NoDirectory { what, path: path.to_owned() })
        }
        _ if is_directory => Err(directory()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_holds_what_is_read_from_it_and_a_link_names_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::write(at("key"), b"key").unwrap();
        symlink("key", at("link")).unwrap();
        symlink("/dev/null", at("null")).unwrap();
        assert_eq!(holder(&at("key")), Some(at("key")));
        assert_eq!(holder(&at("link")), Some(fs::canonicalize(at("key")).unwrap()));
        for path in
            [at("null"), at("none"), directory.path().to_owned(), "/dev/stdin".into(), "/proc/self/cmdline".into()]
        {
            assert_eq!(holder(&path), None, "{}", path.display());
        }
    }

    #[test]
    fn what_leads_into_dev_or_proc_is_seen_however_it_does() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let deep = "../".repeat(30) + "dev/null";
        let links = [
            ("stdout", "/dev/stdout"),
            ("fd", "/dev/fd"),
            ("self", "/proc/self"),
            ("up", deep.as_str()),
            ("second", "stdout"),
            ("shm", "/dev/shm"),
            ("none", "/dev/no-such-thing"),
            ("loop", "loop"),
            ("plain", "somewhere"),
        ];
        for (name, target) in links {
            symlink(target, at(name)).unwrap();
        }
        for name in
            ["stdout", "fd/1", "fd", "self/fd/1", "self/cwd/key", "up", "second", "shm/key", "none", "plain/../up"]
        {
            assert!(leads_into(&at(name)).is_some(), "{name}");
        }
        for path in [
            "/dev/stdout",
            "/dev/fd/1",
            "/proc/self/fd/1",
            "/proc/self/cwd/key",
            "/proc/1/root/tmp/key",
            "/dev/new",
            "/dev/shm/../new",
        ] {
            assert!(leads_into(Path::new(path)).is_some(), "{path}");
        }
        for name in ["key", "plain", "plain/key", "loop", "no/such/directory"] {
            assert_eq!(leads_into(&at(name)), None, "{name}");
        }
        for path in ["/dev/shm/key", "/devices/key", "key", "../key", "/tmp/dev/stdout"] {
            assert_eq!(leads_into(Path::new(path)), None, "{path}");
        }
    }
}
