//! `fleet plan`: what is there, what would be made, how many calls that takes, and how long.

use serde_json::json;

use crate::support::scene::Scene;

#[test]
fn what_is_there_what_would_be_made_and_how_long_it_takes_is_shown() {
    let scene = Scene::new("");
    scene.material("one", 32);
    let arn = scene.provision("--alias alias/there --material one");
    let other = scene.provision("--alias alias/other --material one --description x");
    let waiting = scene.json("create-key --alias alias/waiting")["key_arn"].as_str().unwrap().to_owned();
    scene.bench.write(
        "keys.csv",
        "id,alias,material,description\nthere,alias/there,one,\nwaiting,alias/waiting,one,\nnew,alias/new,generate-discard,\n\
         newer,,generate-discard,\nother,alias/other,one,y\n",
    );
    let calls = scene.bench.read("calls.log").len();
    let run = scene.run("fleet plan keys.csv");
    let expected = format!(
        "   2  there    us-east-1  alias/there    is there: {arn}\n   \
         3  waiting  us-east-1  alias/waiting  waits for key material: {waiting}\n   \
         4  new      us-east-1  alias/new      will be made\n   \
         5  newer    us-east-1  -              will be made\n   \
         6  other    us-east-1  alias/other    cannot be made so: alias/other exists and points to {other}, but its \
         description is `x`, but `y` was asked for\n"
    );
    let (rows, rest) = run.stdout.split_at(run.stdout.find("5 keys: ").unwrap_or(run.stdout.len()));
    let rows: String = rows
        .lines()
        .filter(|line| !line.starts_with("    ") || line.contains("us-east-1"))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(rows.lines().count(), 5, "{}{}", run.stdout, run.stderr);
    for (row, expected) in rows.lines().zip(expected.lines()).take(4) {
        assert_eq!(row, expected);
    }
    assert!(rows.lines().nth(4).unwrap().contains("cannot be made so: "), "{rows}");
    assert!(
        rest.starts_with("5 keys: 2 will be made, 1 wait for key material, 1 are there, 1 cannot be made so\n"),
        "{rest}"
    );
    assert!(rest.contains("GetParametersForImport        3 calls at 1/s  3s\n"), "{rest}");
    assert!(rest.contains("CreateKey                     2 calls at 5/s  1s\n"), "{rest}");
    assert!(rest.ends_with("takes 3s at least\n"), "{rest}");
    assert_eq!(run.code, Some(4));
    let asked = String::from_utf8(scene.bench.read("calls.log").split_off(calls)).unwrap();
    for changes in ["CreateKey", "CreateAlias", "ImportKeyMaterial", "GetParametersForImport"] {
        assert!(!asked.contains(changes), "{asked}");
    }
    assert!(!scene.bench.exists("keys.csv.journal"));
}

#[test]
fn the_plan_as_json_is_one_object_and_quotas_are_those_that_are_given() {
    let scene = Scene::new("");
    scene.bench.write("keys.csv", "id\na\nb\nc\n");
    let flags = "--material generate-discard --regions eu-west-1,us-east-1 --alias alias/{id} --quota GetParametersForImport=0.25";
    let plan = scene.json(&format!("fleet plan keys.csv {flags}"));
    assert_eq!((&plan["make"], &plan["unchanged"], &plan["seconds"]), (&json!(6), &json!(0), &json!(12)));
    let keys: Vec<(u64, &str, &str)> = plan["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| (key["row"].as_u64().unwrap(), key["region"].as_str().unwrap(), key["alias"].as_str().unwrap()))
        .collect();
    assert_eq!(keys[..3], [(2, "eu-west-1", "alias/a"), (2, "us-east-1", "alias/a"), (3, "eu-west-1", "alias/b")]);
    let scarce: Vec<_> =
        plan["quotas"].as_array().unwrap().iter().filter(|one| one["call"] == "GetParametersForImport").collect();
    assert_eq!(scarce.len(), 2);
    assert_eq!(
        (&scarce[0]["calls"], &scarce[0]["per_second"], &scarce[0]["seconds"]),
        (&json!(3), &json!(0.25), &json!(12))
    );
    let none = scene.json(&format!("fleet plan keys.csv {flags} --quota none"));
    assert_eq!((&none["quotas"], &none["seconds"]), (&json!([]), &json!(0)));
}
