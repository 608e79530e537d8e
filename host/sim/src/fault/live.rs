//! A script at work: counts what fits and decides what happens.

use std::time::{Duration, Instant};

use uuid::Uuid;

use super::{Action, Outage, Rule, Script, glob};
use crate::answer::{AnswerForm, RefusalForm};

/// What is known of a request when the rules are looked at.
#[derive(Debug, Default)]
pub(crate) struct Seen<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) part: Option<&'a str>,
    pub(crate) serial: Option<&'a str>,
    pub(crate) id: Option<Uuid>,
}

/// What the rules say about one request.
#[derive(Debug, Default)]
pub(crate) struct Decision {
    /// The action that ends it, with its rule's name.
    pub(crate) end: Option<(String, Action)>,
    pub(crate) delay: Duration,
    /// Bytes in a piece of the answer, and the pause before each.
    pub(crate) trickle: Option<(usize, Duration)>,
    pub(crate) answer: Option<AnswerForm>,
    pub(crate) refusal: Option<RefusalForm>,
    /// Words of all actions that fired.
    pub(crate) words: Vec<&'static str>,
}

#[derive(Debug)]
struct LiveRule {
    rule: Rule,
    /// When it was set or added: its window counts from here.
    since: Instant,
    fitted: u64,
    fired: u64,
    draws: SplitMix,
}

/// A time in which a rule is in force and which has an end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) name: String,
    pub(crate) begins_in: Duration,
    pub(crate) length: Duration,
}

/// The rules in force with their counts.
#[derive(Debug)]
pub(crate) struct Faults {
    rules: Vec<LiveRule>,
    seed: u64,
    set_at: Instant,
    added: u64,
    /// Planned outages that have not begun, soonest last.
    outages: Vec<Outage>,
}

impl Faults {
    /// Puts a script in force; gives the windows of its rules that have an end.
    pub(crate) fn new(script: Script, now: Instant) -> (Self, Vec<Window>) {
        let mut faults = Self { rules: Vec::new(), seed: script.seed, set_at: now, added: 0, outages: script.outages };
        faults.outages.sort_by_key(|outage| std::cmp::Reverse(outage.from_ms));
        let windows = faults.add(script.rules, now);
        (faults, windows)
    }

    /// Adds rules behind those in force; gives their windows that have an end.
    pub(crate) fn add(&mut self, rules: Vec<Rule>, now: Instant) -> Vec<Window> {
        let mut windows = Vec::new();
        for mut rule in rules {
            if rule.name.is_empty() {
                rule.name = format!("#{}", self.added);
            }
            let draws = SplitMix(self.seed ^ self.added.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            self.added += 1;
            if let Some(until) = rule.when.until_ms {
                let from = rule.when.from_ms.unwrap_or(0);
                windows.push(Window {
                    name: rule.name.clone(),
                    begins_in: Duration::from_millis(from),
                    length: Duration::from_millis(until.saturating_sub(from)),
                });
            }
            self.rules.push(LiveRule { rule, since: now, fitted: 0, fired: 0, draws });
        }
        windows
    }

    pub(crate) fn remove(&mut self, names: &[String]) {
        self.rules.retain(|live| !names.contains(&live.rule.name));
    }

    /// Name, requests that fitted, and requests in which it fired, for each rule.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (&str, &Action, u64, u64)> {
        self.rules.iter().map(|live| (live.rule.name.as_str(), &live.rule.action, live.fitted, live.fired))
    }

    /// When the next planned outage begins, if there is one.
    pub(crate) fn next_outage(&self) -> Option<(Instant, Duration)> {
        let next = self.outages.last()?;
        Some((self.set_at + Duration::from_millis(next.from_ms), Duration::from_millis(next.for_ms)))
    }

    pub(crate) fn outage_began(&mut self) {
        self.outages.pop();
    }

    /// Looks at the rules that act before the body is read (`early`), or at all others.
    pub(crate) fn decide(&mut self, early: bool, seen: &Seen<'_>, now: Instant) -> Decision {
        let mut decision = Decision::default();
        for live in &mut self.rules {
            let elapsed = u64::try_from(now.saturating_duration_since(live.since).as_millis()).unwrap_or(u64::MAX);
            if live.rule.action.is_early() != early || !live.fits(seen, elapsed) || !live.fires() {
                continue;
            }
            decision.words.push(live.rule.action.word());
            match &live.rule.action {
                Action::Delay { ms } => decision.delay += Duration::from_millis(*ms),
                Action::Trickle { chunk_bytes, every_ms } => {
                    decision.trickle = Some((*chunk_bytes, Duration::from_millis(*every_ms)));
                }
                Action::AnswerForm { form } => decision.answer = Some(*form),
                Action::RefusalForm { form } => decision.refusal = Some(*form),
                action => {
                    decision.end = Some((live.rule.name.clone(), action.clone()));
                    break;
                }
            }
        }
        decision
    }
}

impl LiveRule {
    fn fits(&self, seen: &Seen<'_>, elapsed_ms: u64) -> bool {
        let when = &self.rule.when;
        when.method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(seen.method))
            && when.path.as_ref().is_none_or(|pattern| glob::matches_any_case(pattern, seen.path))
            && when.part.as_ref().is_none_or(|pattern| seen.part.is_some_and(|part| glob::matches(pattern, part)))
            && when.serial.as_ref().is_none_or(|pattern| seen.serial.is_some_and(|text| glob::matches(pattern, text)))
            && when.id.is_none_or(|id| seen.id == Some(id))
            && when.from_ms.is_none_or(|from| elapsed_ms >= from)
            && when.until_ms.is_none_or(|until| elapsed_ms < until)
    }

    /// Counts a request that fits, and says whether the rule fires for it.
    fn fires(&mut self) -> bool {
        let when = &self.rule.when;
        let place = self.fitted;
        self.fitted += 1;
        let Some(past_skip) = place.checked_sub(when.skip) else { return false };
        if when.times.is_some_and(|times| self.fired >= times) {
            return false;
        }
        if when.every.is_some_and(|every| past_skip % every.max(1) != 0) {
            return false;
        }
        // The draw is made for every request that gets this far, so that a seed gives one sequence.
        if when.probability.is_some_and(|share| self.draws.unit() >= share) {
            return false;
        }
        self.fired += 1;
        true
    }
}

/// A small generator with a seed: splitmix64.
#[derive(Debug)]
struct SplitMix(u64);

impl SplitMix {
    /// A number in 0..1.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        // 32 bits are plenty for a share, and fit a double without loss.
        f64::from(u32::try_from(z >> 32).unwrap_or(u32::MAX)) / 4_294_967_296.0
    }
}
