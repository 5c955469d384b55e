//! The tokens that `aws sso login` and `aws login` leave in files. The SDK reads them to their end, so a file without an end is refused.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use aws_config::profile::Profile;
use openssl::hash::{MessageDigest, hash};

use super::profiles::Profiles;
use crate::files::FileError;

/// A token and what belongs to it are a few kilobytes.
const LIMIT: usize = 1024 * 1024;

/// Refuses the cached tokens of the profiles in use that are no regular files, or too large for tokens. One that is not there is the
/// SDK's to name.
pub(super) fn check(profiles: &Profiles) -> Result<(), FileError> {
    for profile in profiles.in_use() {
        for (what, path) in tokens(profile) {
            let Ok(file) = fs::metadata(&path) else { continue };
            if !file.is_file() {
                return Err(FileError::NotAFile { what, path });
            }
            if file.len() > LIMIT as u64 {
                return Err(FileError::TooLarge { what, path, limit: LIMIT });
            }
        }
    }
    Ok(())
}

/// Where the SDK looks for the tokens of a profile.
fn tokens(profile: &Profile) -> Vec<(&'static str, PathBuf)> {
    let home = |below: &str| env::var_os("HOME").map(|home| Path::new(&home).join(below));
    let named = |directory: Option<PathBuf>, digest, name: &str| {
        Some(directory?.join(hex::encode(hash(digest, name.as_bytes()).ok()?)).with_extension("json"))
    };
    let sso = ["sso_session", "sso_start_url"].into_iter().filter_map(|key| profile.get(key));
    let sso = sso.filter_map(|name| named(home(".aws/sso/cache"), MessageDigest::sha1(), name));
    let sign_in = profile.get("login_session").and_then(|name| {
        let directory = env::var_os("AWS_LOGIN_CACHE_DIRECTORY").map(PathBuf::from);
        named(directory.or_else(|| home(".aws/login/cache")), MessageDigest::sha256(), name.trim())
    });
    let sso = sso.map(|path| ("cached SSO token", path));
    sso.chain(sign_in.map(|path| ("cached sign-in token", path))).collect()
}
