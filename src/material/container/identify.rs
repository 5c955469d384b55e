//! Tells containers apart by their structure.

use super::Container;

impl Container {
    /// What `bytes` are: DER or another binary container, or text that is no PEM. Nothing if they are none that is known.
    pub fn identify(bytes: &[u8]) -> Option<Container> {
        let _ = bytes;
        None
    }
}
