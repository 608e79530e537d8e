//! What the simulated server knows of a factory beside reports: units, batches, serial numbers. In memory, as the JSON that it
//! was given.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::object::merge;

/// Serial and part number of a unit.
type Key = (String, String);

/// The factory as it is now.
#[derive(Debug, Default)]
pub(crate) struct Factory {
    units: BTreeMap<Key, Map<String, Value>>,
    parents: BTreeMap<Key, Key>,
    history: BTreeMap<Key, Vec<Value>>,
    changes: Vec<Value>,
    batches: BTreeMap<String, Value>,
    /// Taken serial numbers with the unit that they are for, by kind.
    taken: BTreeMap<String, Vec<(String, Option<Key>)>>,
    /// Serial numbers that were handed in and not taken yet, by kind.
    free: BTreeMap<String, Vec<String>>,
}

impl Factory {
    /// Creates or updates a unit; none without its two numbers.
    pub(crate) fn save_unit(&mut self, unit: &Value) -> Option<Value> {
        let text = |name: &str| unit.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let key = (text("serialNumber")?.to_owned(), text("partNumber")?.to_owned());
        let known = self.units.entry(key).or_insert_with(|| {
            json!({ "unitPhaseId": 2, "unitPhase": "Under production" }).as_object().cloned().unwrap_or_default()
        });
        merge(known, unit.as_object()?, &[]);
        Some(Value::Object(known.clone()))
    }

    /// A unit with its parts.
    pub(crate) fn unit(&self, serial: &str, part: &str) -> Option<Value> {
        let key = (serial.to_owned(), part.to_owned());
        let mut unit = self.units.get(&key)?.clone();
        let parts: Vec<_> = self.children(&key).filter_map(|(serial, part)| self.unit(serial, part)).collect();
        unit.insert("subUnits".into(), parts.into());
        if let Some((parent, _)) = self.parents.get(&key) {
            unit.insert("parentSerialNumber".into(), parent.as_str().into());
        }
        Some(Value::Object(unit))
    }

    /// A unit by its serial number alone.
    pub(crate) fn unit_of(&self, serial: &str) -> Option<Value> {
        let (serial, part) = self.units.keys().find(|(known, _)| known == serial)?;
        self.unit(serial, part)
    }

    /// A unit by the id that it was saved with.
    pub(crate) fn unit_with_id(&self, id: &str) -> Option<&Map<String, Value>> {
        let is_it = |unit: &&Map<String, Value>| {
            unit.get("unitId").and_then(Value::as_str).is_some_and(|known| known.eq_ignore_ascii_case(id))
        };
        self.units.values().find(is_it)
    }

    fn children<'a>(&'a self, parent: &'a Key) -> impl Iterator<Item = &'a Key> {
        self.parents.iter().filter(move |(_, of)| *of == parent).map(|(child, _)| child)
    }

    /// Changes fields of a unit, and keeps what it was in its history.
    pub(crate) fn change_unit(&mut self, serial: &str, part: &str, fields: Value) -> bool {
        let key = (serial.to_owned(), part.to_owned());
        let Some(unit) = self.units.get_mut(&key) else { return false };
        merge(unit, crate::object::fields_of(&fields), &[]);
        self.history.entry(key).or_default().push(fields);
        true
    }

    pub(crate) fn history(&self, serial: &str, part: &str) -> Vec<Value> {
        self.history.get(&(serial.to_owned(), part.to_owned())).cloned().unwrap_or_default()
    }

    /// Builds a unit into another; the text says why not.
    pub(crate) fn add_child(&mut self, parent: Key, child: Key) -> Result<(), String> {
        for key in [&parent, &child] {
            if !self.units.contains_key(key) {
                return Err(format!("there is no unit {:?} of {:?}", key.0, key.1));
            }
        }
        if parent == child || self.is_within(&parent, &child) {
            return Err("a unit cannot be a part of itself".to_owned());
        }
        if let Some((other, _)) = self.parents.get(&child).filter(|other| **other != parent) {
            return Err(format!("the unit is a part of {other:?}"));
        }
        self.parents.insert(child, parent);
        Ok(())
    }

    fn is_within(&self, unit: &Key, whole: &Key) -> bool {
        let mut above = unit;
        while let Some(next) = self.parents.get(above) {
            if next == whole {
                return true;
            }
            above = next;
        }
        false
    }

    /// True if it was a part of it.
    pub(crate) fn remove_child(&mut self, parent: &Key, child: &Key) -> bool {
        self.parents.get(child) == Some(parent) && self.parents.remove(child).is_some()
    }

    pub(crate) fn remove_children(&mut self, parent: &Key) -> usize {
        let before = self.parents.len();
        self.parents.retain(|_, of| of != parent);
        before - self.parents.len()
    }

    pub(crate) fn changes(&self) -> &[Value] {
        &self.changes
    }

    pub(crate) fn delete_change(&mut self, id: &str) -> bool {
        let before = self.changes.len();
        self.changes.retain(|change| change.get("id").and_then(Value::as_i64) != id.parse().ok());
        before > self.changes.len()
    }

    /// A batch is known by its number.
    pub(crate) fn save_batch(&mut self, batch: &Value) -> Option<Value> {
        let number = batch.get("batchNumber")?.as_str()?.to_owned();
        self.batches.insert(number, batch.clone());
        Some(batch.clone())
    }

    pub(crate) fn batches(&self) -> impl Iterator<Item = &Value> {
        self.batches.values()
    }

    /// Takes numbers, those that were handed in first.
    pub(crate) fn take(&mut self, kind: &str, quantity: usize, unit: Option<&Key>) -> Vec<String> {
        let taken = self.taken.entry(kind.to_owned()).or_default();
        let free = self.free.entry(kind.to_owned()).or_default();
        let mut numbers: Vec<String> = free.drain(..quantity.min(free.len())).collect();
        while numbers.len() < quantity {
            numbers.push(format!("{kind}-{:06}", taken.len() + numbers.len() + 1));
        }
        taken.extend(numbers.iter().map(|number| (number.clone(), unit.cloned())));
        numbers
    }

    pub(crate) fn taken(&self, kind: &str) -> &[(String, Option<Key>)] {
        self.taken.get(kind).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn free(&self, kind: &str) -> &[String] {
        self.free.get(kind).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn hand_in(&mut self, kind: &str, numbers: impl IntoIterator<Item = String>) {
        self.free.entry(kind.to_owned()).or_default().extend(numbers);
    }

    pub(crate) fn remove_free(&mut self, kind: &str, from: &str, to: &str) -> usize {
        let Some(free) = self.free.get_mut(kind) else { return 0 };
        let before = free.len();
        free.retain(|number| number.as_str() < from || number.as_str() > to);
        before - free.len()
    }
}
