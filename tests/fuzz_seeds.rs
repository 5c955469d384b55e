//! The seeds of the fuzz targets, and what fuzzing has found, are tests: each target takes every file in its directory.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "rehearsal")]

#[path = "../fuzz/src/endpoint.rs"]
#[allow(clippy::expect_used, unreachable_pub)]
mod endpoint;
#[path = "../fuzz/src/files.rs"]
#[allow(clippy::expect_used, unreachable_pub)]
mod files;

use std::fs;
use std::path::Path;

#[test]
fn every_target_takes_its_seeds_and_what_was_found() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    for (name, target) in TARGETS {
        let seeds = fs::read_dir(directory.join(name)).unwrap();
        let mut count = 0;
        for seed in seeds {
            target(&fs::read(seed.unwrap().path()).unwrap());
            count += 1;
        }
        assert!(count >= 5, "{name} has {count} seeds");
        println!("{name}: {count} seeds");
    }
}

/// Takes any bytes, and panics where a promise is broken.
type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 7] = [
    ("material", files::material),
    ("private_key", files::private_key),
    ("public_key", files::public_key),
    ("parameters", files::parameters),
    ("escrow", files::escrow),
    ("replies", endpoint::replies),
    ("requests", endpoint::requests),
];
