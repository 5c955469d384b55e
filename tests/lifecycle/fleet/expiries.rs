//! `fleet status --html` and `--metrics`: what expires in a fleet, as its runs have seen it last.

use serde_json::{Value, json};

use crate::expiry_files::{faults, parsed};
use crate::support::scene::Scene;

const CELLS: &str = "--alias alias/{id} --wrapping-key-spec RSA_2048";

fn scene() -> Scene {
    let scene = Scene::new("");
    scene.material("a.key", 32);
    scene.bench.write(
        "keys.csv",
        "id,material,regions,expires\na,a.key,eu-west-1,10d\nb,generate-discard,us-east-1,60d\nc,generate-discard,us-east-1,\n",
    );
    scene
}

#[test]
fn a_fleet_is_shown_by_region_from_its_journal_alone() {
    let scene = scene();
    let begun = format!("fleet status keys.csv {CELLS} --html fleet.html --metrics fleet.prom");
    scene.run(&format!("fleet run keys.csv {CELLS} --quota none")).succeeds();
    let calls = scene.bench.read("calls.log").len();
    let status = scene.run(&format!("{begun} --output json"));
    status.succeeds();
    assert_eq!(scene.bench.read("calls.log").len(), calls);
    let last: Value = serde_json::from_str(status.stdout.lines().last().unwrap()).unwrap();
    assert_eq!((&last["html_file"], &last["metrics_file"]), (&json!("fleet.html"), &json!("fleet.prom")));
    let page = String::from_utf8(scene.bench.read("fleet.html")).unwrap();
    assert!(
        page.contains(
            "3 keys · 2 Regions · account 000000000000 · manifest <bdi>keys.csv</bdi> (3 done, 0 failed, 0 left)"
        ),
        "{page}"
    );
    assert!(page.contains("; KMS was not asked"));
    for (region, below) in [("eu-west-1", "1 key"), ("us-east-1", "2 keys, 1 never")] {
        assert!(page.contains(&format!(">{region}</text>")) && page.contains(&format!(">{below}</text>")), "{region}");
    }
    assert!(page.contains("row <bdi>a</bdi>"));
    let Some(families) = parsed(&scene.bench.path("fleet.prom")) else { return };
    let aliases: Vec<&Value> = families[0][2].as_array().unwrap().iter().map(|sample| &sample[0]["alias"]).collect();
    assert_eq!(aliases, ["alias/a", "alias/b"]);
    let fleet = &families[2];
    assert_eq!(
        (&fleet[0], &fleet[2][0]),
        (&json!("kms_byok_fleet_keys"), &json!([{ "manifest": "keys.csv", "state": "done" }, 3]))
    );
}

#[test]
fn a_renewal_moves_what_the_page_and_the_report_of_the_fleet_say() {
    let scene = scene();
    scene.run(&format!("fleet run keys.csv {CELLS} --quota none")).succeeds();
    let expires = |flags: &str| -> Value {
        let run = scene.run(&format!("fleet status keys.csv {CELLS} --output json {flags}"));
        serde_json::from_str::<Value>(run.stdout.lines().next().unwrap()).unwrap()["expires"].clone()
    };
    let before = expires("");
    std::thread::sleep(std::time::Duration::from_millis(1100)); // the journal counts in seconds
    scene.bench.write("keys.csv", "id,material,regions,expires\na,a.key,eu-west-1,200d\n");
    scene.run(&format!("fleet run keys.csv {CELLS} --quota none --only renew")).succeeds();
    let after = expires("--html fleet.html");
    assert!(after.as_str() > before.as_str(), "{before} {after}");
    let page = String::from_utf8(scene.bench.read("fleet.html")).unwrap();
    assert!(page.contains(&format!("datetime=\"{}\"", after.as_str().unwrap())), "{after} {page}");
    let seen = scene.kms.in_region("eu-west-1").describe("alias/a")["ValidTo"].as_f64().unwrap();
    let said = kms_byok::time::parse(after.as_str().unwrap()).unwrap();
    assert_eq!(seen as i64, said.secs());
}

#[test]
fn the_name_of_a_manifest_and_what_failed_are_text_and_next_runs_without_the_files() {
    let scene = scene();
    let name = "k<b>\"x\\y'.csv";
    std::fs::rename(scene.bench.path("keys.csv"), scene.bench.path(name)).unwrap();
    faults(&scene, "CreateAlias:1:error=LimitExceededException");
    scene.run(&format!("fleet run {name} {CELLS} --quota none --concurrency 1")).code.unwrap();
    let status = scene.run(&format!("fleet status {name} {CELLS} --html fleet.html --metrics=fleet.prom"));
    assert_eq!(status.code, Some(3), "{}", status.stdout);
    let next = status.stdout.lines().last().unwrap();
    assert!(next.starts_with("next: kms-byok fleet run 'k<b>\"x\\y'\\''.csv'") && !next.contains("fleet."), "{next}");
    let page = String::from_utf8(scene.bench.read("fleet.html")).unwrap();
    assert!(page.contains("manifest <bdi>k&lt;b&gt;&quot;x\\y&#39;.csv</bdi> (2 done, 1 failed, 0 left)"), "{page}");
    assert!(page.contains("<bdi>failed: a KMS quota of this account is used up</bdi>"), "{page}");
    let Some(families) = parsed(&scene.bench.path("fleet.prom")) else { return };
    let fleet = families.as_array().unwrap().last().unwrap();
    assert_eq!(fleet[2][1], json!([{ "manifest": name, "state": "failed" }, 1]));
    // A file that the status reads is no file that it writes.
    let (answer, _) = scene.fails(2, &format!("fleet status {name} {CELLS} --html {name} --force"));
    assert_eq!(answer["error"]["id"], "same_file");
}
