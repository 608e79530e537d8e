//! Log lines of the process.

use std::fmt::{self, Write as _};

use tracing::{Subscriber, field::Field};
use tracing_subscriber::{
    EnvFilter, Layer,
    field::MakeExt as _,
    fmt::{
        MakeWriter,
        format::{Writer, debug_fn},
    },
    layer::SubscriberExt as _,
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

use crate::Error;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// One line for people, with colour on a terminal.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Writes log lines to standard error. `filter` is a level (`info`) or directives (`info,wats_queue=debug`).
///
/// # Errors
/// [`Error::Filter`] when the filter is not understood; [`Error::Logs`] when the process has a logger already.
pub fn start_logs(filter: &str, format: LogFormat) -> Result<(), Error> {
    let filter = EnvFilter::try_new(filter).map_err(|source| Error::Filter { filter: filter.to_owned(), source })?;
    let layer = match format {
        LogFormat::Text => text(std::io::stderr, std::io::IsTerminal::is_terminal(&std::io::stderr())).boxed(),
        LogFormat::Json => tracing_subscriber::fmt::layer().with_writer(std::io::stderr).json().boxed(),
    };
    tracing_subscriber::registry().with(layer.with_filter(filter)).try_init().map_err(|source| Error::Logs { source })
}

/// Lines for people.
fn text<S, W>(writer: W, colour: bool) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let fields = debug_fn(|writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug| {
        if field.name() != "message" {
            write!(writer, "{}=", field.name())?;
        }
        write!(OneLine(writer), "{value:?}")
    });
    tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(colour)
        .with_target(false)
        .fmt_fields(fields.delimited(" "))
}

/// What files are called, and what plugins and servers say, may hold line ends and control sequences: they would pass for lines
/// of their own, or speak to the terminal.
struct OneLine<'a, 'w>(&'a mut Writer<'w>);

impl fmt::Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for part in text.split_inclusive(char::is_control) {
            match part.chars().next_back() {
                Some(last) if last.is_control() => {
                    self.0.write_str(part.strip_suffix(last).unwrap_or_default())?;
                    write!(self.0, "{}", last.escape_default())?;
                }
                _ => self.0.write_str(part)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_name_with_line_ends_and_control_sequences_stays_one_line_of_text() {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber = tracing_subscriber::registry().with(text(move || writer.clone(), false));
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(file = %"a\n2026 ERROR forged", error = "\u{1b}[31m", "com\rmitted {}", "\u{9b}x");
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let (_, line) = text.split_once("INFO ").unwrap();
        assert_eq!(line, "com\\rmitted \\u{9b}x file=a\\n2026 ERROR forged error=\"\\u{1b}[31m\"\n");
    }
}
