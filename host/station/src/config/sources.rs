//! What a source is: a folder that is complete, or a file with those that belong to it.

use std::{collections::HashSet, ffi::OsStr, time::Duration};

use globset::{Candidate, GlobMatcher, GlobSet};

/// What stands for the name of the main file in the pattern of a companion.
pub(crate) const STEM: &str = "{stem}";

/// When a folder is complete; `[inbox.ready]`.
#[derive(Debug, Clone)]
pub struct Ready {
    /// Name of the file that says so.
    pub marker: Option<String>,
    /// Fewest files, without the marker.
    pub min_files: usize,
    /// Patterns of which each must fit a file.
    pub expected: Vec<GlobMatcher>,
    /// Names of folders to take.
    pub folder_patterns: GlobSet,
    /// Which file is the main one.
    pub main: Option<GlobMatcher>,
    /// After so long without a change health tells of a folder that is not complete.
    pub overdue: Duration,
}

/// Files that belong to another one; `[[inbox.related]]`.
#[derive(Debug, Clone)]
pub struct Related {
    /// Name of the main file.
    pub main: GlobMatcher,
    /// Names of its companions.
    pub companions: Vec<CompanionName>,
    /// Whether it is not converted without them.
    pub required: bool,
    /// How long it waits for them.
    pub wait: Duration,
}

/// How long copies of sources are kept, and how much of them; `[retain_sources]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retain {
    /// How long, counted from the end of the day (UTC) on which the copy was made.
    pub keep: Duration,
    /// Most bytes of the copies of an inbox.
    pub max_bytes: u64,
}

/// `{stem}_*.log`
#[derive(Debug, Clone)]
pub struct CompanionName {
    /// As it is written.
    pub(crate) text: String,
    /// What comes before and behind the stem.
    pub(crate) before: Option<GlobMatcher>,
    pub(crate) behind: Option<GlobMatcher>,
}

impl CompanionName {
    /// The stems of main files that a file of this name may belong to, the longest first, in small letters.
    fn stems<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = Vec<u8>> + 'a {
        let fits = |glob: &Option<GlobMatcher>, part: &[u8]| {
            glob.as_ref().map_or(part.is_empty(), |glob| glob.is_match_candidate(&Candidate::from_bytes(part)))
        };
        let lengths = (1..=name.len()).rev();
        lengths.flat_map(move |length| {
            (0..=name.len() - length).filter_map(move |start| {
                let stem = name.get(start..start + length)?;
                let (before, behind) = (name.get(..start)?, name.get(start + length..)?);
                (fits(&self.before, before) && fits(&self.behind, behind)).then(|| stem.to_ascii_lowercase())
            })
        })
    }

    /// Its text for the file of this stem.
    pub(crate) fn of(&self, stem: &OsStr) -> String {
        self.text.replace(STEM, &stem.to_string_lossy())
    }
}

/// What a file is by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It may have companions, by this rule.
    Main(usize),
    /// It belongs to another one.
    Companion,
    /// Neither.
    Alone,
}

/// What a file is by its name. A name that fits both a main file and a companion is that of a companion.
pub(crate) fn role(rules: &[Related], name: &OsStr) -> Role {
    let bytes = name.as_encoded_bytes();
    let mut patterns = rules.iter().flat_map(|rule| &rule.companions);
    if patterns.any(|pattern| pattern.stems(bytes).next().is_some()) {
        return Role::Companion;
    }
    rules.iter().position(|rule| rule.main.is_match(name)).map_or(Role::Alone, Role::Main)
}

/// The main file that a companion belongs to, among those of its folder: `stems` has those of each rule, in small letters.
/// The longest stem wins. Also which of the rule's patterns it fits.
pub(crate) fn owner(rules: &[Related], stems: &[HashSet<Vec<u8>>], name: &OsStr) -> Option<(usize, usize, Vec<u8>)> {
    let bytes = name.as_encoded_bytes();
    let mut best: Option<(usize, usize, Vec<u8>)> = None;
    for (number, (rule, stems)) in rules.iter().zip(stems).enumerate() {
        for (which, pattern) in rule.companions.iter().enumerate() {
            let found = pattern.stems(bytes).find(|stem| stems.contains(stem));
            if let Some(stem) = found
                && best.as_ref().is_none_or(|(.., longest)| stem.len() > longest.len())
            {
                best = Some((number, which, stem));
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn rules(text: &str) -> Vec<Related> {
        let text = format!("[[inbox]]\nname = \"in\"\npath = \"in\"\n[[inbox.related]]\n{text}");
        Config::from_toml(&text, "test", std::path::Path::new("/srv")).unwrap().inboxes.remove(0).related
    }

    #[test]
    fn companions_are_told_by_their_names_whatever_is_in_them() {
        let rules = rules("main = \"*.csv\"\ncompanions = [\"{stem}_*.log\", \"pic-{stem}.png\"]\n");
        let found =
            ["a.csv", "a_1.log", "a.log", "PIC-[x]*.PNG", "pic-.png", "a.txt"].map(|name| role(&rules, name.as_ref()));
        assert_eq!(found, [Role::Main(0), Role::Companion, Role::Alone, Role::Companion, Role::Alone, Role::Alone]);
        let stems = [["a", "a_1", "[x]*"].map(|stem| stem.as_bytes().to_vec()).into()];
        let owner = |name: &str| {
            owner(&rules, &stems, name.as_ref()).map(|(_, which, stem)| (which, String::from_utf8(stem).unwrap()))
        };
        assert_eq!(owner("a_1_x.log"), Some((0, "a_1".into())), "the longest");
        assert_eq!(owner("A_1.log"), Some((0, "a".into())));
        assert_eq!(owner("PIC-[x]*.PNG"), Some((1, "[x]*".into())));
        assert_eq!(owner("b_1.log"), None);
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_would_be_right() {
        let check = |text: &str, word: &str| {
            let text = format!("[[inbox]]\nname = \"in\"\npath = \"in\"\n{text}");
            let error = Config::from_toml(&text, "test", std::path::Path::new("/srv")).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        };
        check("[inbox.ready]\nmarker = \"DONE\"\n", "source = \"folders\"");
        check(
            "source = \"folders\"\n[[inbox.related]]\nmain = \"*\"\ncompanions = [\"{stem}.x\"]\n",
            "source = \"files\"",
        );
        check("source = \"folders\"\nrecursive = false\n", "leave it out");
        check("source = \"folders\"\nidentity = \"append\"\n", "append");
        check("source = \"folders\"\n[inbox.ready]\nmarker = \"a/b\"\n", "the name of a file");
        check("max_files = 0\n", "from 1 to 9000");
        check("[[inbox.related]]\nmain = \"*.csv\"\ncompanions = []\n", "at least one");
        check("[[inbox.related]]\nmain = \"*.csv\"\ncompanions = [\"golden.cfg\"]\n", "{stem}");
        check("[[inbox.related]]\nmain = \"*.csv\"\ncompanions = [\"{stem}*\"]\n", "fits the main files");
        check("[[inbox.related]]\nmain = \"[\"\ncompanions = [\"{stem}.png\"]\n", "no pattern");
    }
}
