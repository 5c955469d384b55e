//! The seeds of the fuzz targets, and what fuzzing has found, are tests: each target takes every file in its directory.

#[path = "../../fuzz/src/endpoint.rs"]
#[allow(clippy::expect_used, unreachable_pub)]
mod endpoint;
#[path = "../../fuzz/src/files.rs"]
#[allow(clippy::expect_used, unreachable_pub)]
mod files;

use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::support::seed::seed;

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

/// Where libFuzzer is not: seeds that are changed by a generator with a seed of its own (`KMS_BYOK_SEED`), for as many seconds as
/// `KMS_BYOK_MUTATE` says (a second without it), one target after another. `KMS_BYOK_MUTATE_TARGET` chooses one.
#[test]
fn seeds_that_are_changed_at_random_break_no_promise() {
    let seconds: u64 = std::env::var("KMS_BYOK_MUTATE").map_or(1, |seconds| seconds.parse().unwrap());
    let chosen = std::env::var("KMS_BYOK_MUTATE_TARGET").unwrap_or_else(|_| "recognise".to_owned());
    let chance = seed();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    for (name, target) in TARGETS.into_iter().filter(|(name, _)| chosen.split(',').any(|one| one == *name)) {
        let mut paths: Vec<_> = fs::read_dir(directory.join(name)).unwrap().map(|seed| seed.unwrap().path()).collect();
        paths.sort();
        let seeds: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
        let (began, mut state, mut runs) = (Instant::now(), 0x9e37_79b9_7f4a_7c15_u64 ^ chance, 0_u64);
        while began.elapsed().as_secs() < seconds {
            let input = changed(&seeds, &mut state);
            let caught = std::panic::catch_unwind(|| target(&input));
            assert!(caught.is_ok(), "{name}, run {runs}: {}", hex::encode(&input));
            runs += 1;
        }
        println!("{name}: {runs} changed seeds in {seconds} s");
    }
}

/// xorshift64: the same inputs on every machine, for the same seed.
fn next(state: &mut u64, below: usize) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state % below.max(1) as u64) as usize
}

fn changed(seeds: &[Vec<u8>], state: &mut u64) -> Vec<u8> {
    const WORDS: [&[u8]; 16] = [
        b"\n",
        b"\r\n",
        b"0x",
        b"\"",
        b"=",
        b"==",
        b"-----BEGIN ",
        b"-----END ",
        b"PRIVATE KEY-----",
        b"\\n",
        b"{\"k\":",
        b"}",
        b":",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\0",
    ];
    let mut input = seeds[next(state, seeds.len())].clone();
    for _ in 0..=next(state, 6) {
        let at = next(state, input.len() + 1);
        match next(state, 8) {
            0 if at < input.len() => input[at] ^= 1 << next(state, 8),
            1 if at < input.len() => input[at] = next(state, 256) as u8,
            2 => input.truncate(at),
            3 => input.splice(at..at, WORDS[next(state, 16)].iter().copied()).for_each(drop),
            4 if at < input.len() => drop(input.remove(at)),
            5 => {
                let other = &seeds[next(state, seeds.len())];
                let from = next(state, other.len() + 1);
                let to = from + next(state, other.len() - from + 1);
                input.splice(at..at, other[from..to].iter().copied()).for_each(drop);
            }
            6 => {
                let to = at + next(state, input.len() - at + 1);
                let piece = input[at..to].to_vec();
                input.splice(at..at, piece).for_each(drop);
            }
            _ => input.insert(at, next(state, 256) as u8),
        }
    }
    input.truncate(16 * 1024);
    input
}

/// Takes any bytes, and panics where a promise is broken.
type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 8] = [
    ("material", files::material),
    ("recognise", files::recognise),
    ("private_key", files::private_key),
    ("public_key", files::public_key),
    ("parameters", files::parameters),
    ("escrow", files::escrow),
    ("replies", endpoint::replies),
    ("requests", endpoint::requests),
];
