//! The order of a list (`$orderby`).

use std::fmt;

use super::Field;

/// In which order a list comes. Made from a [`field`](super::field).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order(String);

impl Field {
    /// The smallest, or earliest, first.
    pub fn ascending(self) -> Order {
        Order(self.0)
    }

    /// The largest, or latest, first.
    pub fn descending(self) -> Order {
        Order(self.0 + " desc")
    }
}

impl Order {
    /// Among equals, by another field.
    #[must_use]
    pub fn then(self, other: Self) -> Self {
        Self([self.0, other.0].join(","))
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::field;

    #[test]
    fn an_order_is_by_one_field_after_the_other() {
        let order = field("state").ascending().then(field("lastSeenDate").descending());
        assert_eq!(order.to_string(), "state,lastSeenDate desc");
    }
}
