//! The bounded log of one call.

use crate::conversion::{Level, LogLine};

/// What one line may have at most, so that one line does not take the place of all others.
const MAX_LINE_BYTES: usize = 8 * 1024;

/// Lines that a plugin logged, up to a number of bytes.
#[derive(Debug, Default)]
pub(crate) struct Log {
    lines: Vec<LogLine>,
    kept: u64,
    limit: u64,
    dropped: u64,
    /// The last error line, kept even when the log is full: a panic's message comes last.
    last_error: Option<String>,
    /// What came through stderr last, for guests whose runtime prints its panic there.
    last_stderr: Option<String>,
}

impl Log {
    pub(crate) fn new(limit: u64) -> Self {
        Self { limit, ..Self::default() }
    }

    /// Adds a line; what goes over the limit is counted.
    pub(crate) fn push(&mut self, level: Level, message: &str) {
        let clipped = clip(message);
        let text = escape(clipped);
        if level == Level::Error {
            self.last_error = Some(text.clone());
        }
        // A line has a price beside its bytes, or a million empty lines would be free.
        let price = text.len() as u64 + 16;
        if self.kept + price > self.limit {
            self.dropped = self.dropped.saturating_add(message.len() as u64);
            return;
        }
        self.dropped = self.dropped.saturating_add((message.len() - clipped.len()) as u64);
        self.kept += price;
        self.lines.push(LogLine { level, message: text });
    }

    /// Adds what a guest printed.
    pub(crate) fn push_output(&mut self, level: Level, line: &str) {
        if level == Level::Warn {
            self.last_stderr = Some(escape(clip(line)));
        }
        self.push(level, line);
    }

    /// Counts bytes that never became lines.
    pub(crate) fn count_dropped(&mut self, bytes: u64) {
        self.dropped = self.dropped.saturating_add(bytes);
    }

    /// The last words before a trap.
    pub(crate) fn last_words(&self) -> Option<&str> {
        self.last_error.as_deref().or(self.last_stderr.as_deref())
    }

    /// What was kept, and how many bytes were not.
    pub(crate) fn into_parts(self) -> (Vec<LogLine>, u64) {
        (self.lines, self.dropped)
    }
}

fn clip(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_LINE_BYTES)).unwrap_or(text)
}

/// Control characters written out, so that a plugin cannot write escape sequences to a terminal or forge lines. Line
/// breaks stay visible as `\n`; tabs stay.
pub(crate) fn escape(text: &str) -> String {
    let bad = |c: char| {
        (c.is_control() && c != '\t')
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.chars().any(bad) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if bad(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// Most problems that are told of one plugin, and most characters of each.
const MAX_PROBLEMS: usize = 20;
const MAX_PROBLEM_CHARS: usize = 1_000;

/// What is wrong with a plugin, for people: its own words are in it, so it may be as long as its author likes, and try to
/// write to a terminal.
pub(crate) fn bounded(problems: Vec<String>) -> Vec<String> {
    let more = problems.len().saturating_sub(MAX_PROBLEMS);
    let told = problems.into_iter().take(MAX_PROBLEMS).map(|problem| clipped(&problem, MAX_PROBLEM_CHARS));
    told.chain((more > 0).then(|| format!("and {more} more"))).collect()
}

/// The beginning of a text, without control characters.
pub(crate) fn clipped(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => escape(text.get(..end).unwrap_or_default()) + " ...",
        None => escape(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_direction_overrides_are_written_out() {
        assert_eq!(escape("a\tb\nc\u{1b}[31m\u{202e}d"), "a\tb\\nc\\u{1b}[31m\\u{202e}d");
    }

    #[test]
    fn problems_are_told_in_a_bounded_number_of_words() {
        let told = bounded(vec!["a\u{1b}".repeat(10_000); 100]);
        assert_eq!((told.len(), told[20].as_str()), (21, "and 80 more"));
        assert!(told[0].ends_with("a\\u{1b} ...") && told[0].len() < 5_000, "{}", told[0]);
        assert_eq!(bounded(vec!["short".to_owned()]), ["short"]);
    }

    #[test]
    fn a_full_log_counts_the_rest_and_keeps_the_last_error() {
        let mut log = Log::new(100);
        for _ in 0..10 {
            log.push(Level::Info, "0123456789");
        }
        log.push(Level::Error, "panicked at src/lib.rs:3:5: boom");
        assert_eq!(log.last_words(), Some("panicked at src/lib.rs:3:5: boom"));
        let (lines, dropped) = log.into_parts();
        assert_eq!((lines.len(), dropped), (3, 7 * 10 + 32));
    }

    #[test]
    fn one_long_line_is_clipped_at_a_character() {
        let mut log = Log::new(1 << 20);
        log.push(Level::Info, &"ö".repeat(10_000));
        let (lines, dropped) = log.into_parts();
        assert_eq!((lines[0].message.len(), dropped), (MAX_LINE_BYTES, 20_000 - MAX_LINE_BYTES as u64));
    }
}
