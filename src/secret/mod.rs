//! Plaintext key material in memory: bounded, on pages of its own, locked where the system allows, wiped on drop.

#[cfg_attr(
    not(all(not(openssl_is_libressl), any(target_os = "linux", target_vendor = "apple"))),
    path = "no_openssl_memory.rs"
)]
mod openssl_memory;
mod process;

use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use memmap2::MmapMut;
use zeroize::Zeroize;

pub use self::process::{Protection, protect_process};
use crate::files::FileError;

/// Secret bytes. There is no Clone, no Display and no serialization; Debug shows the length in bytes.
///
/// Each secret has memory pages of its own, so that wiping, locking and keeping it out of core dumps touch nothing else. Dropping it wipes
/// the pages.
pub struct Secret {
    pages: MmapMut,
    length: usize,
    locked: bool,
}

impl Secret {
    /// A secret of `length` zero bytes, to be filled in place. Where the system does not lock its pages, it is made all the same: see
    /// [`Secret::is_locked`].
    ///
    /// # Errors
    /// [`FileError::NoMemory`] where the system gives no pages.
    pub fn zeroed(length: usize) -> Result<Self, FileError> {
        let pages = MmapMut::map_anon(length.max(1)).map_err(|source| FileError::NoMemory { source })?;
        // Neither may be allowed (RLIMIT_MEMLOCK, containers): `doctor` says so, and the bytes are still wiped.
        let locked = pages.lock().is_ok();
        #[cfg(target_os = "linux")]
        let _ = pages.advise(memmap2::Advice::DontDump);
        Ok(Secret { pages, length, locked })
    }

    /// Moves bytes in and wipes where they were, also when it fails.
    ///
    /// # Errors
    /// [`FileError::NoMemory`] where the system gives no pages.
    pub fn take(mut bytes: Vec<u8>) -> Result<Self, FileError> {
        let secret = Self::copy(&bytes);
        bytes.zeroize();
        secret
    }

    /// Copies bytes that somebody else owns and wipes.
    ///
    /// # Errors
    /// [`FileError::NoMemory`] where the system gives no pages.
    pub fn copy(bytes: &[u8]) -> Result<Self, FileError> {
        let mut secret = Self::zeroed(bytes.len())?;
        secret.pages[..bytes.len()].copy_from_slice(bytes);
        Ok(secret)
    }

    /// Reads a file of at most `limit` bytes, straight into the secret. `what` names it in errors.
    ///
    /// # Errors
    /// [`FileError::Missing`], [`FileError::Directory`] or [`FileError::Unreadable`] for a path that gives no bytes, [`FileError::Empty`]
    /// for an empty file, and [`FileError::TooLarge`] for one of more than `limit` bytes.
    pub fn read_file(what: &'static str, path: &Path, limit: usize) -> Result<Self, FileError> {
        Self::read_file_minding(what, path, limit, |_| Ok(()))
    }

    /// Reads a file as [`Secret::read_file`] does, one that should be private: where others than its owner may read it, `mind` is shown its
    /// permission bits (as in `0o644`) before a byte is read.
    ///
    /// # Errors
    /// As [`Secret::read_file`], and whatever `mind` answers.
    pub fn read_file_minding(
        what: &'static str,
        path: &Path,
        limit: usize,
        mind: impl FnOnce(u32) -> Result<(), FileError>,
    ) -> Result<Self, FileError> {
        let unreadable = |source| FileError::reading(what, path.to_owned(), source);
        let file = File::open(path).map_err(unreadable)?;
        let found = file.metadata().map_err(unreadable)?;
        if found.is_dir() {
            return Err(FileError::Directory { what, path: path.to_owned() });
        }
        if found.is_file() && found.mode() & 0o044 != 0 {
            mind(found.mode() & 0o777)?;
        }
        match Self::read(file, limit) {
            Ok(Some(secret)) if secret.length == 0 => Err(FileError::Empty { what, path: path.to_owned() }),
            Ok(Some(secret)) => Ok(secret),
            Ok(None) => Err(FileError::TooLarge { what, path: path.to_owned(), limit }),
            Err(source) => Err(unreadable(source)),
        }
    }

    /// Reads standard input up to its end, at most `limit` bytes. It reads descriptor 0 itself, because std's buffer would keep a copy.
    ///
    /// # Errors
    /// [`FileError::Empty`] for no bytes, [`FileError::TooLarge`] for more than `limit`, [`FileError::StdinUnreadable`] where reading
    /// fails.
    pub fn read_stdin(what: &'static str, limit: usize) -> Result<Self, FileError> {
        let path = || PathBuf::from("-");
        match Self::read(rustix::stdio::stdin(), limit) {
            Ok(Some(secret)) if secret.length == 0 => Err(FileError::Empty { what, path: path() }),
            Ok(Some(secret)) => Ok(secret),
            Ok(None) => Err(FileError::TooLarge { what, path: path(), limit }),
            Err(source) => Err(FileError::StdinUnreadable { what, source }),
        }
    }

