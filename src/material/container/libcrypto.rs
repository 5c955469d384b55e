//! What libcrypto does with keys under a passphrase, and the openssl crate does not offer: its readers of PKCS#8 do not give the bytes that
//! were encrypted. The calls below decrypt with any algorithm identifier.
//!
//! Safety: every pointer comes from a live Rust value or from a call checked for null just before; what libcrypto hands over is
//! owned by a type here that frees it; what it lends is used only while its owner lives. Bytes are copied out and what libcrypto held is
//! wiped before it is freed. Lengths are checked to fit a C int.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_long, c_uchar, c_void};
use std::ptr;

use openssl::error::ErrorStack;
use openssl_sys as ffi;
use zeroize::Zeroize;

use crate::files::FileError;
use crate::secret::Secret;

unsafe extern "C" {
    fn d2i_X509_ALGOR(
        out: *mut *mut ffi::X509_ALGOR,
        bytes: *mut *const c_uchar,
        length: c_long,
    ) -> *mut ffi::X509_ALGOR;
    fn PKCS12_pbe_crypt(
        algorithm: *const ffi::X509_ALGOR,
        pass: *const c_char,
        pass_length: c_int,
        input: *const c_uchar,
        input_length: c_int,
        output: *mut *mut c_uchar,
        output_length: *mut c_int,
        encrypt: c_int,
    ) -> *mut c_uchar;
}

/// The pointer and the length of a passphrase; none is not the same as an empty one (RFC 7292 §B.1).
pub(super) fn parts(passphrase: Option<&[u8]>) -> Option<(*const c_char, c_int)> {
    match passphrase {
        None => Some((ptr::null(), 0)),
        Some(bytes) => Some((bytes.as_ptr().cast::<c_char>(), c_int::try_from(bytes.len()).ok()?)),
    }
}

/// Decrypts with an AlgorithmIdentifier of PKCS#5 or PKCS#12, whole as DER; nothing if that does not work out.
pub(super) fn decrypt(
    algorithm: &[u8],
    passphrase: Option<&[u8]>,
    ciphertext: &[u8],
) -> Result<Option<Secret>, FileError> {
    openssl::init();
    let (Ok(length), Ok(input_length)) = (c_long::try_from(algorithm.len()), c_int::try_from(ciphertext.len())) else {
        return Ok(None);
    };
    let Some((pass, pass_length)) = parts(passphrase) else { return Ok(None) };
    // SAFETY: the algorithm and the input outlive the calls; the result is copied, wiped with its whole length and freed.
    let secret = unsafe {
        let mut bytes = algorithm.as_ptr();
        let parsed = d2i_X509_ALGOR(ptr::null_mut(), &mut bytes, length);
        if parsed.is_null() {
            None
        } else {
            let (mut output, mut output_length) = (ptr::null_mut(), 0);
            let (input, encrypt) = (ciphertext.as_ptr(), 0);
            let done = PKCS12_pbe_crypt(
                parsed,
                pass,
                pass_length,
                input,
                input_length,
                &mut output,
                &mut output_length,
                encrypt,
            );
            ffi::X509_ALGOR_free(parsed);
            let length = usize::try_from(output_length).unwrap_or(0);
            (!done.is_null()).then(|| {
                let plain = std::slice::from_raw_parts_mut(done, length);
                let secret = Secret::copy(plain);
                plain.zeroize();
                free(done.cast::<c_void>());
                secret
            })
        }
    };
    drop(ErrorStack::get()); // a wrong passphrase leaves errors that belong to nobody
    secret.transpose()
}

/// Gives memory back that libcrypto has allocated.
///
/// # Safety
/// `block` is libcrypto's, and nobody uses it any more.
pub(super) unsafe fn free(block: *mut c_void) {
    // SAFETY: the caller's promise.
    #[cfg(not(openssl_is_libressl))]
    unsafe {
        ffi::CRYPTO_free(block, c"".as_ptr(), 0);
    }
    #[cfg(openssl_is_libressl)]
    // SAFETY: LibreSSL allocates with the C allocator; its own wrapper of free has had two signatures.
    unsafe {
        libc::free(block);
    }
}

/// Whether the loaded OpenSSL has a key derivation function.
#[cfg(openssl_has_providers)]
pub(super) fn has_kdf(name: &CStr) -> bool {
    openssl::init();
    // SAFETY: the name is a C string; what was fetched is freed at once.
    let found = unsafe {
        let kdf = ffi::EVP_KDF_fetch(ptr::null_mut(), name.as_ptr(), ptr::null());
        let found = !kdf.is_null();
        ffi::EVP_KDF_free(kdf);
        found
    };
    drop(ErrorStack::get());
    found
}

/// Before providers, all of them were part of the library.
#[cfg(not(openssl_has_providers))]
pub(super) fn has_kdf(_: &CStr) -> bool {
    true
}

/// Has one of the i2d functions write into a secret of the length that it asks for; nothing if it cannot.
///
/// # Safety
/// `encode` is an i2d function with a live value: with null it gives the length, otherwise it writes as many bytes.
pub(super) unsafe fn write(encode: impl Fn(*mut *mut c_uchar) -> c_int) -> Result<Option<Secret>, FileError> {
    let Some(length) = usize::try_from(encode(ptr::null_mut())).ok().filter(|length| *length > 0) else {
        return Ok(None);
    };
    let mut secret = Secret::zeroed(length)?;
    let mut out = secret.expose_mut().as_mut_ptr();
    let written = encode(&mut out);
    Ok((usize::try_from(written) == Ok(length)).then_some(secret))
}
