//! Blocks made by OpenSSL, with every pair of hashes, and read here.

use openssl::md::{Md, MdRef};
use openssl::pkey::PKey;
use openssl::pkey_ctx::PkeyCtx;

use super::*;

const PAYLOAD: &[u8] = b"\x00\x01 thirty-two bytes, more or less";

fn md(digest: MessageDigest) -> &'static MdRef {
    Md::from_nid(digest.type_()).unwrap()
}

fn sealed(key: &Rsa<Private>, set: impl FnOnce(&mut PkeyCtx<Private>)) -> Block {
    let mut context = PkeyCtx::new(&PKey::from_rsa(key.clone()).unwrap()).unwrap();
    context.encrypt_init().unwrap();
    set(&mut context);
    let mut sealed = Vec::new();
    context.encrypt_to_vec(PAYLOAD, &mut sealed).unwrap();
    read(&raw(key, &sealed).unwrap().unwrap()).unwrap()
}

#[test]
fn every_pair_of_hashes_is_told_from_the_others() {
    let key = Rsa::generate(2048).unwrap();
    for (hash, digest) in Hash::loaded() {
        for (mgf1, mask) in Hash::loaded() {
            let block = sealed(&key, |context| {
                context.set_rsa_padding(Padding::PKCS1_OAEP).unwrap();
                context.set_rsa_oaep_md(md(digest)).unwrap();
                context.set_rsa_mgf1_md(md(mask)).unwrap();
            });
            let Block::Oaep { hash: found, mgf1: found_mgf1, has_label: false, payload } = block else {
                panic!("{hash:?} {mgf1:?} is not recognised")
            };
            assert_eq!((found, found_mgf1, payload.expose()), (hash, mgf1, PAYLOAD));
        }
    }
}

#[test]
fn a_label_and_pkcs1_are_recognised() {
    let key = Rsa::generate(2048).unwrap();
    for (hash, digest) in Hash::loaded() {
        let labelled = sealed(&key, |context| {
            context.set_rsa_padding(Padding::PKCS1_OAEP).unwrap();
            context.set_rsa_oaep_md(md(digest)).unwrap();
            context.set_rsa_oaep_label(b"kms").unwrap();
        });
        let Block::Oaep { hash: found, has_label: true, payload, .. } = labelled else {
            panic!("{hash:?} with a label is not recognised")
        };
        assert_eq!((found, payload.expose()), (hash, PAYLOAD));
    }
    let pkcs1 = sealed(&key, |context| context.set_rsa_padding(Padding::PKCS1).unwrap());
    assert!(matches!(pkcs1, Block::Pkcs1 { payload } if payload.expose() == PAYLOAD));
}

#[test]
fn blocks_of_another_key_and_of_any_bytes_are_unreadable_or_refused() {
    let (key, other) = (Rsa::generate(2048).unwrap(), Rsa::generate(2048).unwrap());
    let mut sealed = vec![0; 256];
    other.public_encrypt(PAYLOAD, &mut sealed, Padding::PKCS1_OAEP).unwrap();
    if let Some(block) = raw(&key, &sealed).unwrap() {
        assert!(matches!(read(&block).unwrap(), Block::Unreadable));
    }
    assert!(raw(&key, &[0xff; 256]).unwrap().is_none());
    for length in [0, 1, 255, 257, 512] {
        assert!(raw(&key, &vec![1; length]).unwrap().is_none());
    }
    for bytes in [&[][..], &[0], &[0, 2], &[0; 256], &[0, 2, 1, 1, 1, 1, 1, 1, 1, 0], &[7; 40]] {
        assert!(matches!(read(&Secret::copy(bytes).unwrap()).unwrap(), Block::Unreadable), "{bytes:?}");
    }
}

#[test]
fn a_separator_is_found_only_behind_zeros() {
    assert_eq!(separator(&[0, 0, 1, 5]), (true, 3));
    assert_eq!(separator(&[1]), (true, 1));
    assert!(!separator(&[0, 2, 1]).0 && !separator(&[0, 0]).0 && !separator(&[255, 1]).0 && !separator(&[]).0);
}
