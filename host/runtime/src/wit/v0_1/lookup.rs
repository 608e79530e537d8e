//! The interface `lookup`: master data, for plugins that were granted it. Questions and answers are recorded, because
//! they are inputs of the conversion that are not in the file.

use wasmtime::Result;

use super::bindings::wats::converter::lookup::{Host, Process, ProcessAnswer, Product, ProductAnswer};
use super::bindings::wats::converter::types::{Property, Value};
use crate::conversion::LookupRecord;
use crate::job::{Answer, Lookup};
use crate::limits::Limit;
use crate::manifest::Grant;
use crate::state::State;

/// Questions per call; they are stored with the ledger row.
const MAX_LOOKUPS: usize = 10_000;

impl State {
    /// The one who answers, or `Err(true)` when there is none, `Err(false)` when the plugin may not ask.
    fn lookup(&mut self) -> Result<std::result::Result<std::sync::Arc<dyn Lookup>, NoLookup>> {
        self.not_in_describe("lookup")?;
        if self.lookups.len() >= MAX_LOOKUPS {
            let found = self.lookups.len() as u64 + 1;
            return Err(self.over(Limit::Lookups, found, MAX_LOOKUPS as u64, "asked too many questions"));
        }
        if !self.facts.grants.has(&Grant::Lookup) {
            return Ok(Err(NoLookup::Denied));
        }
        Ok(self.lookup.clone().ok_or(NoLookup::Offline))
    }

    fn record(&mut self, question: String, answer: String) {
        self.lookups.push(LookupRecord { question, answer });
    }
}

enum NoLookup {
    Denied,
    Offline,
}

const OFFLINE: &str = "no server is configured";

impl Host for State {
    fn process_by_name(&mut self, name: String) -> Result<ProcessAnswer> {
        let answer = match self.lookup()? {
            Err(NoLookup::Denied) => ProcessAnswer::Denied,
            Err(NoLookup::Offline) => ProcessAnswer::Unavailable(OFFLINE.to_owned()),
            Ok(lookup) => match lookup.process_by_name(&name) {
                Answer::Found(process) => {
                    let flag = |key: &str, set| Property { key: key.to_owned(), value: Value::Flag(set) };
                    ProcessAnswer::Found(Process {
                        code: process.code,
                        name: process.name,
                        properties: vec![
                            flag("test", process.kinds.test),
                            flag("repair", process.kinds.repair),
                            flag("wip", process.kinds.wip),
                        ],
                    })
                }
                Answer::Absent => ProcessAnswer::Absent,
                Answer::Unavailable(reason) => ProcessAnswer::Unavailable(reason),
            },
        };
        let record = match &answer {
            ProcessAnswer::Found(process) => format!("found {} {}", process.code, process.name),
            ProcessAnswer::Absent => "absent".to_owned(),
            ProcessAnswer::Unavailable(reason) => format!("unavailable: {reason}"),
            ProcessAnswer::Denied => "denied".to_owned(),
        };
        self.record(format!("process-by-name {name}"), record);
        Ok(answer)
    }

    fn product_by_part_number(&mut self, part_number: String) -> Result<ProductAnswer> {
        let answer = match self.lookup()? {
            Err(NoLookup::Denied) => ProductAnswer::Denied,
            Err(NoLookup::Offline) => ProductAnswer::Unavailable(OFFLINE.to_owned()),
            Ok(lookup) => match lookup.product_by_part_number(&part_number) {
                Answer::Found(product) => ProductAnswer::Found(Product {
                    part_number: product.part_number,
                    name: product.name,
                    revisions: product.revisions,
                    properties: Vec::new(),
                }),
                Answer::Absent => ProductAnswer::Absent,
                Answer::Unavailable(reason) => ProductAnswer::Unavailable(reason),
            },
        };
        let record = match &answer {
            ProductAnswer::Found(product) => format!("found {} {}", product.name, product.revisions.join(",")),
            ProductAnswer::Absent => "absent".to_owned(),
            ProductAnswer::Unavailable(reason) => format!("unavailable: {reason}"),
            ProductAnswer::Denied => "denied".to_owned(),
        };
        self.record(format!("product-by-part-number {part_number}"), record);
        Ok(answer)
    }
}
