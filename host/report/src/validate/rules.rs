//! Rules for single texts and numbers.

use super::sink::{Inside, Place, Sink};
use crate::{Extra, Timestamp, wsjf::clean};

/// What a text may be. Lengths are in characters, after white space and what XML forbids are gone.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextRule {
    /// Whether it has to say something.
    pub(super) required: bool,
    /// Whether it is part of addresses and searches, and may not hold what those use.
    pub(super) is_code: bool,
    /// Some client's limit.
    pub(super) warn_above: usize,
    /// The most generous limit known.
    pub(super) refuse_above: usize,
}

impl TextRule {
    /// An optional text.
    pub(super) const fn up_to(length: usize) -> Self {
        Self { required: false, is_code: false, warn_above: length, refuse_above: length }
    }

    pub(super) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    pub(super) const fn code(self) -> Self {
        Self { is_code: true, ..self }
    }

    /// A smaller limit that some client has.
    pub(super) const fn warn_above(self, length: usize) -> Self {
        Self { warn_above: length, ..self }
    }
}

/// Part and serial numbers.
pub(super) const CODE: TextRule = TextRule::up_to(100).warn_above(50).required().code();
/// Names of stations and revisions.
pub(super) const NAME: TextRule = TextRule::up_to(100).warn_above(50).required();
/// Names of which nobody has a smaller limit.
pub(super) const TITLE: TextRule = TextRule::up_to(100).required();
pub(super) const COMMENT: TextRule = TextRule::up_to(5000).warn_above(1000);
/// A text that servers cut, as far as is known.
pub(super) const fn cut_above(length: usize) -> TextRule {
    TextRule::up_to(usize::MAX).warn_above(length)
}

pub(super) fn text(sink: &mut Sink, at: &dyn Place, text: &str, rule: TextRule) {
    // The most frequent case by far: nothing to find.
    let text = clean(text);
    if text.is_empty() {
        if rule.required {
            sink.refuse(at, "missing", || format!("found nothing, allowed are 1 to {} characters", rule.refuse_above));
        }
        return;
    }
    if text.len() > rule.warn_above {
        let length = text.chars().count();
        if length > rule.refuse_above {
            sink.refuse(at, "too-long", || format!("found {length} characters, allowed are {}", rule.refuse_above));
        } else if length > rule.warn_above {
            sink.warn(at, "long", || {
                format!("found {length} characters, above {} some servers may cut or refuse it", rule.warn_above)
            });
        }
    }
    if rule.is_code && text.bytes().any(|byte| b"*%?[]^!/\\".contains(&byte)) {
        sink.refuse(at, "forbidden-character", || {
            let found: String = text.chars().filter(|&c| "*%?[]^!/\\".contains(c)).take(10).collect();
            format!("found {found} in \"{}\", allowed is all but * % ? [ ] ^ ! / \\", clip(&text))
        });
    }
}

/// The same for a text that may be absent.
pub(super) fn text_if(sink: &mut Sink, at: &dyn Place, value: Option<&String>, rule: TextRule) {
    text(sink, at, value.map_or("", String::as_str), rule);
}

/// Seconds.
pub(super) fn seconds(sink: &mut Sink, at: &dyn Place, seconds: Option<f64>) {
    let Some(seconds) = seconds else { return };
    if !seconds.is_finite() {
        sink.refuse_to_send(at, "not-finite", || format!("found {seconds}, allowed is a number of seconds"));
    } else if seconds < 0.0 {
        sink.warn(at, "negative", || format!("found {seconds} seconds, expected are 0 or more"));
    }
}

/// A time that servers need, with its offset.
pub(super) fn needed_time(sink: &mut Sink, at: &dyn Place, time: Option<&Timestamp>) {
    let Some(time) = time else {
        if sink.is_submission() {
            sink.refuse(at, "missing", || "found nothing, allowed is a time with its offset from UTC".to_owned());
        }
        return;
    };
    if time.offset().is_none() && sink.is_submission() {
        sink.refuse(at, "no-offset", || {
            format!("found {time} without an offset from UTC, allowed is one such as {time}+01:00")
        });
    }
    if time.is_before_1970() {
        sink.refuse_to_send(at, "before-1970", || {
            format!("found {time}, allowed is 1970 and later; was the tester's clock set?")
        });
    }
}

/// Where keys that were not understood are kept, and that is worth a word.
pub(super) fn kept_key(sink: &mut Sink, at: &dyn Place, extra: &Extra, key: &'static str, expected: &str) {
    if !extra.is_empty() && extra.contains_key(key) {
        sink.warn(&Inside(at, &key), "unusual-form", || {
            format!("found something else than {expected}; it is sent as it is")
        });
    }
}

/// What was read and is not sent.
pub(super) fn not_sent(sink: &mut Sink, at: &dyn Place, extra: &Extra, key: &'static str, what: &str) {
    if !extra.is_empty() && extra.contains_key(key) {
        sink.warn(&Inside(at, &key), "not-sent", || format!("found {what}; it is not sent"));
    }
}

/// The first 60 characters, on one line.
pub(super) fn clip(text: &str) -> String {
    text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
