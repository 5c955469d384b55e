//! What stands in braces in the names of files and aliases.

/// `{id}` and `{region}`, replaced.
pub(crate) fn filled(text: &str, id: &str, region: &str) -> String {
    if text.contains('{') { text.replace("{region}", region).replace("{id}", id) } else { text.to_owned() }
}

/// What stands in braces and is replaced by nothing.
pub(super) fn unknown_placeholder(text: &str) -> Option<String> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        if !matches!(name, "id" | "region") {
            return Some(name.to_owned());
        }
        rest = after;
    }
    None
}
