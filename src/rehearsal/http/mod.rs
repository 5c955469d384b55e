//! The HTTP of the embedded KMS: who asks, what is answered, and what goes wrong on purpose.

pub(crate) mod access_log;
mod answer;
mod body;
pub(crate) mod faults;
mod inject_fault;
pub(crate) mod service;
mod sts;
mod web_pages;
