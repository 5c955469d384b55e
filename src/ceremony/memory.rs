//! Finding a key whose CreateKey reply was lost.
//!
//! KMS has no idempotency token for CreateKey, so each request gets one of our own: a random id, put on the key as a tag and
//! written down locally before the call. A run that was killed, or whose reply was lost, finds its key by that tag.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Journal, KeyRequest};
use crate::error::{Error, OpenSslError};
use crate::files;
use crate::kms::{KeyDescription, Kms};
use crate::moment::{self, rfc3339};

/// The tag by which a lost key is found again.
pub const REQUEST_TAG: &str = "kms-byok:request";

/// The directory in which requests under way are written down; nothing is, where there is none.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// `$XDG_STATE_HOME/kms-byok`.
    pub directory: Option<PathBuf>,
    /// Look for lost keys although nothing says that there are any.
    pub find_lost: bool,
}

/// One request under way.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) id: String,
    alias: Option<String>,
    region: String,
    endpoint: Option<String>,
    began: String,
    /// The process that began it.
    #[serde(default)]
    process: u32,
    #[serde(skip)]
    file: Option<PathBuf>,
}

impl Memory {
    /// Writes a new request down, synced, before CreateKey is sent.
    pub(super) fn begin(&self, kms: &Kms, request: &KeyRequest, journal: &Journal) -> Result<Request, Error> {
        let mut id = [0; 16];
        openssl::rand::rand_bytes(&mut id).map_err(OpenSslError::step("draw random bytes"))?;
        let mut begun = Request {
            id: hex::encode(id),
            alias: request.alias.as_ref().map(ToString::to_string),
            region: kms.region().to_owned(),
            endpoint: kms.endpoint().map(str::to_owned),
            began: rfc3339(moment::now()),
            process: std::process::id(),
            file: None,
        };
        if let Some(directory) = &self.directory {
            let path = directory.join(format!("{}.json", begun.id));
            let json = serde_json::to_vec_pretty(&begun).unwrap_or_default();
            let written = fs::create_dir_all(directory).is_ok() && files::put_durable("request", &path, &json).is_ok();
            if written {
                begun.file = Some(path);
            } else {
                let shown = directory.display();
                journal.detail(format!("`{shown}` cannot be written: a lost key would be found with --find-lost only"));
            }
        }
        Ok(begun)
    }

    /// The requests of earlier runs for the same alias, Region and endpoint that have not come to their end.
    fn unfinished(&self, kms: &Kms, alias: &str) -> Vec<Request> {
        let entries = self.directory.as_deref().and_then(|directory| fs::read_dir(directory).ok());
        let paths = entries.into_iter().flatten().flatten().map(|entry| entry.path());
        let ours = |request: &Request| {
            request.alias.as_deref() == Some(alias)
                && request.region == kms.region()
                && request.endpoint.as_deref() == kms.endpoint()
        };
        paths.filter_map(|path| Request::load(&path)).filter(ours).collect()
    }

    /// Whether earlier runs may have lost a key, so that all keys are looked through before a new one is made.
    pub(super) fn suspects_lost(&self, kms: &Kms, alias: &str) -> bool {
        self.find_lost || !self.unfinished(kms, alias).is_empty()
    }

    /// The key of an earlier run for that alias, if one was made and lost before it got its alias.
    pub(super) async fn recall(
        &self,
        kms: &Kms,
        request: &KeyRequest,
        journal: &Journal,
    ) -> Result<Option<KeyDescription>, Error> {
        let Some(alias) = &request.alias else { return Ok(None) };
        for earlier in self.unfinished(kms, alias.as_str()) {
            journal.step(format!("a run of {} did not finish: looking for its key", earlier.began));
            let found = find(kms, &|id: &str| id == earlier.id).await?;
            if let Some(key) = found {
                journal.step(format!("found its key {}", key.arn));
                earlier.end();
                return Ok(Some(key));
            }
            earlier.end();
        }
        if self.find_lost {
            journal.step("looking for keys that an earlier run has lost");
            return find(kms, &|_: &str| true).await;
        }
        Ok(None)
    }

    /// Requests that came to their end unseen: the alias names `found`. A key of theirs that is another one, and of which nobody
    /// knows any more, is given back. What cannot be looked at is left for the next run.
    pub(super) async fn tidy(&self, kms: &Kms, alias: &str, found: &KeyDescription) -> Vec<KeyDescription> {
        let mut lost = Vec::new();
        for earlier in self.unfinished(kms, alias) {
            let Ok(tags) = kms.tags(&found.arn).await else { continue };
            if has(&tags, &|id: &str| id == earlier.id) {
                earlier.end();
            } else if !earlier.is_running()
                && let Ok(key) = earlier.find(kms).await
            {
                earlier.end();
                lost.extend(key);
            }
        }
        lost
    }
}

impl Request {
    /// Whether the process that began it is still there, and minds its key itself.
    fn is_running(&self) -> bool {
        let process = i32::try_from(self.process).ok().and_then(rustix::process::Pid::from_raw);
        process.is_some_and(|process| rustix::process::test_kill_process(process) != Err(rustix::io::Errno::SRCH))
    }

    fn load(path: &Path) -> Option<Self> {
        let json = files::read("request", path, 64 * 1024).ok()?;
        let mut request: Request = serde_json::from_slice(&json).ok()?;
        request.file = Some(path.to_owned());
        Some(request)
    }

    /// The key of this request, after its reply was lost.
    pub(super) async fn find(&self, kms: &Kms) -> Result<Option<KeyDescription>, Error> {
        find(kms, &|id: &str| id == self.id).await
    }

    /// The key has its alias, or there is none: nothing is left to be remembered.
    pub(super) fn end(&self) {
        if let Some(path) = &self.file {
            let _ = fs::remove_file(path);
        }
    }
}

/// There is no lookup by tag: every key is asked for its tags. An empty key without alias whose request id is wanted is the one.
async fn find(kms: &Kms, wanted: &dyn Fn(&str) -> bool) -> Result<Option<KeyDescription>, Error> {
    for arn in kms.keys().await? {
        let tags = match kms.tags(&arn).await {
            Ok(tags) => tags,
            Err(error) if error.is_access_denied() => continue,
            Err(error) => return Err(error),
        };
        if !has(&tags, wanted) {
            continue;
        }
        let key = kms.describe(&arn).await?;
        if key.state == "PendingImport" && kms.aliases(Some(&arn)).await?.is_empty() {
            return Ok(Some(key));
        }
    }
    Ok(None)
}

fn has(tags: &[(String, String)], wanted: &dyn Fn(&str) -> bool) -> bool {
    tags.iter().any(|(name, id)| name == REQUEST_TAG && wanted(id))
}
