//! The tickets that the simulated server knows, and the files to them.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::form::Upload;
use crate::object::{Object, id_of, merge, object, text};
use crate::refusal::{Refusal, bad, conflict, missing};

const OPEN: u64 = 1;
const SOLVED: u64 = 8;
const CLOSED: u64 = 16;
const ARCHIVED: u64 = 32;

/// The states of a ticket, which are bits.
const STATES: [(u64, &str); 6] = [
    (OPEN, "Open"),
    (2, "In progress"),
    (4, "On hold"),
    (SOLVED, "Solved"),
    (CLOSED, "Closed"),
    (ARCHIVED, "Archived"),
];

/// What a line of a ticket's history is about.
const CONTENT: u64 = 0;
const PROGRESS: u64 = 1;
const PROPERTIES: u64 = 2;

/// What the server itself keeps of a ticket: a client's word for it does not count.
const OWN: [&str; 8] =
    ["ticketId", "ticketNumber", "owner", "createdUtc", "updatedUtc", "history", "update", "progress"];

/// Whose tickets are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    Assigned,
    Following,
    All,
}

/// All tickets.
#[derive(Debug, Default)]
pub(crate) struct Tickets {
    /// In the order that they were opened in.
    tickets: Vec<(Uuid, Object)>,
    attachments: BTreeMap<Uuid, Upload>,
}

fn state_of(ticket: &Object) -> u64 {
    ticket.get("status").and_then(Value::as_u64).unwrap_or(OPEN)
}

/// As the server gives tickets: without their assignee.
fn view(ticket: &Object) -> Value {
    let mut view = ticket.clone();
    view.remove("assignee");
    view.into()
}

fn line(kind: u64, content: Option<&str>, user: &str, now: Timestamp) -> Object {
    object(json!({
        "updateId": Uuid::new_v4(), "updateUtc": now, "updateUser": user, "content": content, "updateType": kind,
    }))
}

impl Tickets {
    pub(crate) fn create(&mut self, given: &Object, user: &str, now: Timestamp) -> Result<Value, Refusal> {
        if text(given.get("subject")).is_none() {
            return Err(bad("a ticket needs a subject"));
        }
        let id = Uuid::new_v4();
        let new = object(json!({
            "ticketId": id, "ticketNumber": self.tickets.len() + 1, "owner": user, "createdUtc": now, "status": OPEN, "priority": 1,
            "history": [],
        }));
        let new = self.changed(&new, given, user, now)?;
        let shown = view(&new);
        self.tickets.push((id, new));
        Ok(shown)
    }

    /// What is given is the whole ticket: who leaves the assignee out takes it away.
    pub(crate) fn update(&mut self, given: &Object, user: &str, now: Timestamp) -> Result<Value, Refusal> {
        let id = id_of(given.get("ticketId")).ok_or_else(|| bad("the ticketId is missing or no GUID"))?;
        let mut known = self.ticket(id)?.clone();
        if state_of(&known) == ARCHIVED {
            return Err(conflict("the ticket is archived"));
        }
        known.remove("assignee");
        let new = self.changed(&known, given, user, now)?;
        let shown = view(&new);
        self.replace(id, new);
        Ok(shown)
    }

    fn changed(&self, known: &Object, given: &Object, user: &str, now: Timestamp) -> Result<Object, Refusal> {
        let update = given.get("update").and_then(Value::as_object).cloned();
        let mut new = known.clone();
        merge(&mut new, given, &OWN);
        let state = new.get("status").and_then(Value::as_u64);
        let name = STATES.iter().find(|(number, _)| Some(*number) == state && *number != ARCHIVED);
        let Some((_, name)) = name else {
            return Err(bad(format!("status is {state:?}, allowed are 1, 2, 4, 8 and 16")));
        };
        if text(new.get("assignee")).is_none() && state != Some(OPEN) {
            return Err(bad("an unassigned ticket must have status new"));
        }
        let mut lines = Vec::new();
        if state_of(known) != state_of(&new) {
            lines.push(line(PROGRESS, Some(name), user, now));
        }
        let changes = ["subject", "priority", "team", "reportUuid", "origin", "tags"];
        if known.contains_key("subject") && changes.iter().any(|name| known.get(*name) != new.get(*name)) {
            lines.push(line(PROPERTIES, None, user, now));
        }
        if let Some(update) = update {
            lines.push(self.comment(&update, user, now)?);
        }
        if let Some(history) = new.get_mut("history").and_then(Value::as_array_mut) {
            history.extend(lines.into_iter().map(Value::Object));
        }
        new.insert("progress".into(), json!(name));
        new.insert("updatedUtc".into(), json!(now));
        Ok(new)
    }

