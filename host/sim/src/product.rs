//! What the simulated server knows of products: revisions, tags, groups, categories, vendors, bills of materials, and what is built
//! of what. Made up at the start, then what clients save; in memory, as JSON.

mod made_up;
mod structure;
pub(crate) mod wsbf;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::object::{Object, fields_of, id_of, merge, text};
use crate::refusal::{Refusal, bad, missing};

/// Master data about products.
#[derive(Debug, Clone)]
pub(crate) struct Products {
    all: Vec<Product>,
    groups: Vec<Value>,
    /// Part numbers of the groups' products, by the groups' numbers. Made up: no call changes them.
    members: BTreeMap<u64, Vec<String>>,
    categories: Vec<Value>,
    vendors: Vec<Value>,
    relations: Vec<structure::Relation>,
    /// For ids that are not given.
    next_id: u128,
}

#[derive(Debug, Clone)]
struct Product {
    part: String,
    id: Uuid,
    fields: Object,
    tags: Vec<Value>,
    revisions: Vec<Revision>,
}

#[derive(Debug, Clone)]
struct Revision {
    name: String,
    id: Uuid,
    fields: Object,
    tags: Vec<Value>,
    bom: Vec<Value>,
}

/// Adds, changes and removes tags, as their `change` says: 0 does nothing, 3 removes.
fn change_tags(known: &mut Vec<Value>, given: &Value) {
    for tag in given.as_array().into_iter().flatten() {
        let Some(key) = text(tag.get("key")) else { continue };
        let change = tag.get("change").and_then(Value::as_u64);
        if change == Some(0) {
            continue;
        }
        let place = known.iter().position(|known| text(known.get("key")) == Some(key));
        let new = json!({ "key": key, "value": tag.get("value") });
        if let Some(place) = place {
            known.remove(place);
        }
        if change != Some(3) {
            known.insert(place.unwrap_or(known.len()), new);
        }
    }
}

/// Puts an entry over the one that has its id, or adds it.
fn put(list: &mut Vec<Value>, id: &str, entry: &Value) {
    let known = list.iter_mut().find(|known| known.get(id) == entry.get(id));
    if let Some(Value::Object(known)) = known {
        return merge(known, fields_of(entry), &[]);
    }
    list.push(entry.clone());
}

/// What is known of something new, before it is said.
fn fields(first: &Value) -> Object {
    first.as_object().cloned().unwrap_or_default()
}

impl Revision {
    fn whole(&self, product: &Product) -> Value {
        let mut whole = self.fields.clone();
        whole.insert("revision".into(), self.name.as_str().into());
        whole.insert("productRevisionId".into(), json!(self.id));
        whole.insert("productId".into(), json!(product.id));
        whole.insert("partNumber".into(), product.part.as_str().into());
        whole.insert("tags".into(), self.tags.clone().into());
        Value::Object(whole)
    }
}

impl Product {
    fn whole(&self) -> Value {
        let mut whole = self.fields.clone();
        whole.insert("partNumber".into(), self.part.as_str().into());
        whole.insert("productId".into(), json!(self.id));
        whole.insert("tags".into(), self.tags.clone().into());
        whole.insert("revisions".into(), self.revisions.iter().map(|revision| revision.whole(self)).collect());
        Value::Object(whole)
    }

    fn revision(&self, name: &str) -> Option<&Revision> {
        self.revisions.iter().find(|revision| revision.name == name)
    }
}

impl Products {
    fn new_id(&mut self) -> Uuid {
        self.next_id += 1;
        Uuid::from_u128(self.next_id)
    }

    fn find(&self, part: &str) -> Option<&Product> {
        self.all.iter().find(|product| product.part == part)
    }

    /// All, in the short form.
    pub(crate) fn views(&self) -> Value {
        let view = |product: &Product| {
            let field = |name: &str| product.fields.get(name).cloned().unwrap_or_default();
            json!({
                "partNumber": product.part, "name": field("name"), "category": field("productCategoryName"),
                "nonSerial": field("nonSerial"), "state": field("state"),
            })
        };
        self.all.iter().map(view).collect()
    }

