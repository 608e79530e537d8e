//! What is built of what.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Product, Products, Revision};
use crate::object::{Object, fields_of, id_of, merge};
use crate::refusal::{Refusal, bad, conflict, missing};

/// A revision has a place for another.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    id: Uuid,
    parent: Uuid,
    child: Uuid,
    fields: Object,
}

/// Fields that are kept apart from the others.
const IDS: [&str; 3] = ["ProductRevisionRelationId", "ParentProductRevisionId", "ProductRevisionId"];

impl Products {
    fn revision_of(&self, id: Uuid) -> Option<(&Product, &Revision)> {
        self.all.iter().find_map(|product| {
            let revision = product.revisions.iter().find(|revision| revision.id == id)?;
            Some((product, revision))
        })
    }

    /// Creates a relation, or updates the one with this id.
    pub(crate) fn save_relation(&mut self, given: &Value, is_new: bool) -> Result<Value, Refusal> {
        let (parent, child) = (id_of(given.get("ParentProductRevisionId")), id_of(given.get("ProductRevisionId")));
        let (Some(parent), Some(child)) = (parent, child) else {
            return Err(bad("a relation needs ParentProductRevisionId and ProductRevisionId"));
        };
        for revision in [parent, child] {
            self.revision_of(revision).ok_or_else(|| missing(format!("there is no revision {revision}")))?;
        }
        if parent == child || self.is_within(parent, child) {
            return Err(conflict("a revision cannot be a part of itself"));
        }
        let place = if is_new {
            let id = self.new_id();
            self.relations.push(Relation {
                id,
                parent,
                child,
                fields: Object::from_iter([("Quantity".into(), 1.into())]),
            });
            self.relations.len() - 1
        } else {
            let wanted = id_of(given.get("ProductRevisionRelationId"));
            let place = self.relations.iter().position(|relation| Some(relation.id) == wanted);
            place.ok_or_else(|| missing(format!("there is no relation {wanted:?}")))?
        };
        if let Some(relation) = self.relations.get_mut(place) {
            (relation.parent, relation.child) = (parent, child);
            merge(&mut relation.fields, fields_of(given), &IDS);
        }
        Ok(self.relations.get(place).map(|relation| self.row(relation)).unwrap_or_default())
    }

    /// Whether `revision` is built into `whole`, at any depth.
    fn is_within(&self, revision: Uuid, whole: Uuid) -> bool {
        let mut above = self.relations.iter().filter(|relation| relation.child == revision);
        above.any(|relation| relation.parent == whole || self.is_within(relation.parent, whole))
    }

    pub(crate) fn delete_relation(&mut self, wanted: &str) -> Result<(), Refusal> {
        let wanted: Option<Uuid> = wanted.parse().ok();
        let before = self.relations.len();
        self.relations.retain(|relation| Some(relation.id) != wanted);
        if self.relations.len() < before { Ok(()) } else { Err(missing(format!("there is no relation {wanted:?}"))) }
    }

    fn row(&self, relation: &Relation) -> Value {
        let mut row = relation.fields.clone();
        for (name, id) in IDS.into_iter().zip([relation.id, relation.parent, relation.child]) {
            row.insert(name.to_owned(), json!(id));
        }
        if let Some((product, revision)) = self.revision_of(relation.child) {
            row.insert("ChildPartNumber".into(), product.part.as_str().into());
            row.insert("ChildRevision".into(), revision.name.as_str().into());
        }
        Value::Object(row)
    }

    /// A revision and all that is built into it.
    pub(crate) fn hierarchy(&self, part: &str, name: &str) -> Option<Vec<Value>> {
        let top = self.find(part)?.revision(name)?.id;
        let row = json!({
            "hlevel": 0, "ProductRevisionRelationId": null, "ParentProductRevisionId": null, "ProductRevisionId": top,
            "Quantity": 1, "RevisionMask": null, "PartNumber": part, "Revision": name,
        });
        let mut rows = vec![row];
        self.below(top, 1, &mut rows);
        Some(rows)
    }

    fn below(&self, parent: Uuid, level: u32, rows: &mut Vec<Value>) {
        for relation in self.relations.iter().filter(|relation| relation.parent == parent) {
            let child = self.revision_of(relation.child);
            rows.push(json!({
                "hlevel": level, "ProductRevisionRelationId": relation.id, "ParentProductRevisionId": parent,
                "ProductRevisionId": relation.child, "Quantity": relation.fields.get("Quantity"),
                "RevisionMask": relation.fields.get("RevisionMask"),
                "PartNumber": child.map(|(product, _)| &product.part), "Revision": child.map(|(_, revision)| &revision.name),
            }));
            self.below(relation.child, level + 1, rows);
        }
    }

    /// A product as the server's own pages have it, without what it is built of.
    pub(crate) fn internal(&self, part: &str) -> Option<Value> {
        let product = self.find(part)?;
        let field = |name: &str| product.fields.get(name).cloned().unwrap_or_default();
        let revisions = product.revisions.iter();
        Some(json!({
            "ProductId": product.id, "PN": product.part, "Name": field("name"), "Description": field("description"),
            "NonSerial": field("nonSerial"), "State": field("state"),
            "ProductRevisions": revisions.map(|one| json!({ "ProductRevisionId": one.id, "Revision": one.name })).collect::<Value>(),
        }))
    }
}
