//! A file in a form (`multipart/form-data`), as the server reads it.

use bytes::Bytes;

use crate::refusal::{Refusal, bad};

/// A file that came in a form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Upload {
    pub(crate) name: String,
    pub(crate) content: Bytes,
}

/// The part named `file` of a form.
pub(crate) fn file_of(content_type: &str, body: &Bytes) -> Result<Upload, Refusal> {
    read(content_type, body).ok_or_else(|| bad("the body is no multipart/form-data with a part named file"))
}

fn read(content_type: &str, body: &Bytes) -> Option<Upload> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = rest.split(';').find_map(|one| one.trim().strip_prefix("boundary="))?.trim_matches('"');
    let between = format!("\r\n--{boundary}");
    let mut from = body.starts_with(between.trim_start().as_bytes()).then_some(between.len() - 2)?;
    loop {
        let rest = body.get(from..)?;
        let head_end = find(rest, b"\r\n\r\n")?;
        let head = std::str::from_utf8(rest.get(..head_end)?).ok()?;
        let content = head_end + 4;
        let end = content + find(rest.get(content..)?, between.as_bytes())?;
        if attribute(head, "name") == Some("file") {
            let name = attribute(head, "filename").unwrap_or_default().to_owned();
            return Some(Upload { name, content: body.slice(from + content..from + end) });
        }
        from += end + between.len();
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

/// `name="value"` in the line that says how a part is meant.
fn attribute<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let value = line.split(';').find_map(|one| one.trim().strip_prefix(name)?.strip_prefix('='))?;
    Some(value.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_named_file_is_found_among_others() {
        let body = "--b\r\ncontent-disposition: form-data; name=\"x\"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; \
                    name=\"file\"; filename=\"a b.pdf\"\r\nContent-Type: application/pdf\r\n\r\nline\r\n\r\n--c\r\n--b--\r\n";
        let body = Bytes::from(body);
        let upload = file_of("multipart/form-data; boundary=b", &body).unwrap();
        assert_eq!((upload.name.as_str(), upload.content.as_ref()), ("a b.pdf", &b"line\r\n\r\n--c"[..]));
        for (content_type, body) in [
            ("multipart/form-data; boundary=other", &body),
            ("application/pdf", &body),
            ("multipart/form-data; boundary=b", &body.slice(..body.len() - 9)),
        ] {
            assert!(file_of(content_type, body).is_err(), "{content_type}");
        }
    }
}
