//! Whatever a run meets, what follows from it as a value leads to the end: `next` is carried out until there is none, and then the run
//! has succeeded, there is one key with one alias, and the file that the last report names holds the bytes that KMS holds.
//!
//! A cell is a verb, a source of key material, how long DescribeKey lags behind an import, the call at which a run is broken off, and how.
//! It is walked in the runtime of its embedded KMS, with one clock that is paused.

mod ending;
mod follow;
mod row;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kms_byok::kms::ImportType;
use kms_byok::lifecycle::{BackupForm, StoredBackup};
use kms_byok::material::KeySpec;
use kms_byok::proof::Level;

use self::follow::walk;
use self::row::{Before, Row, cells_of};
use crate::support::order::{Source, Verb};
use crate::support::sample::sample;
use crate::support::seed::seed;
use crate::support::walk_cell::all_hold;
use crate::support::workers::in_parallel;

/// One cell in so many is walked by the gate, by a seed that is printed and can be given (`KMS_BYOK_SEED`); `KMS_BYOK_WALK=all` walks
/// every one.
const SAMPLED: usize = 79;
/// What a key that is rotated has before.
const FIRST: &str = "first";
/// The bytes that are given, in escrow.
const SEALED: &str = "given.cms";
const LAGS: [u64; 3] = [0, 9, 120];
/// A run waits for a minute, and the longest lag is two.
const MOST_RUNS: usize = 8;
/// What an import looks like after that is no longer a matter of lag.
const LONG: Duration = Duration::from_secs(3600);

/// Walks every cell of these rows, and prints how many there were and how they ended.
fn walk_all(rows: &[Row]) {
    let begun = Instant::now();
    let found = in_parallel(2, rows, |row| Ok(cells_of(row)));
    let mut cells = Vec::new();
    let mut left_out = 0;
    for found in found {
        let (of_row, polls) = found.unwrap_or_else(|problem| panic!("{problem}"));
        cells.extend(of_row);
        left_out += polls;
    }
    let all = cells.len();
    if !std::env::var("KMS_BYOK_WALK").is_ok_and(|wanted| wanted == "all") {
        cells = sample(seed(), all.div_ceil(SAMPLED), all).into_iter().map(|index| cells[index].clone()).collect();
    }
    let outcomes = in_parallel(2, &cells, walk);
    let mut runs: BTreeMap<usize, usize> = BTreeMap::new();
    let mut exits: BTreeMap<String, BTreeMap<u8, usize>> = BTreeMap::new();
    for (cell, outcome) in cells.iter().zip(&outcomes) {
        let Ok(walked) = outcome else { continue };
        *runs.entry(walked.runs).or_default() += 1;
        *exits.entry(format!("{:?}", cell.stop.how)).or_default().entry(walked.first).or_default() += 1;
    }
    println!(
        "{} of {all} cells walked, {left_out} further polls of wait loops left out; runs to the end {runs:?}, first exit {exits:?}, {:?}",
        cells.len(),
        begun.elapsed()
    );
    all_hold(&cells, &outcomes, |cell| cell.name());
}

/// Every source of key material.
fn sources() -> Vec<Source> {
    [vec![Source::Keep, Source::Escrow, Source::Discard], had()].concat()
}

/// Those of bytes that the user has.
fn had() -> Vec<Source> {
    let sealed = StoredBackup { path: SEALED.into(), form: BackupForm::Escrow(Vec::new()) };
    vec![Source::Given, Source::Stdin, Source::Stored(sealed)]
}

/// What is asked for, from each of these sources, with every lag.
fn rows(verbs: &'static [Verb], before: Before, spec: KeySpec, sources: &[Source]) -> Vec<Row> {
    let row = |source: &Source, lag| {
        let (replicated, import_type, level, source) = (false, None, Level::Use, source.clone());
        Row { verbs, before, replicated, import_type, spec, level, source, lag }
    };
    sources.iter().flat_map(|source| LAGS.map(|lag| row(source, lag))).collect()
}

fn in_full(rows: Vec<Row>) -> Vec<Row> {
    rows.into_iter().map(|row| Row { level: Level::Full, ..row }).collect()
}

fn replicated(rows: Vec<Row>) -> Vec<Row> {
    rows.into_iter().map(|row| Row { replicated: true, ..row }).collect()
}