    /// A product by its part number; letter case counts.
    pub(crate) fn product(&self, part: &str) -> Option<Value> {
        self.find(part).map(Product::whole)
    }

    pub(crate) fn revision(&self, part: &str, name: &str) -> Option<Value> {
        let product = self.find(part)?;
        product.revision(name).map(|revision| revision.whole(product))
    }

    /// Creates or updates a product.
    pub(crate) fn save(&mut self, given: &Value) -> Result<Value, Refusal> {
        let part = text(given.get("partNumber")).ok_or_else(|| bad("a product needs a partNumber"))?;
        if self.find(part).is_none() {
            let first = json!({ "name": null, "description": null, "nonSerial": false, "state": 1 });
            let (part, id) = (part.to_owned(), id_of(given.get("productId")).unwrap_or_else(|| self.new_id()));
            self.all.push(Product { part, id, fields: fields(&first), tags: Vec::new(), revisions: Vec::new() });
        }
        let category = given.get("productCategoryId").filter(|id| !id.is_null());
        let category = category.and_then(|id| self.categories.iter().find(|known| known.get("categoryId") == Some(id)));
        let category = category.and_then(|category| category.get("name")).cloned();
        let product = self.product_mut(part)?;
        merge(&mut product.fields, fields_of(given), &["partNumber", "productId", "tags", "revisions"]);
        product.fields.extend(category.map(|name| ("productCategoryName".to_owned(), name)));
        change_tags(&mut product.tags, given.get("tags").unwrap_or(&Value::Null));
        for revision in given.get("revisions").and_then(Value::as_array).into_iter().flatten() {
            self.save_revision_of(part, revision)?;
        }
        Ok(self.product_mut(part)?.whole())
    }

    /// Creates or updates a revision of the product that it names.
    pub(crate) fn save_revision(&mut self, given: &Value) -> Result<Value, Refusal> {
        let (part, product_id) = (text(given.get("partNumber")), id_of(given.get("productId")));
        if part.is_none() && product_id.is_none() {
            return Err(bad("a revision needs the partNumber or the productId of its product"));
        }
        let by_id =
            || self.all.iter().find(|product| Some(product.id) == product_id).map(|product| product.part.clone());
        let part = part.map(str::to_owned).or_else(by_id).ok_or_else(|| missing("there is no product of that id"))?;
        self.save_revision_of(&part, given)
    }

    fn save_revision_of(&mut self, part: &str, given: &Value) -> Result<Value, Refusal> {
        let name =
            text(given.get("revision")).ok_or_else(|| bad("a revision needs its name, in the field revision"))?;
        let new_id = id_of(given.get("productRevisionId")).unwrap_or_else(|| self.new_id());
        let product = self.product_mut(part)?;
        if product.revision(name).is_none() {
            let fields = fields(&json!({ "name": null, "description": null, "state": 1 }));
            let revision = Revision { name: name.to_owned(), id: new_id, fields, tags: Vec::new(), bom: Vec::new() };
            product.revisions.push(revision);
        }
        let known = self.revision_mut(part, name)?;
        merge(
            &mut known.fields,
            fields_of(given),
            &["revision", "productRevisionId", "productId", "partNumber", "tags"],
        );
        change_tags(&mut known.tags, given.get("tags").unwrap_or(&Value::Null));
        Ok(self.revision(part, name).unwrap_or_default())
    }

    fn product_mut(&mut self, part: &str) -> Result<&mut Product, Refusal> {
        let found = self.all.iter_mut().find(|product| product.part == part);
        found.ok_or_else(|| missing(format!("there is no product {part:?}")))
    }

    fn revision_mut(&mut self, part: &str, name: &str) -> Result<&mut Revision, Refusal> {
        let found = self.product_mut(part)?.revisions.iter_mut().find(|revision| revision.name == name);
        found.ok_or_else(|| missing(format!("there is no revision {name:?} of {part:?}")))
    }

