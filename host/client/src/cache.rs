//! Answers kept for a while.
//!
//! - **What**: successful reads of an allow-list, [`Resource`]. Anything else (a serial number taken, a state asked
//!   for, the version that tests the connection) is never kept.
//! - **Key**: server and account, resource with its generation, path and query, accepted type.
//! - **Writes** raise the resource's generation. What was read before, and what is still being read now, has the
//!   old one in its key and is never found again: no search through keys, and no race.
//! - **Fresh** answers are served for their TTL; simultaneous equal reads make one request.
//! - **Last known** answers are kept longer, for `If-None-Match`, and to serve when the server is away.
//! - **On disk**, if a folder is given, last known answers outlive the process: [`shelf`].
//! - **Bounds**: entries and bytes. Each entry weighs at least its share of the bytes, so one bound keeps both.
//! - **Values** are immutable and shared; the typed value is made once per answer.
//!
//! Times are monotonic.

mod entry;
mod read;
mod resource;
mod shelf;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::notification::RemovalCause;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Counter;
use uuid::Uuid;

use self::entry::Entry;
pub(crate) use self::read::Lookup;
pub use self::read::{CacheMode, Cached, Freshness};
pub use self::resource::Resource;
use self::shelf::{Kept, Shelf};
use crate::address::Address;

/// A single answer larger than this part of the whole is not kept.
const LARGEST_PART: u64 = 8;

/// Settings of the cache.
#[derive(Debug, Clone)]
pub(crate) struct CacheConfig {
    ttl: [Duration; Resource::ALL.len()],
    pub(crate) max_entries: u64,
    pub(crate) max_bytes: u64,
    pub(crate) dir: Option<PathBuf>,
}

impl CacheConfig {
    pub(crate) fn new(ttl: Duration, max_entries: u64, max_bytes: u64) -> Self {
        Self { ttl: [ttl; Resource::ALL.len()], max_entries, max_bytes, dir: None }
    }

    pub(crate) fn set_ttl(&mut self, ttl: Duration) {
        self.ttl = [ttl; Resource::ALL.len()];
    }

    pub(crate) fn set_ttl_for(&mut self, resource: Resource, ttl: Duration) {
        if let Some(slot) = self.ttl.get_mut(resource.index()) {
            *slot = ttl;
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    /// Server and account.
    scope: Uuid,
    resource: Resource,
    generation: u64,
    /// Path and query. The accepted type is always JSON; it becomes part of the key when that changes.
    target: Arc<str>,
}

type Store = moka::future::Cache<Key, Arc<Entry>>;

#[derive(Debug)]
pub(crate) struct Cache {
    fresh: Store,
    /// What is being read for threads that wait; empty otherwise.
    waiting: Store,
    last: Store,
    shelf: Option<Arc<Shelf>>,
    scope: Uuid,
    ttl: [Duration; Resource::ALL.len()],
    largest: u64,
    generations: [AtomicU64; Resource::ALL.len()],
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    hits: AtomicU64,
    misses: AtomicU64,
    stale: AtomicU64,
    evictions: AtomicU64,
}

/// Figures of a cache since the client was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CacheStats {
    /// Lookups answered without a request of their own.
    pub hits: u64,
    /// Lookups that asked the server.
    pub misses: u64,
    /// Of the misses, those answered with an old value because the server could not be asked.
    pub stale: u64,
    /// Entries that left by themselves (size or age).
    pub evictions: u64,
    /// Entries now. May lag behind by a moment.
    pub entries: u64,
    /// Bytes now, estimated, with the typed values. May lag behind by a moment.
    pub bytes: u64,
}

impl CacheStats {
    /// Hits per lookup, 0 to 1; 0 before the first lookup.
    pub fn hit_rate(&self) -> f64 {
        let total = self.hits + self.misses;
        if total == 0 {
            return 0.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "a ratio for people: 2^53 lookups are far away")]
        let rate = self.hits as f64 / total as f64;
        rate
    }
}

/// Each entry has its own time to live.
struct ByEntry {
    of: fn(&Entry) -> Duration,
}

impl Expiry<Key, Arc<Entry>> for ByEntry {
    fn expire_after_create(&self, _: &Key, entry: &Arc<Entry>, _: Instant) -> Option<Duration> {
        Some((self.of)(entry))
    }

    fn expire_after_update(&self, _: &Key, entry: &Arc<Entry>, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some((self.of)(entry))
    }
}

