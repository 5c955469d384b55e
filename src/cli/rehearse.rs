//! `--rehearse`: the embedded KMS in this process, which nothing outside can reach or mislead.

use kms_byok::Error;
use kms_byok::kms::Kms;

use super::context::Context;

/// AWS as configured, or the embedded KMS of this process.
pub(crate) async fn connect(context: &Context, rehearse: bool) -> Result<Kms, Error> {
    if !rehearse {
        return context.connect().await;
    }
    embedded(context)
}

#[cfg(feature = "rehearsal")]
fn embedded(context: &Context) -> Result<Kms, Error> {
    use kms_byok::rehearsal::{Server, Settings};
    // Only requests with this run's own access key id are answered: other processes on this machine cannot take part.
    let mut random = [0; 10];
    openssl::rand::rand_bytes(&mut random).map_err(kms_byok::OpenSslError::step("draw random bytes"))?;
    let access_key_id = format!("REHEARSAL{}", hex::encode_upper(random));
    let server = Server::start(Settings { access_key_id: Some(access_key_id.clone()), ..Settings::default() })?;
    let kms = Kms::rehearsal(&server.url(), &access_key_id, context.talk.clone());
    context.rehearse(&kms);
    // It runs until the process ends.
    std::mem::forget(server);
    Ok(kms)
}

#[cfg(not(feature = "rehearsal"))]
fn embedded(_: &Context) -> Result<Kms, Error> {
    Err(super::usage_error::UsageError::Missing {
        what: "the embedded KMS",
        hint: "build with the feature `rehearsal`",
    }
    .into())
}
