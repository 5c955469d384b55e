//! What clap cannot know of a verb: how its command line reads, and which of its flags people need first.

use clap::Command;

/// One verb.
pub(crate) struct Page {
    pub(crate) verb: &'static str,
    /// The forms of its command line.
    pub(crate) usage: &'static [&'static str],
    /// The flags that the short help shows, by their ids; those of all verbs are in [`ALWAYS`].
    pub(crate) first: &'static [&'static str],
}

/// What the short help shows of the flags that all verbs take.
const ALWAYS: [&str; 4] = ["region", "profile", "output", "help"];

/// A verb without a page here shows all its flags.
const UNKNOWN: Page = Page { verb: "?", usage: &["kms-byok VERB [FLAGS]"], first: &[] };

impl Page {
    pub(crate) fn of(verb: &str) -> &'static Page {
        PAGES.iter().find(|page| page.verb == verb).unwrap_or(&UNKNOWN)
    }

    pub(super) fn is_first(&self, flag: &str) -> bool {
        self.first.contains(&flag) || ALWAYS.contains(&flag) || self.verb == UNKNOWN.verb
    }
}

/// The definition of a verb, as in `["rehearsal", "serve"]`.
pub(crate) fn find<'a>(root: &'a Command, verb: &[String]) -> Option<&'a Command> {
    verb.iter().try_fold(root, |found, name| found.find_subcommand(name))
}

