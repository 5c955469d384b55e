//! `--shard`: accounts and Regions are dealt out, so that no two shards share a quota.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::scene::Scene;

const REGIONS: [&str; 4] = ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2"];
const RUN: &str =
    "fleet run keys.csv --quota none --alias alias/{id} --material generate-discard --wrapping-key-spec RSA_2048";

/// Two rows for each Region.
fn manifest(scene: &Scene) {
    let rows: String = REGIONS.iter().map(|region| format!("{region}/a,{region}\n{region}/b,{region}\n")).collect();
    scene.bench.write("keys.csv", format!("id,regions\n{rows}"));
}

#[test]
fn shards_have_whole_regions_each_its_own_and_status_tells_of_all() {
    let scene = Scene::new("");
    manifest(&scene);
    let mut seen = BTreeSet::new();
    for shard in 1..=3 {
        let run = scene.run(&format!("{RUN} --shard {shard}/3 --output json"));
        run.succeeds();
        let lines: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let regions: BTreeSet<String> =
            lines.iter().filter_map(|line| line["region"].as_str()).map(str::to_owned).collect();
        assert_eq!(lines.len(), 1 + 2 * regions.len(), "{}", run.stdout);
        for region in regions {
            assert!(seen.insert(region.clone()), "two shards have {region}");
        }
        assert!(scene.bench.exists(&format!("keys.csv.journal.{shard}-of-3")));
        let status = scene.run("fleet status keys.csv --alias alias/{id} --material generate-discard --output json");
        let last: Value = serde_json::from_str(status.stdout.lines().last().unwrap()).unwrap();
        assert_eq!(last["done"].as_u64().unwrap() as usize, 2 * seen.len());
        assert_eq!(status.code, Some(if seen.len() == 4 { 0 } else { 3 }));
    }
    assert_eq!(seen.len(), 4);
    let table = scene.run("fleet status keys.csv --alias alias/{id} --material generate-discard");
    assert!(table.stdout.ends_with("8 keys: 8 done, 0 failed, 0 left\n"), "{}", table.stdout);
    // With another number of shards each row is found as it is.
    let keys = scene.calls("CreateKey");
    for shard in 1..=2 {
        scene.run(&format!("{RUN} --shard {shard}/2")).succeeds();
    }
    assert_eq!(scene.calls("CreateKey"), keys);
}

#[test]
fn an_account_and_region_is_not_split_and_the_reason_is_said() {
    let scene = Scene::new("");
    scene.bench.write("keys.csv", "id\na\nb\n");
    let run = scene.run(&format!("{RUN} --shard 2/2"));
    run.succeeds();
    assert_eq!(run.stdout, "0 keys: 0 done, 0 failed, 0 left\n");
    assert_eq!(
        run.stderr,
        "warning: nothing is left for shard 2 of 2: the rows are of 1 account and Region, which is not split, because its shards would \
         share its quotas\n"
    );
    assert_eq!(scene.calls("CreateKey"), 0);
    scene.run(&format!("{RUN} --shard 1/2")).succeeds();
    assert_eq!(scene.calls("CreateKey"), 2);
}

#[test]
fn a_task_of_an_array_finds_its_shard_in_its_environment() {
    let scene = Scene::new("");
    manifest(&scene);
    let line = format!("{RUN} --shard auto {}", scene.at());
    let arrays = [
        [("JOB_COMPLETION_INDEX", "0"), ("JOB_COMPLETIONS", "4")],
        [("AWS_BATCH_JOB_ARRAY_INDEX", "1"), ("AWS_BATCH_JOB_ARRAY_SIZE", "4")],
        [("SLURM_ARRAY_TASK_ID", "2"), ("SLURM_ARRAY_TASK_COUNT", "4")],
    ];
    for (number, variables) in arrays.into_iter().enumerate() {
        let mut command = scene.bench.command(&line.split_whitespace().collect::<Vec<_>>());
        command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test").envs(variables);
        assert!(command.output().unwrap().status.success());
        assert!(scene.bench.exists(&format!("keys.csv.journal.{}-of-4", number + 1)));
        assert_eq!(scene.calls("CreateKey"), 2 * (number + 1));
    }
    let none = scene.run(&format!("{RUN} --shard auto"));
    assert_eq!(none.code, Some(2), "{}", none.stderr);
}
