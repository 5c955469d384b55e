//! A message between two processes: its length in four bytes, then JSON.

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// No message is nearly as long.
const LIMIT: u32 = 1 << 20;

/// Writes a message, in one piece.
pub(super) fn write(mut to: impl Write, message: &impl Serialize) -> io::Result<()> {
    let json = serde_json::to_vec(message)?;
    let length = u32::try_from(json.len()).map_err(|_| io::ErrorKind::InvalidData)?;
    to.write_all(&[&length.to_be_bytes()[..], &json].concat())
}

/// Reads a message; nothing where the other side is gone.
pub(super) fn read<T: DeserializeOwned>(mut from: impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let length = u32::from_be_bytes(length);
    if length > LIMIT {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut json = vec![0; length as usize];
    from.read_exact(&mut json)?;
    Ok(Some(serde_json::from_slice(&json)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_back_one_by_one_and_what_is_cut_off_is_no_message() {
        let mut pipe = Vec::new();
        write(&mut pipe, &"one").unwrap();
        write(&mut pipe, &vec![1, 2]).unwrap();
        let mut from = &pipe[..];
        assert_eq!(read::<String>(&mut from).unwrap().as_deref(), Some("one"));
        assert_eq!(read::<Vec<u8>>(&mut from).unwrap(), Some(vec![1, 2]));
        assert_eq!(read::<String>(&mut from).unwrap(), None);
        assert!(read::<Vec<u8>>(&pipe[..6]).is_err());
        assert!(read::<String>(&[0xff; 8][..]).is_err());
        assert!(read::<u8>(&pipe[..]).is_err());
    }
}