pub(crate) const PAGES: &[Page] = &[
    Page { verb: "", usage: &["kms-byok VERB [FLAGS]"], first: &["version"] },
    Page {
        verb: "provision",
        usage: &[
            "kms-byok provision ALIAS --material FILE [FLAGS]",
            "kms-byok provision ALIAS --material-from-escrow FILE --recipient-key FILE [FLAGS]",
            "kms-byok provision ALIAS --generate (--escrow CERT --escrow-out FILE | --keep FILE | --discard) [FLAGS]",
        ],
        first: &[
            "name",
            "key_spec",
            "generate",
            "material",
            "escrow",
            "escrow_out",
            "keep",
            "discard",
            "expires_in",
            "adopt",
            "dry_run",
            "rehearse",
        ],
    },
    Page {
        verb: "create-key",
        usage: &["kms-byok create-key [ALIAS] [FLAGS]"],
        first: &["name", "key_spec", "key_usage", "tag", "policy", "dry_run"],
    },
    Page {
        verb: "get-parameters",
        usage: &["kms-byok get-parameters KEY --dir DIR [FLAGS]"],
        first: &["key", "dir", "wrapping_key_spec", "force"],
    },
    Page {
        verb: "generate",
        usage: &[
            "kms-byok generate --out FILE [FLAGS]",
            "kms-byok generate --components N --out-prefix PREFIX (--custodian CERT... | --plain) [FLAGS]",
        ],
        first: &["key_spec", "out"],
    },
    Page {
        verb: "wrap",
        usage: &[
            "kms-byok wrap --dir DIR --material FILE [FLAGS]",
            "kms-byok wrap --inkey FILE --out FILE --material FILE [FLAGS]",
        ],
        first: &["dir", "material", "inkey", "out", "key_spec", "force"],
    },
    Page {
        verb: "import",
        usage: &[
            "kms-byok import --dir DIR [FLAGS]",
            "kms-byok import KEY --encrypted FILE --import-token FILE [FLAGS]",
        ],
        first: &["key", "dir", "encrypted", "import_token", "expires_in", "dry_run"],
    },
    Page {
        verb: "status",
        usage: &["kms-byok status [KEY] [FLAGS]"],
        first: &["key", "alias_prefix", "expiring_within"],
    },
    Page {
        verb: "verify",
        usage: &[
            "kms-byok verify KEY --material FILE [FLAGS]",
            "kms-byok verify KEY (--certificate FILE | --public-key FILE) [FLAGS]",
        ],
        first: &["key", "material", "certificate", "public_key", "no_reimport"],
    },
    Page {
        verb: "public-key",
        usage: &["kms-byok public-key KEY [FLAGS]"],
        first: &["key", "format", "out", "jwks", "certificate"],
    },
    Page {
        verb: "rotate",
        usage: &[
            "kms-byok rotate KEY --material FILE [FLAGS]",
            "kms-byok rotate KEY --generate (--escrow CERT --escrow-out FILE | --keep FILE | --discard) [FLAGS]",
            "kms-byok rotate KEY --resume [FLAGS]",
            "kms-byok rotate KEY (--switch KEY_ARN | --rollback) [FLAGS]",
        ],
        first: &[
            "key",
            "generate",
            "material",
            "escrow",
            "escrow_out",
            "keep",
            "discard",
            "resume",
            "prepare",
            "switch",
        ],
    },
    Page {
        verb: "replicate",
        usage: &["kms-byok replicate KEY --to REGION... --material FILE... [FLAGS]"],
        first: &["key", "to", "material", "alias", "policy", "dry_run"],
    },
    Page {
        verb: "delete-material",
        usage: &["kms-byok delete-material KEY [FLAGS]"],
        first: &["key", "key_material_id", "yes", "dry_run"],
    },
    Page {
        verb: "diagnose",
        usage: &[
            "kms-byok diagnose --dir DIR [FLAGS]",
            "kms-byok diagnose [--public-key FILE] [--encrypted FILE] [--material FILE] [FLAGS]",
        ],
        first: &["dir", "public_key", "import_token", "encrypted", "material", "private_key", "key_id"],
    },
    Page {
        verb: "recipe",
        usage: &["kms-byok recipe [ALIAS] FLAGS-OF-PROVISION"],
        first: &["name", "key_spec", "generate", "material", "escrow", "escrow_out", "keep", "discard", "expires_in"],
    },
    Page {
        verb: "doctor",
        usage: &["kms-byok doctor [--online [--key-id KEY]] [FLAGS]"],
        first: &["online", "key_id"],
    },
    Page { verb: "completions", usage: &["kms-byok completions SHELL"], first: &["shell"] },
    Page { verb: "man", usage: &["kms-byok man [VERB]"], first: &["verb"] },
    Page { verb: "help", usage: &["kms-byok help [VERB]"], first: &["verb"] },
    #[cfg(feature = "fleet")]
    Page { verb: "fleet", usage: &["kms-byok fleet VERB MANIFEST [FLAGS]"], first: &[] },
    #[cfg(feature = "fleet")]
    Page {
        verb: "fleet plan",
        usage: &["kms-byok fleet plan MANIFEST [FLAGS]"],
        first: &["manifest", "alias", "key_spec", "material", "escrow", "escrow_out", "expires", "regions", "quota"],
    },
    #[cfg(feature = "fleet")]
    Page {
        verb: "fleet run",
        usage: &["kms-byok fleet run MANIFEST [FLAGS]"],
        first: &["manifest", "alias", "key_spec", "material", "journal", "concurrency", "stop_after", "quota"],
    },
    #[cfg(feature = "fleet")]
    Page { verb: "fleet status", usage: &["kms-byok fleet status MANIFEST [FLAGS]"], first: &["manifest", "journal"] },
    #[cfg(feature = "rehearsal")]
    Page { verb: "rehearsal", usage: &["kms-byok rehearsal VERB [FLAGS]"], first: &[] },
    #[cfg(feature = "rehearsal")]
    Page {
        verb: "rehearsal serve",
        usage: &["kms-byok rehearsal serve [FLAGS]"],
        first: &["listen", "no_quotas", "fault", "clock", "access_log"],
    },
    #[cfg(feature = "rehearsal")]
    Page {
        verb: "rehearsal ping",
        usage: &["kms-byok rehearsal ping --endpoint-url URL [FLAGS]"],
        first: &["endpoint_url"],
    },
];
