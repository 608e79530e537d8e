//! Tables of fields, and the walk that holds an object against a table.

use serde_json::{Map, Value};

use super::text::{self, Form};
use super::{MAX_PROBLEMS, Problem};

/// Where in the report the check is. Lives on the stack; becomes text only when a problem is found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    up: Option<&'a Place<'a>>,
    part: Part<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Part<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    pub(super) const ROOT: Place<'static> = Place { up: None, part: Part::Root };

    pub(super) fn key(&'a self, key: &'a str) -> Self {
        Self { up: Some(self), part: Part::Key(key) }
    }

    pub(super) fn index(&'a self, index: usize) -> Self {
        Self { up: Some(self), part: Part::Index(index) }
    }

    fn write(&self, into: &mut String) {
        if let Some(up) = self.up {
            up.write(into);
        }
        match self.part {
            Part::Root => {}
            Part::Key(key) => {
                if !into.is_empty() {
                    into.push('.');
                }
                into.push_str(key);
            }
            Part::Index(index) => into.extend(["[", index.to_string().as_str(), "]"]),
        }
    }
}

/// The problems found so far.
#[derive(Debug, Default)]
pub(super) struct Found {
    problems: Vec<Problem>,
    unlisted: usize,
}

impl Found {
    pub(super) fn add(&mut self, place: &Place<'_>, message: impl Into<String>) {
        if self.problems.len() >= MAX_PROBLEMS {
            self.unlisted += 1;
            return;
        }
        let mut path = String::new();
        place.write(&mut path);
        self.problems.push(Problem { path, message: message.into() });
    }

    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        if self.unlisted > 0 {
            let message = format!("{} more problems are not listed", self.unlisted);
            self.problems.push(Problem { path: String::new(), message });
        }
        self.problems
    }
}

