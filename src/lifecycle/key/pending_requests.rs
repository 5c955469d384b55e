//! Finding a key whose CreateKey reply was lost.
//!
//! KMS has no idempotency token for CreateKey, so each request gets one of our own: a random id, put on the key as a tag and
//! written down locally before the call. A run that was killed, or whose reply was lost, finds its key by that tag.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::kms::{KeyArn, KeyDescription, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::key::alias::AliasName;
use crate::lifecycle::key::existing;
use crate::lifecycle::key::lost::{find, find_newly_made, is_empty, is_of, is_of_any};
use crate::lifecycle::key::request::KeyRequest;
use crate::openssl_probe::OpenSslError;
use crate::progress::Progress;
use crate::time::{self, rfc3339};
use crate::{files, printable};

/// The directory in which requests under way are written down; without a directory nothing is written. One that cannot be written to is no
/// error: the run goes on without notes.
#[derive(Clone, Debug, Default)]
pub struct PendingRequests {
    /// The directory, made with mode 0700 if it is missing. The command line takes `$XDG_STATE_HOME/kms-byok`.
    pub directory: Option<PathBuf>,
    /// Look for lost keys even if no request is written down.
    pub find_lost: Option<FindLost>,
}

/// Which lost keys are looked for.
#[derive(Clone, Debug)]
pub enum FindLost {
    /// The key of any request.
    Any,
    /// The key of one request, by its id: 32 hex digits.
    Request(String),
    /// The caller has chosen the id of the request, and knows whether a key was made for it.
    Known {
        /// The id, which a key that is made gets as a tag: 32 hex digits.
        request: String,
        /// The key that has this tag and is named by no alias, if there is one.
        key: Option<KeyArn>,
    },
}

/// One request under way.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) id: String,
    alias: Option<String>,
    region: String,
    endpoint: Option<String>,
    pub(crate) began: String,
    /// The key that the new one is to supersede: a rotation by alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) supersedes: Option<String>,
    /// The new key, once CreateKey was answered; of a rotation only, which needs it for longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    #[serde(skip)]
    file: Option<PathBuf>,
    /// Held while this run is alive, so that no other takes its key for a lost one.
    #[serde(skip)]
    lock: Option<files::Locked>,
}

/// A key that was lost, and what is still written down about it: until it has its alias, it can be lost again.
pub(crate) struct LostKey {
    pub(crate) key: KeyDescription,
    pub(crate) requests: Vec<Request>,
}

impl PendingRequests {
    /// Writes a new request down, synced, before CreateKey is sent.
    pub(crate) fn begin(&self, kms: &Kms, request: &KeyRequest, progress: &dyn Progress) -> Result<Request, Error> {
        self.begin_for(kms, request.alias.as_ref(), None, progress)
    }

    /// The same for a key that is to supersede the one of that ARN under the alias.
    pub(crate) fn begin_for(
        &self,
        kms: &Kms,
        alias: Option<&AliasName>,
        supersedes: Option<&KeyArn>,
        progress: &dyn Progress,
    ) -> Result<Request, Error> {
        let id = match &self.find_lost {
            Some(FindLost::Known { request, .. }) => request.clone(),
            _ => random_id()?,
        };
        let mut begun = Request {
            id,
            alias: alias.map(ToString::to_string),
            region: kms.region().to_string(),
            endpoint: kms.endpoint().map(str::to_owned),
            began: rfc3339(time::now()),
            supersedes: supersedes.map(ToString::to_string),
            key: None,
            file: None,
            lock: None,
        };
        if let Some(directory) = &self.directory {
            let path = directory.join(format!("{}.json", begun.id));
            let json = printable::json(&begun);
            begun.lock =
                files::private_directory(directory).ok().and_then(|()| files::put_locked("request", &path, &json).ok());
            if begun.lock.is_some() {
                begun.file = Some(path);
            } else {
                let shown = directory.display();
                progress.detail(&format!("`{shown}` cannot be written: a lost key can be found only with --find-lost"));
            }
        }
        Ok(begun)
    }

    /// The unfinished requests of earlier runs for the same alias, Region and endpoint; those of rotations are another matter.
    fn unfinished(&self, kms: &Kms, alias: Option<&AliasName>) -> Vec<Request> {
        self.of_alias(kms, alias).into_iter().filter(|request| request.supersedes.is_none()).collect()
    }

    /// The unfinished rotations of that alias.
    pub(crate) fn rotations(&self, kms: &Kms, alias: &AliasName) -> Vec<Request> {
        self.of_alias(kms, Some(alias)).into_iter().filter(|request| request.supersedes.is_some()).collect()
    }

    fn of_alias(&self, kms: &Kms, alias: Option<&AliasName>) -> Vec<Request> {
        let Some(alias) = alias.map(AliasName::as_str) else { return Vec::new() };
        let ours = |request: &Request| {
            request.alias.as_deref() == Some(alias)
                && *kms.region() == request.region
                && request.endpoint.as_deref() == kms.endpoint()
        };
        self.written_down().filter(ours).collect()
    }

