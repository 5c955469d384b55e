//! Which release branch an OpenSSL belongs to, and until when the OpenSSL project fixes it.
//!
//! Source: the OpenSSL project's release strategy. A branch whose date is not certain here is not in the table, and nothing is said
//! about it. Distributions fix their own packages for longer.

/// A release branch of OpenSSL whose end of support is known (source: the OpenSSL project's release strategy).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branch {
    /// `1.1.1` before 3.0, `3.5` since.
    pub name: &'static str,
    /// The last day of the project's support, as in `2030-04-08`.
    pub ends: &'static str,
    /// A long-term support release.
    pub long_term: bool,
}

/// Every branch whose date is certain, oldest first.
pub(crate) static BRANCHES: [Branch; 10] = [
    branch("1.0.2", "2019-12-31", true),
    branch("1.1.0", "2019-09-11", false),
    branch("1.1.1", "2023-09-11", true),
    branch("3.0", "2026-09-07", true),
    branch("3.1", "2025-03-14", false),
    branch("3.2", "2025-11-23", false),
    branch("3.3", "2026-04-09", false),
    branch("3.4", "2026-10-22", false),
    branch("3.5", "2030-04-08", true),
    branch("3.6", "2026-11-01", false),
];

const fn branch(name: &'static str, ends: &'static str, long_term: bool) -> Branch {
    Branch { name, ends, long_term }
}

impl Branch {
    /// The branch of an OpenSSL that calls itself `text`, as in `OpenSSL 3.0.19 27 Jan 2026`. `None` for LibreSSL, and for a branch whose
    /// date is not known here.
    pub fn of(text: &str) -> Option<&'static Branch> {
        let version = text.strip_prefix("OpenSSL ")?.split(' ').next()?;
        let is_of = |branch: &&Branch| {
            version.strip_prefix(branch.name).is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
        };
        BRANCHES.iter().find(is_of)
    }

    /// Whether the project's support is over on `today`, a date as in `2026-11-24`. The last day itself is supported.
    pub fn has_ended(&self, today: &str) -> bool {
        self.ends < today
    }

    /// The newest long-term branch that is supported on `today`, a date as in `2026-11-24`.
    pub fn to_move_to(today: &str) -> Option<&'static Branch> {
        BRANCHES.iter().rfind(|branch| branch.long_term && !branch.has_ended(today))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_openssl_names_its_branch() {
        for (text, name) in [
            ("OpenSSL 3.0.19 27 Jan 2026", Some("3.0")),
            ("OpenSSL 3.5.4 30 Sep 2025 (Library: OpenSSL 3.5.4 30 Sep 2025)", Some("3.5")),
            ("OpenSSL 1.1.1w  11 Sep 2023", Some("1.1.1")),
            ("OpenSSL 1.0.2k-fips  26 Jan 2017", Some("1.0.2")),
            ("OpenSSL 3.50.0", None),
            ("OpenSSL 4.0.3 1 Sep 2026", None),
            ("LibreSSL 3.5.0", None),
        ] {
            assert_eq!(Branch::of(text).map(|branch| branch.name), name, "{text}");
        }
    }

    #[test]
    fn a_branch_is_supported_to_the_end_of_its_last_day() {
        let branch = Branch::of("OpenSSL 3.0.19").unwrap();
        assert!(!branch.has_ended("2026-09-07"));
        assert!(branch.has_ended("2026-09-08"));
    }

    #[test]
    fn the_branch_to_move_to_is_one_that_is_supported() {
        assert_eq!(Branch::to_move_to("2026-11-24").unwrap().name, "3.5");
        assert_eq!(Branch::to_move_to("2024-01-01").unwrap().name, "3.5");
        assert_eq!(Branch::to_move_to("2031-01-01"), None);
    }
}
