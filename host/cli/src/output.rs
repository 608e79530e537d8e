//! What people and programs see.

use std::io::{IsTerminal as _, Write as _};

use serde::Serialize;
use serde_json::json;

/// How to answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) json: bool,
    colour: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { json, colour: colour && !json }
    }

    /// One JSON value on a line.
    pub(crate) fn value(self, value: &impl Serialize) -> anyhow::Result<()> {
        self.line(&serde_json::to_string(value)?)
    }

    /// One line.
    pub(crate) fn line(self, line: &str) -> anyhow::Result<()> {
        self.text(&format!("{line}\n"))
    }

    /// Text as it is. A reader that went away (`wats ... | head`) is no failure.
    #[expect(clippy::unused_self, reason = "all that is shown goes through an Output")]
    pub(crate) fn text(self, text: &str) -> anyhow::Result<()> {
        match std::io::stdout().lock().write_all(text.as_bytes()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// What went wrong, for a program that reads: `{"ok": false, "error": {"what", "code"}}`. People read it on standard error.
    pub(crate) fn failure(self, what: &str, code: u8) -> anyhow::Result<()> {
        if self.json { self.value(&json!({ "ok": false, "error": { "what": what, "code": code } })) } else { Ok(()) }
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.paint(text, "32")
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.paint(text, "31")
    }

    pub(crate) fn doubtful(self, text: &str) -> String {
        self.paint(text, "33")
    }

    pub(crate) fn strong(self, text: &str) -> String {
        self.paint(text, "1")
    }

    fn paint(self, text: &str, code: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Says on standard error what is doubtful, and does not stop the command.
#[expect(clippy::print_stderr, reason = "this is the command line")]
pub(crate) fn warn(what: &str) {
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    eprintln!("{} {}", Output { json: false, colour }.doubtful("warning:"), plain(what));
}

/// What begins a complaint, in colour where people read it.
pub(crate) fn on_stderr(text: &str) -> String {
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    Output { json: false, colour }.bad(text)
}

/// How many of what: `1 report`, `2 reports`.
pub(crate) fn count(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// Text of others (file names, server messages) without what a terminal would obey.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
