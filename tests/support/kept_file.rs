//! Files that the code writes about itself, and that are committed so that they can be read without it.

use std::fs;
use std::path::Path;

/// Compares a file with what the code says; `scripts/docs --write` writes it instead.
pub(crate) fn is_kept(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("KMS_BYOK_WRITE_DOCS").is_some() {
        fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("the folder can be made");
        fs::write(&path, text).expect("the page can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let differing = committed.lines().zip(text.lines()).find(|(committed, said)| committed != said);
    assert!(
        committed == text,
        "{file} is not what the code says; `scripts/docs --write` writes it. First difference: {differing:?}"
    );
}
