//! What definitions are for.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{DEFINITION, Inspections, RELEASED, REVOKED, status_of, with_id};
use crate::object::{Object, id_of, text};
use crate::refusal::{Refusal, bad, missing};

/// The id of a relation.
const RELATION: &str = "TestSequenceRelationId";

impl Inspections {
    pub(crate) fn relations(&self, definition: Uuid) -> Result<Vec<Value>, Refusal> {
        self.known(definition)?;
        let own = self.relations.values().filter(|relation| id_of(relation.get(DEFINITION)) == Some(definition));
        Ok(own.cloned().map(Value::Object).collect())
    }

    pub(crate) fn create_relation(&mut self, given: Object) -> Result<Value, Refusal> {
        self.known(id_of(given.get(DEFINITION)).unwrap_or_default())?;
        for name in ["EntityKey", "EntityValue"] {
            if text(given.get(name)).is_none() {
                return Err(bad(format!("a relation needs an {name}")));
            }
        }
        let id = Uuid::new_v4();
        let relation = with_id(given, RELATION, id);
        self.relations.insert(id, relation.clone());
        Ok(relation.into())
    }

    fn known_relation(&self, given: &Object) -> Result<Uuid, Refusal> {
        let id = id_of(given.get(RELATION)).filter(|id| self.relations.contains_key(id));
        id.ok_or_else(|| missing(format!("there is no relation {:?}", given.get(RELATION))))
    }

    pub(crate) fn update_relation(&mut self, given: Object) -> Result<Value, Refusal> {
        let id = self.known_relation(&given)?;
        self.known(id_of(given.get(DEFINITION)).unwrap_or_default())?;
        self.relations.insert(id, given.clone());
        Ok(given.into())
    }

    pub(crate) fn delete_relation(&mut self, given: &Object) -> Result<Value, Refusal> {
        let id = self.known_relation(given)?;
        self.relations.remove(&id);
        Ok(Value::Null)
    }

    /// Relations of other definitions, not revoked ones, that some unit fits as well as one of this definition.
    pub(crate) fn conflicts(&self, definition: Uuid) -> Result<Vec<Value>, Refusal> {
        self.known(definition)?;
        let (own, others): (Vec<_>, Vec<_>) =
            self.relations.iter().partition(|(_, relation)| id_of(relation.get(DEFINITION)) == Some(definition));
        let mut conflicts = Vec::new();
        for (id, relation) in others {
            let Some(of) = id_of(relation.get(DEFINITION)) else { continue };
            let Some(other) = self.definitions.get(&of).filter(|other| status_of(other) != REVOKED) else { continue };
            if own.iter().any(|(_, own)| overlap(own, relation)) {
                conflicts.push(json!({
                    DEFINITION: of, RELATION: id, "Name": other.get("Name"), "EntityName": relation.get("EntityName"),
                    "EntityValue": relation.get("EntityValue"), "Status": status_of(other),
                }));
            }
        }
        Ok(conflicts)
    }

    /// The released definition that is for units of a product.
    pub(super) fn released_for(&self, part: &str) -> Option<Uuid> {
        let mut fitting = self.relations.values().filter(|relation| {
            let is_part = text(relation.get("EntityKey")).is_some_and(|key| key.eq_ignore_ascii_case("partnumber"));
            is_part && fits(text(relation.get("EntityValue")).unwrap_or_default(), part)
        });
        fitting.find_map(|relation| {
            let id = id_of(relation.get(DEFINITION))?;
            (status_of(self.definitions.get(&id)?) == RELEASED).then_some(id)
        })
    }
}

/// Whether two relations are for the same value: one of them as it is written fits the other.
fn overlap(one: &Object, other: &Object) -> bool {
    let values = (text(one.get("EntityValue")).unwrap_or_default(), text(other.get("EntityValue")).unwrap_or_default());
    one.get("EntityKey") == other.get("EntityKey") && (fits(values.0, values.1) || fits(values.1, values.0))
}

/// `%` stands for any text. Letter case does not count, as in the server's database.
fn fits(pattern: &str, value: &str) -> bool {
    let (pattern, value) = (pattern.to_lowercase(), value.to_lowercase());
    let mut pieces = pattern.split('%');
    let Some(mut rest) = value.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_percent_sign_stands_for_any_text() {
        for (pattern, value, expected) in [
            ("LAMP-7", "lamp-7", true),
            ("LAMP-7", "LAMP-77", false),
            ("LAMP%", "LAMP-7", true),
            ("%-7", "LAMP-7", true),
            ("L%P%7", "LAMP-7", true),
            ("L%P%8", "LAMP-7", false),
            ("%", "", true),
            ("A%A", "A", false),
            ("", "A", false),
        ] {
            assert_eq!(fits(pattern, value), expected, "{pattern} {value}");
        }
    }
}
