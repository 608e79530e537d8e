//! A file as a web form sends it (`multipart/form-data`).

use bytes::Bytes;

/// The body with one part named `file`, and its content type.
pub(crate) fn of_file(name: &str, content_type: &str, content: &[u8]) -> (Bytes, String) {
    let boundary = boundary_for(content);
    let name = name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {content_type}\r\n\r\n"
    );
    let end = format!("\r\n--{boundary}--\r\n");
    (
        Bytes::from([head.as_bytes(), content, end.as_bytes()].concat()),
        format!("multipart/form-data; boundary={boundary}"),
    )
}

/// A line that does not occur in the content: what lies between two of them is the file.
fn boundary_for(content: &[u8]) -> String {
    let mut number = 0_u32;
    loop {
        let boundary = format!("wats-part-{number:08}");
        if !content.windows(boundary.len()).any(|window| window == boundary.as_bytes()) {
            return boundary;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_holds_the_boundary_gets_another_one() {
        let (first, _) = of_file("a.txt", "text/plain", b"x");
        let (second, content_type) = of_file("a \"b\".bin", "text/plain", &first);
        assert_eq!(content_type, "multipart/form-data; boundary=wats-part-00000001");
        let text = String::from_utf8(second.to_vec()).unwrap();
        assert_eq!(text.matches("--wats-part-00000001").count(), 2);
        assert!(
            text.contains("filename=\"a %22b%22.bin\"") && text.contains("\r\n\r\n--wats-part-00000000\r\n"),
            "{text}"
        );
        assert!(text.ends_with("\r\n--wats-part-00000001--\r\n"), "{text}");
    }
}
