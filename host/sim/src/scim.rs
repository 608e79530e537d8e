//! The user accounts that the simulated server knows. In memory, as the JSON that it was given.

use jiff::{Timestamp, ToSpan as _};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Why a change of accounts is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Bad(String),
    Conflict(String),
    Missing,
}

/// The accounts, in the order in which they were created.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    users: Vec<Map<String, Value>>,
}

fn text<'a>(user: &'a Map<String, Value>, key: &str) -> &'a str {
    user.get(key).and_then(Value::as_str).unwrap_or_default()
}

impl Accounts {
    pub(crate) fn create(&mut self, user: Value) -> Result<Value, Refusal> {
        let Value::Object(mut user) = user else {
            return Err(Refusal::Bad("the body is no user".to_owned()));
        };
        let name = text(&user, "userName").to_owned();
        if name.trim().is_empty() {
            return Err(Refusal::Bad("userName is missing".to_owned()));
        }
        self.check_name(&name, None)?;
        let now = Timestamp::now();
        user.insert("id".into(), Uuid::new_v4().to_string().into());
        user.entry("active").or_insert(true.into());
        user.insert("meta".into(), json!({ "resourceType": "User", "created": now, "lastModified": now }));
        self.users.push(user.clone());
        Ok(Value::Object(user))
    }

    /// Names differ, in any letter case.
    fn check_name(&self, name: &str, own_id: Option<&str>) -> Result<(), Refusal> {
        let other = self.users.iter().find(|user| text(user, "userName").eq_ignore_ascii_case(name));
        match other.filter(|other| own_id != Some(text(other, "id"))) {
            Some(_) => Err(Refusal::Conflict(format!("there is a user {name:?} already"))),
            None => Ok(()),
        }
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<Value> {
        self.users.iter().find(|user| text(user, "id").eq_ignore_ascii_case(id)).cloned().map(Value::Object)
    }

    pub(crate) fn by_name(&self, name: &str) -> Option<Value> {
        self.users.iter().find(|user| text(user, "userName").eq_ignore_ascii_case(name)).cloned().map(Value::Object)
    }

    /// A list response: so many from that one on, the first of which is 1.
    pub(crate) fn page(&self, start_index: usize, count: usize) -> Value {
        let users: Vec<_> = self.users.iter().skip(start_index.saturating_sub(1)).take(count).collect();
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": self.users.len(),
            "itemsPerPage": users.len(), "startIndex": start_index, "Resources": users,
        })
    }

    /// All operations of a change, or none.
    pub(crate) fn patch(&mut self, id: &str, change: &Value) -> Result<Value, Refusal> {
        let place = self.users.iter().position(|user| text(user, "id").eq_ignore_ascii_case(id));
        let known = place.and_then(|place| self.users.get(place)).ok_or(Refusal::Missing)?;
        let mut user = Value::Object(known.clone());
        let operations = change.get("Operations").and_then(Value::as_array).filter(|all| !all.is_empty());
        for operation in operations.ok_or_else(|| Refusal::Bad("Operations are missing".to_owned()))? {
            let word = |key: &str| operation.get(key).and_then(Value::as_str).unwrap_or_default();
            if !word("op").eq_ignore_ascii_case("replace") {
                return Err(Refusal::Bad(format!("the operation {:?} is not known, allowed is replace", word("op"))));
            }
            let value = operation.get("value").cloned().unwrap_or_default();
            replace(&mut user, word("path"), value).map_err(Refusal::Bad)?;
        }
        if let Some(meta) = user.get_mut("meta").and_then(Value::as_object_mut) {
            meta.insert("lastModified".into(), json!(Timestamp::now()));
        }
        let Value::Object(user) = user else { return Err(Refusal::Missing) };
        self.check_name(text(&user, "userName"), Some(text(&user, "id")))?;
        if let Some(known) = place.and_then(|place| self.users.get_mut(place)) {
            known.clone_from(&user);
        }
        Ok(Value::Object(user))
    }

    pub(crate) fn delete(&mut self, id: &str) -> bool {
        let before = self.users.len();
        self.users.retain(|user| !text(user, "id").eq_ignore_ascii_case(id));
        before > self.users.len()
    }
}

/// Sets a field by its path, `active` or `name.givenName`.
fn replace(user: &mut Value, path: &str, value: Value) -> Result<(), String> {
    if path.is_empty() || matches!(path, "id" | "meta" | "schemas") {
        return Err(format!("the path {path:?} cannot be replaced"));
    }
    let mut place = user;
    for key in path.split('.') {
        if place.is_null() {
            *place = json!({});
        }
        let Value::Object(map) = place else { return Err(format!("the path {path:?} does not exist")) };
        place = map.entry(key).or_insert(Value::Null);
    }
    *place = value;
    Ok(())
}

/// A new token for so many days.
pub(crate) fn new_token(days: u32) -> Option<Value> {
    let expires = Timestamp::now().checked_add((i64::from(days) * 24).hours()).ok()?;
    Some(json!({ "token": Uuid::new_v4().simple().to_string(), "expiresUtc": expires, "durationDays": days }))
}
