//! What all parts of a running station share.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::Sender;
use opentelemetry::KeyValue;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;
use wats_client::Client;
use wats_queue::{Clock, Pressure, Queue};
use wats_report::Defaults;
use wats_runtime::{Cancel, Lookup};

use crate::{
    archive,
    config::{Config, Inbox, SourceKind},
    convert::Setting,
    error::Error,
    filing::Filing,
    intake::Notice,
    metrics::Metrics,
    os,
    plugins::Plugins,
    pool::Pool,
    retained::Store,
    schedule::{OutsideSender, ScheduleState},
    submit::Destination,
};

/// How long a look at the disk is good.
const DISK_LOOK: Duration = Duration::from_millis(500);
/// Events that are kept for those who watch.
const EVENTS: usize = 200;

/// A hook that tests use to stop the process at a named place. Those within the queue begin with `queue.`.
pub type FaultHook = Arc<dyn Fn(&str) + Send + Sync>;

pub(crate) struct Core {
    pub(crate) config: Config,
    pub(crate) station_id: Uuid,
    pub(crate) queue: Queue,
    pub(crate) plugins: Plugins,
    pub(crate) client: Option<Client>,
    pub(crate) lookup: Option<Arc<dyn Lookup>>,
    pub(crate) destination: Destination,
    pub(crate) metrics: Metrics,
    pub(crate) pool: Pool,
    pub(crate) inboxes: Vec<Arc<InboxState>>,
    pub(crate) schedules: Vec<Arc<ScheduleState>>,
    /// The way to other systems, for schedules.
    pub(crate) outside: Arc<OutsideSender>,
    pub(crate) events: Events,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) handle: tokio::runtime::Handle,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    /// Ends conversions that run, when stopping takes too long.
    pub(crate) cancel: Cancel,
    /// The same for requests of schedules that are under way.
    pub(crate) cut_short: CancellationToken,
    pub(crate) fault: Option<FaultHook>,
    #[cfg(feature = "broken-on-purpose")]
    pub(crate) broken: crate::Broken,
    pub(crate) failure: Mutex<Option<Error>>,
    pub(crate) started: Instant,
    pub(crate) disk: Mutex<Option<(Instant, Option<u64>)>>,
    pub(crate) filing: Arc<Filing>,
    /// Copies of sources of inboxes that delete theirs.
    pub(crate) retained: Arc<Store>,
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("station", &self.config.station.name).finish_non_exhaustive()
    }
}

impl Core {
    /// Ends what runs, because stopping takes too long.
    pub(crate) fn cut_short(&self) {
        self.cancel.cancel();
        self.cut_short.cancel();
    }

    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    pub(crate) fn fault(&self, place: &'static str) {
        if let Some(hook) = &self.fault {
            hook(place);
        }
    }

    /// A task has ended that must not: the station stops, and says which and why.
    pub(crate) fn fail(&self, task: &str, why: &str) {
        tracing::error!(%task, %why, "the station stops");
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.get_or_insert_with(|| Error::Task { task: task.to_owned(), why: why.to_owned() });
        self.stop.cancel();
    }

    /// Why intake must not take more files, if it must not.
    pub(crate) fn not_accepting(&self) -> Option<String> {
        let bytes = |bytes: u64| format!("{} MiB", bytes >> 20);
        match self.queue.accepting() {
            Pressure::None => {}
            Pressure::DiskBudget { used, max } => {
                return Some(format!("the queue uses {} of {} (queue.max_bytes)", bytes(used), bytes(max)));
            }
            Pressure::DiskFull => return Some("the disk of the queue is full".into()),
            Pressure::Depth { live, max } => {
                return Some(format!("{live} reports wait for delivery, at most {max} may (queue.max_depth)"));
            }
        }
        let min = self.config.queue.min_disk_left_bytes;
        self.disk_left().filter(|left| *left < min).map(|left| {
            format!(
                "{} are left on the disk of the queue, at least {} must be (queue.min_disk_left_bytes)",
                bytes(left),
                bytes(min)
            )
        })
    }

    pub(crate) fn disk_left(&self) -> Option<u64> {
        let mut disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        match *disk {
            Some((at, left)) if at.elapsed() < DISK_LOOK => left,
            _ => {
                let left = os::disk_left(&self.config.data_dir);
                *disk = Some((Instant::now(), left));
                left
            }
        }
    }

    pub(crate) fn setting<'a>(&'a self, inbox: &'a InboxState) -> Setting<'a> {
        Setting {
            inbox: &inbox.config,
            defaults: &inbox.defaults,
            plugins: &self.plugins,
            station_id: self.base_of_ids(),
            queue: Some(&self.queue),
            lookup: self.lookup.as_ref(),
            cancel: &self.cancel,
        }
    }

    #[cfg(not(feature = "broken-on-purpose"))]
    fn base_of_ids(&self) -> Uuid {
        self.station_id
    }

    #[cfg(feature = "broken-on-purpose")]
    fn base_of_ids(&self) -> Uuid {
        if self.broken.fresh_ids { Uuid::new_v4() } else { self.station_id }
    }

