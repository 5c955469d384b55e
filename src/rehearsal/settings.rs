//! How an embedded KMS is set up.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::{ClockSetting, Fault, HostName};
use crate::wrap::WrappingKeySpec;

/// How an embedded KMS is set up. The default suits a run inside one process: a free port, no quotas, no delays.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether [`listen`](Settings::listen) may be an address that others reach, although no signatures are checked, and which `Host` a request
    /// may have then beside the names of loopback. `None`, the default, is loopback alone. The clock and the faults stay loopback's.
    pub remote: Option<Vec<HostName>>,
    /// Accept only requests signed with this access key id; anybody's when `None`.
    pub access_key_id: Option<String>,
    /// The account in all ARNs: twelve digits, `000000000000` by default, which AWS does not have. An access key id of twelve digits, and one
    /// that AssumeRole has given out, is of another.
    pub account: String,
    /// KMS's own request quotas times this factor; none when `None`.
    pub quotas: Option<f64>,
    /// How long a new key, replica or alias answers NotFoundException.
    pub consistency_delay: Duration,
    /// What is to go wrong.
    pub faults: Vec<Fault>,
    /// A file to which one line is appended for each request: time, Region, operation, status, error code, duration and request id, and no
    /// contents of requests or replies.
    pub access_log: Option<PathBuf>,
    /// Where its clock stands at the start.
    pub clock: ClockSetting,
    /// Wrapping keys to make in the background at once, instead of when they are first asked for.
    pub wrapping_keys_ahead: Vec<WrappingKeySpec>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            remote: None,
            access_key_id: None,
            account: "000000000000".to_owned(),
            quotas: None,
            consistency_delay: Duration::ZERO,
            faults: Vec::new(),
            access_log: None,
            clock: ClockSetting::System,
            wrapping_keys_ahead: Vec::new(),
        }
    }
}
