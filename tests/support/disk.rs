//! A file system that is full or read-only.

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

    /// No file can be written from now on. While one is open for writing no mount becomes read-only: then the disk is full.
    pub fn fail(&self, read_only: bool) {
        if !read_only || !self.remount("remount,ro") {
            self.fill(0);
        }
    }

    pub fn fix(&self) {
        assert!(self.remount("remount,rw"));
        let _ = fs::remove_file(self.0.join(".filler"));
    }

    fn remount(&self, options: &str) -> bool {
        Command::new("mount").args(["-o", options]).arg(&self.0).output().unwrap().status.success()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
