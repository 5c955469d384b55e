//! `status`: what KMS says about a key.

use std::process::ExitCode;

use clap::Args as ClapArgs;
use kms_byok::kms::{KeyDescription, Kms};
use kms_byok::moment::rfc3339;
use serde::Serialize;

use super::Context;
use crate::report::{self, Failure};

#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  kms-byok status --key-id alias/payments
  kms-byok status --key-id alias/payments --output json")]
pub(crate) struct Args {
    /// Key id, ARN or alias
    #[arg(long, value_name = "K")]
    key_id: String,
}

#[derive(Serialize)]
struct Answer {
    key_arn: String,
    key_id: String,
    region: String,
    endpoint: Option<String>,
    key_spec: String,
    key_usage: String,
    key_state: String,
    origin: String,
    description: String,
    key_material_id: Option<String>,
    expires: Option<String>,
    multi_region: bool,
    rehearsal: bool,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<ExitCode, Failure> {
    let answer = context.run(async {
        let kms = context.connect().await?;
        let key = kms.describe(&args.key_id).await?;
        Ok(Answer::new(key, &kms))
    })?;
    let expires = (answer.key_state != "PendingImport" && answer.origin == "EXTERNAL")
        .then(|| answer.expires.clone().unwrap_or_else(|| "never".to_owned()));
    let text = report::lines(&[
        ("key", Some(answer.key_arn.clone())),
        ("spec", Some(answer.key_spec.clone())),
        ("usage", Some(answer.key_usage.clone())),
        ("state", Some(answer.key_state.clone())),
        ("origin", Some(answer.origin.clone())),
        ("description", Some(answer.description.clone()).filter(|text| !text.is_empty())),
        ("material", answer.key_material_id.clone()),
        ("expires", expires),
        ("multi-Region", answer.multi_region.then(|| "yes".to_owned())),
        ("endpoint", answer.endpoint.clone()),
        ("rehearsal", answer.rehearsal.then(|| "yes: an embedded KMS, nothing is in AWS".to_owned())),
    ]);
    Ok(context.answer(&answer, &text))
}

impl Answer {
    fn new(key: KeyDescription, kms: &Kms) -> Self {
        Answer {
            region: key.region,
            endpoint: kms.endpoint().map(str::to_owned),
            key_arn: key.arn,
            key_id: key.id,
            key_spec: key.spec,
            key_usage: key.usage,
            key_state: key.state,
            origin: key.origin,
            description: key.description,
            key_material_id: key.current_key_material_id,
            expires: key.expires.map(rfc3339),
            multi_region: key.multi_region.is_some(),
            rehearsal: kms.seen_rehearsal(),
        }
    }
}
