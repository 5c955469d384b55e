//! `diagnose` opens key material to look at it: when it answers, no piece of that is left in its memory, its words or its directory.

use crate::support::watched::{assert_silent, memory_of};
use crate::support::{Bench, planted, run};

#[test]
fn opening_and_judging_key_material_leaves_no_piece_of_it_behind() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    std::fs::set_permissions(bench.path("wrapping.pem"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let unencrypted = planted::all().into_iter().filter(|planted| !planted.has_passphrase);
    for (number, planted) in unencrypted.enumerate() {
        let by_stdin = number % 2 == 1;
        let (what, flags) = (planted.title(by_stdin), planted.place(&bench, by_stdin));
        let wrap = format!("wrap {flags} --key-spec {} --inkey PublicKey.bin --out wrapped --force", planted.spec);
        let words: Vec<&str> = wrap.split_whitespace().collect();
        run(&mut bench.command(&words), planted.stdin(by_stdin)).succeeds();
        let line = format!(
            "diagnose {flags} --key-spec {} --public-key PublicKey.bin --encrypted wrapped --private-key wrapping.pem",
            planted.spec
        );
        let run = bench.watched(&line, planted.stdin(by_stdin));
        run.wait_for_answer();
        let Some(found) = memory_of(&run, &planted.shapes) else { return };
        assert!(found.is_empty(), "{what}: {found:#?}");
        assert_silent(&what, &bench, &run.end(), &planted.shapes, &["material", "passphrase"]);
    }
}
