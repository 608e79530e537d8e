//! The cheap rules of a descriptor, applied by the host, so that most files never wake most plugins.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::descriptor::{Magic, Recognition};

/// How much of a file's beginning the rules look at.
pub const HEAD_BYTES: usize = 4096;

/// A descriptor's rules, ready to be applied.
#[derive(Debug, Clone)]
pub(crate) struct Matcher {
    /// None: any name.
    patterns: Option<GlobSet>,
    min_size: u64,
    max_size: u64,
    magic: Vec<Magic>,
    /// Each text in UTF-8 and in both byte orders of UTF-16.
    contains: Vec<Vec<u8>>,
}

impl Matcher {
    /// Prepares the rules.
    ///
    /// # Errors
    /// The pattern that is wrong, and why.
    pub(crate) fn new(rules: &Recognition) -> Result<Self, String> {
        let patterns = if rules.patterns.is_empty() {
            None
        } else {
            let mut set = GlobSetBuilder::new();
            for pattern in &rules.patterns {
                let glob = GlobBuilder::new(pattern)
                    .case_insensitive(true)
                    .literal_separator(false)
                    .build()
                    .map_err(|error| format!("pattern {pattern:?}: {}", error.kind()))?;
                set.add(glob);
            }
            Some(set.build().map_err(|error| format!("patterns: {error}"))?)
        };
        Ok(Self {
            patterns,
            min_size: rules.min_size.unwrap_or(0),
            max_size: rules.max_size.unwrap_or(u64::MAX),
            magic: rules.magic.clone(),
            contains: rules.contains.iter().flat_map(|text| encodings(text)).collect(),
        })
    }

    /// Whether the name fits.
    pub(crate) fn matches_name(&self, name: &str) -> bool {
        self.patterns.as_ref().is_none_or(|patterns| patterns.is_match(name))
    }

    /// Whether all rules hold. `head` is the beginning of the file; more than [`HEAD_BYTES`] of it is not looked at.
    pub(crate) fn matches(&self, name: &str, size: u64, head: &[u8]) -> bool {
        let head = head.get(..HEAD_BYTES).unwrap_or(head);
        (self.min_size..=self.max_size).contains(&size)
            && self.matches_name(name)
            && (self.magic.is_empty() || self.magic.iter().any(|magic| has_magic(head, magic)))
            && (self.contains.is_empty() || self.contains.iter().any(|text| contains(head, text)))
    }
}

fn has_magic(head: &[u8], magic: &Magic) -> bool {
    head.get(magic.offset as usize..).is_some_and(|rest| rest.starts_with(&magic.bytes))
}

fn contains(head: &[u8], text: &[u8]) -> bool {
    head.windows(text.len().max(1)).any(|window| window == text)
}

fn encodings(text: &str) -> [Vec<u8>; 3] {
    [
        text.as_bytes().to_vec(),
        text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rules: &Recognition, name: &str, size: u64, head: &[u8]) -> bool {
        Matcher::new(rules).unwrap().matches(name, size, head)
    }

    #[test]
    fn a_plugin_without_rules_may_be_asked_about_anything() {
        assert!(check(&Recognition::default(), "x", 0, b""));
    }

    #[test]
    fn patterns_ignore_case_and_one_is_enough() {
        let rules = || Recognition { patterns: vec!["*.csv".into(), "log_*".into()], ..Recognition::default() };
        assert!(check(&rules(), "A.CSV", 1, b""));
        assert!(check(&rules(), "Log_1", 1, b""));
        assert!(!check(&rules(), "a.csv.bak", 1, b""));
    }

    #[test]
    fn sizes_are_bounds_inclusive() {
        let rules = || Recognition { min_size: Some(2), max_size: Some(3), ..Recognition::default() };
        assert_eq!([1, 2, 3, 4].map(|size| check(&rules(), "a", size, b"")), [false, true, true, false]);
    }

    #[test]
    fn magic_counts_at_its_place_only() {
        let magic =
            |offset| Recognition { magic: vec![Magic { offset, bytes: b"STDF".to_vec() }], ..Recognition::default() };
        assert!(check(&magic(2), "a", 9, b"..STDF"));
        assert!(!check(&magic(1), "a", 9, b"..STDF"));
        assert!(!check(&magic(4), "a", 9, b"..STDF"));
    }

    #[test]
    fn texts_are_found_in_utf_8_and_both_orders_of_utf_16_within_4_kib() {
        let rules = || Recognition { contains: vec!["<Größe>".into()], ..Recognition::default() };
        assert!(check(&rules(), "a", 9, "x<Größe>".as_bytes()));
        let wide: Vec<u16> = "x<Größe>".encode_utf16().collect();
        assert!(check(&rules(), "a", 9, &wide.iter().flat_map(|u| u.to_le_bytes()).collect::<Vec<_>>()));
        assert!(check(&rules(), "a", 9, &wide.iter().flat_map(|u| u.to_be_bytes()).collect::<Vec<_>>()));
        assert!(!check(&rules(), "a", 9, "<GRÖSSE>".as_bytes()));
        let mut late = vec![b' '; HEAD_BYTES];
        late.extend_from_slice("<Größe>".as_bytes());
        assert!(!check(&rules(), "a", 9, &late));
    }
}
