//! Faults by script: which requests something happens to, and what.
//!
//! A [`Script`] holds rules that are looked at in order; the first that fits and that ends a request wins. Rules whose
//! action only changes how a request is served (`delay`, `trickle`, `answer-form`, `refusal-form`) add up. Rules that
//! act before the body is read are looked at when the headers are there, all others when the body is.

mod action;
mod glob;
mod live;

pub use action::{Action, Point, RetryAfter};
pub(crate) use live::{Decision, Faults, Seen, Window};

use std::path::Path;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result};

/// A set of fault rules and planned outages. Times count from the moment the script is set, those of a rule that is
/// added later from that moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// Seed of the draws of rules with a probability: the same seed and the same requests give the same faults.
    pub seed: u64,
    /// The rules, in the order in which they are looked at.
    pub rules: Vec<Rule>,
    /// Planned times in which the server does not listen.
    pub outages: Vec<Outage>,
}

impl Script {
    /// A script of these rules.
    pub fn of(rules: impl IntoIterator<Item = Rule>) -> Self {
        Self { rules: rules.into_iter().collect(), ..Self::default() }
    }

    /// Reads a script from a file and checks it.
    ///
    /// # Errors
    /// [`Error::ReadScript`] and [`Error::ParseScript`] with the file's name, or as [`Script::check`].
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read(path).map_err(|source| Error::ReadScript { path: path.to_owned(), source })?;
        let script: Self =
            serde_json::from_slice(&text).map_err(|source| Error::ParseScript { path: path.to_owned(), source })?;
        script.check()?;
        Ok(script)
    }

    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// [`Error::Rule`] for the first rule that contradicts itself.
    pub fn check(&self) -> Result<()> {
        self.rules.iter().enumerate().try_for_each(|(index, rule)| rule.check(index))
    }
}

/// A planned time in which the listener is closed and every connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// Milliseconds after the script was set.
    pub from_ms: u64,
    /// How long, in milliseconds.
    pub for_ms: u64,
}

/// One fault rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// A name for records and for taking the rule away; empty means `#<place>`.
    #[serde(default)]
    pub name: String,
    /// Which requests.
    #[serde(default)]
    pub when: When,
    /// What happens to them.
    #[serde(rename = "do")]
    pub action: Action,
}

impl Rule {
    /// A rule for every request to the API.
    pub fn any(action: Action) -> Self {
        Self { name: String::new(), when: When::default(), action }
    }

    /// A rule for uploads of reports (`POST /api/Report/WSJF` and `.../WSXF`).
    pub fn reports(action: Action) -> Self {
        let when = When { method: Some("POST".into()), path: Some("/api/report/ws?f".into()), ..When::default() };
        Self { name: String::new(), when, action }
    }

    /// The same rule with a name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The same rule, for the first `times` requests that fit.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.when.times = Some(times);
        self
    }

    /// The same rule, after `skip` requests that fit were let through.
    #[must_use]
    pub fn after(mut self, skip: u64) -> Self {
        self.when.skip = skip;
        self
    }

    /// The same rule, for serial numbers of this pattern (`*` any text, `?` one character).
    #[must_use]
    pub fn serial(mut self, pattern: impl Into<String>) -> Self {
        self.when.serial = Some(pattern.into());
        self
    }

    /// The same rule, for part numbers of this pattern.
    #[must_use]
    pub fn part(mut self, pattern: impl Into<String>) -> Self {
        self.when.part = Some(pattern.into());
        self
    }

    /// The same rule, for a share of the requests that fit, 0 to 1, drawn from the script's seed.
    #[must_use]
    pub fn probability(mut self, share: f64) -> Self {
        self.when.probability = Some(share);
        self
    }

    fn check(&self, index: usize) -> Result<()> {
        let refuse = |found: &str, allowed: &str| {
            Err(Error::Rule {
                rule: if self.name.is_empty() { format!("#{index}") } else { self.name.clone() },
                found: found.to_owned(),
                allowed: allowed.to_owned(),
            })
        };
        if self.action.is_early() && self.when.needs_body() {
            return refuse(
                "it acts before the body is read but asks for a part, a serial or an id",
                "use at = \"before-store\", or drop these conditions",
            );
        }
        if self.when.probability.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return refuse("its probability is outside 0..1", "1 means always");
        }
        if self.when.every == Some(0) {
            return refuse("it fires every 0 requests", "1 means each");
        }
        if let Action::Status { status, .. } | Action::Answer { status, .. } = &self.action
            && !(200..=599).contains(status)
        {
            return refuse(&format!("its status is {status}"), "200 to 599");
        }
        if let Action::Hang { at: Point::MidAnswer, .. } = &self.action {
            return refuse("it hangs in the middle of an answer", "use trickle, or cut at mid-answer");
        }
        if let Action::Trickle { chunk_bytes: 0, .. } = &self.action {
            return refuse("it trickles 0 bytes at a time", "1 or more");
        }
        Ok(())
    }
}

/// Which requests a rule is for. Everything given must hold; an empty `When` fits every request to the API.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// The method, in any letter case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Pattern of the path without the query, in any letter case: `*` any text, `?` one character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Pattern of the part number, letter case counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// Pattern of the serial number, letter case counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// The report's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// Lets this many requests that fit through first.
    pub skip: u64,
    /// Fires at most this often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// Fires for each n-th request that fits, the first included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// Fires for this share of the requests that fit, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Only from this time on, milliseconds after the rule was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_ms: Option<u64>,
    /// Only before this time, milliseconds after the rule was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<u64>,
}

impl When {
    fn needs_body(&self) -> bool {
        self.part.is_some() || self.serial.is_some() || self.id.is_some()
    }
}

#[cfg(test)]
mod tests;
