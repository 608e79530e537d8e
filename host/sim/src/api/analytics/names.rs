//! Names that figures have and reports do not: of processes, products, groups, levels. All from the master data.

use serde_json::Value;

use super::super::{app, master};

/// The name of a process; a code that is not known stands for itself.
pub(super) fn process(code: i64) -> String {
    let name = master::process(&code.to_string()).map(master::Process::public);
    let name = name.as_ref().and_then(|process| process.get("name")).and_then(Value::as_str);
    name.map_or_else(|| code.to_string(), str::to_owned)
}

/// What a product is called, and the group that it is in.
#[derive(Debug)]
pub(super) struct Product {
    pub(super) name: Option<String>,
    pub(super) group: Option<String>,
}

impl Product {
    /// It is in the group that its category names in the plural.
    pub(super) fn of(part: &str) -> Self {
        let product = master::product(part).map(master::Product::view).unwrap_or_default();
        let text = |key: &str| product.get(key).and_then(Value::as_str).map(str::to_owned);
        let plural = text("category").map(|category| category + "s");
        let group = plural.filter(|plural| master::GROUPS.iter().any(|(_, name)| name == plural));
        Self { name: text("name"), group }
    }
}

/// The name of a product group, by its number.
pub(super) fn group_by_id(id: &str) -> Option<&'static str> {
    by_id(&master::GROUPS, id)
}

/// The name of a level, by its number.
pub(super) fn level_by_id(id: &str) -> Option<&'static str> {
    by_id(&app::LEVELS, id)
}

fn by_id(names: &[(u32, &'static str)], id: &str) -> Option<&'static str> {
    names.iter().find(|(known, _)| id.parse() == Ok(*known)).map(|(_, name)| *name)
}
