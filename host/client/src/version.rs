//! The server's version, which is also the proof that it is a WATS server.

use std::fmt;

use serde_json::Value;

use crate::error::{Error, ForeignKind, clean};
use crate::http::{Answer, Call, Core};

/// Longest text that may be a version.
const LONGEST: usize = 64;

/// Version of the WATS server, like `24.1.0`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServerVersion(String);

impl ServerVersion {
    /// As the server writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its leading numbers: `24.1.0` is `[24, 1, 0]`. For comparing: servers differ in what they offer.
    pub fn numbers(&self) -> Vec<u32> {
        self.0.trim_start_matches(['v', 'V']).split(['.', '-', '+', ' ']).map_while(|part| part.parse().ok()).collect()
    }

    /// The version in `text`, if it is plausibly one: starts with a number, a dot and a number, and is short.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let rest = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let (major, rest) = rest.split_once('.')?;
        let digits = |s: &str| !s.is_empty() && s.len() <= 5 && s.bytes().all(|b| b.is_ascii_digit());
        let plausible = text.len() <= LONGEST
            && digits(major)
            && rest.starts_with(|c: char| c.is_ascii_digit())
            && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b".-+ ()".contains(&b));
        plausible.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The version that a successful answer tells: as text, as a JSON string, or in an object.
pub(crate) fn read(answer: &Answer) -> Option<ServerVersion> {
    if !answer.is_success() {
        return None;
    }
    let text = std::str::from_utf8(&answer.body).ok()?.trim_start_matches('\u{feff}').trim();
    match serde_json::from_str::<Value>(text) {
        Ok(Value::String(version)) => ServerVersion::parse(&version),
        Ok(Value::Object(map)) => {
            let (_, version) = map.iter().find(|(key, _)| key.eq_ignore_ascii_case("version"))?;
            ServerVersion::parse(version.as_str()?)
        }
        // `24.1` alone is a JSON number.
        Ok(Value::Number(_)) | Err(_) => ServerVersion::parse(text),
        Ok(_) => None,
    }
}

pub(crate) fn not_a_version(core: &Core, call: &Call, answer: &Answer) -> Error {
    let start = String::from_utf8_lossy(answer.body.get(..answer.body.len().min(400)).unwrap_or_default()).into_owned();
    let problem = format!("no version but {:?}", clean(&core.redact(&start), 80));
    core.foreign(call, answer.status, ForeignKind::Shape { problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version_in(body: &str) -> Option<String> {
        let answer = Answer::kept(body.to_owned().into(), None);
        read(&answer).map(|v| v.to_string())
    }

    #[test]
    fn a_version_is_read_in_every_form() {
        for body in ["24.1.0", "\"24.1.0\"", " 24.1.0\r\n", r#"{"version":"24.1.0"}"#, r#"{"Version":"24.1.0"}"#] {
            assert_eq!(version_in(body).as_deref(), Some("24.1.0"), "{body}");
        }
        assert_eq!(version_in("24.1").as_deref(), Some("24.1"));
        assert_eq!(version_in("\"25.3.1.4711-beta (x)\"").as_deref(), Some("25.3.1.4711-beta (x)"));
        assert_eq!(ServerVersion::parse("25.3.1-rc1").unwrap().numbers(), [25, 3, 1]);
    }

    #[test]
    fn what_a_portal_says_is_no_version() {
        for body in [
            "",
            "OK",
            "true",
            "42",
            "{}",
            "null",
            "<html>24.1.0</html>",
            "1.2.3.4 is your address; please log in",
            "192168.1.1",
        ] {
            assert_eq!(version_in(body), None, "{body}");
        }
    }
}
