//! CMS with the recipients' parameters set expressly: one of the three files of this crate with unsafe code.
//!
//! The `openssl` crate's `CmsContentInfo::encrypt` gives RSA recipients PKCS#1 v1.5 and EC recipients a SHA-1 KDF, and has no way to ask for
//! anything else. The calls below are those of `openssl cms -encrypt -keyopt …`: an envelope without content, each recipient
//! added with its parameters open, OAEP or the KDF set on them, then the content.
//!
//! Safety: every pointer comes from a live Rust value or from a call checked for null just before; ownership never leaves this
//! file except for the `CmsContentInfo`, which is wrapped as soon as it exists and frees itself.
//!
//! Opening is here for the same reason: the crate passes no flags to `CMS_decrypt`.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr;

use foreign_types::ForeignType;
use openssl::cms::CmsContentInfo;
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::symm::Cipher;
use openssl_sys as ffi;

use super::recipient::{Kind, Recipient};
use crate::material::der::{OBJECT_IDENTIFIER, element};
use crate::openssl_probe::OpenSslError;

/// CMS_RecipientInfo is opaque; openssl-sys does not name it.
#[repr(C)]
struct RecipientInfo {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    fn CMS_add1_recipient_cert(
        cms: *mut ffi::CMS_ContentInfo,
        cert: *mut ffi::X509,
        flags: c_uint,
    ) -> *mut RecipientInfo;
    fn CMS_RecipientInfo_get0_pkey_ctx(info: *mut RecipientInfo) -> *mut ffi::EVP_PKEY_CTX;
    fn CMS_final(cms: *mut ffi::CMS_ContentInfo, data: *mut ffi::BIO, dcont: *mut ffi::BIO, flags: c_uint) -> c_int;
    fn EVP_PKEY_CTX_ctrl_str(ctx: *mut ffi::EVP_PKEY_CTX, name: *const c_char, value: *const c_char) -> c_int;
}

pub(super) fn seal(material: &[u8], recipients: &[Recipient]) -> Result<Vec<u8>, OpenSslError> {
    let envelope =
        encrypt(material, recipients).map_err(OpenSslError::step("encrypt for the recovery certificates"))?;
    envelope.to_der().map_err(OpenSslError::step("write the escrow file"))
}

/// What came of opening an escrow file.
pub(super) enum Opened {
    Material(Vec<u8>),
    NotAnEnvelope,
    NotForThisKey,
}

/// The content type of a CMS file, as the contents of its object identifier.
pub(super) fn content_type(bytes: &[u8]) -> Option<Vec<u8>> {
    // Written again as DER: the file may be PEM, or BER of indefinite length.
    let der = parse(bytes).ok()?.to_der().ok()?;
    let kind = element(element(&der)?.contents).filter(|kind| kind.tag == OBJECT_IDENTIFIER)?;
    Some(kind.contents.to_vec())
}

fn parse(bytes: &[u8]) -> Result<CmsContentInfo, ErrorStack> {
    let pem = bytes.trim_ascii_start().starts_with(b"-----BEGIN ");
    if pem { CmsContentInfo::from_pem(bytes) } else { CmsContentInfo::from_der(bytes) }
}

pub(super) fn open(bytes: &[u8], recipient_key: &PKey<Private>) -> Result<Opened, OpenSslError> {
    let Ok(envelope) = parse(bytes) else { return Ok(Opened::NotAnEnvelope) };
    Ok(decrypt(&envelope, recipient_key).map_or(Opened::NotForThisKey, Opened::Material))
}

