//! A read through the cache.

use std::any::Any;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::entry::{Entry, Keep};
use super::shelf::Kept;
use super::{Cache, Key, Resource};
use crate::blocking;
use crate::error::{Error, ErrorClass};
use crate::http::{Answer, Call, Core, Priority, once};
use crate::route::Route;

/// How long an old value stands in before the server is asked again: a dead server is not asked for each lookup.
const STAND_IN: Duration = Duration::from_secs(5);
/// How long the server is waited for when an old value is at hand.
const PATIENCE_WITH_OLD_VALUE: Duration = Duration::from_secs(3);

/// How one call uses the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum CacheMode {
    /// A fresh answer if there is one, else the server's, else (when it cannot be asked) an old one.
    #[default]
    Use,
    /// The server's answer, which is then kept for others.
    Refresh,
    /// The server's answer, neither looked for in the cache nor kept.
    Bypass,
    /// What the cache has, however old; no request is made.
    CachedOnly,
}

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Freshness {
    /// The server gave it for this call (or for an equal one at the same time).
    Server,
    /// From the cache, this old, and within its time to live.
    Cached {
        /// Time since the server gave or confirmed it.
        age: Duration,
    },
    /// From the cache, this old, because the server could not be asked.
    Stale {
        /// Time since the server gave or confirmed it.
        age: Duration,
    },
}

/// A looked-up value, shared and immutable, with where it came from. Use it like a reference.
#[derive(Debug, PartialEq, Eq)]
pub struct Cached<T> {
    value: Arc<T>,
    freshness: Freshness,
}

impl<T> Clone for Cached<T> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), freshness: self.freshness }
    }
}

impl<T> Deref for Cached<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Cached<T> {
    /// The shared value.
    pub fn into_value(self) -> Arc<T> {
        self.value
    }

    /// Where it came from.
    pub fn freshness(&self) -> Freshness {
        self.freshness
    }
}

impl<T> Cached<Option<Arc<T>>> {
    /// "No such thing" as `None`.
    pub(crate) fn transpose(self) -> Option<Cached<T>> {
        let freshness = self.freshness;
        self.value.as_ref().clone().map(|value| Cached { value, freshness })
    }
}

/// How long the server is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// As long as the call has, and no old value stands in: the server's answer is what was asked for.
    Whole,
    /// Less, if there is an old value.
    WithOldValue,
}

/// An answer and its value.
type Asked<T> = (Answer, Option<Arc<T>>);

/// One read of a resource.
#[derive(Debug)]
pub(crate) struct Lookup<'a, T> {
    pub(crate) resource: Resource,
    pub(crate) route: Route,
    /// Path and query, encoded.
    pub(crate) target: String,
    pub(crate) mode: CacheMode,
    /// Total time.
    pub(crate) deadline: Duration,
    /// Makes the value of a body; the error says what does not fit.
    pub(crate) parse: fn(&[u8]) -> Result<T, String>,
    pub(crate) core: &'a Core,
}

