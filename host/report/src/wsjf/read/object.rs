//! A JSON object of which keys are taken one by one, and what is wrong with a value of one of them.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{Extra, ReadError, Status, Timestamp};

/// A place in a document, kept on the stack and written down only for an error.
#[derive(Debug, Clone, Copy)]
pub(in crate::wsjf) struct At<'a> {
    parent: Option<&'a At<'a>>,
    segment: Segment,
}

#[derive(Debug, Clone, Copy)]
enum Segment {
    Top,
    Key(&'static str),
    Index(usize),
}

impl At<'_> {
    pub(in crate::wsjf) const TOP: At<'static> = At { parent: None, segment: Segment::Top };

    pub(in crate::wsjf) fn key(&self, key: &'static str) -> At<'_> {
        At { parent: Some(self), segment: Segment::Key(key) }
    }

    pub(in crate::wsjf) fn index(&self, index: usize) -> At<'_> {
        At { parent: Some(self), segment: Segment::Index(index) }
    }

    fn pointer(&self) -> String {
        let mut pointer = self.parent.map(At::pointer).unwrap_or_default();
        match self.segment {
            Segment::Top => {}
            Segment::Key(key) => {
                pointer.push('/');
                pointer.push_str(key);
            }
            Segment::Index(index) => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
        }
        pointer
    }

    /// A JSON pointer, and `/` for the whole document.
    pub(super) fn place(&self) -> String {
        let mut place = self.pointer();
        if place.is_empty() {
            place.push('/');
        }
        place
    }

    /// An error here.
    pub(super) fn wrong(&self, found: impl Into<String>, allowed: impl Into<String>) -> ReadError {
        ReadError::Form { place: self.place(), found: found.into(), allowed: allowed.into() }
    }
}

/// An object whose keys are taken one by one. What is left in the end is unknown, and kept.
pub(super) struct Object<'a> {
    map: Map<String, Value>,
    pub(super) at: &'a At<'a>,
}

impl<'a> Object<'a> {
    pub(super) fn from_value(value: Value, at: &'a At<'a>) -> Result<Self, ReadError> {
        match value {
            Value::Object(map) => Ok(Self { map, at }),
            other => Err(at.wrong(describe(&other), "an object")),
        }
    }

    pub(super) fn wrong(&self, key: &'static str, found: impl Into<String>, allowed: impl Into<String>) -> ReadError {
        self.at.key(key).wrong(found, allowed)
    }

    /// Whether the key is there with something in it.
    pub(super) fn has(&self, key: &str) -> bool {
        self.map.get(key).is_some_and(|value| !value.is_null())
    }

    /// Takes a value; null is none.
    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        self.map.remove(key).filter(|value| !value.is_null())
    }

    /// Puts a value back, for the unknown ones.
    pub(super) fn keep(&mut self, key: &str, value: Value) {
        self.map.insert(key.to_owned(), value);
    }

    /// A text, trimmed.
    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<String>, ReadError> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(trimmed(text))),
            Some(other) => Err(self.wrong(key, describe(&other), "a text")),
        }
    }

    /// A text that says something: a blank one is none.
    pub(super) fn solid_text(&mut self, key: &'static str) -> Result<Option<String>, ReadError> {
        Ok(self.text(key)?.filter(|text| !text.is_empty()))
    }

    /// Leaves a text where it is, and complains about anything else.
    pub(super) fn leave_text(&mut self, key: &'static str) -> Result<(), ReadError> {
        if let Some(text) = self.text(key)? {
            self.keep(key, Value::String(text));
        }
        Ok(())
    }

    /// A whole number, also as `100.0` or `"100"`.
    pub(super) fn int(&mut self, key: &'static str) -> Result<Option<i64>, ReadError> {
        let Some(value) = self.take(key) else { return Ok(None) };
        match &value {
            Value::String(text) if text.trim().is_empty() => Ok(None),
            value => match as_int(value) {
                Some(number) => Ok(Some(number)),
                None => Err(self.wrong(key, describe(value), "a whole number")),
            },
        }
    }

    /// A number, also as text; `NaN`, `Infinity` and `-Infinity` are numbers.
    pub(super) fn float(&mut self, key: &'static str) -> Result<Option<f64>, ReadError> {
        let Some(value) = self.take(key) else { return Ok(None) };
        match &value {
            Value::String(text) if text.trim().is_empty() => Ok(None),
            value => match as_float(value) {
                Some(number) => Ok(Some(number)),
                None => Err(self.wrong(key, describe(value), "a number, \"NaN\", \"Infinity\" or \"-Infinity\"")),
            },
        }
    }

    pub(super) fn boolean(&mut self, key: &'static str) -> Result<Option<bool>, ReadError> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(other) => Err(self.wrong(key, describe(&other), "true or false")),
        }
    }

    pub(super) fn status(&mut self, key: &'static str) -> Result<Option<Status>, ReadError> {
        let Some(text) = self.solid_text(key)? else { return Ok(None) };
        match Status::parse(&text) {
            Some(status) => Ok(Some(status)),
            None => Err(self.wrong(key, format!("\"{}\"", clip(&text)), "one of P F D S E T")),
        }
    }

    pub(super) fn timestamp(&mut self, key: &'static str) -> Result<Option<Timestamp>, ReadError> {
        let Some(text) = self.solid_text(key)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            self.wrong(key, format!("\"{}\"", clip(&text)), "a time such as 2026-05-04T08:15:30.250+02:00")
        })
    }

    pub(super) fn guid(&mut self, key: &'static str) -> Result<Option<Uuid>, ReadError> {
        let Some(text) = self.solid_text(key)? else { return Ok(None) };
        Uuid::try_parse(&text).map(Some).map_err(|_| {
            self.wrong(key, format!("\"{}\"", clip(&text)), "a GUID such as 0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a001")
        })
    }

    /// A list, each element by a function. Null elements are left out.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        element: impl Fn(Object<'_>) -> Result<T, ReadError>,
    ) -> Result<Vec<T>, ReadError> {
        let values = match self.take(key) {
            None => return Ok(Vec::new()),
            Some(Value::Array(values)) => values,
            Some(other) => return Err(self.wrong(key, describe(&other), "an array")),
        };
        let at = self.at.key(key);
        let mut list = Vec::with_capacity(values.len());
        for (index, value) in values.into_iter().enumerate().filter(|(_, value)| !value.is_null()) {
            list.push(element(Object::from_value(value, &at.index(index))?)?);
        }
        Ok(list)
    }

    /// An object inside this one, by a function.
    pub(super) fn object<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(Object<'_>) -> Result<T, ReadError>,
    ) -> Result<Option<T>, ReadError> {
        match self.take(key) {
            None => Ok(None),
            Some(value) => read(Object::from_value(value, &self.at.key(key))?).map(Some),
        }
    }

    /// What was not taken.
    pub(super) fn rest(mut self) -> Extra {
        self.map.retain(|_, value| !value.is_null());
        self.map
    }
}

fn trimmed(text: String) -> String {
    let length = text.trim().len();
    if length == text.len() { text } else { text.trim().to_owned() }
}

pub(super) fn as_int(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A float that is a whole number which a float can tell from its neighbours.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

pub(super) fn as_float(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A value in a few words.
pub(super) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the text \"{}\"", clip(text)),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// The first 60 characters.
pub(super) fn clip(text: &str) -> &str {
    match text.char_indices().nth(60) {
        Some((end, _)) => text.get(..end).unwrap_or(text),
        None => text,
    }
}
