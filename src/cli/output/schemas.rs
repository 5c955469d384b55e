//! The schemas of what the verbs print, from the types that they print: `docs/schemas`.

use std::collections::BTreeSet;
use std::fs;

use clap::CommandFactory;

use super::document::{Document, FAILURE, Nothing, RunAnswer};
use crate::cli::made_schema::is_committed_for;
use crate::cli::{
    Cli, create_key, delete_material, diagnose, doctor, dry_run, fleet, generate, get_parameters, import, provision,
    public_key, recipe, rehearsal, replicate, rotate, status, verify, wrap,
};

/// The form of each verb, with the type that it is of.
type Written = (&'static str, fn(&str) -> String);

const RUN: fn(&str) -> String = is_committed_for::<Document<'static, RunAnswer>>;

fn all() -> Vec<Written> {
    vec![
        (provision::FORM.schema, RUN),
        (create_key::FORM.schema, RUN),
        (import::FORM.schema, RUN),
        (rotate::FORM.schema, RUN),
        (replicate::FORM.schema, RUN),
        (get_parameters::FORM.schema, is_committed_for::<Document<'static, get_parameters::Answer>>),
        (generate::FORM.schema, is_committed_for::<Document<'static, generate::Answer>>),
        (wrap::FORM.schema, is_committed_for::<Document<'static, wrap::Answer>>),
        (status::FORM.schema, is_committed_for::<Document<'static, status::Answer>>),
        (verify::FORM.schema, is_committed_for::<Document<'static, verify::Answer>>),
        (public_key::FORM.schema, is_committed_for::<Document<'static, public_key::Answer>>),
        (delete_material::FORM.schema, is_committed_for::<Document<'static, delete_material::Answer>>),
        (diagnose::FORM.schema, is_committed_for::<Document<'static, diagnose::Answer>>),
        (recipe::FORM.schema, is_committed_for::<Document<'static, recipe::Answer>>),
        (doctor::FORM.schema, is_committed_for::<Document<'static, doctor::Answer>>),
        (rehearsal::PING.schema, is_committed_for::<Document<'static, rehearsal::Up>>),
        (dry_run::FORM.schema, is_committed_for::<Document<'static, dry_run::Answer>>),
        (FAILURE.schema, is_committed_for::<Document<'static, Nothing>>),
        (fleet::plan::PLAN.schema, is_committed_for::<Document<'static, fleet::plan::Answer>>),
        (fleet::rows::SUMMARY.schema, is_committed_for::<Document<'static, fleet::rows::Last>>),
        (fleet::mistakes::MISTAKES.schema, is_committed_for::<Document<'static, fleet::mistakes::Answer>>),
        (fleet::rows::KEY, is_committed_for::<Document<'static, fleet::rows::Line>>),
    ]
}

#[test]
fn the_pages_of_the_schemas_are_what_the_types_give() {
    let mut files: BTreeSet<String> = all().into_iter().map(|(schema, committed)| committed(schema)).collect();
    // The library has that one.
    files.insert("record.json".to_owned());
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schemas");
    let there = fs::read_dir(folder).expect("the folder is there").flatten().filter(|entry| entry.path().is_file());
    let there: BTreeSet<String> = there.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(there, files);
}

#[test]
fn every_verb_has_a_schema() {
    let mut root = Cli::command();
    root.build();
    let forms = all();
    let has = |verb: &str| forms.iter().any(|(schema, _)| schema.split('/').nth(1) == Some(verb));
    // These print text of one form only, or JSON Lines of two forms.
    let others = ["completions", "man", "rehearsal", "rehearsal-serve", "fleet", "fleet-run", "fleet-status"];
    for verb in root.get_subcommands().filter(|verb| verb.get_name() != "help") {
        let inner = verb.get_subcommands().map(|inner| format!("{}-{}", verb.get_name(), inner.get_name()));
        for name in [verb.get_name().to_owned()].into_iter().chain(inner) {
            assert!(has(&name) != others.contains(&name.as_str()), "{name}");
        }
    }
}
