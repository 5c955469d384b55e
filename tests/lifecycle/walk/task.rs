//! What a user does, as command lines, and where the key material comes from.

use crate::support::order::{BACKUP, GIVEN};

/// Where the key material comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Keep,
    Escrow,
    Discard,
    Material,
    /// The same bytes again for every command that is pasted.
    Stdin,
    Recovered,
    /// What is in the key, or was wrapped before: the line names none.
    There,
    /// What a run has stored that was killed.
    Kept,
    Escrowed,
}

use Source::{Discard, Escrow, Keep, Material, Recovered, Stdin, There};

/// Those that a command line can name.
pub const SOURCES: [Source; 6] = [Keep, Escrow, Discard, Material, Stdin, Recovered];
const HAD: &[Source] = &[Material, Stdin, Recovered];

impl Source {
    pub fn flags(self) -> &'static str {
        match self {
            Keep => "--generate --keep copy",
            Escrow => "--generate --escrow recovery.pem --escrow-out copy",
            Discard => "--generate --discard",
            Material => "--material given",
            Stdin => "--material -",
            Recovered => "--material-from-escrow given.cms --recipient-key KEY",
            There => "",
            Source::Kept => "--material copy",
            Source::Escrowed => "--material-from-escrow copy --recipient-key KEY",
        }
    }

    /// The file that has the bytes.
    fn file(self) -> Option<&'static str> {
        match self {
            Keep | Escrow | Source::Kept | Source::Escrowed => Some(BACKUP),
            Discard => None,
            Material | Stdin | Recovered | There => Some(GIVEN),
        }
    }
}

/// One command after the other; each is done before the next is typed.
#[derive(Clone, Debug)]
pub struct Task {
    pub name: String,
    pub spec: &'static str,
    /// What was done before, which nothing disturbs.
    pub before: &'static [&'static str],
    /// The word SOURCE stands for the flags of the source.
    pub lines: Vec<String>,
    pub sources: &'static [Source],
    /// How many Regions have the key in the end.
    pub regions: usize,
    /// The key has key material before, and what a line generates for it is not needed.
    pub filled: bool,
    /// The key had key material.
    pub was_deleted: bool,
    /// A file that is there before; a line that does not write it is no other task than without.
    pub writes_over: Option<&'static str>,
    pub ends: Ends,
}

/// What must be true in the end, besides the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    Enabled,
    /// The key material is deleted, and the commands that are printed bring it back.
    Deleted,
    /// The alias names a new key, and the old one has what it had; in that state.
    Moved(&'static str),
    /// The alias names the key that it named before the last one.
    Back,
}

const SYMMETRIC: &str = "SYMMETRIC_DEFAULT";
/// A symmetric key, one for each kind of proof of the others, and the one that is wrapped in two layers.
const SPECS: [&str; 4] = [SYMMETRIC, "HMAC_384", "ECC_NIST_P256", "RSA_2048"];

const GET_PARAMETERS: &str = "get-parameters --key-id alias/a --dir D --wrapping-key-spec RSA_2048";
const IMPORT: &str = "import --dir D --wait 3s --record record";
const PROVISION: &str =
    "provision --alias alias/a --key-spec SPEC SOURCE --wrapping-key-spec RSA_2048 --wait 3s --record record";
const ROTATE: &str = "rotate --key-id alias/a SOURCE --wrapping-key-spec RSA_2048 --wait 3s --record record";
const BACK: &str = "rotate --key-id alias/a --rollback --wait 3s --record record";
const REPLICATE: &str = "replicate --key-id alias/a --to eu-west-1 --alias alias/a SOURCE --wrapping-key-spec RSA_2048 --wait 3s --record record";

const BY_ALIAS: &str = "rotate --key-id alias/a SOURCE --wrapping-key-spec RSA_2048 --wait 3s --record record";
const SIGNS: &[&str] = &["provision --alias alias/a --key-spec SPEC --material first --wrapping-key-spec RSA_2048"];
const ROTATED: &[&str] = &[SIGNS[0], "rotate --key-id alias/a --material given --wrapping-key-spec RSA_2048"];

const EMPTY: &[&str] = &["create-key --alias alias/a --key-spec SPEC"];
const WRAPPED: &[&str] =
    &["create-key --alias alias/a --key-spec SPEC", GET_PARAMETERS, "wrap --dir D --material given"];
const FILLED: &[&str] = &["provision --alias alias/a --key-spec SPEC --material given --wrapping-key-spec RSA_2048"];
const FIRST: &[&str] = &["provision --alias alias/a --material first --wrapping-key-spec RSA_2048"];
const DELETED: &[&str] = &[FILLED[0], "delete-material --key-id alias/a --yes"];
const DELETED_AND_WRAPPED: &[&str] = &[DELETED[0], DELETED[1], GET_PARAMETERS, "wrap --dir D --material given"];
/// Key material that waits for its rotation.
const WAITING: &[&str] =
    &[FIRST[0], GET_PARAMETERS, "wrap --dir D --material given", "import --dir D --import-type new"];
