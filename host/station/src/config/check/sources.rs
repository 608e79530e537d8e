//! What a source is, and what is kept of it: `source`, `[inbox.ready]`, `[[inbox.related]]`, `[inbox.retain_sources]`.

use std::{path::Path, time::Duration};

use globset::GlobMatcher;

use super::Checker;
use crate::config::{
    After, CompanionName, Identity, RawInbox, RawReady, RawRelated, RawRetain, Ready, Related, Retain, STEM, SourceKind,
};

/// How long a folder must hold still where nothing else says that it is complete.
const QUIET: Duration = Duration::from_secs(10);
/// How long a main file waits for companions without which it is not converted.
const REQUIRED_WAIT: f64 = 300.0;
/// How long copies of sources are kept, and how much of them, where nothing else is said.
const RETAIN_DAYS: f64 = 30.0;
const RETAIN_BYTES: u64 = 1 << 30;

impl Checker<'_> {
    /// What is kept of sources that are deleted: as the inbox says (`own`), else as is said for `all`.
    pub(super) fn retain(
        &mut self,
        key: &str,
        after: After,
        own: Option<&RawRetain>,
        all: Option<&RawRetain>,
    ) -> Option<Retain> {
        if after != After::Delete {
            if own.is_some() {
                let message = "is for after = \"delete\"; what is moved, zipped or left in the inbox is there for `wats \
                               replay` anyway; leave it out";
                self.wrong(key, message.into());
            }
            return None;
        }
        let first = own.or(all)?;
        let days = first.days.or_else(|| all?.days).unwrap_or(RETAIN_DAYS);
        let max_bytes = first.max_bytes.or_else(|| all?.max_bytes).unwrap_or(RETAIN_BYTES);
        let keep = self.days(&format!("{key}.days"), days);
        (!keep.is_zero() && max_bytes > 0).then_some(Retain { keep, max_bytes })
    }

    /// A number of days.
    pub(super) fn days(&mut self, key: &str, value: f64) -> Duration {
        let most = 36_500.0;
        if !(0.0..=most).contains(&value) {
            self.wrong(key, format!("found {value}; a number of days from 0 to {most}"));
            return Duration::ZERO;
        }
        self.seconds(key, value * 86_400.0)
    }

    /// When a folder is complete, and how long it must hold still. Also checks what goes together.
    pub(super) fn ready(
        &mut self,
        key: &impl Fn(&str) -> String,
        raw: &RawInbox,
        settle: Duration,
    ) -> (Ready, Duration) {
        let is_folders = raw.source == SourceKind::Folders;
        if !is_folders && raw.ready.is_some() {
            self.wrong(&key("ready"), "is for source = \"folders\"; set that, or leave it out".into());
        }
        if is_folders {
            if !raw.related.is_empty() {
                let message = "is for source = \"files\"; in a folder all files belong together";
                self.wrong(&key("related"), message.into());
            }
            if !raw.recursive {
                self.wrong(&key("recursive"), "a folder is one source with all folders in it; leave it out".into());
            }
        }
        if raw.identity == Identity::Append && (is_folders || !raw.related.is_empty()) {
            let message =
                "a log that grows (\"append\") is one file by itself; without source = \"folders\" and related";
            self.wrong(&key("identity"), message.into());
        }
        let given = raw.ready.clone().unwrap_or_default();
        let RawReady { marker, min_files, expected, quiet_seconds, folder_patterns, main, overdue_seconds } = given;
        let in_ready = |name: &str| key(&format!("ready.{name}"));
        if let Some(marker) = &marker
            && (marker.is_empty() || Path::new(marker).file_name() != Some(marker.as_ref()))
        {
            self.wrong(&in_ready("marker"), format!("found {marker:?}; the name of a file, without folders"));
        }
        let has_rule = marker.is_some() || min_files.is_some() || !expected.is_empty();
        let quiet = match quiet_seconds {
            Some(seconds) => self.seconds(&in_ready("quiet_seconds"), seconds),
            None if is_folders && !has_rule => QUIET,
            None => Duration::ZERO,
        };
        let folders = if folder_patterns.is_empty() { vec!["*".to_owned()] } else { folder_patterns };
        let ready = Ready {
            marker,
            min_files: min_files.unwrap_or(0) as usize,
            expected: expected.iter().filter_map(|one| self.matcher(&in_ready("expected"), one)).collect(),
            folder_patterns: self.globs(&in_ready("folder_patterns"), &folders),
            main: main.and_then(|pattern| self.matcher(&in_ready("main"), &pattern)),
            overdue: self.seconds(&in_ready("overdue_seconds"), overdue_seconds),
        };
        (ready, settle.max(quiet))
    }

    /// Files that belong to others.
    pub(super) fn related(
        &mut self,
        key: &impl Fn(&str) -> String,
        number: usize,
        raw: &RawRelated,
    ) -> Option<Related> {
        let key = |name: &str| key(&format!("related[{number}].{name}"));
        let main = self.matcher(&key("main"), &raw.main);
        if raw.companions.is_empty() {
            self.wrong(&key("companions"), "no pattern is named; name at least one, such as \"{stem}.png\"".into());
        }
        let mut companions = Vec::new();
        for pattern in &raw.companions {
            let Some((before, behind)) = pattern.split_once(STEM).filter(|(_, behind)| !behind.contains(STEM)) else {
                let message = format!("found {pattern:?}; {{stem}}, the name of the main file, must stand in it once");
                self.wrong(&key("companions"), message);
                continue;
            };
            let mut part = |text: &str| match text {
                "" => None,
                text => self.matcher(&key("companions"), text),
            };
            let companion = CompanionName { text: pattern.clone(), before: part(before), behind: part(behind) };
            // The name of a main file that has nothing more to it than its pattern asks for.
            let plainest = raw.main.replace(['*', '?'], "x");
            let whole = self.matcher(&key("companions"), &pattern.replace(STEM, "*"));
            if whole.is_some_and(|whole| whole.is_match(&plainest)) {
                let message =
                    format!("{pattern:?} fits the main files ({}) as well; each would wait for another", raw.main);
                self.wrong(&key("companions"), message);
            }
            companions.push(companion);
        }
        let wait = raw.wait_seconds.unwrap_or(if raw.required { REQUIRED_WAIT } else { 0.0 });
        let wait = self.seconds(&key("wait_seconds"), wait);
        Some(Related { main: main?, companions, required: raw.required, wait })
    }

    fn matcher(&mut self, key: &str, pattern: &str) -> Option<GlobMatcher> {
        self.glob(key, pattern).map(|glob| glob.compile_matcher())
    }
}
