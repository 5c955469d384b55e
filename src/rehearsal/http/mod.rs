//! The HTTP of the embedded KMS: who asks, what is answered, and what goes wrong on purpose.

pub(crate) mod access_log;
pub(crate) mod admission;
mod answer;
mod body;
pub(crate) mod faults;
pub(crate) mod host_name;
mod inject_fault;
pub(crate) mod service;
mod sts;