    /// The tags of a product, or of its revision.
    pub(crate) fn tags(&mut self, part: &str, revision: Option<&str>) -> Result<&mut Vec<Value>, Refusal> {
        match revision {
            Some(name) => Ok(&mut self.revision_mut(part, name)?.tags),
            None => Ok(&mut self.product_mut(part)?.tags),
        }
    }

    pub(crate) fn bom(&mut self, part: &str, revision: &str) -> Result<&[Value], Refusal> {
        Ok(&self.revision_mut(part, revision)?.bom)
    }

    /// Puts these in place of the parts of a revision.
    pub(crate) fn save_bom(&mut self, part: &str, revision: &str, items: &[Value]) -> Result<(), Refusal> {
        let of = self.revision_mut(part, revision)?.id;
        let mut bom = Vec::new();
        for item in items {
            let mut fields = Object::new();
            merge(&mut fields, fields_of(item), &[]);
            if !item.is_object() || text(item.get("partNumber")).is_none() {
                return Err(bad(format!("the part {item} needs a partNumber")));
            }
            let item_id = id_of(item.get("bomItemId")).unwrap_or_else(|| self.new_id());
            fields.insert("bomItemId".into(), json!(item_id));
            fields.insert("productRevisionId".into(), json!(of));
            fields.entry("quantity").or_insert_with(|| 1.into());
            bom.push(Value::Object(fields));
        }
        self.revision_mut(part, revision)?.bom = bom;
        Ok(())
    }

    pub(crate) fn groups(&self) -> &[Value] {
        &self.groups
    }

    pub(crate) fn groups_of(&self, part: &str) -> Vec<Value> {
        let holds = |group: &&Value| {
            let number = group.get("productGroupId").and_then(Value::as_u64);
            number.and_then(|number| self.members.get(&number)).is_some_and(|parts| parts.iter().any(|one| one == part))
        };
        self.groups.iter().filter(holds).cloned().collect()
    }

    /// Creates or updates a group; without a number it is a new one.
    pub(crate) fn save_group(&mut self, given: &Value) -> Result<Value, Refusal> {
        let name = text(given.get("productGroupName")).ok_or_else(|| bad("a group needs a productGroupName"))?;
        let numbers = self.groups.iter().filter_map(|group| group.get("productGroupId")?.as_u64());
        let next = numbers.max().unwrap_or_default() + 1;
        let number = given.get("productGroupId").and_then(Value::as_u64).unwrap_or(next);
        let group = json!({ "productGroupId": number, "productGroupName": name });
        put(&mut self.groups, "productGroupId", &group);
        Ok(group)
    }

    pub(crate) fn categories(&self) -> &[Value] {
        &self.categories
    }

    pub(crate) fn save_category(&mut self, given: &Value) -> Result<Value, Refusal> {
        let category = self.named(given, "categoryId")?;
        put(&mut self.categories, "categoryId", &category);
        Ok(category)
    }

    pub(crate) fn vendors(&self) -> &[Value] {
        &self.vendors
    }

    pub(crate) fn save_vendor(&mut self, given: &Value) -> Result<Value, Refusal> {
        let vendor = self.named(given, "vendorId")?;
        put(&mut self.vendors, "vendorId", &vendor);
        Ok(vendor)
    }

    pub(crate) fn delete_vendor(&mut self, vendor_id: &str) -> Result<(), Refusal> {
        let before = self.vendors.len();
        self.vendors.retain(|vendor| text(vendor.get("vendorId")) != Some(vendor_id));
        if self.vendors.len() < before { Ok(()) } else { Err(missing(format!("there is no vendor {vendor_id:?}"))) }
    }

    /// The same with an id, if it has a name.
    fn named(&mut self, given: &Value, id_name: &str) -> Result<Value, Refusal> {
        text(given.get("name")).ok_or_else(|| bad("the field name is missing"))?;
        let mut fields = fields(given);
        let id = id_of(given.get(id_name)).unwrap_or_else(|| self.new_id());
        fields.insert(id_name.to_owned(), json!(id));
        Ok(Value::Object(fields))
    }
}