/// Tries the key on every recipient. Without CMS_DEBUG_DECRYPT, OpenSSL would go on with a random content key where an RSA key does not
/// fit, so that nobody can ask a server which one fits (CMS_decrypt(3)); nobody asks this program, and of AES-CBC a random key
/// gives bytes that look right once in 256 times.
fn decrypt(envelope: &CmsContentInfo, key: &PKey<Private>) -> Result<Vec<u8>, ErrorStack> {
    // SAFETY: a fresh BIO, checked for null and freed below; envelope and key are live; no certificate and no detached content are
    // allowed. The bytes are copied out before the BIO is freed, which wipes its own.
    unsafe {
        let out = ffi::BIO_new(ffi::BIO_s_mem());
        if out.is_null() {
            return Err(ErrorStack::get());
        }
        let (none, no_content) = (ptr::null_mut(), ptr::null_mut());
        let done = ffi::CMS_decrypt(envelope.as_ptr(), key.as_ptr(), none, no_content, out, ffi::CMS_DEBUG_DECRYPT);
        let mut data = ptr::null_mut();
        let length = usize::try_from(ffi::BIO_get_mem_data(out, &mut data)).unwrap_or(0);
        // Bytes of a failure are not authentic; of a success, the errors of recipients that were tried in vain are still queued.
        let errors = ErrorStack::get();
        let opened = match done {
            1 if length == 0 => Ok(Vec::new()),
            1 => Ok(std::slice::from_raw_parts(data.cast::<u8>().cast_const(), length).to_vec()),
            _ => Err(errors),
        };
        ffi::BIO_free_all(out);
        opened
    }
}

fn encrypt(material: &[u8], recipients: &[Recipient]) -> Result<CmsContentInfo, ErrorStack> {
    openssl::init();
    let flags = ffi::CMS_BINARY | ffi::CMS_PARTIAL;
    // SAFETY: no certificates and no content are allowed with CMS_PARTIAL; the cipher is static.
    let envelope = unsafe { ffi::CMS_encrypt(ptr::null_mut(), ptr::null_mut(), content_cipher().as_ptr(), flags) };
    if envelope.is_null() {
        return Err(ErrorStack::get());
    }
    // SAFETY: not null, and owned by nobody else.
    let envelope = unsafe { CmsContentInfo::from_ptr(envelope) };
    for recipient in recipients {
        add(&envelope, recipient)?;
    }
    // SAFETY: the BIO reads `material`, which outlives it; CMS_final keeps no pointer to it.
    unsafe {
        let length = c_int::try_from(material.len()).map_err(|_| ErrorStack::get())?;
        let content = ffi::BIO_new_mem_buf(material.as_ptr().cast::<c_void>(), length);
        if content.is_null() {
            return Err(ErrorStack::get());
        }
        let done = CMS_final(envelope.as_ptr(), content, ptr::null_mut(), ffi::CMS_BINARY);
        ffi::BIO_free_all(content);
        if done <= 0 {
            return Err(ErrorStack::get());
        }
    }
    Ok(envelope)
}

fn add(envelope: &CmsContentInfo, recipient: &Recipient) -> Result<(), ErrorStack> {
    // SAFETY: both are live; the recipient info belongs to the envelope and is not freed here.
    let context = unsafe {
        let info = CMS_add1_recipient_cert(envelope.as_ptr(), recipient.certificate.as_ptr(), ffi::CMS_KEY_PARAM);
        if info.is_null() {
            return Err(ErrorStack::get());
        }
        CMS_RecipientInfo_get0_pkey_ctx(info)
    };
    if context.is_null() {
        return Err(ErrorStack::get());
    }
    let options: &[(&CStr, &CStr)] = match recipient.kind {
        Kind::Rsa => &[(c"rsa_padding_mode", c"oaep"), (c"rsa_oaep_md", c"sha256"), (c"rsa_mgf1_md", c"sha256")],
        Kind::Ec => &[(c"ecdh_kdf_md", c"sha256")],
    };
    for (name, value) in options {
        // SAFETY: the context lives as long as the envelope; both strings are static.
        if unsafe { EVP_PKEY_CTX_ctrl_str(context, name.as_ptr(), value.as_ptr()) } <= 0 {
            return Err(ErrorStack::get());
        }
    }
    Ok(())
}

/// AES-GCM needs AuthEnvelopedData, which OpenSSL has since 3.0.
fn content_cipher() -> Cipher {
    if cfg!(openssl_has_providers) && openssl::version::number() >= 0x3000_0000 {
        Cipher::aes_256_gcm()
    } else {
        Cipher::aes_256_cbc()
    }
}
