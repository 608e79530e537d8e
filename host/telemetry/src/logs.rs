//! Log lines of the process.

use tracing_subscriber::{EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};

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
        LogFormat::Text => tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .with_target(false)
            .boxed(),
        LogFormat::Json => tracing_subscriber::fmt::layer().with_writer(std::io::stderr).json().boxed(),
    };
    tracing_subscriber::registry().with(layer.with_filter(filter)).try_init().map_err(|source| Error::Logs { source })
}
