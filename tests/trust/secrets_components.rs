//! Key components, and the key that they make, are nowhere once they are not needed any more.

use crate::support::Bench;
use crate::support::memory::Shapes;
use crate::support::planted::random;
use crate::support::watched::{assert_silent, memory_of};

/// Three components on the bench, the flags that name them, and what is secret: each of them, and their XOR.
fn planted(bench: &Bench) -> (String, Shapes, Shapes) {
    let parts = [random(32), random(32), random(32)];
    let key: Vec<u8> = (0..32).map(|place| parts.iter().fold(0, |sum, part| sum ^ part[place])).collect();
    let mut flags = String::from("--components 3");
    for (number, part) in parts.iter().enumerate() {
        let name = format!("part-{number}");
        bench.write_private(&name, if number == 1 { hex::encode(part).into_bytes() } else { part.clone() });
        flags += &format!(" --component {name}");
    }
    bench.write_private("whole", &key);
    bench.wrapping_key(2048);
    let shown = bench.kms_byok("wrap --material whole --inkey PublicKey.bin --out w --force --show-kcv --output json");
    let shown: serde_json::Value = serde_json::from_str(&shown.succeeds().stdout).unwrap();
    flags += &format!(" --expect-kcv {}", shown["key_check_value"].as_str().unwrap());
    std::fs::remove_file(bench.path("whole")).unwrap();
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    (flags, Shapes::of(&parts), Shapes::of(&[&key]))
}

const FILES: [&str; 3] = ["part-0", "part-1", "part-2"];

#[test]
fn wrapping_a_key_in_components_leaves_neither_it_nor_them_behind() {
    let bench = Bench::new();
    let (flags, parts, key) = planted(&bench);
    let run = bench.watched(&format!("wrap {flags} --inkey PublicKey.bin --out wrapped --show-kcv"), b"");
    run.wait_for_answer();
    for shapes in [&parts, &key] {
        let Some(found) = memory_of(&run, shapes) else { return };
        assert!(found.is_empty(), "{found:#?}");
    }
    let streams = run.end();
    assert_silent("components", &bench, &streams, &parts, &FILES);
    assert_silent("the key", &bench, &streams, &key, &FILES);
}

#[test]
fn while_a_key_in_components_is_imported_the_components_are_gone_and_the_key_is_in_one_page() {
    let bench = Bench::new();
    let kms = bench.slow_importer();
    let (flags, parts, key) = planted(&bench);
    let url = kms.url();
    let line =
        format!("provision --endpoint-url {url} --region us-east-1 --wrapping-key-spec RSA_2048 {flags} --output json");
    let run = bench.watched(&line, b"");
    run.wait_for_reply_after("wrapped ");
    let Some(found) = memory_of(&run, &parts) else { return };
    assert!(found.is_empty(), "components: {found:#?}");
    let Some(found) = memory_of(&run, &key) else { return };
    assert!(found.len() == 1 && found[0].own_page, "{found:#?}");
    run.wait_for_answer();
    let Some(found) = memory_of(&run, &key) else { return };
    assert!(found.is_empty(), "{found:#?}");
    assert_silent("the key", &bench, &run.end(), &key, &FILES);
}

/// Components that a run makes are in their files, and the key is nowhere.
#[test]
fn making_components_leaves_the_key_nowhere() {
    let bench = Bench::new();
    let run = bench.watched("generate --components 3 --plain --out-prefix p", b"");
    run.wait_for_answer();
    let parts: Vec<Vec<u8>> = (1..=3)
        .map(|number| {
            let text = String::from_utf8(bench.read(&format!("p-{number}-of-3.txt"))).unwrap();
            let line = text.lines().find_map(|line| line.strip_prefix("Value: ")).unwrap();
            hex::decode(line.replace(' ', "")).unwrap()
        })
        .collect();
    let key: Vec<u8> = (0..32).map(|place| parts.iter().fold(0, |sum, part| sum ^ part[place])).collect();
    let secrets: Vec<&[u8]> = parts.iter().chain([&key]).map(Vec::as_slice).collect();
    let shapes = Shapes::of(&secrets);
    let Some(found) = memory_of(&run, &shapes) else { return };
    assert!(found.is_empty(), "{found:#?}");
    assert_silent("the key", &bench, &run.end(), &Shapes::of(&[&key]), &[]);
}