    /// Room for this much is taken at first, and for the whole limit only where a file is longer: little memory can be locked on some
    /// systems, and few keys are longer.
    pub(crate) const READ_FIRST: usize = 16 * 1024;

    /// Everything up to the end of `source`; nothing if that is more than `limit` bytes.
    fn read(source: impl AsFd, limit: usize) -> io::Result<Option<Self>> {
        let room = |length: usize| Self::zeroed(length).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory));
        let mut secret = room(limit.min(Self::READ_FIRST) + 1)?;
        let mut filled = 0;
        while filled <= limit {
            if filled == secret.length {
                let mut larger = room(limit + 1)?;
                larger.expose_mut()[..filled].copy_from_slice(secret.expose());
                secret = larger;
            }
            match rustix::io::read(source.as_fd(), &mut secret.expose_mut()[filled..]) {
                Ok(0) => {
                    secret.length = filled;
                    return Ok(Some(secret));
                }
                Ok(count) => filled += count,
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    /// The bytes. Whoever asks must not keep a copy that is not wiped.
    pub fn expose(&self) -> &[u8] {
        &self.pages[..self.length]
    }

    /// The bytes, to be filled.
    pub fn expose_mut(&mut self) -> &mut [u8] {
        &mut self.pages[..self.length]
    }

    /// Shortens the secret to its first `length` bytes and wipes the rest. Nothing happens where it has no more than that.
    pub fn truncate(&mut self, length: usize) {
        if length < self.length {
            self.pages[length..self.length].zeroize();
            self.length = length;
        }
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether the system keeps these pages out of swap (mlock(2)). It need not permit it: RLIMIT_MEMLOCK is small in many containers.
    pub fn is_locked(&self) -> bool {
        self.locked
    }
}

/// Runs what handles secrets, and wipes what it has left below its caller on the stack: OpenSSL keeps copies there.
pub(crate) fn on_clean_stack<T>(work: impl FnOnce() -> T) -> T {
    /// Five times what OpenSSL's functions were seen to use (6.3 KiB, an encrypted RSA_4096 private key), less than any thread has left.
    const DEPTH: usize = 32 * 1024;
    #[inline(never)]
    fn below<T>(work: impl FnOnce() -> T) -> T {
        work()
    }
    let result = below(work);
    zeroize::zeroize_stack::<DEPTH>();
    result
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.pages.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_length_and_no_byte() {
        let secret = Secret::copy(b"swordfish").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(9 bytes)");
    }

    /// Compiles only while `Secret` has none of these traits: two ways to the same name would be ambiguous.
    #[test]
    fn a_secret_cannot_be_cloned_displayed_or_serialized() {
        trait Once<Way> {
            fn is_only_one() {}
        }
        struct Cloned;
        struct Displayed;
        struct Serialized;
        impl<T: ?Sized> Once<()> for T {}
        impl<T: Clone> Once<Cloned> for T {}
        impl<T: ?Sized + fmt::Display> Once<Displayed> for T {}
        impl<T: ?Sized + serde::Serialize> Once<Serialized> for T {}
        <Secret as Once<_>>::is_only_one();
        <crate::material::KeyMaterial as Once<_>>::is_only_one();
    }

    /// As the kernel accounts for it; where the limit of locked memory is too low, the secret says that it is not locked.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_secret_is_locked_and_left_out_of_core_dumps() {
        let secret = Secret::copy(&[7; 32]).unwrap();
        let address = secret.expose().as_ptr() as usize;
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut here = false;
        let flags = maps.lines().find_map(|line| {
            let range = line.split(' ').next().and_then(|range| range.split_once('-'));
            let bounds = range.map(|(from, to)| (usize::from_str_radix(from, 16), usize::from_str_radix(to, 16)));
            if let Some((Ok(from), Ok(to))) = bounds {
                here = (from..to).contains(&address);
            }
            line.strip_prefix("VmFlags:").filter(|_| here)
        });
        let flags = flags.unwrap();
        let has = |flag: &str| flags.split_whitespace().any(|found| found == flag);
        assert!(has("dd"), "{flags}");
        assert_eq!(has("lo"), secret.is_locked(), "{flags}");
    }

    #[test]
    fn reading_stops_at_the_limit() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), [7; 100]).unwrap();
        assert_eq!(Secret::read_file("test", file.path(), 100).unwrap().expose(), [7; 100]);
        assert!(matches!(Secret::read_file("test", file.path(), 99), Err(FileError::TooLarge { limit: 99, .. })));
    }

    #[test]
    fn truncating_wipes_what_is_cut_off() {
        let mut secret = Secret::copy(b"abcdef").unwrap();
        secret.truncate(2);
        assert_eq!(secret.expose(), b"ab");
        assert_eq!(secret.pages[..6], *b"ab\0\0\0\0");
    }
}