    /// Somebody's words, with files that were handed in before.
    fn comment(&self, update: &Object, user: &str, now: Timestamp) -> Result<Object, Refusal> {
        for attachment in update.get("attachments").and_then(Value::as_array).into_iter().flatten() {
            self.attachment(id_of(attachment.get("attachmentId")).unwrap_or_default())?;
        }
        let mut line = line(CONTENT, None, user, now);
        merge(&mut line, update, &["updateId", "updateUtc", "updateUser"]);
        Ok(line)
    }

    fn ticket(&self, id: Uuid) -> Result<&Object, Refusal> {
        self.tickets
            .iter()
            .find(|(known, _)| *known == id)
            .map(|(_, ticket)| ticket)
            .ok_or_else(|| missing(format!("there is no ticket {id}")))
    }

    fn replace(&mut self, id: Uuid, ticket: Object) {
        if let Some((_, known)) = self.tickets.iter_mut().find(|(known, _)| *known == id) {
            *known = ticket;
        }
    }

    pub(crate) fn by_id(&self, id: Uuid) -> Result<Value, Refusal> {
        self.ticket(id).map(view)
    }

    pub(crate) fn find(&self, states: u64, whose: View, user: &str, search: Option<&str>) -> Vec<Value> {
        let search = search.map(str::to_lowercase);
        let fits = |ticket: &&Object| {
            let is_seen = match whose {
                View::Assigned => text(ticket.get("assignee")) == Some(user),
                View::Following => {
                    text(ticket.get("owner")) == Some(user) || text(ticket.get("assignee")) == Some(user)
                }
                View::All => true,
            };
            is_seen && state_of(ticket) & states != 0 && search.as_ref().is_none_or(|search| has(ticket, search))
        };
        self.tickets.iter().map(|(_, ticket)| ticket).filter(fits).map(view).collect()
    }

    /// Puts tickets away, all or none; gives the first.
    pub(crate) fn archive(&mut self, ids: &[Uuid], user: &str, now: Timestamp) -> Result<Value, Refusal> {
        for id in ids {
            let state = state_of(self.ticket(*id)?);
            if state != SOLVED && state != CLOSED {
                return Err(conflict(format!("the ticket {id} is neither solved nor closed")));
            }
        }
        for (id, ticket) in &mut self.tickets {
            if ids.contains(id) {
                ticket.insert("status".into(), ARCHIVED.into());
                ticket.insert("updatedUtc".into(), json!(now));
                if let Some(history) = ticket.get_mut("history").and_then(Value::as_array_mut) {
                    history.push(line(PROGRESS, Some("Archived"), user, now).into());
                }
            }
        }
        ids.first().map_or_else(|| Err(bad("the list of ids is empty")), |id| self.by_id(*id))
    }

    pub(crate) fn attach(&mut self, file: Upload) -> Uuid {
        let id = Uuid::new_v4();
        self.attachments.insert(id, file);
        id
    }

    pub(crate) fn attachment(&self, id: Uuid) -> Result<Bytes, Refusal> {
        let found = self.attachments.get(&id).map(|file| file.content.clone());
        found.ok_or_else(|| missing(format!("there is no attachment {id}")))
    }
}

/// Whether the subject or a tag has this text, which is in lower case.
fn has(ticket: &Object, search: &str) -> bool {
    let tags = ticket.get("tags").and_then(Value::as_array).into_iter().flatten();
    let tags = tags.flat_map(|tag| ["key", "value"].into_iter().filter_map(|name| tag.get(name)?.as_str()));
    text(ticket.get("subject")).into_iter().chain(tags).any(|text| text.to_lowercase().contains(search))
}
