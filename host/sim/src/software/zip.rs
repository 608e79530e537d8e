//! What is in the ZIP file of a package.

use std::io::{Cursor, Read as _};

use bytes::Bytes;
use zip::ZipArchive;
use zip::result::ZipError;

/// The largest file that is unpacked (256 MiB): a few bytes may say that they are many.
const MAX_BYTES: u64 = 256 << 20;

/// A file in a ZIP file.
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) crc: u32,
    pub(super) content: Bytes,
}

/// The files; the text says why there are none.
pub(super) fn read(zip: &Bytes) -> Result<Vec<Entry>, String> {
    let broken = |error: ZipError| format!("the body is no whole ZIP file: {error}");
    let mut archive = ZipArchive::new(Cursor::new(zip)).map_err(broken)?;
    let mut entries = Vec::new();
    for place in 0..archive.len() {
        let file = archive.by_index(place).map_err(broken)?;
        let path = file.name().map_err(broken)?.replace('\\', "/");
        if path.starts_with('/') || path.contains(':') || path.split('/').any(|part| part == "..") {
            return Err(format!("the ZIP file holds {path:?}, which leads out of the package"));
        }
        if path.ends_with('/') {
            continue;
        }
        let crc = file.crc32();
        let mut content = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut content).map_err(|error| broken(error.into()))?;
        if content.len() as u64 > MAX_BYTES {
            return Err(format!("{path:?} in the ZIP file is larger than {MAX_BYTES} bytes"));
        }
        entries.push(Entry { path, crc, content: content.into() });
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    /// Of one file, as it comes from common programs.
    fn zip(path: &str, content: &str) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file(path, SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn the_files_are_unpacked() {
        let content = "0123456789".repeat(100);
        let packed = zip("bin\\lamp.hex", &content);
        assert!(packed.len() < content.len(), "it is compressed");
        let entries = read(&packed.into()).unwrap();
        assert_eq!((entries[0].path.as_str(), entries[0].content.as_ref()), ("bin/lamp.hex", content.as_bytes()));
        assert_eq!(read(&zip("folder/", "").into()).unwrap(), []);
    }

    #[test]
    fn nothing_in_a_zip_file_leads_out_of_it_or_into_a_panic() {
        for path in ["../a", "/a", "a/../../b", "C:/a", "..\\a"] {
            assert!(read(&zip(path, "abc").into()).unwrap_err().contains("leads out"), "{path}");
        }
        let whole = zip("bin/lamp.hex", "abc");
        for length in 0..whole.len() {
            assert!(read(&Bytes::copy_from_slice(&whole[..length])).is_err(), "{length}");
            let mut broken = whole.clone();
            broken[length] ^= 0xff;
            // Whatever it says: no panic.
            let _either = read(&broken.into()).is_ok();
        }
    }
}
