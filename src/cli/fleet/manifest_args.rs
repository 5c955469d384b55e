//! The manifest, and what stands for its empty cells: a flag for each column.

use std::path::PathBuf;

use clap::Args;
use kms_byok::Error;
use kms_byok::fleet::{
    Cell, Cells, Checked, Column, Manifest, Mistake, Opener, Quotas, Task, check, operations_with_quota,
};
use kms_byok::kms::Operation;

use super::super::any_key::{AnyKey, Asking};
use super::super::context::Context;
use super::super::key_file::{self, KeyFile};

#[derive(Args)]
pub(super) struct ManifestArgs {
    /// The manifest: CSV with a header, or JSON Lines
    #[arg(value_name = "MANIFEST")]
    pub(super) manifest: PathBuf,
    #[command(flatten)]
    defaults: DefaultArgs,
    /// Accept wrapping algorithms with SHA-1
    #[arg(long, help_heading = "For empty cells")]
    allow_sha1: bool,
    /// Private key that opens escrow files: the key material of rows, and copies that earlier runs have made
    #[arg(long, value_name = "KEY", value_parser = key_file::parser(), help_heading = None::<&'static str>)]
    recipient_key: Option<KeyFile>,
    /// File with the passphrase of the recipient key; asked for on a terminal otherwise
    #[arg(long, value_name = "FILE", value_parser = key_file::parser(), requires = "recipient_key", help_heading = None::<&'static str>)]
    passphrase_file: Option<KeyFile>,
    /// Calls a second: default for KMS's own quotas, none, or OPERATION=RATE for those that AWS has adjusted; may be repeated
    #[arg(long, value_name = "Q", value_delimiter = ',', value_parser = quota, help_heading = None::<&'static str>)]
    quota: Vec<QuotaWord>,
}

/// `{id}` and `{region}` in names stand for those of the row.
#[derive(Args)]
#[command(next_help_heading = "For empty cells")]
struct DefaultArgs {
    /// Alias, as in 'alias/prod-{id}'
    #[arg(long, value_name = "A")]
    alias: Option<String>,
    /// Key spec, as KMS names it
    #[arg(long, value_name = "S")]
    key_spec: Option<String>,
    /// Key usage, as KMS names it
    #[arg(long, value_name = "U")]
    key_usage: Option<String>,
    /// File with the key material as in 'keys/{id}.key', escrow file or directory, or generate-discard, generate-escrow, generate-keep
    #[arg(long, value_name = "M")]
    material: Option<String>,
    /// Recovery certificate for generate-escrow; may be repeated
    #[arg(long, value_name = "CERT")]
    escrow: Vec<String>,
    /// Escrow file to write, as in 'copies/{id}.cms'
    #[arg(long, value_name = "FILE")]
    escrow_out: Option<String>,
    /// File for the plaintext of generate-keep
    #[arg(long, value_name = "FILE")]
    keep: Option<String>,
    /// never, a duration as in 90d, or a time as in 2027-01-31T12:00:00Z
    #[arg(long, value_name = "WHEN")]
    expires: Option<String>,
    /// Key policy, a JSON file
    #[arg(long, value_name = "FILE")]
    policy: Option<String>,
    /// Tag; may be repeated
    #[arg(long, visible_alias = "tags", value_name = "K=V")]
    tag: Vec<String>,
    /// Description of the key
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Regions with commas between them, each of which gets a key of its own
    #[arg(long, value_name = "R", value_delimiter = ',')]
    regions: Vec<String>,
    /// Role to assume, by its ARN
    #[arg(long, value_name = "ARN")]
    role_arn: Option<String>,
    /// Size of the wrapping key
    #[arg(long, value_name = "S")]
    wrapping_key_spec: Option<String>,
    /// Wrapping algorithm
    #[arg(long, value_name = "A")]
    wrapping_algorithm: Option<String>,
}

/// Why there is no manifest.
pub(super) enum Unopened {
    Mistakes(Vec<Mistake>),
    Failed(Box<Error>),
}

