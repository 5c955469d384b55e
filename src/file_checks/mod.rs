//! it off, or the text around them. `import`, `wrap` and `diagnose` all ask here.

pub(crate) mod fixes;
pub(crate) mod wrapped_blob;
