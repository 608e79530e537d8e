//! The `$filter` and `$orderby` of OData, as far as clients of WATS use them: comparisons, `in`, `contains`, `startswith`, `endswith`,
//! `any` over a list, joined by `and`, `or`, `not` and parentheses. Anything else is refused with the reason.

mod parse;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::Value;

/// A condition on the fields of an object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    /// Always so, or never.
    Constant(bool),
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Compare(String, Operator, Literal),
    /// Text functions: field, which one, text.
    Text(String, Function, String),
    /// Some element of the list in this field fits.
    Element(String, Box<Filter>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Contains,
    StartsWith,
    EndsWith,
}

/// A value as it stands in a filter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    /// Null, a boolean, a number, or a text in quotes.
    Json(Value),
    /// Without quotes: a GUID or a time.
    Bare(String),
}

impl Filter {
    /// Reads a `$filter`; nothing fits everything. `fields` are those that it may name, in any letter case.
    pub(crate) fn parse(text: &str, fields: &[&str]) -> Result<Self, String> {
        if text.trim().is_empty() { Ok(Self::Constant(true)) } else { parse::filter(text, fields) }
    }

    pub(crate) fn fits(&self, object: &Value) -> bool {
        match self {
            Self::Constant(is_so) => *is_so,
            Self::All(all) => all.iter().all(|one| one.fits(object)),
            Self::Any(any) => any.iter().any(|one| one.fits(object)),
            Self::Not(one) => !one.fits(object),
            Self::Compare(field, operator, literal) => {
                operator.holds(object.get(field).unwrap_or(&Value::Null), literal)
            }
            Self::Text(field, function, wanted) => function.holds(object.get(field).unwrap_or(&Value::Null), wanted),
            Self::Element(field, inner) => {
                let elements = object.get(field).and_then(Value::as_array);
                elements.is_some_and(|elements| elements.iter().any(|element| inner.fits(element)))
            }
        }
    }
}

impl Function {
    fn holds(self, found: &Value, wanted: &str) -> bool {
        found.as_str().is_some_and(|found| match self {
            Self::Contains => found.contains(wanted),
            Self::StartsWith => found.starts_with(wanted),
            Self::EndsWith => found.ends_with(wanted),
        })
    }
}

impl Operator {
    fn holds(self, found: &Value, wanted: &Literal) -> bool {
        let order = match wanted {
            Literal::Json(wanted) => compare(found, wanted),
            Literal::Bare(wanted) => found.as_str().and_then(|found| compare_bare(found, wanted)),
        };
        match self {
            Self::Eq => order == Some(Ordering::Equal),
            Self::Ne => order != Some(Ordering::Equal),
            Self::Gt => order == Some(Ordering::Greater),
            Self::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            Self::Lt => order == Some(Ordering::Less),
            Self::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        }
    }
}

/// None where the two cannot be compared.
fn compare(found: &Value, wanted: &Value) -> Option<Ordering> {
    match (found, wanted) {
        (Value::Number(found), Value::Number(wanted)) => found.as_f64()?.partial_cmp(&wanted.as_f64()?),
        (Value::String(found), Value::String(wanted)) => Some(found.cmp(wanted)),
        (found, wanted) => (found == wanted).then_some(Ordering::Equal),
    }
}

/// Times by what they mean, ids without regard to letter case.
fn compare_bare(found: &str, wanted: &str) -> Option<Ordering> {
    match (found.parse::<Timestamp>(), wanted.parse::<Timestamp>()) {
        (Ok(found), Ok(wanted)) => Some(found.cmp(&wanted)),
        _ => found.eq_ignore_ascii_case(wanted).then_some(Ordering::Equal),
    }
}

/// An `$orderby`: fields, the first of which decides; nothing leaves the order as it is.
#[derive(Debug, PartialEq)]
pub(crate) struct Order(Vec<(String, bool)>);

impl Order {
    pub(crate) fn parse(text: &str, fields: &[&str]) -> Result<Self, String> {
        let terms = text.split(',').map(str::trim).filter(|term| !term.is_empty());
        let term = |term: &str| {
            let mut words = term.split_whitespace();
            let field = parse::field_of(words.next().unwrap_or_default(), fields)?;
            let is_descending = match words.next() {
                None => false,
                Some(word) if word.eq_ignore_ascii_case("asc") => false,
                Some(word) if word.eq_ignore_ascii_case("desc") => true,
                Some(word) => return Err(format!("$orderby: found {word:?}, allowed are asc and desc")),
            };
            match words.next() {
                None => Ok((field, is_descending)),
                Some(word) => Err(format!("$orderby: found {word:?} where a comma should be")),
            }
        };
        terms.map(term).collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn sort(&self, objects: &mut [Value]) {
        objects.sort_by(|one, other| {
            let by_field = |(field, is_descending): &(String, bool)| {
                let of = |object: &Value| object.get(field).cloned().unwrap_or_default();
                let order = order_of(&of(one), &of(other));
                if *is_descending { order.reverse() } else { order }
            };
            self.0.iter().map(by_field).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
    }
}

/// What is not set comes first; times by what they mean.
fn order_of(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::String(a), Value::String(b)) => match (a.parse::<Timestamp>(), b.parse::<Timestamp>()) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            _ => a.cmp(b),
        },
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        _ => compare(one, other).unwrap_or(Ordering::Equal),
    }
}
