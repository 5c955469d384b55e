//! What every verb needs: the flags it shares with the others, the talk, a connection, and a run that signals can end.

mod answer;
mod connection;
mod outcome;
mod secrets;

use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use kms_byok::components::{CheckValue, Composition};
use kms_byok::for_the_binary::openssl_probe;
use kms_byok::for_the_binary::record::RecordFile;
use kms_byok::kms::Kms;
use kms_byok::lifecycle::{Account, FindLost, PendingRequests, Run, Stage, Watched};
use kms_byok::material::{Reading, TokenObject};
use kms_byok::parameters::Moved;
use kms_byok::{OpenSslError, Progress};

use super::global::Global;
use super::invocation::Invocation;
use super::output::Stderr;
use super::output::document::{FAILURE, Form};
use super::output::parts::{EscrowOpened, Source};
use super::typed::Typed;

pub(crate) struct Context {
    pub(crate) global: Global,
    pub(crate) talk: Arc<Stderr>,
    /// What the escrow file of this run is, once it is open.
    escrow: OnceLock<EscrowOpened>,
    /// The components of the key, where it has some.
    composition: OnceLock<Composition>,
    /// The key in a token, where it is in one.
    token: OnceLock<TokenObject>,
    /// The check value of the key, if it is to be shown.
    check_value: OnceLock<CheckValue>,
    /// How the key material of this run was read.
    pub(crate) reading: OnceLock<Reading>,
    /// What the run may change in AWS, from the moment on when it may.
    changing: OnceLock<Changing>,
    /// The run has begun to change what it tells of row by row.
    changing_many: OnceLock<()>,
    /// The form of the JSON that the run prints.
    form: Mutex<&'static Form>,
    /// How the run was called.
    invocation: Mutex<Invocation>,
    /// The connection, once there is one; clients of other Regions share what it has seen.
    kms: OnceLock<Kms>,
    /// The run is a rehearsal in this process.
    rehearsal: OnceLock<()>,
    /// The record that the run keeps.
    pub(crate) record: Mutex<Option<Kept>>,
}

/// All that is needed to tell of a run that may have changed AWS, at any moment and from any thread.
struct Changing {
    run: &'static dyn Watched,
    words: Box<Words>,
}

/// The command that completes a run, in words.
type Words = dyn Fn(&Account) -> Option<String> + Send + Sync;

/// A record that has begun.
pub(crate) struct Kept {
    pub(crate) file: RecordFile,
    pub(crate) run: &'static dyn Watched,
}

impl Context {
    pub(crate) fn new(global: Global, typed: Typed) -> Self {
        let talk = Arc::new(Stderr { quiet: global.quiet, verbose: global.verbose });
        Context {
            invocation: Mutex::new(Invocation::new(&global, typed)),
            global,
            talk,
            escrow: OnceLock::new(),
            composition: OnceLock::new(),
            token: OnceLock::new(),
            check_value: OnceLock::new(),
            reading: OnceLock::new(),
            form: Mutex::new(&FAILURE),
            changing: OnceLock::new(),
            changing_many: OnceLock::new(),
            kms: OnceLock::new(),
            rehearsal: OnceLock::new(),
            record: Mutex::default(),
        }
    }

    /// Says where files are now that stood in the place of an output.
    pub(crate) fn tell_moved(&self, moved: impl IntoIterator<Item = Moved>) {
        for moved in moved {
            self.talk.warn(&moved.to_string());
        }
    }

    /// Refuses to go on with a library that is not fit, whatever the headers were.
    pub(crate) fn check_openssl(&self) -> Result<(), OpenSslError> {
        openssl_probe::check_loaded()?;
        if self.global.require_fips && !openssl_probe::fips().in_force() {
            return Err(OpenSslError::NotFips { found: openssl_probe::loaded().to_owned() });
        }
        Ok(())
    }

    /// A run. It lives as long as the process, because it is read whatever ends that.
    pub(crate) fn begin<R: Stage>(&self) -> &'static Run<R> {
        Box::leak(Box::new(Run::new(self.talk.clone())))
    }

    /// Where requests under way are written down (XDG Base Directory Specification): `$XDG_STATE_HOME`, or its default.
    pub(crate) fn pending(&self, find_lost: bool, request: Option<&String>) -> PendingRequests {
        let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let state = absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")));
        let find_lost = match request {
            Some(id) => Some(FindLost::Request(id.clone())),
            None => find_lost.then_some(FindLost::Any),
        };
        PendingRequests { directory: state.map(|state| state.join("kms-byok")), find_lost }
    }

    /// Notes what the escrow file does and does not vouch for.
    pub(crate) fn opened_escrow(&self, file: &Path, authenticated: bool) {
        let _ = self.escrow.set(EscrowOpened { file: file.to_owned(), authenticated, maker_known: false });
    }

    /// Notes the components of the key.
    pub(crate) fn composed(&self, composition: Composition) {
        let _ = self.composition.set(composition);
    }

    /// Notes the token that holds the key.
    pub(crate) fn found_in_token(&self, object: TokenObject) {
        let _ = self.token.set(object);
    }

    /// The set of its components.
    pub(crate) fn set(&self) -> Option<String> {
        self.composition.get().and_then(|composition| composition.set.clone())
    }

    /// Has the check value of the key shown.
    pub(crate) fn show_check_value(&self, value: CheckValue) {
        let _ = self.check_value.set(value);
    }

    /// Where key material was read from, and what is told of it besides.
    pub(crate) fn source(&self) -> Source {
        Source {
            material: self.reading.get().cloned(),
            escrow_opened: self.escrow.get().cloned(),
            components: self.composition.get().cloned(),
            token: self.token.get().cloned(),
            key_check_value: self.check_value.get().copied(),
        }
    }

    /// Says in which form the run prints JSON.
    pub(crate) fn prints(&self, form: &'static Form) {
        *self.form.lock().unwrap_or_else(PoisonError::into_inner) = form;
    }

    pub(super) fn form(&self) -> &'static Form {
        *self.form.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
