//! The little of ZIP files that a package needs: what is in them, by their directory. What is compressed is not unpacked.

use bytes::Bytes;

/// A file in a ZIP file.
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) size: u64,
    pub(super) crc: u32,
    /// What is in it, where that is not compressed.
    pub(super) content: Option<Bytes>,
}

const END: &[u8] = b"PK\x05\x06";
const ENTRY: &[u8] = b"PK\x01\x02";
const CONTENT: &[u8] = b"PK\x03\x04";
/// Without name, comment and the like.
const END_BYTES: usize = 22;
const ENTRY_BYTES: usize = 46;
const CONTENT_BYTES: usize = 30;
const LONGEST_COMMENT: usize = 0xffff;

/// The files; the text says why there are none.
pub(super) fn read(zip: &Bytes) -> Result<Vec<Entry>, String> {
    let ends = zip.len().saturating_sub(END_BYTES + LONGEST_COMMENT)..zip.len();
    let end = ends.rev().find(|at| zip.get(*at..).is_some_and(|rest| rest.starts_with(END)));
    let end = end.ok_or("the body is no ZIP file: it has no directory")?;
    if end + END_BYTES + len_at(zip, end + 20)? > zip.len() {
        return Err(cut());
    }
    let count = u16_at(zip, end + 10)?;
    let mut at = usize_at(zip, end + 16)?;
    let mut entries = Vec::new();
    for _ in 0..count {
        if !zip.get(at..).is_some_and(|rest| rest.starts_with(ENTRY)) {
            return Err(format!("the directory of the ZIP file is broken at byte {at}"));
        }
        let (name, extra, comment) = (len_at(zip, at + 28)?, len_at(zip, at + 30)?, len_at(zip, at + 32)?);
        let path = zip.get(at + ENTRY_BYTES..at + ENTRY_BYTES + name).ok_or_else(cut)?;
        let path = String::from_utf8_lossy(path).replace('\\', "/");
        if path.starts_with('/') || path.contains(':') || path.split('/').any(|part| part == "..") {
            return Err(format!("the ZIP file holds {path:?}, which leads out of the package"));
        }
        if !path.ends_with('/') {
            let is_stored = u16_at(zip, at + 10)? == 0;
            let size = usize_at(zip, at + 24)?;
            let content = if is_stored { Some(content(zip, usize_at(zip, at + 42)?, size)?) } else { None };
            let size = u64::try_from(size).map_err(|error| error.to_string())?;
            entries.push(Entry { path, size, crc: u32_at(zip, at + 16)?, content });
        }
        at += ENTRY_BYTES + name + extra + comment;
    }
    Ok(entries)
}

fn content(zip: &Bytes, at: usize, size: usize) -> Result<Bytes, String> {
    if !zip.get(at..).is_some_and(|rest| rest.starts_with(CONTENT)) {
        return Err(format!("the ZIP file has no file at byte {at}"));
    }
    let begin = at + CONTENT_BYTES + len_at(zip, at + 26)? + len_at(zip, at + 28)?;
    let end = begin.checked_add(size).filter(|end| *end <= zip.len()).ok_or_else(cut)?;
    Ok(zip.slice(begin..end))
}

fn cut() -> String {
    "the ZIP file is cut off".to_owned()
}

fn bytes_at<const N: usize>(zip: &[u8], at: usize) -> Result<[u8; N], String> {
    zip.get(at..).and_then(|rest| rest.first_chunk()).copied().ok_or_else(cut)
}

fn u16_at(zip: &[u8], at: usize) -> Result<u16, String> {
    Ok(u16::from_le_bytes(bytes_at(zip, at)?))
}

fn u32_at(zip: &[u8], at: usize) -> Result<u32, String> {
    Ok(u32::from_le_bytes(bytes_at(zip, at)?))
}

fn len_at(zip: &[u8], at: usize) -> Result<usize, String> {
    Ok(u16_at(zip, at)?.into())
}

fn usize_at(zip: &[u8], at: usize) -> Result<usize, String> {
    usize::try_from(u32_at(zip, at)?).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of one file, as it comes from common programs; the method is 0 for stored and 8 for deflated.
    fn zip(path: &str, method: u8, content: &[u8]) -> Vec<u8> {
        let (name, size) = (u16::try_from(path.len()).unwrap(), u32::try_from(content.len()).unwrap());
        let common = [
            &[20, 0, 0, 0, method, 0][..],
            &[0; 4],
            &7_u32.to_le_bytes(),
            &size.to_le_bytes(),
            &size.to_le_bytes(),
            &name.to_le_bytes(),
            &[0; 2],
        ]
        .concat();
        let local = [CONTENT, &common, path.as_bytes(), content].concat();
        let directory = [ENTRY, &[20, 0], &common, &[0; 14], path.as_bytes()].concat();
        let place = u32::try_from(local.len()).unwrap().to_le_bytes();
        let length = u32::try_from(directory.len()).unwrap().to_le_bytes();
        [&local[..], &directory, END, &[0; 4], &[1, 0, 1, 0], &length, &place, &[0; 2]].concat()
    }

    #[test]
    fn the_files_are_read_from_the_directory() {
        let entry = |path: &str, content| Entry { path: path.to_owned(), size: 3, crc: 7, content };
        let stored = zip("bin\\lamp.hex", 0, b"abc").into();
        assert_eq!(read(&stored).unwrap(), [entry("bin/lamp.hex", Some(Bytes::from_static(b"abc")))]);
        assert_eq!(read(&zip("a", 8, b"abc").into()).unwrap(), [entry("a", None)]);
        assert_eq!(read(&zip("folder/", 0, b"").into()).unwrap(), []);
    }

    #[test]
    fn nothing_in_a_zip_file_leads_out_of_it_or_into_a_panic() {
        for path in ["../a", "/a", "a/../../b", "C:/a", "..\\a"] {
            assert!(read(&zip(path, 0, b"abc").into()).unwrap_err().contains("leads out"), "{path}");
        }
        let whole = zip("bin/lamp.hex", 0, b"abc");
        for length in 0..whole.len() {
            assert!(read(&Bytes::copy_from_slice(&whole[..length])).is_err(), "{length}");
            let mut broken = whole.clone();
            broken[length] ^= 0xff;
            // Whatever it says: no panic.
            let _either = read(&broken.into()).is_ok();
        }
    }
}
