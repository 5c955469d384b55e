//! `--record` of `replicate` and `rotate`: each Region's passage of key material and each proof is in the account.

use serde_json::Value;

use crate::support::stage::Stage;
use crate::support::{self, schema};

#[test]
fn every_region_is_in_the_account() {
    let stage = Stage::new("");
    stage.secret("one", support::material(1));
    stage.secret("two", support::material(2));
    let record = |name: &str| -> Value { serde_json::from_slice(&stage.bench.read(name)).unwrap() };
    let wrapping = "--wrapping-key-spec RSA_2048 --quiet --output json";
    let provision = format!("provision AT {wrapping} --alias alias/a --multi-region --material one");
    let primary = stage.run(&provision).json()["key_arn"].as_str().unwrap().to_owned();
    let replica = primary.replace("us-east-1", "eu-west-1");
    let replicate = format!("replicate AT {wrapping} --key-id {primary} --to eu-west-1 --material one --record r.json");
    stage.run(&replicate).succeeds();
    stage.run(&format!("rotate AT {wrapping} --key-id {primary} --material two --record s.json")).succeeds();
    let (replicated, rotated) = (record("r.json"), record("s.json"));
    assert_eq!((&replicated["verb"], &rotated["verb"]), (&"replicate".into(), &"rotate".into()));
    for (record, keys) in [(&replicated, vec![&replica]), (&rotated, vec![&primary, &replica])] {
        let transfers = record["transfers"].as_array().unwrap();
        for key in keys {
            let to_it: Vec<&Value> = transfers.iter().filter(|transfer| transfer["key_arn"] == **key).collect();
            assert!(to_it.iter().any(|transfer| transfer["outcome"] == "imported"), "{key}: {transfers:#?}");
            let proofs = record["proofs"].as_array().unwrap();
            let proven = proofs.iter().any(|proof| proof["key_arn"] == **key && proof["outcome"] == "proven");
            assert!(proven, "{key}: {proofs:#?}");
        }
        assert_eq!(record["exit"]["code"], 0);
        assert_eq!(record["key"]["key_arn"], primary);
    }
    // The tokens of two Regions are two sets.
    let tokens: Vec<&Value> =
        rotated["transfers"].as_array().unwrap().iter().map(|transfer| &transfer["import_token_sha256"]).collect();
    assert!(tokens.len() >= 2 && tokens[0] != tokens[1]);
    // Also where nothing comes of it.
    let failed = stage.run(&format!("rotate AT {wrapping} --key-id {replica} --material two --record t.json"));
    assert_eq!(failed.code, Some(1), "{}", failed.stderr);
    assert_eq!(record("t.json")["exit"]["code"], 1);
    let Some(verdicts) = schema::validate(&["record.json".to_owned()], &[replicated, rotated, record("t.json")]) else {
        return;
    };
    assert_eq!(verdicts, ["ok", "ok", "ok"]);
}
