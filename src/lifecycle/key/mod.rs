//! The key: how it is made, named, compared and trusted. [`Reached`] has the stages of `create-key`.

pub(crate) mod alias;
pub(crate) mod create;
pub(crate) mod create_request;
pub(crate) mod existing;
pub(crate) mod get_parameters;
pub(crate) mod last_usage;
pub(crate) mod lost;
pub(crate) mod multi_region;
pub(crate) mod named;
pub(crate) mod pending_requests;
pub(crate) mod plan;
pub(crate) mod policy;
pub(crate) mod replica;
pub(crate) mod request;
pub(crate) mod stage;
pub(crate) mod trust;

pub use self::stage::Reached;
