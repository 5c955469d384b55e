//! OpenSSL's memory: wiped when it is freed. With `escrow/envelope.rs`, `material/container/{libcrypto,pfx}.rs` and, in the binary,
//! `closed.rs` and `cli/signals/system.rs` the only unsafe code of this crate.
//!
//! OpenSSL cleans most of the places in which it held a private key, and not all: its ASN.1 encoders and decoders free buffers
//! with whole keys in them as they are. What OpenSSL frees is therefore wiped here, whichever of its functions used it.
//!
//! Nine thousand blocks are taken for one wrap, and half of them stay: what is added to a block, or done byte by byte, is felt. The
//! allocator knows how large a block is, so nothing is written before it.
//!
//! Safety: every block comes from the C allocator and goes back to it (`CRYPTO_set_mem_functions` refuses once OpenSSL has
//! allocated anything, so nothing else comes here), and is wiped up to the size for which the allocator answers.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

type Allocate = unsafe extern "C" fn(usize, *const c_char, c_int) -> *mut c_void;
type Reallocate = unsafe extern "C" fn(*mut c_void, usize, *const c_char, c_int) -> *mut c_void;
type Release = unsafe extern "C" fn(*mut c_void, *const c_char, c_int);

unsafe extern "C" {
    fn CRYPTO_set_mem_functions(allocate: Allocate, reallocate: Reallocate, release: Release) -> c_int;
    fn OPENSSL_cleanse(block: *mut c_void, size: usize);
    fn malloc(size: usize) -> *mut c_void;
    fn free(block: *mut c_void);
    #[cfg_attr(target_vendor = "apple", link_name = "malloc_size")]
    fn malloc_usable_size(block: *mut c_void) -> usize;
}

/// Has everything wiped that OpenSSL frees from now on; fails once OpenSSL has been used.
pub(super) fn wipe_what_openssl_frees() -> bool {
    // SAFETY: the three functions have the signatures that OpenSSL has had since 1.1.0, and belong together.
    unsafe { CRYPTO_set_mem_functions(allocate, reallocate, release) == 1 }
}

unsafe extern "C" fn allocate(size: usize, _: *const c_char, _: c_int) -> *mut c_void {
    // SAFETY: any size may be asked for; null is an answer that OpenSSL expects.
    unsafe { malloc(size) }
}

unsafe extern "C" fn release(block: *mut c_void, _: *const c_char, _: c_int) {
    if block.is_null() {
        return;
    }
    // SAFETY: `block` comes from `allocate` and is not used again; all of its usable size is the caller's.
    unsafe {
        OPENSSL_cleanse(block, malloc_usable_size(block));
        free(block);
    }
}

unsafe extern "C" fn reallocate(block: *mut c_void, size: usize, file: *const c_char, line: c_int) -> *mut c_void {
    // SAFETY: as above; the bytes are copied into a new block, because the allocator would leave the old ones where they were.
    unsafe {
        let new = allocate(size, file, line);
        if !block.is_null() && !new.is_null() {
            ptr::copy_nonoverlapping(block.cast::<u8>(), new.cast::<u8>(), malloc_usable_size(block).min(size));
            release(block, file, line);
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use std::slice;

    use super::*;

    #[test]
    fn a_block_keeps_its_bytes_when_it_grows_and_when_it_shrinks() {
        // SAFETY: the blocks are used within their sizes and released once.
        unsafe {
            let block = allocate(4, ptr::null(), 0);
            ptr::copy_nonoverlapping(b"abcd".as_ptr(), block.cast(), 4);
            let block = reallocate(block, 4000, ptr::null(), 0);
            assert_eq!(slice::from_raw_parts(block.cast::<u8>(), 4), b"abcd");
            let block = reallocate(block, 2, ptr::null(), 0);
            assert_eq!(slice::from_raw_parts(block.cast::<u8>(), 2), b"ab");
            assert!(block.cast::<u128>().is_aligned());
            release(block, ptr::null(), 0);
            release(ptr::null_mut(), ptr::null(), 0);
            assert!(allocate(usize::MAX, ptr::null(), 0).is_null());
            release(reallocate(ptr::null_mut(), 1, ptr::null(), 0), ptr::null(), 0);
        }
    }
}
