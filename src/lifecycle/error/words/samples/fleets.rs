//! What a manifest and a run over many keys can make fail.

use super::super::Sample;
use super::{arn, foreign, path, time, typed};
use crate::explain::Explain;
use crate::files::FileError;
use crate::fleet::{Column, FleetError, Holder, ManifestError};
use crate::material::KeySpec;
use crate::wrap::WrapError;

pub(super) fn all() -> Vec<Sample> {
    [fleets(), manifests()].into_iter().flatten().collect()
}

one_of_each! {
    fleets: FleetError {
        JournalHeld { path: path(), holder: Holder { process: 4711, host: "build-7".to_owned(), since: time() } }
        JournalUnusable { path: path(), because: foreign() }
        NoKey { id: typed() }
        Empty { arn: arn() }
        NotLater { at: time() }
        OthersExpire { arn: arn(), ids: "0a1b2c".to_owned() }
        FleetStopped {}
    }
    manifests: ManifestError {
        Cell (Box::new(WrapError::Pkcs1Refused.into()))
        File (FileError::Directory { what: "manifest", path: path() })
        NotAFile { path: typed() }
        Broken { because: foreign() }
        NoRows {}
        NotUtf8 {}
        OtherSeparator { found: "`;`" }
        UnknownColumn { name: typed() }
        ColumnTwice { column: Column::Id }
        ColumnMissing { column: Column::Id }
        ColumnMissing { column: Column::Material }
        CellCount { found: 3, wanted: 4 }
        LineBreak {}
        ControlCharacter {}
        RowTooLong {}
        NotJson { because: foreign() }
        NotAnObject {}
        NotText { column: Column::Id, found: "a number" }
        Empty {}
        IdUnfit { id: typed() }
        IdTwice { id: typed(), row: 2 }
        AliasTwice { alias: typed(), row: 2 }
        FileTwice { path: typed(), row: 2 }
        Needs { material: "generate-keep", column: Column::Keep }
        NotTogether { column: Column::Keep }
        UnknownWord { given: typed() }
        MaterialInCell {}
        UnknownPlaceholder { name: typed() }
        FileForRegions { regions: 2 }
        RegionUnknown {}
        RegionTwice { region: typed() }
        NotATag { given: typed() }
        NotAnExpiry { given: typed() }
        NotARole { given: typed() }
        EscrowFile { path: typed() }
        Discarded {}
        NotRotated { spec: KeySpec::EccNistP256, alias: Some(typed()) }
        NotRotated { spec: KeySpec::EccNistP256, alias: None }
        NothingNew {}
        WrappedForOther { path: typed(), found: "HMAC_256".to_owned(), wanted: "HMAC_512".to_owned() }
        NothingWrapped { path: typed() }
        PolicyNotAnObject { path: typed(), because: foreign() }
    }
}
