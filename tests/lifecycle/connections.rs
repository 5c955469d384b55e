//! Calls that are made side by side need a connection each: the second is there before it is wanted.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kms_byok::Silent;
use kms_byok::kms::{Connection, Kms};
use kms_byok::lifecycle::{Backup, Material, Provision, Wrapping};
use kms_byok::rehearsal::{Server, Settings};
use kms_byok::wrap::{WrappingAlgorithm, WrappingKeySpec};

/// Passes connections on, and notes when each was opened.
fn relay(to: String) -> (String, Arc<Mutex<Vec<Instant>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let opened: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let noted = opened.clone();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            noted.lock().unwrap().push(Instant::now());
            let (client, server) = (client.unwrap(), TcpStream::connect(&to).unwrap());
            let ends = [(client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client)];
            for (mut from, mut to) in ends {
                std::thread::spawn(move || {
                    let _ = io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
        }
    });
    (url, opened)
}

#[tokio::test]
async fn a_second_connection_is_opened_while_create_key_is_under_way_and_never_a_third() {
    let faults = vec!["CreateKey:1:latency=3s".parse().unwrap()];
    let server = Server::start(Settings { faults, ..Settings::default() }).unwrap();
    let (url, opened) = relay(server.url().trim_start_matches("http://").to_owned());
    let kms = Kms::isolated(&url, "ANYBODY", &Connection::default(), Arc::new(Silent));
    let wrapping = Wrapping { algorithm: WrappingAlgorithm::RsaesOaepSha256, key_spec: WrappingKeySpec::Rsa2048 };
    let plan = Provision::new("alias/a".parse().unwrap())
        .material(Material::generate().backup(Backup::Discard))
        .wrapping(wrapping);
    plan.run(&kms).await.unwrap();
    let opened = opened.lock().unwrap();
    assert_eq!(opened.len(), 2);
    assert!(opened[1] - opened[0] < Duration::from_secs(3), "{:?}", opened[1] - opened[0]);
}
