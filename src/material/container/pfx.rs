//! A PKCS#12 file as libcrypto unpacks it, bag by bag. The openssl crate's `Pkcs12::parse2` takes the first private key and says nothing of
//! the others (PKCS12_parse(3)).
//!
//! Safety: as in `libcrypto.rs`.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_long, c_uchar, c_void};
use std::ptr;

use openssl::error::ErrorStack;
use openssl_sys as ffi;

use super::libcrypto::{free, parts, write};
use crate::files::FileError;
use crate::secret::Secret;

/// PKCS12_SAFEBAG is opaque; openssl-sys does not name it.
#[repr(C)]
struct SafeBag {
    _opaque: [u8; 0],
}

/// X509_SIG: an algorithm identifier and what is encrypted with it, which is what EncryptedPrivateKeyInfo is.
#[repr(C)]
struct Encrypted {
    _opaque: [u8; 0],
}

#[cfg(openssl_is_libressl)]
use ffi::{_STACK as Stack, sk_num, sk_pop_free, sk_value};
#[cfg(not(openssl_is_libressl))]
use ffi::{
    OPENSSL_STACK as Stack, OPENSSL_sk_num as sk_num, OPENSSL_sk_pop_free as sk_pop_free, OPENSSL_sk_value as sk_value,
};

unsafe extern "C" {
    fn PKCS12_verify_mac(p12: *mut ffi::PKCS12, pass: *const c_char, pass_length: c_int) -> c_int;
    fn PKCS12_unpack_authsafes(p12: *const ffi::PKCS12) -> *mut Stack;
    fn PKCS12_unpack_p7data(p7: *mut ffi::PKCS7) -> *mut Stack;
    fn PKCS12_unpack_p7encdata(p7: *mut ffi::PKCS7, pass: *const c_char, pass_length: c_int) -> *mut Stack;
    fn PKCS12_SAFEBAG_free(bag: *mut SafeBag);
    fn PKCS12_SAFEBAG_get_nid(bag: *const SafeBag) -> c_int;
    fn PKCS12_SAFEBAG_get_bag_nid(bag: *const SafeBag) -> c_int;
    fn PKCS12_SAFEBAG_get0_p8inf(bag: *const SafeBag) -> *const ffi::PKCS8_PRIV_KEY_INFO;
    fn PKCS12_SAFEBAG_get0_pkcs8(bag: *const SafeBag) -> *const Encrypted;
    fn PKCS12_SAFEBAG_get0_safes(bag: *const SafeBag) -> *const Stack;
    fn PKCS12_SAFEBAG_get1_cert(bag: *const SafeBag) -> *mut ffi::X509;
    fn PKCS12_get_friendlyname(bag: *mut SafeBag) -> *mut c_char;
    fn i2d_X509_SIG(key: *const Encrypted, out: *mut *mut c_uchar) -> c_int;
    fn i2d_PKCS8_PRIV_KEY_INFO(key: *const ffi::PKCS8_PRIV_KEY_INFO, out: *mut *mut c_uchar) -> c_int;
}

/// A PKCS#12 file, unpacked as far as its layers.
pub(super) struct Pfx {
    p12: *mut ffi::PKCS12,
    layers: Layers,
}

/// The contents that the file keeps one beside the other, some of them encrypted.
struct Layers(*mut Stack);

/// What lies in a layer.
#[derive(Default)]
pub(super) struct Bags {
    pub(super) keys: Vec<KeyBag>,
    /// In DER.
    pub(super) certificates: Vec<Vec<u8>>,
    pub(super) secrets: usize,
}

pub(super) struct KeyBag {
    pub(super) friendly_name: Option<String>,
    /// PKCS#8, or EncryptedPrivateKeyInfo where it is shrouded.
    pub(super) der: Secret,
    pub(super) shrouded: bool,
}

impl Pfx {
    /// Parses the file, BER too, and says how many bytes it has; nothing if it is none.
    pub(super) fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        openssl::init();
        let length = c_long::try_from(bytes.len()).ok()?;
        // SAFETY: the bytes outlive the call; both results are checked for null and owned by the value that is made of them.
        let parsed = unsafe {
            let mut at = bytes.as_ptr();
            let p12 = ffi::d2i_PKCS12(ptr::null_mut(), &mut at, length);
            if p12.is_null() {
                None
            } else {
                let consumed = usize::try_from(at.offset_from(bytes.as_ptr())).unwrap_or(0);
                let pfx = Pfx { p12, layers: Layers(PKCS12_unpack_authsafes(p12)) };
                (!pfx.layers.0.is_null()).then_some((pfx, consumed))
            }
        };
        drop(ErrorStack::get());
        parsed
    }

    /// The whole in DER, whatever it was written in. Encrypted bags are still encrypted, others are plaintext.
    pub(super) fn to_der(&self) -> Result<Option<Secret>, FileError> {
        // SAFETY: the file is live; `write` gives the buffer that the first call asked for.
        unsafe { write(|out| ffi::i2d_PKCS12(self.p12, out)) }
    }

    /// Whether the MAC over everything is that of this passphrase.
    pub(super) fn mac_fits(&self, passphrase: Option<&[u8]>) -> bool {
        let Some((pass, length)) = parts(passphrase) else { return false };
        // SAFETY: the file and the passphrase are live.
        let fits = unsafe { PKCS12_verify_mac(self.p12, pass, length) } == 1;
        drop(ErrorStack::get());
        fits
    }

    pub(super) fn layers(&self) -> usize {
        count(self.layers.0)
    }

    /// A layer in DER: ContentInfo (RFC 5652 §3).
    pub(super) fn layer(&self, index: usize) -> Result<Option<Secret>, FileError> {
        // SAFETY: the layer belongs to this value; `write` gives the buffer that the first call asked for.
        unsafe { write(|out| ffi::i2d_PKCS7(at(self.layers.0, index).cast::<ffi::PKCS7>(), out)) }
    }

    /// What lies in a layer; nothing if it does not open.
    pub(super) fn bags(
        &self,
        index: usize,
        encrypted: bool,
        passphrase: Option<&[u8]>,
    ) -> Result<Option<Bags>, FileError> {
        let Some((pass, length)) = parts(passphrase) else { return Ok(None) };
        // SAFETY: the layer and the passphrase are live; the stack is freed with its bags below, after they were copied.
        let bags = unsafe {
            let layer = at(self.layers.0, index).cast::<ffi::PKCS7>();
            let stack =
                if encrypted { PKCS12_unpack_p7encdata(layer, pass, length) } else { PKCS12_unpack_p7data(layer) };
            if stack.is_null() {
                None
            } else {
                let mut bags = Bags::default();
                let done = collect(stack, &mut bags, NESTING);
                sk_pop_free(stack, Some(free_bag));
                Some(done.map(|()| bags))
            }
        };
        drop(ErrorStack::get());
        bags.transpose()
    }
}

