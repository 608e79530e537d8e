//! Names that figures have and reports do not: of processes, products, groups, levels. All from the master data.

use serde_json::Value;

use super::super::{app, master};
use crate::product::Products;

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
    /// Where it is in several groups, the first.
    pub(super) fn of(products: &Products, part: &str) -> Self {
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let name = products.product(part).and_then(|product| text(&product, "name"));
        Self { name, group: products.groups_of(part).first().and_then(|group| text(group, "productGroupName")) }
    }
}

/// The name of a product group, by its number.
pub(super) fn group_by_id(products: &Products, id: &str) -> Option<String> {
    let is_it = |group: &&Value| group.get("productGroupId").and_then(Value::as_u64) == id.parse().ok();
    Some(products.groups().iter().find(is_it)?.get("productGroupName")?.as_str()?.to_owned())
}

/// The name of a level, by its number.
pub(super) fn level_by_id(id: &str) -> Option<&'static str> {
    app::LEVELS.iter().find(|(known, _)| id.parse() == Ok(*known)).map(|(_, name)| *name)
}
