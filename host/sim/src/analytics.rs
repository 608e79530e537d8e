//! What the analytics calls remember: only the last query about the way of units, as the real server does.

use serde_json::Value;

/// The answer to a query about the way of units.
#[derive(Debug, Default)]
pub(crate) struct UnitFlow {
    /// Places.
    pub(crate) nodes: Vec<Value>,
    /// Ways between them.
    pub(crate) links: Vec<Value>,
    pub(crate) units: Vec<Value>,
}
