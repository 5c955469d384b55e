//! Where a record goes. An account that a later run could erase, or that stands in the way of repeating a command, would be no use
//! to anybody: whatever is there, the record of an earlier run or any other file, is renamed to `F.superseded-<UTC>`, as backups are.
//! So a repeated command does not fail, and the record of the run before it stays.
//!
//! The file is there from the beginning: a directory that cannot be written to is found before anything happens in AWS, and a run
//! that was killed leaves a record that has begun and not ended.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Exit, Record};
use crate::components::{CheckValue, Composition};
use crate::files;
use crate::kms::Kms;
use crate::lifecycle::Account;
use crate::lifecycle::error::Error;
use crate::material::TokenObject;
use crate::openssl_probe::OpenSslError;
use crate::printable;
use crate::progress::Progress;
use crate::time::{self, rfc3339};

/// A run whose account is being kept.
pub struct RecordFile {
    path: PathBuf,
    record: Record,
}

/// More than any record, and little enough to look at a file that is not one.
const LIMIT: usize = 4 * 1024 * 1024;

impl RecordFile {
    /// Writes down that a run begins.
    pub fn begin(path: &Path, verb: &str, talk: &dyn Progress) -> Result<Self, Error> {
        files::check_output("record", path)?;
        make_room(path, talk)?;
        let mut id = [0; 16];
        openssl::rand::rand_bytes(&mut id).map_err(OpenSslError::step("draw random bytes"))?;
        let record = Record::begin(verb, hex::encode(id), rfc3339(time::now()));
        files::put_durable("record", path, &json(&record))?;
        Ok(RecordFile { path: path.to_owned(), record })
    }

    /// Notes what the key material is made of or as, and its check value where the user wants it shown.
    pub fn note_material(
        &mut self,
        components: Option<&Composition>,
        token: Option<&TokenObject>,
        check_value: Option<CheckValue>,
    ) {
        self.record.material.token = token.cloned();
        self.record.material.components = components.cloned();
        self.record.material.key_check_value = check_value.map(|value| value.to_string());
        self.record.material.generated |= self.record.verb == "generate";
    }

    /// Writes down how it ended. A run that began meanwhile and took the name keeps it for its own, under a new one.
    pub fn finish(
        mut self,
        account: &Account,
        kms: Option<&Kms>,
        exit: Exit,
        talk: &dyn Progress,
    ) -> Result<(), Error> {
        self.record.fill(account, kms);
        self.record.exit = Some(exit);
        self.record.ended = Some(rfc3339(time::now()));
        if run_id(&self.path).as_deref() == Some(&self.record.run_id) {
            return Ok(files::replace_durable("record", &self.path, &json(&self.record))?);
        }
        make_room(&self.path, talk)?;
        Ok(files::put_durable("record", &self.path, &json(&self.record))?)
    }
}

/// Moves what is there aside.
fn make_room(path: &Path, talk: &dyn Progress) -> Result<(), Error> {
    let is_record = run_id(path).is_some();
    if let Some(moved) = files::supersede(path)? {
        let was = if is_record { "is the record of another run" } else { "is not a record and is kept" };
        talk.note(&format!("`{}` {was}: it is now `{}`", path.display(), moved.display()));
    }
    Ok(())
}

/// The run that a record is of; nothing for any other file. Never follows a link, which would be replaced instead of its target.
fn run_id(path: &Path) -> Option<String> {
    if !fs::symlink_metadata(path).ok()?.is_file() {
        return None;
    }
    let value: serde_json::Value = serde_json::from_slice(&files::read("record", path, LIMIT).ok()?).ok()?;
    value["schema"].as_str().filter(|schema| schema.starts_with("kms-byok/record/"))?;
    value["run_id"].as_str().map(str::to_owned)
}

fn json(record: &Record) -> Vec<u8> {
    printable::json(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::Facts;
    use crate::lifecycle::provision::Reached;
    use crate::progress::Silent;

    fn finish(file: RecordFile) -> Result<(), Error> {
        let account = Account::of(&Reached::default(), &Facts::default());
        let exit = Exit::of(0, None, &account);
        file.finish(&account, None, exit, &Silent)
    }

    fn read(path: &Path) -> Record {
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    }

    #[test]
    fn two_runs_with_one_file_leave_two_records() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("record");
        let first = RecordFile::begin(&path, "provision", &Silent).unwrap();
        let second = RecordFile::begin(&path, "import", &Silent).unwrap();
        finish(second).unwrap();
        finish(first).unwrap();
        assert_eq!(read(&path).verb, "provision");
        let mut records: Vec<Record> =
            fs::read_dir(directory.path()).unwrap().map(|entry| read(&entry.unwrap().path())).collect();
        records.sort_by_key(|record| (record.verb.clone(), record.ended.is_some()));
        let seen: Vec<_> = records.iter().map(|record| (record.verb.as_str(), record.ended.is_some())).collect();
        assert_eq!(seen, [("import", true), ("provision", false), ("provision", true)]);
    }

    #[test]
    fn what_took_the_place_of_a_record_meanwhile_is_moved_aside() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("record");
        let file = RecordFile::begin(&path, "provision", &Silent).unwrap();
        fs::write(&path, b"a key, say").unwrap();
        finish(file).unwrap();
        assert!(read(&path).ended.is_some());
        let entries = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path());
        let aside: Vec<_> = entries.filter(|entry| *entry != path).map(|entry| fs::read(entry).unwrap()).collect();
        assert_eq!(aside, [b"a key, say"]);
    }
}
