//! How single things look on the wire.

use std::fmt;

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq as _},
};
use serde_json::Value;

use crate::{
    Extra, Timestamp,
    wsjf::clean::{clean, without_forbidden},
};

/// A thing of the report that is a JSON value.
pub(super) trait Wire {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

/// Lets serde write it.
pub(super) struct It<'a, T>(pub(super) &'a T);

impl<T: Wire> Serialize for It<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

/// Lets serde write all of them.
pub(super) struct All<'a, T>(pub(super) &'a [T]);

impl<T: Wire> Serialize for All<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(It))
    }
}

/// A text as servers take it.
pub(super) struct Clean<'a>(pub(super) &'a str);

impl Serialize for Clean<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&clean(self.0))
    }
}

/// A number; as a text when JSON has none for it.
pub(super) struct Number(pub(super) f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() { serializer.serialize_f64(self.0) } else { serializer.serialize_str(name(self.0)) }
    }
}

/// What a number is called that is none.
pub(super) fn name(number: f64) -> &'static str {
    if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// What its `Display` says, as a text.
pub(super) struct Shown<'a, T>(pub(super) &'a T);

impl<T: fmt::Display> Serialize for Shown<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

/// An unknown value: without what XML forbids, and without nulls in objects.
struct Unknown<'a>(&'a Value);

impl Serialize for Unknown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::String(text) => serializer.serialize_str(&without_forbidden(text)),
            Value::Array(values) => {
                let mut list = serializer.serialize_seq(Some(values.len()))?;
                for value in values {
                    list.serialize_element(&Unknown(value))?;
                }
                list.end()
            }
            Value::Object(object) => {
                let mut map = serializer.serialize_map(None)?;
                for (key, value) in object.iter().filter(|(_, value)| !value.is_null()) {
                    map.serialize_entry(&without_forbidden(key), &Unknown(value))?;
                }
                map.end()
            }
            other => other.serialize(serializer),
        }
    }
}

/// The keys of an object, one after the other. What is absent is not written.
///
/// The unknown keys come last. A key that was asked for before is not unknown, whether something was written under it or
/// not: what stands there in another form than servers take is written nowhere, except where [`Fields::kept_text`] says so.
pub(super) struct Fields<'a, M> {
    map: M,
    extra: &'a Extra,
    /// The keys asked for so far; gathered only where there are unknown ones.
    known: Vec<&'static str>,
}

impl<'a, M: SerializeMap> Fields<'a, M> {
    pub(super) fn new<S: Serializer<SerializeMap = M>>(serializer: S, extra: &'a Extra) -> Result<Self, S::Error> {
        Ok(Self { map: serializer.serialize_map(None)?, extra, known: Vec::new() })
    }

    /// Keys that are known and not sent.
    pub(super) fn never(&mut self, keys: &[&'static str]) {
        if !self.extra.is_empty() {
            self.known.extend(keys);
        }
    }

    pub(super) fn put(&mut self, key: &'static str, value: &(impl Serialize + ?Sized)) -> Result<(), M::Error> {
        self.never(&[key]);
        self.map.serialize_entry(key, value)
    }

    /// Whether a text that says something is kept among the unknown keys.
    pub(super) fn has_kept_text(&self, key: &str) -> bool {
        matches!(self.extra.get(key), Some(Value::String(text)) if !clean(text).is_empty())
    }

    /// A text that was kept among the unknown keys, where the known form was not found.
    pub(super) fn kept_text(&mut self, key: &'static str) -> Result<(), M::Error> {
        match self.extra.get(key) {
            Some(Value::String(text)) if self.has_kept_text(key) => self.text(key, text),
            _ => {
                self.never(&[key]);
                Ok(())
            }
        }
    }

    pub(super) fn text(&mut self, key: &'static str, text: &str) -> Result<(), M::Error> {
        self.put(key, &Clean(text))
    }

    /// A text that says something.
    pub(super) fn text_if(&mut self, key: &'static str, text: Option<&String>) -> Result<(), M::Error> {
        match text.map(|text| clean(text)) {
            Some(text) if !text.is_empty() => self.put(key, &*text),
            _ => {
                self.never(&[key]);
                Ok(())
            }
        }
    }

    pub(super) fn put_if(&mut self, key: &'static str, value: Option<impl Serialize>) -> Result<(), M::Error> {
        self.never(&[key]);
        value.map_or(Ok(()), |value| self.map.serialize_entry(key, &value))
    }

    pub(super) fn number_if(&mut self, key: &'static str, number: Option<f64>) -> Result<(), M::Error> {
        self.put_if(key, number.map(Number))
    }

    /// A number where the wire knows no texts for the others.
    pub(super) fn finite_if(&mut self, key: &'static str, number: Option<f64>) -> Result<(), M::Error> {
        self.put_if(key, number.filter(|number| number.is_finite()))
    }

    pub(super) fn time_if(&mut self, key: &'static str, time: Option<&Timestamp>) -> Result<(), M::Error> {
        self.put_if(key, time.map(Shown))
    }

    pub(super) fn all<T: Wire>(&mut self, key: &'static str, list: &[T]) -> Result<(), M::Error> {
        self.put(key, &All(list))
    }

    /// A list with something in it.
    pub(super) fn all_if<T: Wire>(&mut self, key: &'static str, list: &[T]) -> Result<(), M::Error> {
        self.put_if(key, (!list.is_empty()).then_some(All(list)))
    }

    /// The unknown keys, and the end.
    pub(super) fn end(mut self) -> Result<M::Ok, M::Error> {
        for (key, value) in self.extra {
            let key = without_forbidden(key);
            if !value.is_null() && !self.known.iter().any(|known| *known == key) {
                self.map.serialize_entry(&key, &Unknown(value))?;
            }
        }
        self.map.end()
    }
}
