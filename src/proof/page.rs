//! The page of what a proof has in it, from the documentation of its types: `docs/reference/proof.md`.

use super::{Claim, Finding, Level, Outcome};
use crate::committed::{cell, is_committed};

const SOURCE: &str = include_str!("outcome.rs");

#[test]
fn the_page_of_proofs_is_what_their_types_say() {
    let sections = [
        ("Levels", "`--verify` says how much is asked.", words_of("Level")),
        ("Outcomes", "`proof.outcome` in JSON: how the proof ended.", words_of("Outcome")),
        (
            "Items",
            "`proof.items` in JSON has one object for each thing that was looked at; its `id`:",
            words_of("Claim"),
        ),
        ("Outcomes of an item", "`proof.items[].outcome`: what was found about it.", words_of("Finding")),
    ];
    let mut page = "<!-- Written by scripts/docs from src/proof/outcome.rs. -->\n# Proof\n".to_owned();
    for (heading, sentence, words) in sections {
        page.push_str(&format!("\n## {heading}\n\n{sentence}\n\n| id | meaning |\n|---|---|\n"));
        for (id, meaning) in words {
            page.push_str(&format!("| `{id}` | {} |\n", cell(&meaning)));
        }
    }
    is_committed("proof.md", &page);
}

/// The names in the page are those in JSON.
#[test]
fn the_ids_are_those_of_the_json() {
    let json = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let of = |name: &str, number: usize| words_of(name)[number].0.clone();
    assert_eq!(of("Level", 3), json(serde_json::json!(Level::Full)));
    assert_eq!(of("Outcome", 1), json(serde_json::json!(Outcome::NotCompared)));
    assert_eq!(of("Claim", 8), json(serde_json::json!(Claim::MaterialDescription)));
    assert_eq!(of("Finding", 2), json(serde_json::json!(Finding::NotPermitted)));
}

/// The variants of an enum, as JSON names them, each with its documentation.
fn words_of(name: &str) -> Vec<(String, String)> {
    let head = format!("pub enum {name} {{");
    let body = SOURCE.lines().skip_while(|line| *line != head).skip(1).take_while(|line| *line != "}");
    let mut words = Vec::new();
    let mut meaning: Vec<&str> = Vec::new();
    for line in body.map(str::trim) {
        match line.strip_prefix("/// ") {
            Some(text) => meaning.push(text),
            None => words.push((snake(line.trim_end_matches(',')), std::mem::take(&mut meaning).join(" "))),
        }
    }
    assert!(!words.is_empty(), "no enum {name}");
    words
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
