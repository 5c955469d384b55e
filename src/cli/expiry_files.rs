//! `--html` and `--metrics`: what expires, for people and for monitoring, in files that are written again and again.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use kms_byok::Error;
use kms_byok::for_the_binary::Expiries;
use kms_byok::for_the_binary::files::{self, Output as File};
use kms_byok::for_the_binary::printable;
use serde::Serialize;

use super::context::Context;
use super::failure::Failure;
use super::key_args::output_file;

#[derive(Args)]
#[command(next_help_heading = "Files", group(ArgGroup::new("expiry_files").multiple(true)))]
pub(crate) struct ExpiryFiles {
    /// Write a page about what expires, what is due first at the top, to FILE: HTML that needs nothing else
    #[arg(long, value_name = "FILE", value_parser = output_file(), group = "expiry_files")]
    html: Option<PathBuf>,
    /// Write when key material expires to FILE, for Prometheus: OpenMetrics, as node exporter's textfile collector reads it
    #[arg(long, value_name = "FILE", value_parser = output_file(), group = "expiry_files")]
    metrics: Option<PathBuf>,
    /// Move a file aside that is in the way of --html or --metrics; what they wrote earlier is replaced without it
    #[arg(long, requires = "expiry_files")]
    force: bool,
}

/// The flags, for commands that do without.
#[cfg(feature = "fleet")]
pub(crate) const FLAGS: &[(&str, usize)] = &[("--html", 1), ("--metrics", 1), ("--force", 0)];

/// What was written.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Written {
    /// The page about what expires; null where none was asked for.
    #[serde(serialize_with = "printable::maybe_path")]
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>"))]
    html_file: Option<PathBuf>,
    /// The metrics about what expires; null where none were asked for.
    #[serde(serialize_with = "printable::maybe_path")]
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>"))]
    metrics_file: Option<PathBuf>,
}

impl ExpiryFiles {
    fn all(&self) -> impl Iterator<Item = (File, &Path)> {
        let page = self.html.as_deref().map(|path| (File::Page, path));
        page.into_iter().chain(self.metrics.as_deref().map(|path| (File::Metrics, path)))
    }

    #[cfg(feature = "fleet")]
    pub(crate) fn are_wanted(&self) -> bool {
        self.all().next().is_some()
    }

    /// Refuses early what could not be written at the end.
    pub(crate) fn check(&self, inputs: &[&Path], context: &Context) -> Result<(), Failure> {
        let outputs: Vec<&Path> = self.all().map(|(_, path)| path).collect();
        let checked = self
            .all()
            .try_for_each(|(kind, path)| files::check_free(kind.what(), path, self.force || kind.is_at(path)));
        let checked = checked.and_then(|()| files::check_distinct(inputs, &outputs));
        checked.map_err(|error| context.failure(Error::from(error)))
    }

    /// Writes what was asked for. Each file is there whole or not at all.
    pub(crate) fn write(&self, expiries: &Expiries, context: &Context) -> Result<Written, Failure> {
        for (kind, path) in self.all() {
            let text = if kind == File::Page { expiries.page() } else { expiries.metrics() };
            let force = self.force || kind.is_at(path);
            let moved = files::put(&kind, path, text.as_bytes(), force);
            context.tell_moved(moved.map_err(|error| context.failure(Error::from(error)))?);
        }
        Ok(Written { html_file: self.html.clone(), metrics_file: self.metrics.clone() })
    }
}
