//! A way back that breaks off, or meets another run, ends as if nothing had been in its way.

use std::time::Duration;

use serde_json::{Value, json};

use super::{BACK, ROTATE, id, rotated, tags};
use crate::support::machines::{end, start};
use crate::support::struck::wait_until_struck;

/// Whatever call fails, and however, the command that follows from it ends with the alias at the old key.
#[test]
fn a_way_back_that_breaks_off_is_gone_on_with() {
    let mut cells = 0;
    for (operation, first) in
        [("TagResource", 2), ("TagResource", 3), ("UpdateAlias", 2), ("UntagResource", 1), ("UntagResource", 2)]
    {
        for how in ["reset-before", "reset-after", "error=AccessDeniedException", "empty-object"] {
            // Calls that may be repeated are sent up to three times.
            let last = if how.starts_with("reset") { first + 2 } else { first };
            let (scene, old, new) = rotated(&format!("--fault {operation}:{first}-{last}:{how}"));
            let run = scene.run(&format!("{BACK} --quiet"));
            let named = scene.named_by("alias/app");
            assert!(named == old || named == new, "{operation} {first} {how}: {named}");
            let mark = scene.tag(&old, "kms-byok:rolled-back-from");
            assert!(named == new || mark == Some(id(&new)), "{operation} {first} {how}: the alias has moved unmarked");
            if run.code != Some(0) {
                cells += 1;
                let next = match run.stderr.lines().find_map(|line| line.strip_prefix("next: ")) {
                    Some(next) => next.to_owned(),
                    None => {
                        assert_eq!((run.code, &named, mark), (Some(1), &new, None), "{operation} {first} {how}");
                        format!("kms-byok {BACK} {}", scene.at())
                    }
                };
                scene.paste(&next).unwrap().succeeds();
            }
            assert_eq!(scene.named_by("alias/app"), old, "{operation} {first} {how}");
            assert_eq!(tags(&scene, &old), [None, None, Some(id(&new))], "{operation} {first} {how}");
            assert_eq!(tags(&scene, &new), [None, Some(id(&old)), None], "{operation} {first} {how}");
        }
    }
    assert!(cells >= 5, "only {cells} runs were broken off");
}

#[test]
fn of_two_machines_the_one_that_goes_back_sees_the_other_and_leaves_nothing_to_delete() {
    let (scene, old, new) = rotated("--fault Sign:3:latency=4s");
    let back = start(&scene, "here", BACK);
    wait_until_struck(&scene.kms.url);
    let (code, winner, said) = end(start(&scene, "there", &format!("{ROTATE} --material three")));
    assert_eq!((code, &winner["previous_key_arn"]), (Some(0), &json!(new)), "{said}");
    let theirs = winner["key_arn"].as_str().unwrap();
    let (code, answer, said) = end(back);
    assert_eq!((code, &answer["error"]["id"]), (Some(3), &json!("rotation_overtaken")), "{said}");
    assert_eq!(
        answer["error"]["cause"],
        format!("`alias/app` points to key {theirs} by now, but this run moves it to {old}")
    );
    assert_eq!(answer["alias_rotation"]["alias_names"], theirs);
    assert_eq!((&answer["leftovers"], &answer["next"]), (&json!([]), &Value::Null));
    assert_eq!(scene.named_by("alias/app"), theirs);
    // The hint is a whole command.
    let hint = answer["error"]["hint"].as_str().unwrap();
    scene.paste(hint.split('`').nth(1).unwrap()).unwrap().succeeds();
    assert_eq!(scene.named_by("alias/app"), old);
}

#[test]
fn on_one_machine_a_rotation_and_a_way_back_come_one_after_the_other() {
    let (scene, _, new) = rotated("--fault ImportKeyMaterial:3:latency=2s");
    let rotation = start(&scene, "here", &format!("{ROTATE} --material three"));
    wait_until_struck(&scene.kms.url);
    std::thread::sleep(Duration::from_millis(100));
    let (code, back, said) = end(start(&scene, "here", BACK));
    let (first, rotation, _) = end(rotation);
    assert_eq!((first, code), (Some(0), Some(0)), "{said}");
    assert!(said.contains("another run on this machine, which rotates alias/app\n"), "{said}");
    assert_eq!((&back["key_arn"], &back["previous_key_arn"]), (&json!(new), &rotation["key_arn"]));
}