const SYMMETRIC: KeySpec = KeySpec::SymmetricDefault;
/// One for each kind of proof of the others, and the one that is wrapped in two layers.
const OTHERS: [KeySpec; 3] = [KeySpec::Hmac384, KeySpec::EccNistP256, KeySpec::Rsa2048];

#[test]
fn every_way_to_break_off_a_provision_leads_to_one_key_with_the_bytes_of_its_file() {
    walk_all(&rows(&[Verb::Provision], Before::Nothing, SYMMETRIC, &sources()));
}

#[test]
fn every_way_to_break_off_a_provision_of_another_key_spec_leads_to_one_key_with_the_bytes_of_its_file() {
    walk_all(&OTHERS.map(|spec| rows(&[Verb::Provision], Before::Nothing, spec, &sources())).concat());
}

#[test]
fn every_way_to_break_off_a_provision_that_proves_in_full_leads_to_one_key_with_the_bytes_of_its_file() {
    walk_all(&in_full(rows(&[Verb::Provision], Before::Nothing, SYMMETRIC, &sources())));
}

#[test]
fn every_way_to_break_off_a_provision_beside_what_is_there_leads_to_one_key_with_the_bytes_of_its_file() {
    let mut all = rows(&[Verb::Provision], Before::Copy, SYMMETRIC, &[Source::Keep, Source::Escrow]);
    all.extend(rows(&[Verb::Provision], Before::Empty, SYMMETRIC, &sources()));
    all.extend(in_full(rows(&[Verb::Provision], Before::Filled, SYMMETRIC, &sources())));
    all.extend(rows(&[Verb::Provision], Before::Deleted, SYMMETRIC, &had()));
    walk_all(&all);
}

#[test]
fn every_way_to_break_off_the_steps_of_the_recipe_leads_to_one_key_with_the_bytes() {
    const RECIPE: &[Verb] = &[Verb::CreateKey, Verb::Wrap, Verb::Import];
    let mut all = rows(RECIPE, Before::Nothing, SYMMETRIC, &sources());
    all.extend(OTHERS.map(|spec| rows(RECIPE, Before::Nothing, spec, &[Source::Keep, Source::Given])).concat());
    for import_type in [None, Some(ImportType::New)] {
        let import = rows(&[Verb::Import], Before::Wrapped, SYMMETRIC, &[Source::Given]);
        all.extend(import.into_iter().map(|row| Row { import_type, ..row }));
    }
    for import_type in [None, Some(ImportType::Existing)] {
        let import = rows(&[Verb::Import], Before::DeletedAndWrapped, SYMMETRIC, &[Source::Given]);
        all.extend(import.into_iter().map(|row| Row { import_type, ..row }));
    }
    walk_all(&all);
}

#[test]
fn every_way_to_break_off_a_rotation_leads_to_the_bytes_of_its_file() {
    let mut all = rows(&[Verb::Rotate], Before::First, SYMMETRIC, &sources());
    all.extend(rows(&[Verb::Rotate], Before::Waiting, SYMMETRIC, &[Source::Resume, Source::DiscardOrResume]));
    walk_all(&all);
}

#[test]
fn every_way_to_break_off_a_rotation_with_a_replica_leads_to_the_same_bytes_in_both_regions() {
    walk_all(&replicated(rows(&[Verb::Rotate], Before::FirstReplicated, SYMMETRIC, &sources())));
}

#[test]
fn every_way_to_break_off_a_replication_leads_to_the_same_bytes_in_both_regions() {
    let mut all = rows(&[Verb::Replicate], Before::Filled, SYMMETRIC, &had());
    all.extend(OTHERS.map(|spec| rows(&[Verb::Replicate], Before::Filled, spec, &[Source::Given])).concat());
    walk_all(&replicated(all));
}

#[test]
fn every_way_to_break_off_a_deletion_leads_to_a_key_that_the_same_bytes_bring_back() {
    walk_all(&rows(&[Verb::DeleteMaterial], Before::Filled, SYMMETRIC, &[Source::Given]));
}

#[test]
fn every_way_to_break_off_a_full_verification_leads_to_the_proof() {
    let mut all = rows(&[Verb::Verify], Before::Filled, SYMMETRIC, &had());
    all.extend(OTHERS.map(|spec| rows(&[Verb::Verify], Before::Filled, spec, &[Source::Given])).concat());
    walk_all(&all);
}