const PRIMARY: &[&str] =
    &["provision --alias alias/a --key-spec SPEC --multi-region --material given --wrapping-key-spec RSA_2048"];
const REPLICATED: &[&str] = &[
    "provision --alias alias/a --multi-region --material first --wrapping-key-spec RSA_2048",
    "replicate --key-id alias/a --to eu-west-1 --alias alias/a --material first --wrapping-key-spec RSA_2048",
];

impl Task {
    fn of(name: &str, spec: &'static str, lines: &[&str], sources: &'static [Source]) -> Self {
        Task {
            name: if spec == SYMMETRIC { name.to_owned() } else { format!("{name} {spec}") },
            spec,
            before: &[],
            lines: lines.iter().map(|line| line.replace("SPEC", spec)).collect(),
            sources,
            regions: 1,
            filled: false,
            was_deleted: false,
            writes_over: None,
            ends: Ends::Enabled,
        }
    }

    fn after(self, before: &'static [&'static str]) -> Self {
        let begins = |verb: &str| before.iter().any(|line| line.starts_with(verb));
        let (was_deleted, writes_over) = (begins("delete-material"), begins("generate").then_some(BACKUP));
        Task { before, filled: begins("provision"), was_deleted, writes_over, ..self }
    }

    /// The file that holds the bytes in the end unless a report names another.
    pub fn file(&self, source: Source) -> Option<&'static str> {
        let provisions = self.lines.iter().any(|line| line.starts_with("provision"));
        if self.filled && provisions { Some(GIVEN) } else { source.file() }
    }

    fn regions(self, regions: usize) -> Self {
        Task { regions, ..self }
    }

    /// Every task.
    pub fn all() -> Vec<Self> {
        let symmetric = |name: &str, lines: &[&str], sources| Task::of(name, SYMMETRIC, lines, sources);
        let by_alias = |name: &str, spec, line: &str, ends| Task {
            ends,
            filled: false,
            ..Task::of(name, spec, &[line], &SOURCES).after(SIGNS)
        };
        let disabling = format!("{BY_ALIAS} --disable-old --yes");
        let mut tasks = Vec::new();
        for spec in SPECS {
            tasks.push(Task::of("provision", spec, &[PROVISION], &SOURCES));
            tasks.push(Task::of("replicate", spec, &[REPLICATE], HAD).after(PRIMARY).regions(2));
            let recipe = [EMPTY[0], GET_PARAMETERS, "wrap --dir D SOURCE", IMPORT];
            tasks.push(Task::of("recipe", spec, &recipe, &SOURCES));
        }
        let full = format!("{PROVISION} --verify full");
        let new = format!("{IMPORT} --import-type new");
        let bare = "import --key-id alias/a --encrypted D/EncryptedKeyMaterial.bin --import-token D/ImportToken.bin --wait 3s --record record";
        let delete = "delete-material --key-id alias/a --yes --wait 3s";
        tasks.extend([
            symmetric("provision --verify full", &[&full], &SOURCES),
            symmetric("provision into a key that waits", &[PROVISION], &SOURCES).after(EMPTY),
            symmetric("provision beside a file of that name", &[PROVISION], &[Keep, Escrow])
                .after(&["generate --out copy"]),
            symmetric("provision what is there", &[&full], &SOURCES).after(FILLED),
            symmetric("provision what was deleted", &[PROVISION], HAD).after(DELETED),
            symmetric("import --import-type new", &[&new], &[There]).after(WRAPPED),
            symmetric("import of bare files", &[bare], &[There]).after(WRAPPED),
            symmetric("import of what was deleted", &[IMPORT], &[There]).after(DELETED_AND_WRAPPED),
            symmetric("rotate", &[ROTATE], &SOURCES).after(FIRST),
            symmetric("rotate with a replica", &[ROTATE], &SOURCES).after(REPLICATED).regions(2),
            symmetric("rotate --resume", &[&ROTATE.replace("SOURCE", "--resume SOURCE")], &[There, Discard])
                .after(WAITING),
            symmetric("verify", &["verify --key-id alias/a SOURCE"], HAD).after(FILLED),
            by_alias("rotate by alias", "ECC_NIST_P256", BY_ALIAS, Ends::Moved("Enabled")),
            by_alias("rotate by alias", "HMAC_384", BY_ALIAS, Ends::Moved("Enabled")),
            by_alias("rotate by alias and disable", "ECC_NIST_P256", &disabling, Ends::Moved("Disabled")),
            Task {
                ends: Ends::Back,
                ..Task::of("rotate --rollback", "ECC_NIST_P256", &[BACK], &[There]).after(ROTATED)
            },
            Task { ends: Ends::Deleted, ..symmetric("delete-material", &[delete], &[There]).after(FILLED) },
        ]);
        tasks
    }
}