/// A check that a table cannot express.
pub(super) type Check = fn(&Value, &Place<'_>, &mut Found);

/// What a field may hold.
pub(super) enum Kind {
    Text {
        min: usize,
        max: usize,
        form: Form,
    },
    Word(&'static [&'static str]),
    Boolean,
    Integer,
    IntegerOrText,
    Number,
    /// A number, or a text that stands for one (`NaN`, `Infinity`, `-Infinity`, or digits).
    NumberOrText,
    /// A number, or any text.
    NumberOrAnyText,
    Object(&'static [Field]),
    /// An array of objects; with `true` some of them may be null.
    List(&'static [Field], bool),
    Integers,
    AnyList,
    /// Anything but null, for a field whose form is checked elsewhere.
    Present,
    Custom(Check),
}

/// One field of a table.
pub(super) struct Field {
    key: &'static str,
    need: bool,
    null: bool,
    kind: Kind,
}

/// A field that must be there and may not be null.
pub(super) const fn need(key: &'static str, kind: Kind) -> Field {
    Field { key, need: true, null: false, kind }
}

/// A field that may be left out but may not be null.
pub(super) const fn may(key: &'static str, kind: Kind) -> Field {
    Field { key, need: false, null: false, kind }
}

/// A field that may be left out or be null.
pub(super) const fn null(key: &'static str, kind: Kind) -> Field {
    Field { key, need: false, null: true, kind }
}

pub(super) const fn text(min: usize, max: usize, form: Form) -> Kind {
    Kind::Text { min, max, form }
}

/// Any text of at most `max` characters.
pub(super) const fn upto(max: usize) -> Kind {
    Kind::Text { min: 0, max, form: Form::Any }
}

/// Any text of any length.
pub(super) const ANY: Kind = upto(usize::MAX);

pub(super) fn check_fields(map: &Map<String, Value>, place: &Place<'_>, table: &[Field], found: &mut Found) {
    for field in table {
        let here = place.key(field.key);
        match map.get(field.key) {
            None if field.need => found.add(&here, "is missing"),
            None => {}
            Some(Value::Null) if field.null => {}
            Some(value) => check_value(value, &here, &field.kind, found),
        }
    }
}

pub(super) fn check_object(value: &Value, place: &Place<'_>, table: &[Field], found: &mut Found) {
    match value.as_object() {
        Some(map) => check_fields(map, place, table, found),
        None => wrong(value, place, "an object", found),
    }
}

fn check_value(value: &Value, place: &Place<'_>, kind: &Kind, found: &mut Found) {
    match kind {
        Kind::Text { min, max, form } => match value.as_str() {
            Some(found_text) => check_text(found_text, place, *min, *max, *form, found),
            None => wrong(value, place, "a string", found),
        },
        Kind::Word(words) => {
            if !value.as_str().is_some_and(|word| words.contains(&word)) {
                wrong(value, place, &format!("one of {}", words.join(" ")), found);
            }
        }
        Kind::Boolean => expect(value.is_boolean(), value, place, "true or false", found),
        Kind::Integer => expect(is_integer(value), value, place, "an integer", found),
        Kind::IntegerOrText => {
            expect(is_integer(value) || value.is_string(), value, place, "an integer or a string", found);
        }
        Kind::Number => expect(value.is_number(), value, place, "a number", found),
        Kind::NumberOrText => match value.as_str() {
            Some(written) if !text::is_number(written) => {
                wrong(value, place, "a number, or \"NaN\", \"Infinity\", \"-Infinity\"", found);
            }
            Some(_) => {}
            None => expect(value.is_number(), value, place, "a number", found),
        },
        Kind::NumberOrAnyText => {
            expect(value.is_number() || value.is_string(), value, place, "a number or a string", found);
        }
        Kind::Object(table) => check_object(value, place, table, found),
        Kind::List(table, nulls) => each(value, place, found, |item, here, found| {
            if !(*nulls && item.is_null()) {
                check_object(item, here, table, found);
            }
        }),
        Kind::Integers => each(value, place, found, |item, here, found| {
            expect(is_integer(item), item, here, "an integer", found);
        }),
        Kind::AnyList => expect(value.is_array(), value, place, "an array", found),
        Kind::Present => expect(!value.is_null(), value, place, "a value", found),
        Kind::Custom(check) => check(value, place, found),
    }
}

fn check_text(value: &str, place: &Place<'_>, min: usize, max: usize, form: Form, found: &mut Found) {
    // Bytes are never fewer than characters, so the usual short text need not be counted.
    if value.len() > max && value.chars().count() > max {
        found.add(place, format!("has {} characters, allowed are at most {max}", value.chars().count()));
    }
    if value.len() < min {
        found.add(place, format!("is empty, {min} or more characters are needed"));
    } else if let Some(problem) = text::problem_of(value, form) {
        found.add(place, problem);
    }
    if let Some(character) = value.chars().find(|c| text::is_illegal(*c)) {
        let code = u32::from(character);
        found.add(place, format!("holds U+{code:04X}, which cannot be written as XML; leave it out"));
    }
}

/// Calls `check` for each item of an array; anything else is a problem.
pub(super) fn each(
    value: &Value,
    place: &Place<'_>,
    found: &mut Found,
    mut check: impl FnMut(&Value, &Place<'_>, &mut Found),
) {
    let Some(items) = value.as_array() else {
        wrong(value, place, "an array", found);
        return;
    };
    for (index, item) in items.iter().enumerate() {
        check(item, &place.index(index), found);
    }
}

pub(super) fn expect(holds: bool, value: &Value, place: &Place<'_>, allowed: &str, found: &mut Found) {
    if !holds {
        wrong(value, place, allowed, found);
    }
}

pub(super) fn wrong(value: &Value, place: &Place<'_>, allowed: &str, found: &mut Found) {
    found.add(place, format!("found {}, allowed is {allowed}", show(value)));
}

/// A number without a fraction, however it is written: the schema takes `1.0` as an integer.
pub(super) fn is_integer(value: &Value) -> bool {
    value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A value as it is shown in a message: short ones themselves, others by their kind.
pub(super) fn show(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Object(_) => kind_of(value).to_owned(),
        Value::String(text) if text.chars().count() > 40 => {
            format!("\"{}...\"", text.chars().take(37).collect::<String>())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}
