//! The commands that fix a file, quoted for a shell. None of them writes over a file: what is made gets a name beside it.

use std::path::{Path, PathBuf};

use crate::files::{free, with_suffix};
use crate::material::encoding::Encoding;
use crate::quoted::quoted;

/// Where a file lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a parameter directory, where names are fixed: what was made takes the place of its file, which is kept.
    Fixed,
    /// Anywhere: nobody but the user knows what the file is that was named.
    Anywhere,
}

/// Takes text around a file that holds no secret off.
pub(crate) fn decode(path: Option<&Path>, encoding: &Encoding, place: Place) -> String {
    let (file, decoded) = beside(path, "decoded");
    put(path, format!("< {file} {} > {decoded}", encoding.filters()), &decoded, place)
}

/// Keeps the first bytes of a file.
pub(crate) fn cut(path: Option<&Path>, wanted: usize, place: Place) -> String {
    let (file, cut) = beside(path, "cut");
    put(path, format!("head -c {wanted} {file} > {cut}"), &cut, place)
}

/// Takes the carriage returns out that a text-mode transfer put in.
pub(crate) fn without_carriage_returns(path: Option<&Path>, place: Place) -> String {
    let (file, cut) = beside(path, "cut");
    put(path, format!("perl -pe 's/\\r\\n/\\n/' < {file} > {cut}"), &cut, place)
}

/// What was made of a file, at its place where that is fixed.
pub(crate) fn put(path: Option<&Path>, made: String, at: &str, place: Place) -> String {
    match (place, path) {
        (Place::Fixed, Some(path)) => {
            let (file, kept) = (quoted(path), quoted(free(&with_suffix(path, "original"))));
            format!("{made} && mv {file} {kept} && mv {at} {file}")
        }
        _ => made,
    }
}

/// A file, and a name beside it at which nothing is.
pub(crate) fn beside(path: Option<&Path>, suffix: &str) -> (String, String) {
    let path = path.map_or_else(|| PathBuf::from("FILE"), Path::to_owned);
    (quoted(&path), quoted(free(&with_suffix(&path, suffix))))
}
