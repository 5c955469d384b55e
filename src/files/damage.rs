//! Conversions that leave their marks on binary bytes, and line ends behind them.

use std::fmt;

/// A conversion that binary bytes do not survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    /// Bytes that are no UTF-8 became U+FFFD.
    Replaced { count: usize },
    /// Bytes were taken for characters of Latin-1 and written as UTF-8.
    Transcoded { count: usize },
    /// Each line feed got a carriage return.
    CarriageReturns { count: usize },
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damage::Replaced { count } => {
                write!(f, "{count} of its characters are U+FFFD, which stands for bytes that were lost")
            }
            Damage::Transcoded { count } => {
                write!(
                    f,
                    "it is UTF-8 text: {count} of its bytes were taken for characters, and have become two bytes each"
                )
            }
            Damage::CarriageReturns { count } => {
                write!(f, "each of its {count} line feeds has a carriage return, and without them its length is right")
            }
        }
    }
}

/// Whether a program has taken the bytes for text: one U+FFFD in 20 bytes is not chance, and neither is UTF-8 without a mistake.
pub(crate) fn taken_for_text(bytes: &[u8]) -> Option<Damage> {
    let count = bytes.windows(3).filter(|window| *window == [0xef, 0xbf, 0xbd]).count();
    if count >= 2 && count * 20 >= bytes.len() {
        return Some(Damage::Replaced { count });
    }
    transcoded(bytes).then(|| {
        let count = bytes.iter().filter(|byte| **byte >= 0xc0).count();
        Damage::Transcoded { count }
    })
}

/// Whether these are bytes that were taken for characters of Latin-1 and written as UTF-8. Half of random bytes become two so, of a text in
/// a language of Latin-1 not one in ten; and 28 random bytes are UTF-8 once in 10^9 times.
pub(crate) fn transcoded(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let (mut characters, mut above) = (0, 0);
    for character in text.chars() {
        characters += 1;
        above += usize::from(!character.is_ascii());
        if character > '\u{ff}' {
            return false;
        }
    }
    bytes.len() >= 28 && above * 6 >= characters
}

/// The bytes before a text-mode transfer, if every line feed has a carriage return.
pub(crate) fn without_carriage_returns(bytes: &[u8]) -> Option<(Vec<u8>, Damage)> {
    let line_feeds = bytes.iter().filter(|byte| **byte == b'\n').count();
    let count = bytes.windows(2).filter(|window| window == b"\r\n").count();
    if count == 0 || count != line_feeds {
        return None;
    }
    let mut before = Vec::with_capacity(bytes.len());
    for (index, byte) in bytes.iter().enumerate() {
        if !(*byte == b'\r' && bytes.get(index + 1) == Some(&b'\n')) {
            before.push(*byte);
        }
    }
    Some((before, Damage::CarriageReturns { count }))
}

/// As many bytes of line ends are told from bytes that belong to a file: two empty lines of Windows.
pub(crate) const MOST_LINE_END: usize = 4;

/// Bytes of line ends after `wanted` bytes, as many as editors and shells leave.
pub(crate) fn newline_after(bytes: &[u8], wanted: usize) -> Option<usize> {
    let rest = bytes.get(wanted..)?;
    let line_ends = rest.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
    (line_ends && (1..=MOST_LINE_END).contains(&rest.len())).then_some(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_conversions_leave_their_marks() {
        let bytes: Vec<u8> = (0..=255).collect();
        let lossy = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(taken_for_text(lossy.as_bytes()), Some(Damage::Replaced { count: 128 }));
        let transcoded: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        assert_eq!(taken_for_text(transcoded.as_bytes()), Some(Damage::Transcoded { count: 128 }));
        assert_eq!(taken_for_text(&bytes), None);
        assert_eq!(taken_for_text("text with a few signs: \u{e4}\u{f6}".as_bytes()), None);
        let mut transferred = bytes.clone();
        transferred.insert(10, b'\r');
        assert_eq!(without_carriage_returns(&transferred), Some((bytes.clone(), Damage::CarriageReturns { count: 1 })));
        assert_eq!(without_carriage_returns(&bytes), None);
        assert_eq!(
            [b"ab\n".as_slice(), b"ab\r\n", b"ab\n\n", b"ab\r\n\r\n", b"ab", b"ab\nc", b"ab\n\n\n\n\n"]
                .map(|bytes| newline_after(bytes, 2)),
            [Some(1), Some(2), Some(2), Some(4), None, None, None]
        );
    }
}
