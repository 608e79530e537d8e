//! The assets that the simulated server knows, with their kinds, log and files.

mod status;

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::object::{Object, merge, object, text};
use crate::refusal::{Refusal, bad, conflict, missing};

/// What the server itself keeps of an asset: a client's word for it does not count.
const OWN: [&str; 5] = ["assetId", "assetChildren", "assetLog", "assetType", "parentSerialNumber"];

/// What a line of the log is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LogType {
    Message = 0,
    Register = 1,
    Update = 2,
    ResetCount = 3,
    Calibration = 4,
    Maintenance = 5,
    StateChange = 6,
}

/// Who does something, when, and why.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) kind: LogType,
    pub(crate) user: String,
    pub(crate) comment: Option<String>,
    pub(crate) at: Timestamp,
}

/// How often an asset was used.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Count {
    Total(i64),
    More(i64),
}

/// All assets.
#[derive(Debug, Default)]
pub(crate) struct Assets {
    types: BTreeMap<Uuid, Object>,
    all: BTreeMap<Uuid, Object>,
    log: Vec<Value>,
    files: BTreeMap<(Uuid, String), Bytes>,
}

fn number(object: &Object, name: &str) -> f64 {
    object.get(name).and_then(Value::as_f64).unwrap_or_default()
}

fn time(object: &Object, name: &str) -> Option<Timestamp> {
    text(object.get(name))?.parse().ok()
}

impl Assets {
    /// Creates or updates a kind of assets, which is known by its id or its name.
    pub(crate) fn save_type(&mut self, given: &Object) -> Result<Value, Refusal> {
        let Some(name) = text(given.get("typeName")).map(str::to_owned) else {
            return Err(bad("a type of assets needs a typeName"));
        };
        let id = match text(given.get("typeId")) {
            Some(id) => Some(self.type_id(id).ok_or_else(|| missing(format!("there is no asset type {id}")))?),
            None => self.types.iter().find(|(_, kind)| text(kind.get("typeName")) == Some(&name)).map(|(id, _)| *id),
        };
        let id = id.unwrap_or_else(Uuid::new_v4);
        let kind = self.types.entry(id).or_default();
        if kind.get("isReadonly") == Some(&true.into()) {
            return Err(conflict(format!("the asset type {name:?} is read-only")));
        }
        merge(kind, given, &[]);
        kind.insert("typeId".into(), id.to_string().into());
        Ok(kind.clone().into())
    }

    fn type_id(&self, id: &str) -> Option<Uuid> {
        Uuid::parse_str(id).ok().filter(|id| self.types.contains_key(id))
    }

    pub(crate) fn types(&self) -> Vec<Value> {
        self.types.values().cloned().map(Value::Object).collect()
    }

    /// An asset by its id or its serial number.
    pub(crate) fn find(&self, key: &str) -> Result<Uuid, Refusal> {
        let by_id = Uuid::parse_str(key).ok().filter(|id| self.all.contains_key(id));
        let found = by_id.or_else(|| self.with_serial(key));
        found.ok_or_else(|| missing(format!("there is no asset {key:?}")))
    }

    fn with_serial(&self, serial: &str) -> Option<Uuid> {
        self.all.iter().find(|(_, asset)| text(asset.get("serialNumber")) == Some(serial)).map(|(id, _)| *id)
    }

    /// Creates or updates an asset, which is known by its id or else by its serial number.
    pub(crate) fn save(&mut self, mut given: Object, user: &str, at: Timestamp) -> Result<Value, Refusal> {
        let Some(serial) = text(given.get("serialNumber")).map(str::to_owned) else {
            return Err(bad("an asset needs a serialNumber"));
        };
        let owner = self.with_serial(&serial);
        let known = match text(given.get("assetId")) {
            Some(id) => Some(self.find(id)?),
            None => owner,
        };
        if owner.is_some() && owner != known {
            return Err(conflict(format!("there is another asset with the serial number {serial:?}")));
        }
        match text(given.get("typeId")) {
            Some(id) if self.type_id(id).is_none() => {
                return Err(bad(format!("there is no asset type {id}")));
            }
            None if known.is_none() => return Err(bad("a new asset needs a typeId")),
            _ => {}
        }
        let id = known.unwrap_or_else(Uuid::new_v4);
        if let Some(parent) = text(given.get("parentAssetId")).or_else(|| text(given.get("parentSerialNumber"))) {
            let parent = self.find(parent)?;
            if parent == id || self.is_within(parent, id) {
                return Err(conflict("an asset cannot be a part of itself"));
            }
            given.insert("parentAssetId".into(), parent.to_string().into());
        }
        for name in OWN {
            given.remove(name);
        }
        let asset = self.all.entry(id).or_insert_with(|| {
            object(json!({ "assetId": id, "state": 1, "totalCount": 0, "runningCount": 0, "firstSeenDate": at }))
        });
        merge(asset, &given, &[]);
        let kind = if known.is_some() { LogType::Update } else { LogType::Register };
        self.note(id, &Entry { kind, user: user.to_owned(), comment: None, at });
        Ok(self.view(id))
    }

    fn is_within(&self, asset: Uuid, whole: Uuid) -> bool {
        let mut above = asset;
        while let Some(next) = self.parent(above) {
            if next == whole {
                return true;
            }
            above = next;
        }
        false
    }

    fn parent(&self, id: Uuid) -> Option<Uuid> {
        Uuid::parse_str(text(self.all.get(&id)?.get("parentAssetId"))?).ok()
    }

