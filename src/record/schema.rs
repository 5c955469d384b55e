//! The schema of a record: `docs/schemas/record.json`.

use super::{Record, SCHEMA};
use crate::made_schema::is_committed_for;

#[test]
fn the_page_of_the_schema_is_what_the_types_of_a_record_give() {
    assert_eq!(is_committed_for::<Record>(SCHEMA), "record.json");
}
