//! JSON that may be nested deep: sequences inside each other take two levels each.

use serde::de::{DeserializeOwned, Error as _};

/// A report with 256 sequences inside each other, and some room for nested free data.
pub(crate) const MAX_DEPTH: usize = 2 * 256 + 64;

/// Parses a document of at most this many levels. The parser is recursive and its own limit lies far below, so the depth is
/// looked at before.
pub(crate) fn from_slice<T: DeserializeOwned>(bytes: &[u8], max_depth: usize) -> serde_json::Result<T> {
    let found = depth(bytes);
    if found > max_depth {
        return Err(serde_json::Error::custom(format!("nested {found} levels deep, allowed are {max_depth}")));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    deserializer.disable_recursion_limit();
    let value = T::deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// How many brackets are open at most.
fn depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_text, mut escaped) = (false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_texts_do_not_count() {
        assert_eq!(depth(br#"{"a[\"{[":[1,[2],"]"],"b":[]}"#), 3);
        assert_eq!(depth(b"]]7"), 0);
    }

    #[test]
    fn what_is_too_deep_is_refused_with_both_figures() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(from_slice::<serde_json::Value>(nested(300).as_bytes(), 300).is_ok());
        let error = from_slice::<serde_json::Value>(nested(301).as_bytes(), 300).unwrap_err().to_string();
        assert_eq!(error, "nested 301 levels deep, allowed are 300");
    }
}
