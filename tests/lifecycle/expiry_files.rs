//! `status --html` and `--metrics`: what expires, as a page that a browser shows and as metrics that Prometheus reads.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::pinned;
use crate::support::scene::Scene;

const UNTIL: &str = "kms_byok_seconds_until_key_material_expiration";
const NASTY: &str =
    "</td><script>document.title='owned'</script><img src=x onerror=alert(1)> \"quoted\" \\ 'single' &amp;";

/// Keys that expire soon, later and never, one whose key material is gone, and one with a description that would be markup.
fn scene() -> Scene {
    let scene = Scene::new("");
    for (alias, expiry) in [("soon", "--expires-in 5d"), ("later", "--expires-in 100d"), ("never", ""), ("gone", "")] {
        scene.provision(&format!("--alias alias/{alias} --generate --discard {expiry}"));
    }
    scene.json("delete-material --key-id alias/gone --yes");
    let nasty = scene.kms.ok("CreateKey", json!({ "Origin": "EXTERNAL", "Description": NASTY }));
    let id = nasty["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
    scene.kms.ok("CreateAlias", json!({ "AliasName": "alias/nasty", "TargetKeyId": id }));
    scene
}

/// From now on the embedded KMS has that fault.
pub(crate) fn faults(scene: &Scene, fault: &str) {
    let body = json!({ "faults": [fault] }).to_string();
    assert_eq!(scene.kms.http("POST", "/_rehearsal/faults", &[], body.as_bytes()).unwrap().status, 200);
}

#[test]
fn a_page_and_metrics_are_written_beside_the_answer() {
    let scene = scene();
    let answer = scene.json("status --html expiry.html --metrics kms.prom");
    assert_eq!((&answer["html_file"], &answer["metrics_file"]), (&json!("expiry.html"), &json!("kms.prom")));
    let page = String::from_utf8(scene.bench.read("expiry.html")).unwrap();
    for alias in ["soon", "later", "never", "gone", "nasty"] {
        assert!(page.contains(&format!("<strong><bdi>alias/{alias}</bdi></strong>")), "{alias}");
    }
    assert!(page.contains("&lt;/td&gt;&lt;script&gt;") && !page.contains("<script"), "{page}");
    assert!(page.contains("A rehearsal: an embedded KMS was asked"));
    // The order of what is due.
    let place = |alias: &str| page.rfind(&format!("alias/{alias}<")).unwrap();
    assert!(place("gone") < place("soon") && place("soon") < place("later") && place("later") < place("never"));
    let metrics = String::from_utf8(scene.bench.read("kms.prom")).unwrap();
    assert_eq!(metrics.lines().filter(|line| line.starts_with(UNTIL)).count(), 2);
    assert!(metrics.ends_with("# EOF\n"));
    // One key, by the alias that was given.
    scene.run("status alias/soon --html expiry.html").succeeds();
    let page = String::from_utf8(scene.bench.read("expiry.html")).unwrap();
    assert!(page.contains("<strong><bdi>alias/soon</bdi></strong>") && !page.contains("alias/later"), "{page}");
}

#[test]
fn an_earlier_page_is_replaced_and_nothing_else_is() {
    let scene = Scene::new("");
    scene.provision("--alias alias/a --generate --discard --expires-in 9d");
    for (flag, name) in [("--html", "page"), ("--metrics", "text")] {
        scene.run(&format!("status {flag} {name}")).succeeds();
        let first = scene.bench.read(name);
        scene.provision(&format!("--alias alias/b-{name} --generate --discard --expires-in 8d"));
        scene.run(&format!("status {flag} {name}")).succeeds();
        assert_ne!(scene.bench.read(name), first);
        assert_eq!(scene.bench.names().iter().filter(|file| file.starts_with(name)).count(), 1);
        // Any other file may be a key.
        scene.bench.write(name, "a key, say");
        let calls = scene.bench.read("calls.log").len();
        let (answer, _) = scene.fails(1, &format!("status {flag} {name}"));
        assert_eq!(answer["error"]["id"], "exists");
        assert_eq!(answer["error"]["hint"], "name another path, or add --force to replace it");
        assert_eq!((scene.bench.read(name), scene.bench.read("calls.log").len()), (b"a key, say".to_vec(), calls));
        let forced = scene.run(&format!("status {flag} {name} --force"));
        forced.succeeds();
        assert!(forced.stderr.contains("is kept: it is now"), "{}", forced.stderr);
        let aside =
            scene.bench.names().into_iter().find(|file| file.starts_with(&format!("{name}.superseded-"))).unwrap();
        assert_eq!(scene.bench.read(&aside), b"a key, say");
        assert_ne!(scene.bench.read(name), b"a key, say");
    }
    let (answer, _) = scene.fails(2, "status --html both --metrics both");
    assert_eq!((&answer["error"]["id"], scene.bench.exists("both")), (&json!("two_outputs"), false));
    let (answer, _) = scene.fails(2, "status --force");
    assert_eq!(answer["error"]["exit_code"], 2);
}

#[test]
fn a_run_that_fails_leaves_the_earlier_files_as_they_were() {
    let scene = Scene::new("");
    scene.provision("--alias alias/a --generate --discard --expires-in 9d");
    scene.run("status --html page --metrics text").succeeds();
    let before = (scene.bench.read("page"), scene.bench.read("text"), scene.bench.names());
    faults(&scene, "ListAliases:always:error=AccessDeniedException");
    let run = scene.run("status --alias-prefix alias/ --html page --metrics text");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert_eq!((scene.bench.read("page"), scene.bench.read("text"), scene.bench.names()), before);
}

#[test]
fn what_could_not_be_seen_is_named_in_both() {
    let scene = scene();
    faults(&scene, "DescribeKey:1:error=AccessDeniedException");
    let run = scene.run("status --html page --metrics text");
    run.succeeds();
    let page = String::from_utf8(scene.bench.read("page")).unwrap();
    assert!(page.contains("Not everything could be seen: <a href=\"#not-seen\">what, and why</a>."));
    assert!(page.contains("</code>: <bdi>kms:DescribeKey is not permitted</bdi></li>"));
    let metrics = String::from_utf8(scene.bench.read("text")).unwrap();
    assert_eq!(metrics.lines().filter(|line| line.starts_with("kms_byok_key_not_seen{")).count(), 1);
}

/// Each family and its samples, as the parsers of Prometheus's own Python client read them.
const PARSE: &str = "
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as text
given = open(sys.argv[1], encoding='utf-8', newline='').read()
def families(parse):
    return [[family.name, family.type, [[sample.labels, sample.value] for sample in family.samples]] for family in parse(given)]
print(json.dumps([families(openmetrics), families(text)]))
";

/// What both parsers have read, which is the same.
pub(crate) fn parsed(path: &Path) -> Option<Value> {
    let python = pinned::python(&[], &["prometheus_client"])?.join("python");
    let run = Command::new(python).args(["-c", PARSE]).arg(path).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let both: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(both[0], both[1]);
    Some(both[0].clone())
}

#[test]
fn the_parsers_of_openmetrics_and_of_prometheus_read_the_same_metrics() {
    let scene = scene();
    let answer = scene.json("status --metrics kms.prom");
    let Some(families) = parsed(&scene.bench.path("kms.prom")) else { return };
    let names: Vec<&str> = families.as_array().unwrap().iter().map(|family| family[0].as_str().unwrap()).collect();
    assert_eq!(names, [UNTIL, "kms_byok_key_material_expiration_timestamp_seconds", "kms_byok_key_material_missing"]);
    let expiring: Vec<&Value> =
        answer["keys"].as_array().unwrap().iter().filter(|key| !key["expires"].is_null()).collect();
    let samples = families[0][2].as_array().unwrap();
    assert_eq!((samples.len(), expiring.len()), (2, 2));
    for (sample, days) in samples.iter().zip([5, 100]) {
        let key = expiring.iter().find(|key| key["key_arn"] == sample[0]["key_arn"]).unwrap();
        assert_eq!(
            sample[0],
            json!({
                "region": key["region"], "account": key["account"], "key_id": key["key_id"], "key_arn": key["key_arn"],
                "alias": key["aliases"][0],
            })
        );
        let seconds = sample[1].as_f64().unwrap();
        assert!((0.0..120.0).contains(&(f64::from(days) * 86_400.0 - seconds)), "{seconds}");
    }
    let missing: Vec<(&Value, f64)> = families[2][2]
        .as_array()
        .unwrap()
        .iter()
        .map(|sample| (&sample[0]["alias"], sample[1].as_f64().unwrap()))
        .filter(|(_, value)| *value > 0.0)
        .collect();
    assert_eq!(missing, [(&json!("alias/gone"), 1.0), (&json!("alias/nasty"), 1.0)]);
}

/// Ends a program that a test has begun.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn node_exporter_hands_the_metrics_on() {
    let Some(exporter) = on_path("prometheus-node-exporter") else { return };
    let scene = scene();
    fs::create_dir(scene.bench.path("textfiles")).unwrap();
    scene.run("status --metrics textfiles/kms.prom").succeeds();
    // A file of another Region or prefix stands beside it.
    scene.run("status --alias-prefix alias/none --metrics textfiles/none.prom").succeeds();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let child = Command::new(exporter)
        .args(["--collector.disable-defaults", "--collector.textfile", "--web.disable-exporter-metrics"])
        .arg(format!("--collector.textfile.directory={}", scene.bench.path("textfiles").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _running = Running(child);
    let begun = Instant::now();
    let page = loop {
        match fetched(port) {
            Some(page) if page.contains("node_textfile_mtime_seconds") => break page,
            _ if begun.elapsed() > Duration::from_secs(60) => panic!("node exporter does not answer"),
            _ => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    assert!(page.contains("node_textfile_scrape_error 0"), "{page}");
    let shown: Vec<&str> = page.lines().filter(|line| line.starts_with(&format!("{UNTIL}{{"))).collect();
    assert_eq!(shown.len(), 2, "{page}");
    assert!(shown.iter().any(|line| line.contains("alias=\"alias/soon\"")), "{shown:?}");
}

fn fetched(port: u16) -> Option<String> {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.write_all(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    Some(text)
}

/// A program of others; a line that says so where it is not installed.
fn on_path(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.exists());
    if found.is_none() {
        println!("skipped: {name} is not installed");
    }
    found
}

/// What a browser makes of a page: what it has of it after it was loaded, and what it said on the way.
fn browsed(chromium: &Path, scene: &Scene, page: &str, flags: &[&str]) -> (String, String) {
    let run = Command::new(chromium)
        // Root needs the second; the profile is thrown away with the scene.
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr"])
        .arg(format!("--user-data-dir={}", scene.bench.path("profile").display()))
        .args(["--window-size=1200,1500", "--no-pdf-header-footer"])
        .args(flags)
        .arg(format!("file://{}", scene.bench.path(page).display()))
        .env("HOME", scene.bench.directory())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    (String::from_utf8_lossy(&run.stdout).into_owned(), String::from_utf8_lossy(&run.stderr).into_owned())
}

/// The colour of the first pixel of a PNG without an alpha channel: its first line is filtered by nothing that comes before.
const FIRST_PIXEL: &str = "
import struct, sys, zlib
data, at, packed = open(sys.argv[1], 'rb').read(), 8, b''
while at < len(data):
    length, kind = struct.unpack('>I4s', data[at:at + 8])
    packed += data[at + 8:at + 8 + length] if kind == b'IDAT' else b''
    at += 12 + length
print(zlib.decompress(packed)[1:4].hex())
";

#[test]
fn a_browser_shows_the_page_by_day_by_night_and_on_paper_and_runs_nothing() {
    let Some(chromium) = on_path("chromium") else { return };
    let scene = scene();
    scene.run("status --html page.html").succeeds();
    let (dom, said) = browsed(&chromium, &scene, "page.html", &["--dump-dom"]);
    assert!(dom.contains("<title>When key material expires</title>"), "{dom}");
    assert_eq!((dom.matches("<script").count(), dom.matches("<img").count()), (0, 0));
    // The policy lets the page's own style in; what it keeps out would be said.
    assert!(!said.contains("Content Security Policy") && !said.contains("Refused"), "{said}");
    // Kept, to be looked at.
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("expiry-page");
    fs::create_dir_all(&kept).unwrap();
    for (name, flag, colour) in
        [("day", "--force-color-profile=srgb", "ffffff"), ("night", "--force-dark-mode", "11161d")]
    {
        let picture = kept.join(format!("{name}.png"));
        browsed(&chromium, &scene, "page.html", &[flag, &format!("--screenshot={}", picture.display())]);
        let pixel = Command::new("python3").args(["-c", FIRST_PIXEL]).arg(&picture).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&pixel.stdout).trim(), colour, "{name}");
    }
    let paper = kept.join("paper.pdf");
    browsed(&chromium, &scene, "page.html", &["--force-dark-mode", &format!("--print-to-pdf={}", paper.display())]);
    assert!(fs::read(&paper).unwrap().starts_with(b"%PDF-"));
    println!("the page as the browser shows it: {}", kept.display());
    // A page that breaks the policy is told of: the same with a script in it.
    let page = String::from_utf8(scene.bench.read("page.html")).unwrap();
    scene.bench.write("broken.html", page.replace("</main>", "<script>document.title='owned'</script></main>"));
    let (dom, said) = browsed(&chromium, &scene, "broken.html", &["--dump-dom"]);
    assert!(said.contains("Content Security Policy") && !dom.contains("<title>owned"), "{said}");
}