    /// The requests that were written down by runs which no longer run.
    fn written_down(&self) -> impl Iterator<Item = Request> {
        let entries = self.directory.as_deref().and_then(|directory| fs::read_dir(directory).ok());
        let paths = entries.into_iter().flatten().flatten().map(|entry| entry.path());
        // A pipe would be waited for.
        let files = paths.filter(|path| fs::symlink_metadata(path).is_ok_and(|found| found.is_file()));
        files.filter(|path| !files::is_locked(path)).filter_map(|path| Request::load(&path))
    }

    /// Whether earlier runs may have lost a key, so that all keys are looked through before a new one is made.
    pub(crate) fn suspects_lost(&self, kms: &Kms, alias: Option<&AliasName>) -> bool {
        let asked = self.find_lost.as_ref().is_some_and(|wanted| !matches!(wanted, FindLost::Known { .. }));
        asked || self.has_unfinished(kms, alias)
    }

    /// Whether an earlier run for that alias is unfinished.
    pub(crate) fn has_unfinished(&self, kms: &Kms, alias: Option<&AliasName>) -> bool {
        !self.unfinished(kms, alias).is_empty()
    }

    /// The key of an earlier run for that alias, if one was made and lost before it got its alias.
    pub(crate) async fn find_lost_key(
        &self,
        kms: &Kms,
        request: &KeyRequest,
        progress: &dyn Progress,
    ) -> Result<Option<LostKey>, Error> {
        // Without an alias two runs are after two keys: only the user knows which request is the same.
        for earlier in self.unfinished(kms, request.alias.as_ref()) {
            progress.step(&format!("a run of {} did not finish: looking for its key", earlier.began));
            let found = find(kms, &|tags| is_of(tags, &earlier.id), &is_empty).await?;
            if let Some(lost) = told(found, vec![earlier], progress) {
                return Ok(Some(lost));
            }
        }
        let Some(wanted) = &self.find_lost else { return Ok(None) };
        if let FindLost::Known { key, .. } = wanted {
            let Some(arn) = key else { return Ok(None) };
            let key = kms.describe(arn).await?;
            return Ok(told(Some(key).filter(is_empty), Vec::new(), progress));
        }
        progress.step("looking for a key that an earlier run has lost");
        match wanted {
            FindLost::Any => {
                let fits =
                    |key: &KeyDescription| is_empty(key) && existing::check_matches(key, request, &key.arn).is_ok();
                Ok(told(find(kms, &is_of_any, &fits).await?, Vec::new(), progress))
            }
            FindLost::Request(id) => {
                let found = find_newly_made(kms, id, progress).await?;
                Ok(told(found, self.written_down().filter(|request| request.id == *id).collect(), progress))
            }
            FindLost::Known { .. } => Ok(None),
        }
    }

    /// Ends the requests of earlier runs whose alias names `found` by now. Returns the keys that those runs made and that no alias names.
    /// A request whose key cannot be looked for now stays for the next run.
    pub(crate) async fn end_finished(
        &self,
        kms: &Kms,
        alias: &AliasName,
        found: &KeyDescription,
    ) -> Vec<KeyDescription> {
        let mut lost = Vec::new();
        for earlier in self.unfinished(kms, Some(alias)) {
            let Ok(tags) = kms.tags(&found.arn).await else { continue };
            if is_of(&tags, &earlier.id) {
                earlier.end();
            } else if let Ok(key) = find(kms, &|tags| is_of(tags, &earlier.id), &is_empty).await {
                earlier.end();
                lost.extend(key);
            }
        }
        lost
    }
}

fn random_id() -> Result<String, OpenSslError> {
    let mut id = [0; 16];
    openssl::rand::rand_bytes(&mut id).map_err(OpenSslError::step("draw random bytes"))?;
    Ok(hex::encode(id))
}

impl Request {
    fn load(path: &Path) -> Option<Self> {
        let json = files::read("request", path, 64 * 1024).ok()?;
        let mut request: Request = serde_json::from_slice(&json).ok()?;
        request.file = Some(path.to_owned());
        Some(request)
    }

    /// The key of this request, after its reply was lost; nothing where it cannot be looked for.
    pub(crate) async fn find(&self, kms: &Kms, progress: &dyn Progress) -> Option<KeyDescription> {
        find_newly_made(kms, &self.id, progress).await.ok().flatten()
    }

    /// Writes down which key it is, once CreateKey was answered. Where that fails, the key is found by its tag.
    pub(crate) fn made(&mut self, key: &KeyArn) {
        self.key = Some(key.to_string());
        if let Some(path) = &self.file
            && let Ok(lock) = files::replace_locked("request", path, &printable::json(self))
        {
            self.lock = Some(lock);
        }
    }

    /// Forgets the request: its key has its alias, or there is no key.
    pub(crate) fn end(&self) {
        if let Some(path) = &self.file {
            let _ = fs::remove_file(path);
        }
    }
}

/// Says what was found. Where nothing was, the requests are over.
fn told(found: Option<KeyDescription>, requests: Vec<Request>, progress: &dyn Progress) -> Option<LostKey> {
    match found {
        Some(key) => {
            progress.step(&format!("found key {}", key.arn));
            Some(LostKey { key, requests })
        }
        None => {
            progress.step("there is none");
            requests.iter().for_each(Request::end);
            None
        }
    }
}
