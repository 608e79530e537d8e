/// What can go wrong with telemetry.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The Prometheus exporter could not be built.
    #[error("build the Prometheus exporter")]
    Exporter {
        /// The SDK's words.
        source: opentelemetry_sdk::error::OTelSdkError,
    },
    /// The metrics could not be written as text.
    #[error("write the metrics as Prometheus text")]
    Encode {
        /// The encoder's words.
        source: prometheus::Error,
    },
    /// The filter of log lines is not understood.
    #[error(
        "read the log filter {filter:?}: expected a level (error, warn, info, debug, trace) or directives such as `info,wats_queue=debug`"
    )]
    Filter {
        /// What was given.
        filter: String,
        /// The parser's words.
        source: tracing_subscriber::filter::ParseError,
    },
    /// Another part of the program has set up logs already.
    #[error("start logs: another logger is in place in this process")]
    Logs {
        /// The subscriber's words.
        source: tracing_subscriber::util::TryInitError,
    },
}
