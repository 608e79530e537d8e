//! Paths as text that can be stored, shown and turned back, whatever bytes are in them.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

use crate::os;

/// A relative path as text: `/` between the parts; a backslash within a name as `\\`; what is not UTF-8 as `\xHH`
/// for a byte (Unix) or `\u{HHHH}` for an unpaired surrogate (Windows). Ordinary names stay as they are, and two
/// different paths never give the same text. A leading root or prefix and `.` are dropped, `..` is kept as it is.
#[must_use]
pub fn encode_path(path: &Path) -> String {
    let mut text = String::new();
    for component in path.components() {
        let part = match component {
            Component::Normal(part) => part,
            Component::ParentDir => OsStr::new(".."),
            Component::Prefix(_) | Component::RootDir | Component::CurDir => continue,
        };
        if !text.is_empty() {
            text.push('/');
        }
        encode_name(part, &mut text);
    }
    text
}

fn encode_name(name: &OsStr, text: &mut String) {
    let plain = |part: &str, text: &mut String| {
        for c in part.chars() {
            if c == '\\' {
                text.push_str("\\\\");
            } else {
                text.push(c);
            }
        }
    };
    match name.to_str() {
        Some(name) => plain(name, text),
        None => os::for_each_part_of_name(name, |part| match part {
            os::NamePart::Text(part) => plain(part, text),
            // Writing to a String cannot fail.
            os::NamePart::Byte(byte) => write!(text, "\\x{byte:02X}").unwrap_or(()),
            os::NamePart::Surrogate(unit) => write!(text, "\\u{{{unit:04X}}}").unwrap_or(()),
        }),
    }
}

/// The path that [`encode_path`] has written. `None` when the text has an escape that it never writes, or one of
/// another platform.
#[must_use]
pub fn decode_path(text: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for name in text.split('/').filter(|name| !name.is_empty()) {
        if name.contains('\\') {
            let mut parts = Vec::new();
            let mut chars = name.chars();
            while let Some(c) = chars.next() {
                if c != '\\' {
                    parts.push(os::OwnedNamePart::Char(c));
                    continue;
                }
                match chars.next()? {
                    '\\' => parts.push(os::OwnedNamePart::Char('\\')),
                    'x' => {
                        parts.push(os::OwnedNamePart::Byte(u8::try_from(hex(&mut chars, 2)?).ok()?));
                    }
                    'u' => {
                        let unit = chars.next().filter(|c| *c == '{').and_then(|_| hex(&mut chars, 4))?;
                        chars.next().filter(|c| *c == '}')?;
                        parts.push(os::OwnedNamePart::Surrogate(u16::try_from(unit).ok()?));
                    }
                    _ => return None,
                }
            }
            path.push(os::name_of_parts(&parts)?);
        } else {
            path.push(name);
        }
    }
    Some(path)
}

/// Exactly `digits` hexadecimal digits.
fn hex(chars: &mut std::str::Chars<'_>, digits: usize) -> Option<u32> {
    (0..digits).try_fold(0, |value, _| Some(value * 16 + chars.next()?.to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_stay_readable() {
        assert_eq!(encode_path(Path::new("line 3/Über/50%.csv")), "line 3/Über/50%.csv");
        assert_eq!(encode_path(Path::new("./a//b/")), "a/b");
    }

    #[cfg(unix)]
    #[test]
    fn every_unix_name_comes_back_as_it_was() {
        use std::os::unix::ffi::OsStrExt as _;
        for name in [
            &b"plain"[..],
            b"back\\slash",
            b"\xff\xfe",
            b"a\\xFFb",
            b"a\xffb\\",
            b"new\nline",
            b"\xe2\x82",
            b"\\u{D800}",
        ] {
            let path = Path::new(OsStr::from_bytes(name));
            let text = encode_path(path);
            assert_eq!(decode_path(&text).as_deref(), Some(path), "{text}");
        }
        assert_ne!(encode_path(Path::new(OsStr::from_bytes(b"\xff"))), encode_path(Path::new("\\xFF")));
    }

    #[test]
    fn foreign_escapes_are_refused() {
        assert_eq!(decode_path("a\\q"), None);
        assert_eq!(decode_path("a\\x1"), None);
        assert_eq!(decode_path("a\\"), None);
    }
}