    fn children(&self, id: Uuid) -> impl Iterator<Item = Uuid> {
        self.all.keys().copied().filter(move |child| self.parent(*child) == Some(id))
    }

    /// An asset as the server shows it, without its children.
    fn view(&self, id: Uuid) -> Value {
        let Some(asset) = self.all.get(&id) else { return Value::Null };
        let mut view = asset.clone();
        for service in ["Calibration", "Maintenance"] {
            if let Some(next) = self.next_service(asset, service) {
                view.insert(format!("next{service}Date"), next.to_string().into());
            }
        }
        if let Some(kind) = self.type_of(asset) {
            view.insert("assetType".into(), kind.clone().into());
        }
        if let Some(parent) = self.parent(id).and_then(|parent| self.all.get(&parent)) {
            view.insert("parentSerialNumber".into(), parent.get("serialNumber").cloned().unwrap_or_default());
        }
        view.into()
    }

    fn type_of(&self, asset: &Object) -> Option<&Object> {
        self.types.get(&self.type_id(text(asset.get("typeId"))?)?)
    }

    /// When an asset is due: as somebody said, or after the interval of its type.
    fn next_service(&self, asset: &Object, service: &str) -> Option<Timestamp> {
        if let Some(next) = time(asset, &format!("next{service}Date")) {
            return Some(next);
        }
        let days = number(self.type_of(asset)?, &format!("{}Interval", service.to_ascii_lowercase()));
        let interval = SignedDuration::try_from_secs_f64(days * 86_400.0).ok().filter(SignedDuration::is_positive)?;
        time(asset, &format!("last{service}Date"))?.checked_add(interval).ok()
    }

    pub(crate) fn asset(&self, id: Uuid) -> Value {
        let mut view = self.view(id);
        if let Some(view) = view.as_object_mut() {
            view.insert("assetChildren".into(), self.children(id).map(|child| self.view(child)).collect());
            let is_own = |line: &&Value| line.get("assetId") == Some(&id.to_string().into());
            view.insert("assetLog".into(), self.log.iter().filter(is_own).cloned().collect());
        }
        view
    }

    pub(crate) fn all(&self) -> Vec<Value> {
        self.all.keys().map(|id| self.view(*id)).collect()
    }

    /// The assets in an asset, level by level.
    pub(crate) fn within(&self, id: Uuid, levels: usize) -> Vec<Value> {
        let mut found = Vec::new();
        let mut level: Vec<Uuid> = self.children(id).collect();
        for _ in 0..levels {
            if level.is_empty() {
                break;
            }
            found.extend(level.iter().map(|id| self.view(*id)));
            level = level.iter().flat_map(|id| self.children(*id)).collect();
        }
        found
    }

    /// What was in it stands by itself then.
    pub(crate) fn delete(&mut self, id: Uuid) {
        let children: Vec<Uuid> = self.children(id).collect();
        for child in children {
            if let Some(child) = self.all.get_mut(&child) {
                child.remove("parentAssetId");
            }
        }
        self.all.remove(&id);
        self.files.retain(|(asset, _), _| *asset != id);
        self.log.retain(|line| line.get("assetId") != Some(&id.to_string().into()));
    }

    pub(crate) fn note(&mut self, id: Uuid, entry: &Entry) {
        let serial = self.all.get(&id).and_then(|asset| asset.get("serialNumber")).cloned();
        self.log.push(json!({
            "logId": self.log.last().and_then(|line| line.get("logId")?.as_i64()).unwrap_or_default() + 1,
            "assetId": id, "serialNumber": serial, "date": entry.at, "user": entry.user, "type": entry.kind as u8,
            "comment": entry.comment,
        }));
    }

    pub(crate) fn log(&self) -> Vec<Value> {
        self.log.clone()
    }

    /// Changes fields of an asset; null takes one away.
    pub(crate) fn change(&mut self, id: Uuid, fields: Object) {
        if let Some(asset) = self.all.get_mut(&id) {
            asset.extend(fields);
            asset.retain(|_, value| !value.is_null());
        }
    }

    /// Counts uses: of both counts, and of what is in the asset if asked.
    pub(crate) fn count(&mut self, id: Uuid, count: Count, with_children: bool) {
        let Some(asset) = self.all.get_mut(&id) else { return };
        let known = |name: &str| asset.get(name).and_then(Value::as_i64).unwrap_or_default();
        let (total, running) = (known("totalCount"), known("runningCount"));
        let more = match count {
            Count::Total(count) => (count - total).max(0),
            Count::More(more) => more,
        };
        asset.insert("totalCount".into(), (total + more).into());
        asset.insert("runningCount".into(), (running + more).into());
        if with_children {
            let children: Vec<Uuid> = self.children(id).collect();
            for child in children {
                self.count(child, Count::More(more), true);
            }
        }
    }

    pub(crate) fn save_file(&mut self, id: Uuid, name: &str, content: Bytes) {
        self.files.insert((id, name.to_owned()), content);
    }

    pub(crate) fn file(&self, id: Uuid, name: &str) -> Result<Bytes, Refusal> {
        let found = self.files.get(&(id, name.to_owned())).cloned();
        found.ok_or_else(|| missing(format!("the asset has no file {name:?}")))
    }

    pub(crate) fn files(&self, id: Uuid) -> Vec<&str> {
        self.files.keys().filter(|(asset, _)| *asset == id).map(|(_, name)| name.as_str()).collect()
    }

    pub(crate) fn delete_file(&mut self, id: Uuid, name: &str) {
        self.files.remove(&(id, name.to_owned()));
    }
}