/// Bags within bags that are followed (SafeContents, RFC 7292 §4.2.6).
const NESTING: usize = 4;

/// Copies what a stack of bags holds.
///
/// # Safety
/// `stack` is a live stack of PKCS12_SAFEBAG.
unsafe fn collect(stack: *const Stack, bags: &mut Bags, depth: usize) -> Result<(), FileError> {
    for index in 0..count(stack) {
        let bag = at(stack, index).cast::<SafeBag>();
        // SAFETY: the bag belongs to the stack; what it lends is copied before the next call; the certificate is ours and freed.
        unsafe {
            match PKCS12_SAFEBAG_get_nid(bag) {
                KEY_BAG => {
                    let key = PKCS12_SAFEBAG_get0_p8inf(bag);
                    add_key(bag, write(|out| i2d_PKCS8_PRIV_KEY_INFO(key, out))?, false, bags);
                }
                SHROUDED_KEY_BAG => {
                    let key = PKCS12_SAFEBAG_get0_pkcs8(bag);
                    add_key(bag, write(|out| i2d_X509_SIG(key, out))?, true, bags);
                }
                CERT_BAG if PKCS12_SAFEBAG_get_bag_nid(bag) == X509_CERTIFICATE => {
                    let certificate = PKCS12_SAFEBAG_get1_cert(bag);
                    if !certificate.is_null() {
                        let der = write(|out| ffi::i2d_X509(certificate, out))?;
                        ffi::X509_free(certificate);
                        bags.certificates.extend(der.map(|der| der.expose().to_vec()));
                    }
                }
                SECRET_BAG => bags.secrets += 1,
                SAFES_BAG if depth > 0 => {
                    let inner = PKCS12_SAFEBAG_get0_safes(bag);
                    if !inner.is_null() {
                        collect(inner, bags, depth - 1)?;
                    }
                }
                _ => {}
            }
        }
    }
    Ok(())
}

// The NIDs of the bag types, as in openssl/obj_mac.h; they are the same in every version.
const KEY_BAG: c_int = 150;
const SHROUDED_KEY_BAG: c_int = 151;
const CERT_BAG: c_int = 152;
const SECRET_BAG: c_int = 154;
const SAFES_BAG: c_int = 155;
const X509_CERTIFICATE: c_int = 158;

/// # Safety
/// `bag` is live.
unsafe fn add_key(bag: *mut SafeBag, der: Option<Secret>, shrouded: bool, bags: &mut Bags) {
    let Some(der) = der else { return };
    // SAFETY: the bag is live; the name is a C string of ours, copied and freed.
    let friendly_name = unsafe {
        let name = PKCS12_get_friendlyname(bag);
        (!name.is_null()).then(|| {
            let copy = CStr::from_ptr(name).to_string_lossy().into_owned();
            free(name.cast::<c_void>());
            copy
        })
    };
    bags.keys.push(KeyBag { friendly_name, der, shrouded });
}

fn count(stack: *const Stack) -> usize {
    // SAFETY: all stacks of this file are live; null has no elements.
    usize::try_from(unsafe { sk_num(stack) }).unwrap_or(0)
}

fn at(stack: *const Stack, index: usize) -> *mut c_void {
    // SAFETY: as above; an index beyond the end gives null.
    c_int::try_from(index).map_or(ptr::null_mut(), |index| unsafe { sk_value(stack, index) })
}

unsafe extern "C" fn free_bag(bag: *mut c_void) {
    // SAFETY: called by sk_pop_free for each element of a stack of bags.
    unsafe { PKCS12_SAFEBAG_free(bag.cast::<SafeBag>()) }
}

unsafe extern "C" fn free_layer(layer: *mut c_void) {
    // SAFETY: called by sk_pop_free for each element of a stack of PKCS7.
    unsafe { ffi::PKCS7_free(layer.cast::<ffi::PKCS7>()) }
}

impl Drop for Layers {
    fn drop(&mut self) {
        // SAFETY: this value owns the stack and its elements; null is allowed.
        unsafe { sk_pop_free(self.0, Some(free_layer)) }
    }
}

impl Drop for Pfx {
    fn drop(&mut self) {
        // SAFETY: this value owns the file.
        unsafe { ffi::PKCS12_free(self.p12) }
    }
}