impl Cache {
    pub(crate) fn new(config: &CacheConfig, address: &Address, identity: Uuid, evictions: Counter<u64>) -> Self {
        let counts = Arc::new(Counts::default());
        let max_bytes = config.max_bytes.max(1);
        // An entry that weighs at least this much: so many of them fill the whole.
        let least = u32::try_from(max_bytes.div_ceil(config.max_entries.max(1))).unwrap_or(u32::MAX).max(1);
        let store = |name: &str, of: fn(&Entry) -> Duration| {
            moka::future::Cache::builder()
                .name(name)
                .max_capacity(if config.max_entries == 0 { 0 } else { max_bytes })
                .weigher(move |key: &Key, entry: &Arc<Entry>| entry.weight(key.target.len()).max(least))
                .expire_after(ByEntry { of })
        };
        let counted = Arc::clone(&counts);
        let by_size = [KeyValue::new("reason", "size")];
        let by_age = [KeyValue::new("reason", "expired")];
        let fresh = store("fresh", Entry::ttl)
            .eviction_listener(move |_, _, cause| {
                let reason = match cause {
                    RemovalCause::Size => &by_size,
                    RemovalCause::Expired => &by_age,
                    RemovalCause::Explicit | RemovalCause::Replaced => return,
                };
                counted.evictions.fetch_add(1, Ordering::Relaxed);
                evictions.add(1, reason);
            })
            .build();
        let scope = Uuid::new_v5(&identity, address.base().as_bytes());
        let shelf = config.dir.as_deref().filter(|_| config.max_entries > 0);
        Self {
            fresh,
            waiting: store("waiting", Entry::ttl).build(),
            last: store("last", Entry::stale_ttl).build(),
            shelf: shelf.map(|dir| Arc::new(Shelf::new(dir, scope, config.max_entries))),
            scope,
            ttl: config.ttl,
            largest: max_bytes / LARGEST_PART,
            generations: Default::default(),
            counts,
        }
    }

    fn generation(&self, resource: Resource) -> u64 {
        self.generations.get(resource.index()).map_or(0, |g| g.load(Ordering::Acquire))
    }

    fn key(&self, resource: Resource, target: &str) -> Key {
        Key { scope: self.scope, resource, generation: self.generation(resource), target: Arc::from(target) }
    }

    fn ttl(&self, resource: Resource) -> Duration {
        self.ttl.get(resource.index()).copied().unwrap_or_default()
    }

    /// Nothing that was read of `resource` until now will be found again.
    pub(crate) fn invalidate(&self, resource: Resource) {
        if let Some(generation) = self.generations.get(resource.index()) {
            generation.fetch_add(1, Ordering::AcqRel);
        }
        if let Some(shelf) = &self.shelf {
            shelf.forget(resource);
        }
    }

    /// Nothing that was read until now will be found again; the memory is given back.
    pub(crate) fn clear(&self) {
        for resource in Resource::ALL {
            self.invalidate(resource);
        }
        self.fresh.invalidate_all();
        self.last.invalidate_all();
    }

    /// Keeps an answer as the last known one.
    async fn keep(&self, key: &Key, entry: &Arc<Entry>) {
        self.last.insert(key.clone(), Arc::clone(entry)).await;
        let (label, entry) = (key.clone(), Arc::clone(entry));
        self.on_disk(move |shelf| {
            let answer = entry.answer();
            shelf.put(label.resource, label.generation, &label.target, answer.etag.as_deref(), &answer.body);
        })
        .await;
    }

    /// Keeps it no longer.
    async fn forget(&self, key: &Key) {
        self.fresh.invalidate(key).await;
        self.last.invalidate(key).await;
        let key = key.clone();
        self.on_disk(move |shelf| shelf.remove(key.resource, key.generation, &key.target)).await;
    }

    /// What the disk has.
    async fn kept(&self, key: &Key) -> Option<Kept> {
        let key = key.clone();
        self.on_disk(move |shelf| shelf.get(key.resource, key.generation, &key.target)).await?
    }

    async fn on_disk<T: Send + 'static>(&self, act: impl FnOnce(&Shelf) -> T + Send + 'static) -> Option<T> {
        let disk = Arc::clone(self.shelf.as_ref()?);
        tokio::task::spawn_blocking(move || act(&disk)).await.ok()
    }

    pub(crate) fn stats(&self) -> CacheStats {
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        CacheStats {
            hits: get(&self.counts.hits),
            misses: get(&self.counts.misses),
            stale: get(&self.counts.stale),
            evictions: get(&self.counts.evictions),
            entries: self.fresh.entry_count(),
            bytes: self.fresh.weighted_size(),
        }
    }
}
