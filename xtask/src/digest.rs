//! Which text something was made from.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Files of a folder with their contents, sorted by name.
pub(crate) fn contents(folder: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))? {
        let path = entry?.path();
        let bytes = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        found.push((PathBuf::from(path.file_name().unwrap_or_default()), bytes));
    }
    found.sort();
    Ok(found)
}

/// FNV-1a over names and contents: tells a changed text, and guards against nothing else.
pub(crate) fn digest(files: &[(PathBuf, Vec<u8>)]) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut mix = |bytes: &[u8]| {
        for byte in bytes.iter().chain(&[0]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for (name, bytes) in files {
        mix(name.to_string_lossy().as_bytes());
        // Line ends differ between checkouts.
        mix(String::from_utf8_lossy(bytes).replace("\r\n", "\n").as_bytes());
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_do_not_change_the_digest_and_words_do() {
        let of = |text: &str| digest(&[(PathBuf::from("a.wit"), text.as_bytes().to_vec())]);
        assert_eq!(of("one\ntwo\n"), of("one\r\ntwo\r\n"));
        assert_ne!(of("one\ntwo\n"), of("one\ntoo\n"));
    }
}
