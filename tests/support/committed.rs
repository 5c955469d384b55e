//! Pages of the manual that the code writes about itself.

#[path = "kept_file.rs"]
pub(crate) mod kept_file;

/// Compares a page of `docs/reference` with what the code says; `scripts/docs --write` writes it instead.
pub(crate) fn is_committed(page: &str, text: &str) {
    kept_file::is_kept(&format!("docs/reference/{page}"), text);
}

/// Text of one line for a cell of a table.
pub(crate) fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', "<br>")
}