impl<T: Any + Send + Sync> Lookup<'_, T> {
    pub(crate) async fn run(self) -> Result<Cached<T>, Error> {
        let Some(cache) = self.core.cache.as_ref().filter(|_| self.mode != CacheMode::Bypass) else {
            if self.mode == CacheMode::CachedOnly {
                return Err(Error::NotCached { route: self.route });
            }
            let (answer, value) = self.ask(None, self.deadline).await?;
            let value = value.ok_or_else(|| self.unexpected_304(&answer))?;
            return Ok(Cached { value, freshness: Freshness::Server });
        };
        let key = cache.key(self.resource, &self.target);
        match self.mode {
            CacheMode::CachedOnly => self.cached_only(cache, &key).await,
            CacheMode::Refresh => {
                self.count_miss(cache);
                let entry = self.fetch(cache, &key, Patience::Whole).await?;
                cache.fresh.insert(key, Arc::clone(&entry)).await;
                self.served(&entry, true)
            }
            CacheMode::Use | CacheMode::Bypass => self.through(cache, key).await,
        }
    }

    async fn through(&self, cache: &Cache, key: Key) -> Result<Cached<T>, Error> {
        if let Some(entry) = cache.fresh.get(&key).await {
            self.count_hit(cache);
            return self.served(&entry, false);
        }
        // Also an equal read that somebody else has begun is waited for no longer than until the deadline.
        // In a box: who finds it in the cache carries nothing of that along.
        once(self.route, self.deadline, Box::pin(self.missed(cache, key))).await
    }

    async fn missed(&self, cache: &Cache, key: Key) -> Result<Cached<T>, Error> {
        let mut asked = false;
        let fetch = async {
            asked = true;
            self.count_miss(cache);
            self.fetch(cache, &key, Patience::WithOldValue).await
        };
        // An equal read that is under way may stand still with the thread that waits for this one: those who wait share theirs.
        let shared = if blocking::is_waiting() { &cache.waiting } else { &cache.fresh };
        let entry = match shared.try_get_with(key.clone(), fetch).await {
            Ok(entry) => entry,
            // Who asked had less time than we have.
            Err(error) if !asked && matches!(*error, Error::Deadline { .. }) => {
                self.fetch(cache, &key, Patience::WithOldValue).await?
            }
            Err(error) => return Err(Error::clone(&error)),
        };
        if blocking::is_waiting() && asked {
            cache.fresh.insert(key.clone(), Arc::clone(&entry)).await;
            cache.waiting.invalidate(&key).await;
        }
        if !asked {
            // An equal read was under way: its answer is ours too.
            self.count_hit(cache);
        }
        self.served(&entry, asked)
    }

    async fn cached_only(&self, cache: &Cache, key: &Key) -> Result<Cached<T>, Error> {
        let fresh = cache.fresh.get(key).await;
        let entry = match fresh {
            Some(entry) => Some(entry),
            None => self.last(cache, key).await.map(|old| Arc::new(old.standing_in(Duration::ZERO))),
        };
        let entry = entry.ok_or(Error::NotCached { route: self.route })?;
        self.count_hit(cache);
        self.served(&entry, false)
    }

    fn served(&self, entry: &Entry, asked: bool) -> Result<Cached<T>, Error> {
        // One target is always read as one type; should that ever change, reading again is right too.
        let value = match entry.value::<T>() {
            Some(value) => value,
            None => Arc::new(self.read(entry.answer())?),
        };
        let freshness = match (entry.is_stale(), asked) {
            (true, _) => Freshness::Stale { age: entry.age() },
            (false, true) => Freshness::Server,
            (false, false) => Freshness::Cached { age: entry.age() },
        };
        Ok(Cached { value, freshness })
    }

    /// Asks the server, with the validator of the last known answer; falls back on that answer.
    async fn fetch(&self, cache: &Cache, key: &Key, patience: Patience) -> Result<Arc<Entry>, Error> {
        let last = self.last(cache, key).await;
        let etag = last.as_ref().and_then(|l| l.answer().etag.clone());
        let ttl = cache.ttl(self.resource);
        // A server that is only slow is waited for the next time: else its answers would never be seen again.
        let is_impatient = patience == Patience::WithOldValue && last.as_ref().is_some_and(|last| !last.was_too_slow());
        let asked = match &last {
            Some(_) if is_impatient => self.ask_once(etag, self.deadline.min(PATIENCE_WITH_OLD_VALUE)).await,
            _ => self.ask(etag, self.deadline).await,
        };
        match (asked, last) {
            (Ok((answer, None)), Some(last)) => {
                let said = Keep::read(answer.cache_control.as_deref().or(last.answer().cache_control.as_deref()));
                let most = match said {
                    Keep::No => Duration::ZERO,
                    Keep::AtMost(most) => ttl.min(most),
                    Keep::Free => ttl,
                };
                let entry = Arc::new(last.confirmed(most));
                if said == Keep::No {
                    cache.forget(key).await;
                } else {
                    cache.keep(key, &entry).await;
                }
                Ok(entry)
            }
            (Ok((answer, None)), None) => Err(self.unexpected_304(&answer)),
            (Ok((answer, Some(value))), _) => {
                let fits = u64::try_from(answer.body.len()).is_ok_and(|bytes| bytes <= cache.largest);
                // That there is no such thing may be otherwise a moment later.
                let is_kept = fits && !matches!(answer.body.trim_ascii(), b"" | b"null" | b"{}");
                let (ttl, stale) = if is_kept { (ttl, self.resource.stale_for()) } else { Default::default() };
                let entry = Arc::new(Entry::new(answer, value, ttl, stale));
                if entry.stale_ttl().is_zero() {
                    // Nor is what was known before.
                    cache.forget(key).await;
                } else {
                    cache.keep(key, &entry).await;
                }
                Ok(entry)
            }
            (Err(error), Some(last))
                if patience == Patience::WithOldValue
                    && matches!(error.class(), ErrorClass::Transient | ErrorClass::Foreign) =>
            {
                if matches!(error, Error::Deadline { .. }) {
                    last.note_too_slow();
                }
                tracing::debug!(route = %self.route, %error, age = ?last.age(), "serving an old value");
                cache.counts.stale.fetch_add(1, Ordering::Relaxed);
                self.core.metrics.cache_stale(self.resource);
                Ok(Arc::new(last.standing_in(STAND_IN)))
            }
            (Err(error), _) => {
                if error.class() == ErrorClass::Permanent {
                    // The server knows it no longer.
                    cache.forget(key).await;
                }
                Err(error)
            }
        }
    }

    /// The last known answer, from memory or disk.
    async fn last(&self, cache: &Cache, key: &Key) -> Option<Arc<Entry>> {
        if let Some(entry) = cache.last.get(key).await {
            return Some(entry);
        }
        let Kept { body, etag, age } = cache.kept(key).await?;
        let answer = Answer::kept(body, etag);
        // Another version may have read it differently.
        let value = (self.parse)(&answer.body).ok()?;
        let entry = Arc::new(Entry::kept(answer, Arc::new(value), age, self.resource.stale_for().saturating_sub(age)));
        cache.last.insert(key.clone(), Arc::clone(&entry)).await;
        Some(entry)
    }

    /// The server's answer and its value; none for "not changed".
    async fn ask(&self, etag: Option<Arc<str>>, deadline: Duration) -> Result<Asked<T>, Error> {
        self.core.with_retries(self.route, deadline, || self.attempt(etag.clone())).await
    }

    /// As [`ask`](Self::ask), for who has something else to fall back on.
    async fn ask_once(&self, etag: Option<Arc<str>>, limit: Duration) -> Result<Asked<T>, Error> {
        once(self.route, limit, self.attempt(etag)).await
    }

    async fn attempt(&self, etag: Option<Arc<str>>) -> Result<Asked<T>, Error> {
        let call = Call { if_none_match: etag, ..self.call() };
        let answer = self.core.call_once(&call).await?;
        let value = if answer.status == 304 { None } else { Some(Arc::new(self.read(&answer)?)) };
        Ok((answer, value))
    }

    fn call(&self) -> Call {
        Call::get(self.route, self.target.clone(), Priority::Lookup)
    }

    fn unexpected_304(&self, answer: &Answer) -> Error {
        self.core.unreadable(&self.call(), answer.status, "\"not changed\", without having been asked for changes")
    }

    fn read(&self, answer: &Answer) -> Result<T, Error> {
        (self.parse)(&answer.body).map_err(|problem| self.core.unreadable(&self.call(), answer.status, &problem))
    }

    fn count_hit(&self, cache: &Cache) {
        cache.counts.hits.fetch_add(1, Ordering::Relaxed);
        self.core.metrics.cache_hit(self.resource);
    }

    fn count_miss(&self, cache: &Cache) {
        cache.counts.misses.fetch_add(1, Ordering::Relaxed);
        self.core.metrics.cache_miss(self.resource);
    }
}
