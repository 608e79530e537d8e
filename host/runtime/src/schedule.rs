//! What a scheduled converter is told and given: the run, a way to other systems, and what it remembers.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One run of a scheduled converter.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// When it was due: ISO 8601 with an offset.
    pub due: String,
    /// When the last run was due that went well.
    #[serde(default)]
    pub previous: Option<String>,
    /// Whether somebody asked for it.
    #[serde(default)]
    pub by_hand: bool,
}

/// What a scheduled converter remembers: values by key. What a run changes stands apart until it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Memory {
    kept: BTreeMap<String, Vec<u8>>,
    changed: BTreeMap<String, Option<Vec<u8>>>,
}

impl Memory {
    /// One with these values.
    pub fn new(kept: BTreeMap<String, Vec<u8>>) -> Self {
        Self { kept, changed: BTreeMap::new() }
    }

    /// What was changed since: the new value, or none where it was deleted.
    pub fn into_changes(self) -> BTreeMap<String, Option<Vec<u8>>> {
        let Self { kept, mut changed } = self;
        changed.retain(|key, value| kept.get(key) != value.as_ref());
        changed
    }

    pub(crate) fn get(&self, key: &str) -> Option<&[u8]> {
        self.changed.get(key).map_or_else(|| self.kept.get(key), Option::as_ref).map(Vec::as_slice)
    }

    pub(crate) fn set(&mut self, key: String, value: Option<Vec<u8>>) {
        // To delete what was never kept changes nothing, and must not be remembered: there are keys without end.
        if value.is_none() && !self.kept.contains_key(&key) {
            self.changed.remove(&key);
            return;
        }
        self.changed.insert(key, value);
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        let kept = self.kept.keys().filter(|key| !self.changed.contains_key(*key));
        let mut keys: Vec<_> =
            kept.chain(self.changed.iter().filter(|(_, value)| value.is_some()).map(|(key, _)| key)).cloned().collect();
        keys.sort_unstable();
        keys
    }

    /// Bytes of all keys and values.
    pub(crate) fn bytes(&self) -> u64 {
        let kept = self.kept.iter().filter(|(key, _)| !self.changed.contains_key(*key));
        let changed = self.changed.iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
        kept.chain(changed).fold(0, |sum, (key, value)| sum + (key.len() + value.len()) as u64)
    }
}

/// A request of a plugin, checked: it may go where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE`.
    pub method: String,
    /// An absolute address of `http` or `https`, without user and password.
    pub url: String,
    /// Names in lower case, with those that the operator adds.
    pub headers: Vec<(String, String)>,
    /// Empty for none.
    pub body: Vec<u8>,
}

/// An answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// 200, 404, ...
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpError {
    /// Something is wrong with the request, and what.
    Invalid(String),
    /// Nobody could be reached, and why.
    Unreachable(String),
    /// No answer in time.
    TimedOut,
    /// The body is larger than what was allowed.
    TooLarge,
}

/// Sends requests of scheduled converters. Redirects are not followed: where a request goes was checked before.
pub trait HttpSender: Send + Sync {
    /// Sends one and waits for the whole answer: not longer than `timeout`, not more than `max_bytes` of body.
    ///
    /// Called on the thread of the run.
    ///
    /// # Errors
    /// [`HttpError`]; an answer of any status is none.
    fn send(&self, request: HttpRequest, timeout: Duration, max_bytes: u64) -> Result<HttpResponse, HttpError>;
}

/// A request and what came of it, for the ledger. Without query, headers and bodies, which may hold secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpRecord {
    /// `GET https://mes.example/units`
    pub request: String,
    /// `200, 512 bytes`, `denied: ...`, `unreachable: ...`
    pub answer: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_changed_stands_apart_until_it_is_kept() {
        let kept = BTreeMap::from([("a".to_owned(), vec![1]), ("b".to_owned(), vec![2]), ("c".to_owned(), vec![3])]);
        let mut memory = Memory::new(kept);
        assert_eq!(memory.bytes(), 6);
        memory.set("b".to_owned(), None);
        memory.set("c".to_owned(), Some(vec![3]));
        memory.set("d".to_owned(), Some(vec![4, 4]));
        memory.set("e".to_owned(), Some(vec![5]));
        memory.set("e".to_owned(), None);
        for number in 0..1_000 {
            memory.set(format!("never there {number}"), None);
        }
        assert_eq!(memory.changed.len(), 3, "what was never kept takes no room");
        assert_eq!((memory.get("a"), memory.get("b"), memory.get("d")), (Some(&[1][..]), None, Some(&[4, 4][..])));
        assert_eq!(memory.keys(), ["a", "c", "d"]);
        assert_eq!(memory.bytes(), 2 + 2 + 3);
        let changes = memory.into_changes();
        assert_eq!(changes, BTreeMap::from([("b".to_owned(), None), ("d".to_owned(), Some(vec![4, 4]))]));
    }
}
