//! Random key material through escrow: every recipient recovers the same bytes, and nobody else any.

use kms_byok::escrow::{self, Recipient};
use openssl::pkey::PKey;

use crate::support;

#[test]
fn every_recipient_recovers_what_was_put_into_escrow_and_nobody_else() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let mut recipients = Vec::new();
    let mut keys = Vec::new();
    for number in 0..3 {
        let (pem, key) = support::certificate::make(number == 1);
        std::fs::write(path("recipient.pem"), pem).unwrap();
        recipients.push(Recipient::read(&path("recipient.pem")).unwrap());
        keys.push(PKey::private_key_from_pem(&key).unwrap());
    }
    let stranger = PKey::private_key_from_pem(&support::certificate::make(false).1).unwrap();
    let stranger_rsa = PKey::private_key_from_pem(&support::certificate::make(true).1).unwrap();
    for length in [1, 15, 16, 17, 28, 31, 32, 33, 48, 64, 127, 128, 138, 1216, 2374, 4096, 16384] {
        let mut material = vec![0; length];
        openssl::rand::rand_bytes(&mut material).unwrap();
        std::fs::write(path("copy"), escrow::seal(&material, &recipients).unwrap()).unwrap();
        for key in &keys {
            assert_eq!(escrow::open(&path("copy"), key).unwrap().expose(), material, "{length} bytes");
        }
        for key in [&stranger, &stranger_rsa] {
            assert!(escrow::open(&path("copy"), key).is_err(), "{length} bytes");
        }
    }
}

/// Authenticated on OpenSSL 3.0 and newer: no changed byte comes out as a key.
#[test]
fn a_changed_escrow_file_does_not_open_to_another_key() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let (pem, key) = support::certificate::make(false);
    std::fs::write(path("recipient.pem"), pem).unwrap();
    let key = PKey::private_key_from_pem(&key).unwrap();
    let material = [7; 32];
    let sealed = escrow::seal(&material, &[Recipient::read(&path("recipient.pem")).unwrap()]).unwrap();
    let mut unchanged = 0;
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1 << (at % 8);
        std::fs::write(path("copy"), changed).unwrap();
        match escrow::open(&path("copy"), &key) {
            Ok(opened) if opened.expose() == material => unchanged += 1,
            Ok(opened) if openssl::version::number() >= 0x3000_0000 => panic!("byte {at}: another key, {opened:?}"),
            Ok(_) | Err(_) => {}
        }
    }
    println!("{unchanged} of {} bytes may change without effect: they name the recipient, or attributes", sealed.len());
    assert!(unchanged < sealed.len() / 2);
}
