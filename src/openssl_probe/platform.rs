//! How this platform gives a newer OpenSSL.

use std::fs;

/// Where packages come from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the package managers' own names
pub enum Platform {
    Apt,
    Dnf,
    Yum,
    Apk,
    Homebrew,
    /// None that is known here.
    Unknown,
}

impl Platform {
    /// The platform of this machine, from os-release(5); Homebrew on macOS.
    pub fn here() -> Self {
        if cfg!(target_os = "macos") {
            return Platform::Homebrew;
        }
        // os-release(5): the second is the vendor's copy.
        let text =
            ["/etc/os-release", "/usr/lib/os-release"].into_iter().find_map(|path| fs::read_to_string(path).ok());
        text.map_or(Platform::Unknown, |text| Self::of_os_release(&text))
    }

    /// From ID, ID_LIKE and VERSION_ID of os-release(5).
    fn of_os_release(text: &str) -> Self {
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.unwrap_or_default().trim().trim_matches(['"', '\'']).to_owned()
        };
        let (own, like, version) = (value("ID"), value("ID_LIKE"), value("VERSION_ID"));
        let is = |name: &str| own == name || like.split_whitespace().any(|word| word == name);
        if is("debian") || is("ubuntu") {
            return Platform::Apt;
        }
        if is("alpine") {
            return Platform::Apk;
        }
        let from_yum_times = (own == "amzn" && version == "2") || (is("rhel") && version.starts_with('7'));
        match is("fedora") || is("rhel") || own == "amzn" {
            true if from_yum_times => Platform::Yum,
            true => Platform::Dnf,
            false => Platform::Unknown,
        }
    }

    /// The shell command that brings the newest OpenSSL of the platform; `None` for an unknown one.
    pub fn upgrade(self) -> Option<&'static str> {
        match self {
            Platform::Apt => Some("apt-get update && apt-get upgrade"),
            Platform::Dnf => Some("dnf upgrade openssl-libs"),
            Platform::Yum => Some("yum update openssl-libs"),
            Platform::Apk => Some("apk update && apk upgrade libcrypto3 libssl3"),
            Platform::Homebrew => {
                Some("brew install openssl@3 && export PATH=\"$(brew --prefix openssl@3)/bin:$PATH\"")
            }
            Platform::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_is_known_by_its_own_name_or_by_what_it_is_like() {
        for (text, platform) in [
            ("ID=debian\nVERSION_ID=\"12\"", Platform::Apt),
            ("ID=linuxmint\nID_LIKE=\"ubuntu debian\"", Platform::Apt),
            ("ID=fedora\nVERSION_ID=43", Platform::Dnf),
            ("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.6\"", Platform::Dnf),
            ("ID=\"centos\"\nID_LIKE=\"rhel fedora\"\nVERSION_ID=\"7\"", Platform::Yum),
            ("ID=\"amzn\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"2023\"", Platform::Dnf),
            ("ID=\"amzn\"\nID_LIKE=\"centos rhel fedora\"\nVERSION_ID=\"2\"", Platform::Yum),
            ("ID=alpine\nVERSION_ID=3.22.1", Platform::Apk),
            ("ID=nixos", Platform::Unknown),
            ("", Platform::Unknown),
        ] {
            assert_eq!(Platform::of_os_release(text), platform, "{text}");
        }
    }
}
