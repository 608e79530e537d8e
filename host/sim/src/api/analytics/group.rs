//! Grouping and sorting by dimensions.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What is asked for: names to group by, and how rows are sorted.
#[derive(Debug)]
pub(super) struct Dimensions {
    pub(super) names: Vec<String>,
    /// A name, and whether large values come first.
    order: Vec<(String, bool)>,
}

impl Dimensions {
    /// Names between semicolons, each with ` asc` or ` desc` behind it or without; `is_name` knows what can be grouped by, and
    /// `figures` are what can only be sorted by.
    pub(super) fn parse(text: &str, is_name: impl Fn(&str) -> bool, figures: &[&str]) -> Result<Self, String> {
        let mut parsed = Self { names: Vec::new(), order: Vec::new() };
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, order) = part.split_once(' ').map_or((part, None), |(name, order)| (name, Some(order.trim())));
            match order {
                None => {}
                Some("asc") => parsed.order.push((name.to_owned(), false)),
                Some("desc") => parsed.order.push((name.to_owned(), true)),
                Some(other) => {
                    return Err(format!("dimensions: found {other:?} behind {name}, allowed are asc and desc"));
                }
            }
            if figures.contains(&name) {
                continue;
            }
            if !is_name(name) {
                return Err(format!("dimensions: {name:?} is not known to this simulated server"));
            }
            parsed.names.push(name.to_owned());
        }
        Ok(parsed)
    }

    /// Sorted by what comes first, then by the next; rows that are the same in all stay in the order of their groups.
    pub(super) fn sort(&self, rows: &mut [Row]) {
        rows.sort_by(|a, b| {
            let field = |row: &Row, name: &str| row.get(name).cloned().unwrap_or_default();
            let by = |(name, descending): &(String, bool)| {
                let order = compare(&field(a, name), &field(b, name));
                if *descending { order.reverse() } else { order }
            };
            self.order.iter().map(by).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
    }
}

/// A row of an answer.
pub(super) type Row = Map<String, Value>;

/// Null first, then numbers, then texts.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) if b.is_null() => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => compare(b, a).reverse(),
        (None, None) => a.as_str().cmp(&b.as_str()),
    }
}

/// Things that are the same in these values, together, in the order of the values.
pub(super) fn grouped<T>(things: impl IntoIterator<Item = (Vec<Value>, T)>) -> Vec<(Vec<Value>, Vec<T>)> {
    let mut groups: BTreeMap<Key, Vec<T>> = BTreeMap::new();
    for (values, thing) in things {
        groups.entry(Key(values)).or_default().push(thing);
    }
    groups.into_iter().map(|(key, things)| (key.0, things)).collect()
}

struct Key(Vec<Value>);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let differences = self.0.iter().zip(&other.0).map(|(a, b)| compare(a, b));
        differences.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

/// The beginning of a row: what its group has in common.
pub(super) fn row(names: &[String], values: Vec<Value>) -> Row {
    names.iter().cloned().zip(values).collect()
}

/// A count as a number to calculate with.
pub(super) fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// In percent; none of nothing.
pub(super) fn percent(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| real(part) * 100.0 / real(whole))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_are_sorted_by_the_first_dimension_that_says_how_then_by_the_next() {
        let parsed = Dimensions::parse("n desc;a; b asc", |name| name != "n", &["n"]).unwrap();
        assert_eq!(parsed.names, ["a", "b"]);
        let rows =
            [json!({"n": 1, "b": "y"}), json!({"n": 10, "b": "z"}), json!({"n": 10, "b": "x"}), json!({"n": null})];
        let mut rows: Vec<Row> = rows.into_iter().map(|row| row.as_object().unwrap().clone()).collect();
        parsed.sort(&mut rows);
        let order: Vec<_> = rows.iter().map(|row| row.get("b").and_then(Value::as_str).unwrap_or("-")).collect();
        assert_eq!(order, ["x", "z", "y", "-"]);
        assert!(Dimensions::parse("a sideways", |_| true, &[]).is_err());
        assert!(Dimensions::parse("a", |_| false, &[]).is_err());
    }

    #[test]
    fn numbers_are_grouped_as_numbers_and_nothing_is_a_group_too() {
        let things =
            [json!(10), json!("10"), json!(null), json!(9), json!(10.0)].map(|value| (vec![value.clone()], value));
        let groups: Vec<_> = grouped(things).into_iter().map(|(key, things)| (key[0].clone(), things.len())).collect();
        assert_eq!(groups, [(json!(null), 1), (json!(9), 1), (json!(10), 2), (json!("10"), 1)]);
    }
}
