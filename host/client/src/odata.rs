//! Filters in the query language of the API (OData), with every literal escaped.
//!
//! ```
//! use wats_client::odata::{Filter, field};
//!
//! let filter = field("partNumber").eq("O'Brien").and(field("result").ne("P"));
//! assert_eq!(filter.to_string(), "partNumber eq 'O''Brien' and result ne 'P'");
//! ```

mod order;

use std::fmt::{self, Write as _};

use jiff::Timestamp;
use uuid::Uuid;

pub use self::order::Order;

/// A condition. It prints as the API reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    text: String,
    is_or: bool,
}

/// Begins a condition on a field, by the name that the API has for it, such as `partNumber` or `subUnits/partNumber`.
pub fn field(name: &str) -> Field {
    Field(name.to_owned())
}

/// A field to compare. Made by [`field`].
#[derive(Debug, Clone)]
pub struct Field(String);

/// A value as it stands in a filter.
pub trait Literal {
    /// Written so, escaped.
    fn into_literal(self) -> String;
}

impl Literal for &str {
    fn into_literal(self) -> String {
        format!("'{}'", self.replace('\'', "''"))
    }
}

impl Literal for String {
    fn into_literal(self) -> String {
        self.as_str().into_literal()
    }
}

impl Literal for Uuid {
    fn into_literal(self) -> String {
        self.hyphenated().to_string()
    }
}

impl Literal for Timestamp {
    /// In UTC, to the second, as the API reads dates.
    fn into_literal(self) -> String {
        self.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}

macro_rules! bare {
    ($($kind:ty),*) => {
        $(impl Literal for $kind {
            fn into_literal(self) -> String {
                self.to_string()
            }
        })*
    };
}
bare!(bool, i32, i64, u32, u64);

impl Literal for f64 {
    fn into_literal(self) -> String {
        // 5 is an integer there, and so is not equal to 5.0 everywhere.
        format!("{self:?}")
    }
}

impl Field {
    fn compare(self, operator: &str, value: impl Literal) -> Filter {
        self.compare_to(operator, &value.into_literal())
    }

    fn compare_to(self, operator: &str, literal: &str) -> Filter {
        Filter { text: format!("{} {operator} {literal}", self.0), is_or: false }
    }

    fn call(self, function: &str, text: &str) -> Filter {
        Filter { text: format!("{function}({},{})", self.0, text.into_literal()), is_or: false }
    }

    /// Equal.
    #[must_use]
    pub fn eq(self, value: impl Literal) -> Filter {
        self.compare("eq", value)
    }

    /// Not equal.
    #[must_use]
    pub fn ne(self, value: impl Literal) -> Filter {
        self.compare("ne", value)
    }

    /// Greater.
    #[must_use]
    pub fn gt(self, value: impl Literal) -> Filter {
        self.compare("gt", value)
    }

    /// Greater or equal.
    #[must_use]
    pub fn ge(self, value: impl Literal) -> Filter {
        self.compare("ge", value)
    }

    /// Less.
    #[must_use]
    pub fn lt(self, value: impl Literal) -> Filter {
        self.compare("lt", value)
    }

    /// Less or equal.
    #[must_use]
    pub fn le(self, value: impl Literal) -> Filter {
        self.compare("le", value)
    }

    /// Without a value.
    #[must_use]
    pub fn is_null(self) -> Filter {
        self.compare_to("eq", "null")
    }

    /// Contains a text.
    #[must_use]
    pub fn contains(self, text: &str) -> Filter {
        self.call("contains", text)
    }

    /// Begins with a text.
    #[must_use]
    pub fn starts_with(self, text: &str) -> Filter {
        self.call("startswith", text)
    }

    /// Ends with a text.
    #[must_use]
    pub fn ends_with(self, text: &str) -> Filter {
        self.call("endswith", text)
    }

    /// Equal to one of these. Of none it is never true.
    #[must_use]
    pub fn one_of<T: Literal>(self, values: impl IntoIterator<Item = T>) -> Filter {
        let mut text = String::new();
        let mut count = 0;
        for value in values {
            if count > 0 {
                text.push_str(" or ");
            }
            // Writing to a String cannot fail.
            write!(text, "{} eq {}", self.0, value.into_literal()).ok();
            count += 1;
        }
        if count == 0 {
            text.push_str("false");
        }
        Filter { text, is_or: count > 1 }
    }

    /// Some element of a list fits: `make` gets the element's fields, by their names.
    #[must_use]
    pub fn any(self, make: impl FnOnce(&dyn Fn(&str) -> Field) -> Filter) -> Filter {
        let inner = make(&|name| Field(format!("x/{name}")));
        Filter { text: format!("{}/any(x: {})", self.0, inner.text), is_or: false }
    }
}

impl Filter {
    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { text: [self.into_and(), other.into_and()].join(" and "), is_or: false }
    }

    /// One of the two, or both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { text: [self.text, other.text].join(" or "), is_or: true }
    }

    /// `and` binds closer than `or`.
    fn into_and(self) -> String {
        if self.is_or { format!("({})", self.text) } else { self.text }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_value_does_not_end_it() {
        let filter = field("serialNumber").eq("x' or 'a' eq 'a");
        assert_eq!(filter.to_string(), "serialNumber eq 'x'' or ''a'' eq ''a'");
    }

    #[test]
    fn or_within_and_has_parentheses() {
        let filter = field("a").one_of(["x", "y"]).and(field("b").gt(5).or(field("b").is_null()));
        assert_eq!(filter.to_string(), "(a eq 'x' or a eq 'y') and (b gt 5 or b eq null)");
        assert_eq!(field("a").one_of::<&str>([]).to_string(), "false");
    }

    #[test]
    fn literals_are_as_the_api_reads_them() {
        let start: Timestamp = "2026-03-29T03:30:00+02:00".parse().unwrap();
        assert_eq!(field("start").ge(start).to_string(), "start ge 2026-03-29T01:30:00Z");
        let id = "0AF0C1D2-1111-4222-8333-444455556666".parse::<Uuid>().unwrap();
        assert_eq!(field("uuid").eq(id).to_string(), "uuid eq 0af0c1d2-1111-4222-8333-444455556666");
        assert_eq!(field("value").lt(5.0).and(field("ok").eq(true)).to_string(), "value lt 5.0 and ok eq true");
        let inner = field("subUnits").any(|unit| unit("partNumber").starts_with("PN'"));
        assert_eq!(inner.to_string(), "subUnits/any(x: startswith(x/partNumber,'PN'''))");
    }
}
