//! A file system that is full or read-only.
#![allow(dead_code, unreachable_pub)] // each test program uses a part of it
#![allow(clippy::print_stdout, clippy::unwrap_used)] // a helper that fails is a test that fails

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small file system of its own in memory, unmounted on drop.
pub struct Disk(PathBuf);

impl Disk {
    /// Mounts one; only root may. A test without it says that it was skipped.
    pub fn mount(at: &Path) -> Option<Disk> {
        fs::create_dir_all(at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=128k,mode=755", "tmpfs"]).arg(at);
        if mount.output().is_ok_and(|output| output.status.success()) {
            return Some(Disk(at.to_owned()));
        }
        println!("skipped: no file system can be mounted here (root can)");
        None
    }

    /// Leaves room for this many pages.
    pub fn fill(&self, but_for: usize) {
        let mut filler = fs::File::create(self.0.join(".filler")).unwrap();
        while filler.write_all(&[0; 4096]).is_ok() {}
        let length = filler.metadata().unwrap().len();
        filler.set_len(length.next_multiple_of(4096) - 4096 * but_for as u64).unwrap();
    }

    pub fn free(&self) {
        fs::remove_file(self.0.join(".filler")).unwrap();
    }

    pub fn set_read_only(&self, read_only: bool) {
        let options = if read_only { "remount,ro" } else { "remount,rw" };
        assert!(Command::new("mount").args(["-o", options]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