#[derive(Clone, Debug)]
enum QuotaWord {
    Default,
    None,
    Rate(Operation, f64),
}

fn quota(text: &str) -> Result<QuotaWord, String> {
    match text {
        "default" => return Ok(QuotaWord::Default),
        "none" => return Ok(QuotaWord::None),
        _ => {}
    }
    let Some((name, rate)) = text.split_once('=') else {
        return Err("use default, none or OPERATION=RATE".to_owned());
    };
    let operations = operations_with_quota();
    let Some(operation) = operations.iter().find(|operation| operation.name() == name) else {
        let names: Vec<&str> = operations.iter().map(|operation| operation.name()).collect();
        return Err(format!("use one of {}", names.join(", ")));
    };
    let rate = rate.parse::<f64>().ok().filter(|rate| rate.is_finite() && *rate > 0.0);
    rate.map(|rate| QuotaWord::Rate(*operation, rate)).ok_or_else(|| "write a number above 0".to_owned())
}

impl ManifestArgs {
    /// Opens the manifest.
    pub(super) fn open(&self, task: Task, context: &Context) -> Result<Manifest, Unopened> {
        let manifest = Manifest::open(&self.manifest, self.defaults.cells(context)).map_err(Unopened::Mistakes)?;
        Ok(manifest.allow_sha1(self.allow_sha1).for_task(task))
    }

    /// The key that opens escrow files.
    fn opener(&self, context: &Context) -> Result<Option<Opener>, Error> {
        let Some(key) = &self.recipient_key else { return Ok(None) };
        let path = key.file("--recipient-key")?;
        let passphrase = self.passphrase_file.as_ref();
        let any = AnyKey { path, what: "recipient key", flag: "--recipient-key", passphrase };
        let read = any.read(&mut Asking::new(passphrase, path, context)?, context, |_| true)?;
        Ok(Some(Opener::new(read)))
    }

    /// Opens the manifest, and looks at every row.
    pub(super) fn check(&self, task: Task, context: &Context) -> Result<(Manifest, Checked), Unopened> {
        let opener = self.opener(context).map_err(|error| Unopened::Failed(Box::new(error)))?;
        let manifest = self.open(task, context)?.opening_with(opener);
        let checked = check(&manifest);
        Ok((manifest, checked))
    }

    pub(super) fn quotas(&self) -> Quotas {
        self.quota.iter().fold(Quotas::default(), |quotas, word| match word {
            QuotaWord::Default => Quotas::default(),
            QuotaWord::None => Quotas::none(),
            QuotaWord::Rate(operation, rate) => quotas.with(*operation, *rate),
        })
    }
}

impl DefaultArgs {
    fn cells(&self, context: &Context) -> Cells {
        let mut cells = Cells::default();
        for (column, text) in [
            (Column::Alias, &self.alias),
            (Column::KeySpec, &self.key_spec),
            (Column::KeyUsage, &self.key_usage),
            (Column::Material, &self.material),
            (Column::EscrowOut, &self.escrow_out),
            (Column::Keep, &self.keep),
            (Column::Expires, &self.expires),
            (Column::Policy, &self.policy),
            (Column::Description, &self.description),
            (Column::RoleArn, &self.role_arn),
            (Column::WrappingKeySpec, &self.wrapping_key_spec),
            (Column::WrappingAlgorithm, &self.wrapping_algorithm),
        ] {
            if let Some(text) = text {
                cells.set(column, Cell::Text(text.clone()));
            }
        }
        let home: Vec<String> = context.global.region.iter().cloned().collect();
        let regions = if self.regions.is_empty() { &home } else { &self.regions };
        for (column, values) in [(Column::Escrow, &self.escrow), (Column::Tags, &self.tag), (Column::Regions, regions)]
        {
            if !values.is_empty() {
                cells.set(column, Cell::List(values.clone()));
            }
        }
        cells
    }
}
