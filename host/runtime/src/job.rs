//! What the station gives to a conversion: where reports go, who answers questions, when to stop.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use wats_report::{Report, Violation};

use crate::conversion::Asked;
use crate::schedule::{HttpSender, Memory};

/// One report as the plugin made it, before the station fills what it lacks.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The report. Header fields that the plugin left out are left out here.
    pub report: Report,
    /// What the plugin states as stable about this report within its source.
    pub key: Option<String>,
    /// The identity that the file carries. Given only when the plugin was granted `own-id`.
    pub own_id: Option<String>,
    /// Number of the report within the source, from 0, in the order in which reports were finished.
    pub ordinal: u32,
    /// What the plugin has asked for so far beside the bytes, since ids may depend on it.
    pub asked: Asked,
}

/// Why the station cannot take a report. It ends the call; the file is tried again later.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct SinkError {
    /// What happened, for people.
    pub message: String,
}

impl SinkError {
    /// An error with these words.
    pub fn new(message: impl fmt::Display) -> Self {
        Self { message: message.to_string() }
    }
}

/// Takes the reports of one conversion, one after the other.
pub trait ReportSink: Send {
    /// Fills defaults, derives the identity, validates and keeps the report until the conversion ends well.
    ///
    /// The answer is the report's identity, or all violations, which the plugin is told.
    ///
    /// # Errors
    /// When the station cannot take it; the call is ended.
    fn accept(&mut self, draft: Draft) -> Result<Result<String, Vec<Violation>>, SinkError>;

    /// Says what is wrong with a report that is refused in any case, because of how it was written, so that the plugin's
    /// author is told everything at once. Nothing is kept of it.
    fn check(&mut self, draft: Draft) -> Vec<Violation> {
        drop(draft);
        Vec::new()
    }
}

/// A process (test operation) of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its code.
    pub code: u32,
    /// Its name.
    pub name: String,
    /// Whether it is a test, a repair, a WIP operation.
    pub kinds: ProcessKinds,
}

/// What a process is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProcessKinds {
    /// Test operation.
    pub test: bool,
    /// Repair operation.
    pub repair: bool,
    /// Work-in-progress operation.
    pub wip: bool,
}

/// A product of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its part number.
    pub part_number: String,
    /// Its name.
    pub name: String,
    /// Known revisions, oldest first.
    pub revisions: Vec<String>,
}

/// An answer to a question about master data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<T> {
    /// This.
    Found(T),
    /// The server knows of none.
    Absent,
    /// No server and nothing cached, and why.
    Unavailable(String),
}

/// Answers questions about the server's master data. Only asked for plugins with the grant `lookup`.
///
/// Called on the worker thread while the guest waits, which its deadline does not count: it should answer
/// [`Answer::Unavailable`] after a few seconds. When the lookups of a call have taken a minute together, the rest is answered so.
pub trait Lookup: Send + Sync {
    /// The process of that name, without regard to case.
    fn process_by_name(&self, name: &str) -> Answer<Process>;
    /// The product of that part number.
    fn product_by_part_number(&self, part_number: &str) -> Answer<Product>;
}

/// Ends running calls from another thread. Clones share one state.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Ends the calls that hold a clone of this: within some 20 ms, as [`FailureKind::Cancelled`](crate::FailureKind).
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Told how far a conversion is, 0 to 1.
pub type Progress = Arc<dyn Fn(f64) + Send + Sync>;

/// One conversion or run, as the station wants it.
///
/// The sink is owned for the time of the call and given back by [`Plugin::convert`](crate::Plugin::convert).
#[non_exhaustive]
pub struct Job<S> {
    /// Where reports go.
    pub sink: S,
    /// Who answers questions; without it they are answered as unavailable.
    pub lookup: Option<Arc<dyn Lookup>>,
    /// Ends the call early.
    pub cancel: Cancel,
    /// Time for this call instead of the plugin's limit.
    pub deadline: Option<Duration>,
    /// Told about progress.
    pub progress: Option<Progress>,
    /// Who sends requests; without it nobody can be reached. Of a run only.
    pub http: Option<Arc<dyn HttpSender>>,
    /// What is remembered from runs before. Of a run only.
    pub memory: Memory,
}

impl<S: ReportSink> Job<S> {
    /// A job with this sink and nothing else.
    pub fn new(sink: S) -> Self {
        Self {
            sink,
            lookup: None,
            cancel: Cancel::default(),
            deadline: None,
            progress: None,
            http: None,
            memory: Memory::default(),
        }
    }

    /// With answers to questions.
    #[must_use]
    pub fn with_lookup(mut self, lookup: Arc<dyn Lookup>) -> Self {
        self.lookup = Some(lookup);
        self
    }

    /// With a way to end it early.
    #[must_use]
    pub fn with_cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }

    /// With another deadline than the plugin's.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// With someone who sends requests.
    #[must_use]
    pub fn with_http(mut self, http: Arc<dyn HttpSender>) -> Self {
        self.http = Some(http);
        self
    }

    /// With what is remembered.
    #[must_use]
    pub fn with_memory(mut self, memory: Memory) -> Self {
        self.memory = memory;
        self
    }

    /// With someone who watches.
    #[must_use]
    pub fn with_progress(mut self, progress: Progress) -> Self {
        self.progress = Some(progress);
        self
    }
}

impl<S: fmt::Debug> fmt::Debug for Job<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("sink", &self.sink)
            .field("lookup", &self.lookup.is_some())
            .field("cancel", &self.cancel)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
