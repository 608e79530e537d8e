//! Manual inspections as the simulated server knows them: definitions, what they are for, their programs and documents, and the
//! units that are inspected.

mod relation;

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::form::Upload;
use crate::object::{Object, id_of, merge, object, text};
use crate::refusal::{Refusal, bad, conflict, missing};

/// The id of a definition, in everything that is about one.
const DEFINITION: &str = "TestSequenceDefinitionId";

const DRAFT: u64 = 0;
const PENDING: u64 = 1;
const RELEASED: u64 = 2;
const REVOKED: u64 = 3;

/// What the server itself keeps of a definition: a client's word for it does not count.
const OWN: [&str; 12] = [
    DEFINITION,
    "Version",
    "Created",
    "CreatedBy",
    "Modified",
    "ModifiedBy",
    "Released",
    "ReleasedBy",
    "Revoked",
    "RevokedBy",
    "Relations",
    "InstancesCount",
];

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Inspections {
    definitions: BTreeMap<Uuid, Object>,
    relations: BTreeMap<Uuid, Object>,
    sequences: BTreeMap<Uuid, Object>,
    /// By the unit.
    instances: BTreeMap<Uuid, Object>,
    media: BTreeMap<(Uuid, Uuid), Upload>,
    string_tests: Vec<Value>,
}

fn status_of(definition: &Object) -> u64 {
    definition.get("Status").and_then(Value::as_u64).unwrap_or(DRAFT)
}

/// With its id, under the name that it has there.
fn with_id(mut object: Object, name: &str, id: Uuid) -> Object {
    object.insert(name.to_owned(), id.to_string().into());
    object
}

impl Inspections {
    pub(crate) fn definitions(&self, is_global: bool) -> Vec<Value> {
        let fits = |definition: &&Object| (definition.get("IsGlobal") == Some(&true.into())) == is_global;
        self.definitions.values().filter(fits).cloned().map(Value::Object).collect()
    }

    fn known(&self, id: Uuid) -> Result<&Object, Refusal> {
        self.definitions.get(&id).ok_or_else(|| missing(format!("there is no definition {id}")))
    }

    pub(crate) fn definition(&self, id: Uuid) -> Result<Value, Refusal> {
        let mut view = self.known(id)?.clone();
        view.insert("Relations".into(), self.relations(id)?.into());
        view.insert("InstancesCount".into(), self.count_instances(id)?.into());
        Ok(view.into())
    }

    /// A new version that is not kept yet.
    pub(crate) fn copy(&self, id: Uuid) -> Result<Value, Refusal> {
        let mut copy = self.known(id)?.clone();
        copy.retain(|name, _| !OWN.contains(&name.as_str()));
        let name = text(copy.get("Name")).unwrap_or_default().to_owned();
        copy.insert("Version".into(), self.next_version(&name).into());
        copy.insert("Status".into(), DRAFT.into());
        Ok(with_id(copy, DEFINITION, Uuid::new_v4()).into())
    }

    fn next_version(&self, name: &str) -> u64 {
        let same = self.definitions.values().filter(|definition| text(definition.get("Name")) == Some(name));
        same.filter_map(|definition| definition.get("Version")?.as_u64()).max().unwrap_or_default() + 1
    }

    pub(crate) fn create(&mut self, given: &Object, user: &str, now: Timestamp) -> Result<Value, Refusal> {
        let Some(name) = text(given.get("Name")).map(str::to_owned) else {
            return Err(bad("a definition needs a Name"));
        };
        let id = id_of(given.get(DEFINITION)).unwrap_or_else(Uuid::new_v4);
        if self.definitions.contains_key(&id) {
            return Err(conflict(format!("there is a definition {id} already")));
        }
        let new = object(json!({
            "IsGlobal": false, "LogOperator": true, "Version": self.next_version(&name), "Created": now, "CreatedBy": user,
        }));
        let mut new = with_id(new, DEFINITION, id);
        merge(&mut new, given, &OWN);
        new.insert("Status".into(), DRAFT.into());
        self.definitions.insert(id, new);
        self.definition(id)
    }

    /// Draft and pending definitions change as they like. A released one can be revoked and nothing else, a revoked one nothing.
    pub(crate) fn update(&mut self, given: Object, user: &str, now: Timestamp) -> Result<Value, Refusal> {
        let id = id_of(given.get(DEFINITION)).unwrap_or_default();
        let known = self.known(id)?;
        let (before, after) = (status_of(known), status_of(&given));
        let given: Object = given.into_iter().filter(|(name, _)| !OWN.contains(&name.as_str())).collect();
        let is_changed = given.iter().any(|(name, value)| name != "Status" && known.get(name) != Some(value));
        let is_allowed = match before {
            DRAFT | PENDING => after <= RELEASED,
            RELEASED => !is_changed && matches!(after, RELEASED | REVOKED),
            _ => !is_changed && after == REVOKED,
        };
        if !is_allowed {
            return Err(conflict(format!(
                "the definition has the status {before}: it cannot be changed so, nor get the status {after}"
            )));
        }
        if after == RELEASED && before != RELEASED {
            let name = text(given.get("Name")).or_else(|| text(known.get("Name"))).unwrap_or_default().to_owned();
            for other in self.definitions.values_mut() {
                if status_of(other) == RELEASED && text(other.get("Name")) == Some(&name) {
                    stamp(other, REVOKED, "Revoked", user, now);
                }
            }
        }
        if let Some(definition) = self.definitions.get_mut(&id) {
            merge(definition, &given, &[]);
            match after {
                RELEASED if before != RELEASED => stamp(definition, RELEASED, "Released", user, now),
                REVOKED if before != REVOKED => stamp(definition, REVOKED, "Revoked", user, now),
                _ => stamp(definition, after, "Modified", user, now),
            }
        }
        self.definition(id)
    }

