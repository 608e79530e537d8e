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
