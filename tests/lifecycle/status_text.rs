//! `status` as people read it: a table of keys, what expires first before what expires later, and what is due soon in red.

use serde_json::json;

use crate::support::Run;
use crate::support::scene::Scene;

/// Three keys that expire in 60 days, in 3 days and never; their ARNs.
fn scene() -> (Scene, [String; 3]) {
    let scene = Scene::new("");
    let arns = [("late", "--expires-in 60d"), ("soon", "--expires-in 3d"), ("never", "")]
        .map(|(name, expiry)| scene.provision(&format!("--alias alias/{name} --generate --discard {expiry}")));
    (scene, arns)
}

fn expires(scene: &Scene, arn: &str) -> String {
    scene.json(&format!("status --key-id {arn}"))["expires"].as_str().unwrap().to_owned()
}

fn material(scene: &Scene, arn: &str) -> String {
    scene.materials(arn)[0]["KeyMaterialId"].as_str().unwrap().to_owned()
}

/// Without the time that is left, which differs from call to call.
fn timeless(text: &str) -> String {
    text.lines().map(|line| line.split(", in ").next().unwrap_or_default().to_owned() + "\n").collect()
}

/// Lines in the order of their letters: KMS lists keys in no order.
fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn the_keys_of_a_region_are_a_table() {
    let (scene, [late, soon, never]) = scene();
    let waits = scene.kms.external_key("HMAC_256", "GENERATE_VERIFY_MAC");
    let text = scene.run("status --quiet").succeeds().stdout.clone();
    let (late_at, soon_at) = (expires(&scene, &late), expires(&scene, &soon));
    let gap = " ".repeat(late.len() - "KEY".len());
    let expected = format!(
        "ALIAS        KEY{gap}  SPEC               STATE          EXPIRES\n\
         alias/late   {late}  SYMMETRIC_DEFAULT  Enabled        {late_at}\n\
         alias/soon   {soon}  SYMMETRIC_DEFAULT  Enabled        {soon_at}\n\
         alias/never  {never}  SYMMETRIC_DEFAULT  Enabled        never\n\
         -            {waits}  HMAC_256           PendingImport  -\n"
    );
    assert!(text.starts_with("ALIAS  "), "{text}");
    assert_eq!(sorted(&text), sorted(&expected));
    assert_eq!(
        scene.run("status --alias-prefix alias/none --quiet").succeeds().stdout,
        "no key with imported key material in us-east-1\n"
    );
}

#[test]
fn what_expires_first_comes_first_and_the_others_only_on_demand() {
    let (scene, [late, soon, never]) = scene();
    let run = |line: &str, code: i32| {
        let run: Run = scene.run(&format!("{line} --quiet"));
        assert_eq!((run.code, run.stderr.as_str()), (Some(code), ""), "{line}: {}", run.stdout);
        run.stdout
    };
    let row =
        |alias: &str, arn: &str| format!("{alias}  {arn}  {}  {}, in ", material(&scene, arn), expires(&scene, arn));
    let text = run("status --expiring-within 90d", 4);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("ALIAS       KEY ") && lines[0].ends_with("  EXPIRES"), "{text}");
    assert!(lines[1].starts_with(&row("alias/soon", &soon)), "{text}");
    assert!(lines[2].starts_with(&row("alias/late", &late)), "{text}");
    assert_eq!((lines.len(), text.contains(&never)), (3, false), "{text}");
    assert_eq!(scene.fails(4, "status --expiring-within 90d").0["expiring"][0]["key_arn"], json!(soon));

    // With the others they are the end of the answer.
    let all = timeless(&run("status --expiring-within 90d --all", 4));
    assert!(
        all.contains(&format!("alias/never  {never}")) && all.ends_with(&format!("\n\n{}", timeless(&text))),
        "{all}"
    );

    // One key is not told of either, unless it expires.
    assert_eq!(run("status --key-id alias/never --expiring-within 90d", 0), "nothing expires in that time\n");
    let one = timeless(&run("status --key-id alias/soon --expiring-within 90d", 4));
    assert_eq!(one, timeless(&format!("{}\n{}\n", lines[0], lines[1])));
    let all = run("status --key-id alias/never --expiring-within 90d --all", 0);
    assert!(all.starts_with(&format!("key           {never}\n")), "{all}");
    assert!(all.ends_with("\n\nnothing expires in that time\n"), "{all}");
    scene
        .run("status --all --quiet")
        .refuses(2, "error: --expiring-within D is missing\nhint: add --expiring-within D\n");
}

#[test]
fn what_expires_within_a_week_is_red() {
    let (scene, [late, soon, never]) = scene();
    let red = |text: &str| format!("\u{1b}[31m{text}\u{1b}[0m");
    for (alias, arn, urgent) in [("late", &late, false), ("soon", &soon, true)] {
        let at = expires(&scene, arn);
        let shown = if urgent { red(&at) } else { at };
        let text =
            scene.run(&format!("status --key-id alias/{alias} --quiet --color always")).succeeds().stdout.clone();
        assert!(text.contains(&format!("expires       {shown}\n")), "{text:?}");
        let provision = "provision --wrapping-key-spec RSA_2048 --material one --quiet --color always";
        scene.material("one", 32);
        let expiry = if urgent { "6d" } else { "8d" };
        let text =
            scene.run(&format!("{provision} --alias alias/{alias}-2 --expires-in {expiry}")).succeeds().stdout.clone();
        assert_eq!(text.contains("expires    \u{1b}[31m20"), urgent, "{text:?}");
        std::fs::remove_file(scene.bench.path("one")).unwrap();
    }
    let text = scene.run("status --quiet --color always").succeeds().stdout.clone();
    let line = |arn: &str| text.lines().find(|line| line.contains(arn)).unwrap().to_owned();
    assert!(line(&soon).ends_with(&red(&expires(&scene, &soon))), "{text:?}");
    assert!(line(&late).ends_with(&expires(&scene, &late)) && line(&never).ends_with("  never"), "{text:?}");
    scene.kms.move_clock(json!({ "advance": "55d" }));
    let text = scene.run("status --expiring-within 30d --quiet --color always").stdout;
    let gone = red("gone: expired or deleted");
    assert!(text.contains(&format!("{}  {gone}\n", material(&scene, &soon))), "{text:?}");
    assert!(
        text.contains(&format!("{}  \u{1b}[31m{}, in ", material(&scene, &late), expires(&scene, &late))),
        "{text:?}"
    );
}
