//! Lists that come in pages: each ends, and none fills the memory, whatever the server answers.

use std::collections::HashSet;
use std::error::Error as StdError;
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};

use aws_sdk_kms::Client;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::call::Call;
use super::client::Kms;
use super::error::KmsError;
use super::operation::Operation;

/// The most bytes that are kept of one list.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// The longest list that anybody has comes in a few hundred.
const MOST_PAGES: usize = 2000;
/// KMS may answer with an empty page that has a successor; this many in a row it does not.
const EMPTY_PAGES: usize = 100;

/// One page of a list.
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// How many KMS has listed, those that are left out among them.
    pub(super) listed: usize,
    /// Roughly what the items take in memory.
    pub(super) bytes: usize,
    /// What the next page is asked for with.
    pub(super) marker: Option<String>,
    /// Whether there is a next page.
    pub(super) truncated: bool,
}

impl Kms {
    /// Asks for all pages of a list of which nobody has more than `most` items. `send` asks for the page of a marker, and `read` takes
    /// the reply apart.
    pub(super) async fn list<T, P, E, F>(
        &self,
        call: Call<'_>,
        most: usize,
        send: impl Fn(Client, Option<String>) -> F,
        read: impl Fn(P) -> Result<Page<T>, KmsError>,
    ) -> Result<Vec<T>, KmsError>
    where
        F: Future<Output = Result<P, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let mut all = Vec::new();
        let mut pages = Pages::new(call.operation, most);
        loop {
            let page = read(self.call(call, |client| send(client, pages.marker())).await?)?;
            all.extend(page.items);
            if !pages.turn(page.listed, page.bytes, page.marker, page.truncated)? {
                return Ok(all);
            }
        }
    }
}

/// Where a list stands.
struct Pages {
    operation: Operation,
    marker: Option<String>,
    /// By their hashes: a marker that comes twice leads in a circle.
    seen: HashSet<u64>,
    most_items: usize,
    items: usize,
    bytes: usize,
    pages: usize,
    empty: usize,
}

impl Pages {
    /// A list of which nobody has more than `most_items`.
    fn new(operation: Operation, most_items: usize) -> Self {
        Pages { operation, marker: None, seen: HashSet::new(), most_items, items: 0, bytes: 0, pages: 0, empty: 0 }
    }

    /// What to ask for next.
    fn marker(&self) -> Option<String> {
        self.marker.clone()
    }

    /// Notes a page of `items` that take `bytes`; tells whether another follows.
    fn turn(&mut self, items: usize, bytes: usize, marker: Option<String>, truncated: bool) -> Result<bool, KmsError> {
        self.items += items;
        self.bytes += bytes;
        self.pages += 1;
        self.empty = if items == 0 { self.empty + 1 } else { 0 };
        let endless = KmsError::EndlessList { operation: self.operation };
        if self.items > self.most_items || self.bytes > MOST_BYTES || self.pages > MOST_PAGES {
            return Err(endless);
        }
        let Some(marker) = marker.filter(|_| truncated) else { return Ok(false) };
        let mut hasher = DefaultHasher::new();
        marker.hash(&mut hasher);
        if !self.seen.insert(hasher.finish()) || self.empty > EMPTY_PAGES {
            return Err(endless);
        }
        self.marker = Some(marker);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages() -> Pages {
        Pages::new(Operation::ListKeys, 1000)
    }

    #[test]
    fn a_list_ends_with_the_page_that_has_no_successor() {
        let mut list = pages();
        assert!(list.turn(10, 100, Some("a".to_owned()), true).unwrap());
        assert_eq!(list.marker().as_deref(), Some("a"));
        assert!(!list.turn(10, 100, Some("b".to_owned()), false).unwrap());
        assert!(!pages().turn(10, 100, None, true).unwrap());
    }

    #[test]
    fn markers_that_lead_in_a_circle_are_an_endless_list() {
        for length in [1, 2, 5] {
            let mut list = pages();
            let turned = (0..20).map(|number| list.turn(1, 1, Some((number % length).to_string()), true));
            assert_eq!(turned.take_while(Result::is_ok).count(), length);
        }
    }

    #[test]
    fn too_many_items_bytes_or_empty_pages_are_an_endless_list() {
        let until = |items, bytes| {
            let mut list = pages();
            (0..10_000).position(|number| list.turn(items, bytes, Some(number.to_string()), true).is_err())
        };
        assert_eq!(until(100, 1), Some(10));
        assert_eq!(until(1, 1024 * 1024), Some(16));
        assert_eq!(until(0, 0), Some(EMPTY_PAGES));
        let mut list = Pages::new(Operation::ListKeys, 500_000);
        let ends = (0..10_000).position(|number| list.turn(1, 1, Some(number.to_string()), true).is_err());
        assert_eq!(ends, Some(MOST_PAGES));
    }
}
