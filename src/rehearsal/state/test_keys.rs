//! Wrapping keys for the tests, which start a server a thousand times and would make RSA keys most of their time: `KMS_BYOK_TEST_KEYS` is a
//! directory in which each is kept once it was made. A release build has none of this.

use openssl::error::ErrorStack;
use openssl::pkey::Private;
use openssl::rsa::Rsa;

use crate::wrap::WrappingKeySpec;

/// The key of this size and number; made where none is kept.
#[cfg(debug_assertions)]
pub(super) fn kept(
    spec: WrappingKeySpec,
    number: usize,
    make: impl FnOnce() -> Result<Rsa<Private>, ErrorStack>,
) -> Result<Rsa<Private>, ErrorStack> {
    let Some(directory) = std::env::var_os("KMS_BYOK_TEST_KEYS").map(std::path::PathBuf::from) else { return make() };
    let file = directory.join(format!("{}-{number}.pem", spec.bits()));
    if let Some(key) = std::fs::read(&file).ok().and_then(|pem| Rsa::private_key_from_pem(&pem).ok()) {
        return Ok(key);
    }
    let key = make()?;
    // Whole or not at all, because others read it meanwhile. Where it cannot be kept, it is made again.
    let _ = std::fs::create_dir_all(&directory);
    if let Ok(mut staged) = tempfile::NamedTempFile::new_in(&directory) {
        let written = std::io::Write::write_all(&mut staged, &key.private_key_to_pem()?);
        if written.is_ok() {
            let _ = staged.persist(&file);
        }
    }
    Ok(key)
}

#[cfg(not(debug_assertions))]
pub(super) fn kept(
    _: WrappingKeySpec,
    _: usize,
    make: impl FnOnce() -> Result<Rsa<Private>, ErrorStack>,
) -> Result<Rsa<Private>, ErrorStack> {
    make()
}