    pub(crate) fn schedule(&self, name: &str) -> Option<&Arc<ScheduleState>> {
        self.schedules.iter().find(|schedule| schedule.config.name == name)
    }

    pub(crate) fn inbox(&self, name: &str) -> Option<&Arc<InboxState>> {
        self.inboxes.iter().find(|inbox| inbox.config.name == name)
    }
}

/// An inbox at work.
pub(crate) struct InboxState {
    pub(crate) config: Inbox,
    pub(crate) defaults: Defaults,
    pub(crate) notices: Sender<Notice>,
    pub(crate) labels: [KeyValue; 1],
    rescan: AtomicBool,
    waiting: AtomicUsize,
    in_flight: AtomicUsize,
    /// Its folders could not be made yet.
    unmade: AtomicBool,
    unreadable: Mutex<Option<Reason>>,
    /// Files that the station cannot handle now, by path.
    stuck: Mutex<BTreeMap<PathBuf, Reason>>,
    held: Mutex<Option<Reason>>,
    /// Folders that are to be searched for what a crash left half filed away.
    strays: Mutex<Vec<PathBuf>>,
    quarantined: AtomicUsize,
}

/// What is not as it should be with an inbox.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reasons {
    /// Its folder cannot be made or read.
    pub(crate) unreadable: Option<Reason>,
    /// Files of it cannot be read or filed away: the first of them, and how many more.
    pub(crate) stuck: Option<Reason>,
    /// Its files are left where they are.
    pub(crate) held: Option<Reason>,
}

/// Why something is not as it should be, and since when.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Reason {
    /// Why.
    pub why: String,
    /// Since when.
    pub since: jiff::Timestamp,
}

impl Reason {
    /// Notes why something is not as it should be; none: it is again. The first time counts; the words are the newest.
    pub(crate) fn note(slot: &mut Option<Self>, why: Option<String>) {
        match (slot.as_mut(), why) {
            (_, None) => *slot = None,
            (Some(reason), Some(why)) => reason.why = why,
            (None, Some(why)) => *slot = Some(Self { why, since: jiff::Timestamp::now() }),
        }
    }
}

impl fmt::Debug for InboxState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InboxState").field("name", &self.config.name).finish_non_exhaustive()
    }
}

impl InboxState {
    pub(crate) fn new(config: Inbox, defaults: Defaults, notices: Sender<Notice>) -> Self {
        Self {
            labels: [KeyValue::new("inbox", config.name.clone())],
            strays: Mutex::new(vec![config.path.clone()]),
            config,
            defaults,
            notices,
            rescan: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            unmade: AtomicBool::new(true),
            unreadable: Mutex::new(None),
            stuck: Mutex::default(),
            held: Mutex::new(None),
            quarantined: AtomicUsize::new(0),
        }
    }

    pub(crate) fn ask_for_rescan(&self) {
        self.rescan.store(true, Ordering::Release);
    }

    pub(crate) fn is_rescan_asked(&self) -> bool {
        self.rescan.load(Ordering::Acquire)
    }

    pub(crate) fn take_rescan(&self) -> bool {
        self.rescan.swap(false, Ordering::AcqRel)
    }

    pub(crate) fn set_counts(&self, waiting: usize, in_flight: usize) {
        self.waiting.store(waiting, Ordering::Relaxed);
        self.in_flight.store(in_flight, Ordering::Relaxed);
    }