    /// For a change of what belongs to a definition.
    fn changeable(&mut self, id: Uuid) -> Result<&mut Object, Refusal> {
        if status_of(self.known(id)?) >= RELEASED {
            return Err(conflict("the definition is released: it cannot be changed"));
        }
        self.definitions.get_mut(&id).ok_or_else(|| missing("there is no such definition"))
    }

    pub(crate) fn xaml(&self, id: Uuid) -> Result<Value, Refusal> {
        Ok(self.known(id)?.get("XAML").cloned().unwrap_or_default())
    }

    pub(crate) fn save_xaml(&mut self, given: &Object) -> Result<Value, Refusal> {
        let id = id_of(given.get(DEFINITION)).unwrap_or_default();
        let xaml = given.get("Definition").cloned().filter(Value::is_string);
        let xaml = xaml.ok_or_else(|| bad("the Definition is missing or no text"))?;
        self.changeable(id)?.insert("XAML".into(), xaml);
        Ok(Value::Null)
    }

    pub(crate) fn sequences(&self) -> Vec<Value> {
        self.sequences.values().cloned().map(Value::Object).collect()
    }

    pub(crate) fn save_sequence(&mut self, given: &Object) -> Result<Value, Refusal> {
        let id = id_of(given.get(DEFINITION)).ok_or_else(|| bad("a sequence needs a TestSequenceDefinitionId"))?;
        merge(self.sequences.entry(id).or_default(), given, &[]);
        Ok(self.sequences.get(&id).cloned().map(Value::Object).unwrap_or_default())
    }

    pub(crate) fn delete_sequence(&mut self, id: Uuid) -> Result<Value, Refusal> {
        let removed = self.sequences.remove(&id).map(|_| Value::Null);
        removed.ok_or_else(|| missing(format!("there is no sequence {id}")))
    }

    pub(crate) fn count_instances(&self, id: Uuid) -> Result<usize, Refusal> {
        self.known(id)?;
        Ok(self.instances.values().filter(|instance| id_of(instance.get(DEFINITION)) == Some(id)).count())
    }

    /// The inspection that a unit is in. It begins when it is first asked for, if a released definition is for the unit.
    pub(crate) fn instance(&mut self, unit_id: Uuid, unit: &Object, now: Timestamp) -> Value {
        let part = text(unit.get("partNumber")).unwrap_or_default();
        if !self.instances.contains_key(&unit_id)
            && let Some(definition) = self.released_for(part)
        {
            let instance = object(json!({
                "TestSequenceInstanceId": Uuid::new_v4(), DEFINITION: definition, "UnitId": unit_id,
                "SerialNumber": unit.get("serialNumber"), "PartNumber": part, "Revision": unit.get("revision"),
                "Created": now, "LastEventTime": now,
            }));
            self.instances.insert(unit_id, instance);
        }
        self.instances.get(&unit_id).cloned().map(Value::Object).unwrap_or_default()
    }

    pub(crate) fn put_string_test(&mut self, given: Value) -> Value {
        self.string_tests.push(given);
        json!({ "Count": self.string_tests.len() })
    }

    pub(crate) fn media(&self, definition: Uuid) -> Result<Vec<Value>, Refusal> {
        self.known(definition)?;
        let own = self.media.iter().filter(|((of, _), _)| *of == definition);
        Ok(own.map(|((_, id), file)| json!({ "Id": id, "FileName": file.name, "Size": file.content.len() })).collect())
    }

    pub(crate) fn media_file(&self, definition: Uuid, id: Uuid) -> Result<Bytes, Refusal> {
        let found = self.media.get(&(definition, id)).map(|file| file.content.clone());
        found.ok_or_else(|| missing(format!("the definition has no document {id}")))
    }

    pub(crate) fn add_media(&mut self, definition: Uuid, file: Upload) -> Result<Value, Refusal> {
        self.changeable(definition)?;
        self.media.insert((definition, Uuid::new_v4()), file);
        Ok(Value::Null)
    }

    pub(crate) fn delete_media(&mut self, definition: Uuid, id: Uuid) -> Result<Value, Refusal> {
        self.media_file(definition, id)?;
        self.changeable(definition)?;
        self.media.remove(&(definition, id));
        Ok(Value::Null)
    }
}

/// Gives a definition a status, and says since when and by whom.
fn stamp(definition: &mut Object, status: u64, what: &str, user: &str, now: Timestamp) {
    definition.insert("Status".into(), status.into());
    definition.insert(what.to_owned(), json!(now));
    definition.insert(format!("{what}By"), user.into());
}
