//! Master data that does not change: processes and repair categories. All made up.

use serde_json::{Value, json};
use uuid::Uuid;

/// A process of the factory.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) code: u32,
    pub(super) name: &'static str,
    description: &'static str,
    pub(super) kind: Kind,
    pub(super) active: bool,
}

/// What kind of operation a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Test,
    Repair,
    Wip,
}

const fn test(code: u32, name: &'static str, description: &'static str) -> Process {
    Process { code, name, description, kind: Kind::Test, active: true }
}

const fn repair(code: u32, name: &'static str, description: &'static str) -> Process {
    Process { code, name, description, kind: Kind::Repair, active: true }
}

pub(super) static PROCESSES: [Process; 9] = [
    test(10, "SW Debug", "Debugging of test software"),
    test(50, "PCBA test", "Test of the assembled board"),
    test(90, "Burn-in", "Test under load and heat"),
    test(100, "Final test", "End of line test"),
    test(110, "Final inspection", "Inspection before packing"),
    Process { kind: Kind::Wip, ..test(200, "Assembly", "Assembly of the unit") },
    Process { active: false, ..test(300, "Old final test", "No longer used") },
    repair(500, "Repair", "Repair in production"),
    repair(510, "RMA repair", "Repair of returned units"),
];

/// A process by its code or its id.
pub(super) fn process(key: &str) -> Option<&'static Process> {
    let id = Uuid::parse_str(key).ok();
    PROCESSES.iter().find(|process| key.parse() == Ok(process.code) || id == Some(process.id()))
}

impl Process {
    fn id(&self) -> Uuid {
        Uuid::from_u128(0x5afe_0000_0000_4000_8000_0000_0000_0000 + u128::from(self.code))
    }

    fn index(&self) -> usize {
        PROCESSES.iter().take_while(|process| process.code != self.code).count() + 1
    }

    /// As `GET /api/App/Processes` gives it.
    pub(super) fn public(&self) -> Value {
        json!({
            "code": self.code, "name": self.name, "description": self.description,
            "isTestOperation": self.kind == Kind::Test, "isRepairOperation": self.kind == Kind::Repair, "isWipOperation": self.kind == Kind::Wip,
            "processIndex": self.index(), "state": u8::from(self.active),
        })
    }

    /// As the internal endpoints give it.
    pub(super) fn internal(&self) -> Value {
        json!({
            "Code": self.code, "Name": self.name, "Description": self.description, "ProcessID": self.id(),
            "ProcessIndex": self.index(), "State": u8::from(self.active), "Properties": null,
            "IsTestOperation": self.kind == Kind::Test, "IsRepairOperation": self.kind == Kind::Repair, "IsWIPOperation": self.kind == Kind::Wip,
        })
    }
}

/// The categories and fail codes of a repair operation.
const CATEGORIES: [(&str, &[&str]); 4] = [
    ("Component", &["Defect Component", "Missing Component", "Wrong Component"]),
    ("Solder", &["Cold Joint", "Short", "Open"]),
    ("Mechanical", &["Damaged Housing", "Loose Screw"]),
    ("No fault", &["No Fault Found"]),
];

pub(super) fn repair_operation(process: &Process) -> Value {
    let base = 0xfa11_0000_0000_4000_8000_0000_0000_0000 + u128::from(process.code) * 1000;
    let mut next = base;
    let mut entry = |text: &str, selectable: bool, codes: Vec<Value>| {
        next += 1;
        json!({
            "GUID": Uuid::from_u128(next), "Description": text, "Selectable": selectable,
            "SortOrder": u64::try_from(next - base).unwrap_or_default(), "FailureType": 0, "ImageConstraint": null,
            "Status": 1, "Failcodes": codes,
        })
    };
    let mut categories = Vec::new();
    for (category, codes) in CATEGORIES {
        let codes = codes.iter().map(|code| entry(code, true, Vec::new())).collect();
        categories.push(entry(category, false, codes));
    }
    json!({
        "Description": process.name, "UUTRequired": 1, "CompRefMask": "^[A-Z]{1,3}[0-9]{1,4}$",
        "CompRefMaskDescription": "Letters and a number, e.g. C12", "BomConstraint": null, "BOMRequired": 1,
        "VendorRequired": 2, "Categories": categories, "MiscInfos": [],
    })
}
