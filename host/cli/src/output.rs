//! What people and programs see.

use std::io::{IsTerminal as _, Write as _};

use serde::Serialize;

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

    /// One line. A reader that went away (`wats ... | head`) is no failure.
    #[expect(clippy::unused_self, reason = "all that is shown goes through an Output")]
    pub(crate) fn line(self, line: &str) -> anyhow::Result<()> {
        match writeln!(std::io::stdout().lock(), "{line}") {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        }
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

/// Text of others (file names, server messages) without what a terminal would obey.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
