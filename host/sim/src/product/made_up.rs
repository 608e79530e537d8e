//! The products of the made-up factory.

use serde_json::json;

use uuid::Uuid;

use super::Products;

/// Part number, name, category, without serial numbers, in use, revisions.
type MadeUp = (&'static str, &'static str, &'static str, bool, bool, &'static [&'static str]);

const PRODUCTS: [MadeUp; 5] = [
    ("LAMP-7", "Desk lamp", "Lamp", false, true, &["A", "B", "C"]),
    ("LED-3", "LED, white", "Part", true, true, &["1"]),
    ("PN-77", "Controller", "Board", false, true, &["B"]),
    ("PN-8", "Power supply", "Board", false, true, &["A"]),
    ("OLD-1", "Old lamp", "Lamp", false, false, &["A"]),
];

/// Name and products.
const GROUPS: [(&str, &[&str]); 2] = [("Lamps", &["LAMP-7", "OLD-1"]), ("Boards", &["PN-77", "PN-8"])];

const CATEGORIES: [&str; 3] = ["Lamp", "Part", "Board"];

/// Ids count from here.
const FIRST_ID: u128 = 0x9a47_0000_0000_4000_8000_0000_0000_0000;

impl Default for Products {
    fn default() -> Self {
        let mut products = Self {
            all: Vec::new(),
            groups: Vec::new(),
            members: GROUPS
                .iter()
                .zip(1..)
                .map(|((_, parts), number)| (number, parts.iter().map(|part| (*part).to_owned()).collect()))
                .collect(),
            categories: Vec::new(),
            vendors: Vec::new(),
            relations: Vec::new(),
            next_id: FIRST_ID,
        };
        for (name, number) in CATEGORIES.into_iter().zip(1..) {
            let id = Uuid::from_u128(FIRST_ID + (number << 32));
            products.categories.push(json!({ "categoryId": id, "name": name, "description": null }));
        }
        for ((name, _), number) in GROUPS.into_iter().zip(1_u64..) {
            products.groups.push(json!({ "productGroupId": number, "productGroupName": name }));
        }
        for (part, name, category, non_serial, is_active, revisions) in PRODUCTS {
            let state = u8::from(is_active);
            let revisions: Vec<_> = revisions
                .iter()
                .map(|revision| json!({ "revision": revision, "name": format!("{name} {revision}"), "state": state }))
                .collect();
            let is_wanted = |known: &&serde_json::Value| crate::object::text(known.get("name")) == Some(category);
            let category_id =
                products.categories.iter().find(is_wanted).and_then(|known| known.get("categoryId")).cloned();
            let product = json!({
                "partNumber": part, "name": name, "nonSerial": non_serial, "state": state, "productCategoryId": category_id,
                "revisions": revisions,
            });
            let saved = products.save(&product);
            debug_assert!(saved.is_ok(), "{saved:?}");
        }
        products
    }
}
