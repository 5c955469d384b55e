//! Requests that need no socket: a function answers them. The read timeout, the limit of a reply and the errors are those of the wire.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;

use super::connector::authority;
use super::error::{self, REPLY_LIMIT};
use super::to_sdk;
use crate::kms::error::EndpointError;

type Reply = Pin<Box<dyn Future<Output = io::Result<http::Response<Bytes>>> + Send>>;

/// An HTTP client that hands each request to a function. An error of the function is a connection that breaks.
#[derive(Clone)]
pub(crate) struct Direct {
    answer: Arc<dyn Fn(http::Request<Bytes>) -> Reply + Send + Sync>,
    read_timeout: Option<Duration>,
}

impl Direct {
    pub(crate) fn to<F>(answer: impl Fn(http::Request<Bytes>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<http::Response<Bytes>>> + Send + 'static,
    {
        Direct { answer: Arc::new(move |request| Box::pin(answer(request))), read_timeout: None }
    }

    async fn exchange(self, request: http::Request<Bytes>) -> Result<HttpResponse, EndpointError> {
        let host = authority(request.uri());
        let reply = (self.answer)(request);
        let reply = match self.read_timeout {
            None => reply.await,
            Some(limit) => match tokio::time::timeout(limit, reply).await {
                Ok(reply) => reply,
                Err(_) => return Err(EndpointError::ReadTimeout { host, limit }),
            },
        };
        match reply {
            Err(broken) => Err(EndpointError::Reset { host, because: broken.to_string() }),
            Ok(reply) if reply.body().len() > REPLY_LIMIT => {
                Err(EndpointError::ReplyTooLarge { host, limit: REPLY_LIMIT })
            }
            Ok(reply) => to_sdk(reply, &host),
        }
    }
}

impl HttpClient for Direct {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Direct { read_timeout: settings.read_timeout(), ..self.clone() })
    }
}

impl HttpConnector for Direct {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            // The SDK keeps all that it sends to KMS in memory.
            let request = request.map(|body: SdkBody| Bytes::copy_from_slice(body.bytes().unwrap_or_default()));
            this.exchange(request).await.map_err(error::connector_error)
        })
    }
}

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Direct")
    }
}
