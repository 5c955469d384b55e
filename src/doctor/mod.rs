//! What this machine brings to an import: its OpenSSL, its trust, its way to KMS, its memory, and what is missing.
//!
//! Without `online` nobody is asked anything: no KMS, no metadata service, no credential process.
//!
//! ```
//! use kms_byok::doctor::{self, Wanted};
//! use kms_byok::kms::{Connection, Kms, ConnectionSettings};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let connection = Connection { region: Some("eu-central-1".to_owned()), ..Connection::default() };
//! let settings = ConnectionSettings::read(&connection).await;
//! let found = doctor::examine(&Wanted::default(), settings, || async {
//!     Ok(Kms::connect(&connection).await?)
//! })
//! .await;
//! for problem in &found.problems {
//!     println!("{}", problem.cause);
//! }
//! assert_eq!(found.connection.region.as_deref(), Some("eu-central-1"));
//! # });
//! ```

mod connection;
mod error;
mod finding;
mod memory;
mod online;
mod openssl;

pub use self::connection::ConnectionFacts;
pub use self::error::HealthError;
pub use self::finding::Finding;
pub use self::memory::Memory;
pub use self::online::{Asked, Online};
pub use self::openssl::{Algorithm, OpenSslFacts, SelfTest};
use crate::kms::{ConnectionSettings, KeyArn, Kms};
pub use crate::openssl_probe::{Branch, Platform};
use crate::time;

/// What is to be examined.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// A FIPS provider and a FIPS endpoint are needed.
    pub fips: bool,
    /// KMS is asked, and with it whoever has the credentials.
    pub online: bool,
    /// The key about which KMS is asked: an id, an ARN or an alias.
    pub key: Option<String>,
}

/// Everything that was found.
#[derive(Debug)]
pub struct Examination {
    /// Nothing needed is missing.
    pub healthy: bool,
    /// Which OpenSSL is at work.
    pub openssl: OpenSslFacts,
    /// Whether it computes what it should.
    pub self_test: Vec<SelfTest>,
    /// What can be wrapped with it.
    pub wrapping_algorithms: Vec<Algorithm>,
    /// The way to KMS.
    pub connection: ConnectionFacts,
    /// What keeps secrets in memory.
    pub memory: Memory,
    /// What KMS answered, if it was asked.
    pub online: Option<Online>,
    /// The ARN of the key that KMS was asked about.
    pub key_arn: Option<KeyArn>,
    /// What is needed and missing.
    pub problems: Vec<Finding>,
    /// What is to be known.
    pub notes: Vec<Finding>,
}

/// Examines this machine. `connect` is called only when KMS is to be asked and the settings let it be. Nothing here is an error: what is
/// needed and missing is in [`Examination::problems`], a refused call among it.
pub async fn examine<C, F>(wanted: &Wanted, settings: ConnectionSettings, connect: C) -> Examination
where
    C: FnOnce() -> F,
    F: Future<Output = Result<Kms, crate::Error>>,
{
    let today = time::rfc3339(time::now());
    let (mut problems, mut notes) = (Vec::new(), Vec::new());
    let openssl = OpenSslFacts::gather(&today[..10]);
    let self_test = SelfTest::run_all();
    problems.extend(openssl.problems(wanted.fips));
    if !openssl.lacks_base() {
        problems.extend(self_test.iter().filter_map(SelfTest::problem));
    }
    notes.extend(OpenSslFacts::configuration());
    notes.extend(openssl.notes(&today[..10]));
    let memory = Memory::gather();
    notes.extend(memory.notes());
    let (connection, unusable, absent) = ConnectionFacts::of(settings);
    let can_connect = unusable.is_empty() && absent.is_empty();
    problems.extend(unusable);
    // An offline ceremony wraps without a Region and without anybody to trust.
    if wanted.online { &mut problems } else { &mut notes }.extend(absent);
    let mut online = None;
    let mut key_arn = None;
    if wanted.online && can_connect {
        match connect().await {
            Ok(kms) => {
                let asked = Online::ask(&kms, wanted.key.as_deref()).await;
                problems.extend(asked.problems);
                key_arn = asked.key_arn;
                online = Some(asked.answers);
            }
            Err(error) => problems.push(Finding::of(error)),
        }
    }
    Examination {
        healthy: problems.is_empty(),
        wrapping_algorithms: Algorithm::all(&self_test),
        openssl,
        self_test,
        connection,
        memory,
        online,
        key_arn,
        problems,
        notes,
    }
}
