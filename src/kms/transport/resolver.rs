//! Name resolution by the system, with an error that can be told from the others.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiResolver, Name};
use tower_service::Service;

use crate::kms::error::EndpointError;

#[derive(Clone)]
pub(super) struct Resolver(GaiResolver);

impl Resolver {
    pub(super) fn new() -> Self {
        Resolver(GaiResolver::new())
    }
}

impl Service<Name> for Resolver {
    type Response = GaiAddrs;
    type Error = EndpointError;
    type Future = Pin<Box<dyn Future<Output = Result<GaiAddrs, EndpointError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), EndpointError>> {
        self.0.poll_ready(context).map_err(|error| unknown("", &error))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let host = name.to_string();
        let lookup = self.0.call(name);
        Box::pin(async move { lookup.await.map_err(|error| unknown(&host, &error)) })
    }
}

fn unknown(host: &str, error: &std::io::Error) -> EndpointError {
    EndpointError::NameUnknown { host: host.to_owned(), because: error.to_string() }
}
