//! The RSA wrapping keys of GetParametersForImport, with the public exponent of AWS's: 65537.
//!
//! Making one takes up to seconds, so a process makes a few of each size, each when it is first needed, and every embedded KMS in it
//! hands them out in turn. What is wrapped with the public key of one set does not open with the token of the sets before and after it.

use std::sync::{Mutex, OnceLock, PoisonError};

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;

use super::test_keys;
use crate::wrap::WrappingKeySpec;

/// How many keys of each size there are at most. AWS makes a new one for each set.
const KEYS: usize = 8;

/// The number of a parameter set of one embedded KMS.
pub(crate) type SetNumber = u32;

pub(crate) struct WrappingKey {
    pub(crate) private: PKey<Private>,
    /// Its public half, as DER SubjectPublicKeyInfo.
    pub(crate) public: Vec<u8>,
}

/// The key of a set, if it is made already.
pub(crate) fn ready(spec: WrappingKeySpec, set: SetNumber) -> Option<&'static WrappingKey> {
    slot(spec, set).0.get()
}

/// The key of a set; the first call makes it.
pub(crate) fn make(spec: WrappingKeySpec, set: SetNumber) -> Result<&'static WrappingKey, ErrorStack> {
    let (slot, making) = slot(spec, set);
    let _one_at_a_time = making.lock().unwrap_or_else(PoisonError::into_inner);
    match slot.get() {
        Some(key) => Ok(key),
        None => {
            let key = WrappingKey::of(test_keys::kept(spec, set as usize % KEYS, || Rsa::generate(spec.bits()))?)?;
            Ok(slot.get_or_init(|| key))
        }
    }
}

type Slot = (OnceLock<WrappingKey>, Mutex<()>);

fn slot(spec: WrappingKeySpec, set: SetNumber) -> &'static Slot {
    static SLOTS: [[Slot; KEYS]; 3] = [const { [const { (OnceLock::new(), Mutex::new(())) }; KEYS] }; 3];
    let size = match spec {
        WrappingKeySpec::Rsa2048 => 0,
        WrappingKeySpec::Rsa3072 => 1,
        WrappingKeySpec::Rsa4096 => 2,
    };
    &SLOTS[size][set as usize % KEYS]
}

impl WrappingKey {
    /// OpenSSL's exponent is 65537.
    fn of(key: Rsa<Private>) -> Result<Self, ErrorStack> {
        let private = PKey::from_rsa(key)?;
        let public = private.public_key_to_der()?;
        Ok(WrappingKey { private, public })
    }
}
