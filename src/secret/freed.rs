//! OpenSSL's memory: wiped when it is freed. With `escrow/envelope.rs` the only unsafe code of this crate.
//!
//! OpenSSL cleans most of the places in which it held a private key, and not all: its ASN.1 encoders and decoders free buffers
//! with whole keys in them as they are. What OpenSSL frees is therefore wiped here, whichever of its functions used it.
//!
//! Safety: every block carries its size in the bytes before it, is given out by `allocate` only and taken back by `release` only
//! (`CRYPTO_set_mem_functions` refuses once OpenSSL has allocated anything, so no block of another allocator comes here).
#![allow(unsafe_code)]

use std::alloc::{Layout, alloc, dealloc};
use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::slice;

use zeroize::Zeroize;

/// Room for the size before each block, which keeps the alignment that C promises for any type.
const HEADER: usize = 16;

type Allocate = unsafe extern "C" fn(usize, *const c_char, c_int) -> *mut c_void;
type Reallocate = unsafe extern "C" fn(*mut c_void, usize, *const c_char, c_int) -> *mut c_void;
type Release = unsafe extern "C" fn(*mut c_void, *const c_char, c_int);

unsafe extern "C" {
    fn CRYPTO_set_mem_functions(allocate: Allocate, reallocate: Reallocate, release: Release) -> c_int;
}

/// Has everything wiped that OpenSSL frees from now on; fails once OpenSSL has been used.
pub(super) fn wipe_what_openssl_frees() -> bool {
    // SAFETY: the three functions have the signatures that OpenSSL has had since 1.1.0, and belong together.
    unsafe { CRYPTO_set_mem_functions(allocate, reallocate, release) == 1 }
}

fn layout(size: usize) -> Option<Layout> {
    Layout::from_size_align(size.checked_add(HEADER)?, HEADER).ok()
}

unsafe extern "C" fn allocate(size: usize, _: *const c_char, _: c_int) -> *mut c_void {
    let Some(layout) = layout(size) else { return ptr::null_mut() };
    // SAFETY: the layout is larger than nothing; the header is written inside of the block.
    unsafe {
        let start = alloc(layout);
        if start.is_null() {
            return ptr::null_mut();
        }
        start.cast::<usize>().write(size);
        start.add(HEADER).cast()
    }
}

unsafe extern "C" fn release(block: *mut c_void, _: *const c_char, _: c_int) {
    if block.is_null() {
        return;
    }
    // SAFETY: `block` comes from `allocate`, so its size stands before it, and the layout is the one it was made with.
    unsafe {
        let start = block.cast::<u8>().sub(HEADER);
        let size = start.cast::<usize>().read();
        slice::from_raw_parts_mut(block.cast::<u8>(), size).zeroize();
        if let Some(layout) = layout(size) {
            dealloc(start, layout);
        }
    }
}

unsafe extern "C" fn reallocate(block: *mut c_void, size: usize, file: *const c_char, line: c_int) -> *mut c_void {
    // SAFETY: as above; the bytes are copied into a new block, because moving them in place would leave the old ones.
    unsafe {
        let new = allocate(size, file, line);
        if !block.is_null() && !new.is_null() {
            let old = block.cast::<u8>().sub(HEADER).cast::<usize>().read();
            ptr::copy_nonoverlapping(block.cast::<u8>(), new.cast::<u8>(), old.min(size));
            release(block, file, line);
        }
        new
    }
}

#[cfg(test)]
mod tests {
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
