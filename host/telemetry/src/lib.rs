//! Metrics and logs of a WATS station.
//!
//! The only crate that names the OpenTelemetry SDK and the Prometheus exporter. Everybody else receives a [`Meter`] and
//! records into it; what becomes of the records is decided here. A program calls [`Telemetry::start`] once, keeps the
//! value for as long as it runs, hands out meters, and drops it at the end, which flushes.
//!
//! ```
//! use wats_telemetry::{Options, Telemetry};
//!
//! let telemetry = Telemetry::start(&Options::default())?;
//! let counter = telemetry.meter("example").u64_counter("example.files").with_description("Files seen").build();
//! counter.add(2, &[]);
//! assert!(telemetry.scrape()?.contains("example_files_total 2"));
//! # Ok::<(), wats_telemetry::Error>(())
//! ```
//!
//! What it refuses to do: there is no global meter, and nothing is registered when metrics are off. Histogram buckets
//! are set here by the unit of an instrument (the SDK's own are meant for milliseconds), and base-2 exponential
//! histograms are not used, because the Prometheus exporter drops them without a word.
//!
//! All instruments are listed in `METRICS.md` beside this crate.

mod error;
mod logs;
mod process;
mod views;

pub use error::Error;
pub use logs::{LogFormat, start_logs};
pub use opentelemetry::metrics::Meter;

use opentelemetry::{InstrumentationScope, metrics::MeterProvider as _};
use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider};
use prometheus::{Registry, TextEncoder};

/// What to measure and under which name.
#[derive(Debug, Clone)]
pub struct Options {
    /// `false` registers nothing: meters swallow what is recorded, and [`Telemetry::scrape`] gives an empty text.
    pub metrics: bool,
    /// `service.name` of the resource, as Prometheus shows it in `target_info`.
    pub service_name: String,
    /// `service.instance.id`: the name of the station, when it has one.
    pub instance: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { metrics: true, service_name: "wats".into(), instance: None }
    }
}

/// The running telemetry of a process. Dropping it flushes and stops it.
#[derive(Debug)]
#[must_use = "dropping it stops telemetry"]
pub struct Telemetry {
    provider: SdkMeterProvider,
    registry: Option<Registry>,
}

impl Telemetry {
    /// Starts the exporter and, with metrics on, the gauges of this process (CPU, memory, threads, file descriptors).
    ///
    /// # Errors
    /// [`Error::Exporter`] when the exporter cannot be built.
    pub fn start(options: &Options) -> Result<Self, Error> {
        let mut resource = Resource::builder_empty()
            .with_service_name(options.service_name.clone())
            .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        if let Some(instance) = &options.instance {
            resource = resource.with_attribute(opentelemetry::KeyValue::new("service.instance.id", instance.clone()));
        }
        let builder = SdkMeterProvider::builder().with_resource(resource.build());
        if !options.metrics {
            return Ok(Self { provider: builder.build(), registry: None });
        }
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .build()
            .map_err(|source| Error::Exporter { source })?;
        let provider = builder.with_reader(exporter).with_view(views::buckets_by_unit).build();
        let telemetry = Self { provider, registry: Some(registry) };
        process::register(&telemetry.meter("process"));
        Ok(telemetry)
    }

    /// A meter for one part of the program; cheap.
    pub fn meter(&self, name: &'static str) -> Meter {
        self.provider.meter_with_scope(InstrumentationScope::builder(name).build())
    }

    /// Whether anything is measured.
    pub fn enabled(&self) -> bool {
        self.registry.is_some()
    }

    /// All metrics as Prometheus text (version 0.0.4).
    ///
    /// # Errors
    /// [`Error::Encode`] when a family of metrics cannot be written as text.
    pub fn scrape(&self) -> Result<String, Error> {
        self.scraper().scrape()
    }

    /// A handle that can only read, for whoever serves `/metrics`.
    pub fn scraper(&self) -> Scraper {
        Scraper { registry: self.registry.clone() }
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Err(error) = self.provider.shutdown() {
            tracing::debug!(%error, "telemetry did not shut down cleanly");
        }
    }
}

/// Reads the metrics of a [`Telemetry`]; cheap to clone.
#[derive(Debug, Clone)]
pub struct Scraper {
    registry: Option<Registry>,
}

impl Scraper {
    /// As [`Telemetry::scrape`].
    ///
    /// # Errors
    /// [`Error::Encode`] when a family of metrics cannot be written as text.
    pub fn scrape(&self) -> Result<String, Error> {
        let Some(registry) = &self.registry else { return Ok(String::new()) };
        TextEncoder::new().encode_to_string(&registry.gather()).map_err(|source| Error::Encode { source })
    }
}

#[cfg(test)]
mod tests;
