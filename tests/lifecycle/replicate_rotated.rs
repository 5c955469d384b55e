//! `replicate` after rotations: a replica needs every key material of the key.

use crate::support::scene::Scene;

const REPLICATE: &str = "replicate --key-id alias/a --wrapping-key-spec RSA_2048";

/// A multi-Region key with material `one`.
fn scene(flags: &str) -> (Scene, String) {
    Scene::with_key(flags, "--multi-region")
}

fn in_region(arn: &str, region: &str) -> String {
    arn.replace("us-east-1", region)
}

#[test]
fn a_replica_of_a_rotated_key_needs_every_key_material() {
    let (scene, arn) = scene("");
    scene.material("two", 32);
    scene.json("rotate --key-id alias/a --material two");
    let (answer, _) = scene.fails(1, &format!("{REPLICATE} --to eu-west-2 --material two"));
    assert_eq!(
        answer["error"]["cause"],
        format!("key {arn} has 2 key materials, a replica needs all of them, but the command gives only 1")
    );
    assert_eq!(scene.calls("ReplicateKey"), 0);
    let (answer, _) = scene.fails(1, &format!("{REPLICATE} --to eu-west-2 --material two --material two"));
    assert_eq!(answer["error"]["exit_code"], 1);
    let answer = scene.json(&format!("{REPLICATE} --to eu-west-2 --material two --material one"));
    assert_eq!(answer["replicas"][0]["key_state"], "Enabled");
    assert_eq!(answer["replicas"][0]["proof"]["outcome"], "proven");
}

#[test]
fn where_the_materials_cannot_be_listed_the_replica_tells_that_it_waits() {
    let (scene, arn) = scene("--fault ListKeyRotations:6+:error=AccessDeniedException");
    scene.material("two", 32);
    scene.json("rotate --key-id alias/a --material two");
    assert_eq!(scene.calls("ListKeyRotations"), 2);
    for _ in 0..3 {
        scene.materials(&arn);
    }
    let (answer, _) = scene.fails(3, &format!("{REPLICATE} --to eu-west-2 --material two"));
    assert_eq!(
        answer["error"]["cause"],
        format!(
            "replica {} still waits for key material: which, kms:ListKeyRotations would tell",
            in_region(&arn, "eu-west-2")
        )
    );
    let answer = scene.json(&format!("{REPLICATE} --to eu-west-2 --material two --material one"));
    assert_eq!(answer["replicas"][0]["key_state"], "Enabled");
}