    /// Files that are not done, and those of them that a worker has.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.waiting.load(Ordering::Relaxed), self.in_flight.load(Ordering::Relaxed))
    }

    /// Makes its folders, unless that was done before: one that is taken away later is no business of ours. Also searches
    /// them for what a crash left; `except` names the private folders that are in use. Gives why they cannot be made.
    pub(crate) fn make_folders(&self, except: Option<&str>) -> Option<String> {
        if !self.unmade.load(Ordering::Acquire) {
            return None;
        }
        if let Err(error) = make_folders(&self.config) {
            return Some(wats_runtime::chain(&error));
        }
        self.unmade.store(false, Ordering::Release);
        for folder in [&self.config.path, &self.config.archive_dir, &self.config.error_dir] {
            archive::remove_parts(folder);
        }
        self.put_back_strays(except);
        None
    }

    /// Returns files that a crash left half filed away. What cannot be searched or returned now is tried again by the next
    /// call. `except` names the private folders that are in use.
    pub(crate) fn put_back_strays(&self, except: Option<&str>) {
        let mut folders = self.strays.lock().unwrap_or_else(PoisonError::into_inner);
        let name = &self.config.name;
        let is_whole = self.config.source == SourceKind::Folders;
        for folder in std::mem::take(&mut *folders) {
            let strays = archive::put_back_strays(&folder, self.config.recursive, is_whole, except);
            if strays.count > 0 {
                tracing::info!(inbox = %name, count = strays.count, "files that a crash left half filed away are back in the inbox");
            }
            for (path, error) in strays.failed {
                tracing::warn!(inbox = %name, path = %path.display(), %error, "what a crash left there is not back in the inbox yet; it is tried again");
            }
            folders.extend(strays.again);
        }
    }

    /// Why the folder cannot be made or read, until the next scan.
    pub(crate) fn set_unreadable(&self, why: Option<String>) {
        set(&self.unreadable, why);
    }

    /// A file cannot be handled now. True when that is news.
    pub(crate) fn set_stuck(&self, file: &Path, why: &str) -> bool {
        let mut stuck = self.stuck.lock().unwrap_or_else(PoisonError::into_inner);
        match stuck.get_mut(file) {
            Some(reason) if reason.why == why => false,
            Some(reason) => {
                why.clone_into(&mut reason.why);
                true
            }
            None => {
                stuck.insert(file.to_owned(), Reason { why: why.to_owned(), since: jiff::Timestamp::now() });
                true
            }
        }
    }

    /// The file is through, or is not there any more.
    pub(crate) fn unstuck(&self, file: &Path) {
        self.stuck.lock().unwrap_or_else(PoisonError::into_inner).remove(file);
    }

    /// Whether it is known already that the file cannot be handled for this reason.
    pub(crate) fn is_stuck(&self, file: &Path, why: &str) -> bool {
        let stuck = self.stuck.lock().unwrap_or_else(PoisonError::into_inner);
        stuck.get(file).is_some_and(|reason| reason.why == why)
    }

    /// Why files are left where they are.
    pub(crate) fn set_held(&self, why: Option<String>) {
        set(&self.held, why);
    }

    /// How many files lie in its error folder.
    pub(crate) fn set_quarantined(&self, files: usize) {
        self.quarantined.store(files, Ordering::Relaxed);
    }

    /// One more, until they are counted again.
    pub(crate) fn add_quarantined(&self) {
        self.quarantined.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn quarantined(&self) -> usize {
        self.quarantined.load(Ordering::Relaxed)
    }

    pub(crate) fn reasons(&self) -> Reasons {
        let read = |slot: &Mutex<Option<Reason>>| slot.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let stuck = self.stuck.lock().unwrap_or_else(PoisonError::into_inner);
        let first = stuck
            .values()
            .min_by_key(|reason| reason.since)
            .map(|first| Reason { why: format!("{}{}", first.why, more(stuck.len() - 1)), since: first.since });
        Reasons { unreadable: read(&self.unreadable), stuck: first, held: read(&self.held) }
    }
}

/// ` (and 3 more)`.
pub(crate) fn more(count: usize) -> String {
    if count == 0 { String::new() } else { format!(" (and {count} more)") }
}

fn set(slot: &Mutex<Option<Reason>>, why: Option<String>) {
    Reason::note(&mut slot.lock().unwrap_or_else(PoisonError::into_inner), why);
}

/// What happened lately, for those who watch.
#[derive(Debug, Default)]
pub(crate) struct Events {
    last: Mutex<VecDeque<Event>>,
    number: AtomicU64,
}

/// Something that happened.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Event {
    /// Counts up from 1.
    pub number: u64,
    /// When.
    pub at: jiff::Timestamp,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum What {
    /// Reports of a file are safe.
    Committed {
        /// The inbox.
        inbox: String,
        /// The file.
        file: String,
        /// How many reports will be sent.
        reports: u64,
    },
    /// A file cannot be converted.
    Quarantined {
        /// The inbox.
        inbox: String,
        /// The file.
        file: String,
        /// Why.
        error: String,
    },
    /// Nothing is sent for now.
    Paused {
        /// Why.
        why: String,
    },
    /// Sending goes on.
    Resumed,
    /// The server refused a report for good.
    Dead {
        /// The report.
        report: Uuid,
        /// The server's words.
        why: String,
    },
}

impl Events {
    fn add(&self, what: What) {
        let number = self.number.fetch_add(1, Ordering::Relaxed) + 1;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() == EVENTS {
            last.pop_front();
        }
        last.push_back(Event { number, at: jiff::Timestamp::now(), what });
    }

    /// Those after `number` that are still kept.
    pub(crate) fn since(&self, number: u64) -> Vec<Event> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.iter().filter(|event| event.number > number).cloned().collect()
    }

    pub(crate) fn committed(&self, inbox: &str, file: &str, reports: u64) {
        self.add(What::Committed { inbox: inbox.into(), file: file.into(), reports });
    }

    pub(crate) fn quarantined(&self, inbox: &str, file: &str, error: &str) {
        self.add(What::Quarantined { inbox: inbox.into(), file: file.into(), error: error.into() });
    }

    pub(crate) fn paused(&self, why: &str) {
        self.add(What::Paused { why: why.into() });
    }

    pub(crate) fn resumed(&self) {
        self.add(What::Resumed);
    }

    pub(crate) fn dead(&self, report: Uuid, why: &str) {
        self.add(What::Dead { report, why: why.into() });
    }
}

/// The archive and error folders of an inbox, and whether they can be made.
pub(crate) fn make_folders(inbox: &Inbox) -> Result<(), Error> {
    let make = |path: &Path| {
        archive::make_folder(path).map_err(|source| Error::Folder {
            inbox: inbox.name.clone(),
            path: path.to_owned(),
            source,
        })
    };
    make(&inbox.path)?;
    make(&inbox.archive_dir)?;
    make(&inbox.error_dir)
}
