//! The interface `lookup`: master data, for plugins that were granted it. Questions and answers are recorded, because
//! they are inputs of the conversion that are not in the file.

use wasmtime::Result;

use super::bindings::wats::converter::lookup::{Host, Process, ProcessAnswer, Product, ProductAnswer};
use super::bindings::wats::converter::types::{Property, Value};
use super::report::CALL_BYTES;
use crate::conversion::LookupRecord;
use crate::job::{Answer, Lookup};
use crate::limits::Limit;
use crate::manifest::Grant;
use crate::state::State;

/// Questions per call; they are stored with the ledger row.
const MAX_LOOKUPS: usize = 10_000;
/// Characters of what is asked for. Names and part numbers of WATS have at most 100 (spec rest.md); nobody is asked about longer ones.
const MAX_NAME: usize = 300;

impl State {
    /// The one who answers about this name, or why there is none.
    fn lookup(&mut self, name: &str) -> Result<std::result::Result<std::sync::Arc<dyn Lookup>, NoLookup>> {
        self.not_in_describe("lookup")?;
        self.count_output(name.len() as u64 + CALL_BYTES)?;
        if self.lookups.len() >= MAX_LOOKUPS {
            let found = self.lookups.len() as u64 + 1;
            return Err(self.over(Limit::Lookups, found, MAX_LOOKUPS as u64, "asked too many questions"));
        }
        if !self.facts.grants.has(&Grant::Lookup) {
            return Ok(Err(NoLookup::Denied));
        }
        if name.chars().nth(MAX_NAME).is_some() {
            return Ok(Err(NoLookup::Absent));
        }
        Ok(self.lookup.clone().ok_or(NoLookup::Offline))
    }

    fn record(&mut self, question: &str, name: &str, answer: String) {
        let question = format!("{question} {}", crate::log::clipped(name, MAX_NAME));
        self.lookups.push(LookupRecord { question, answer });
    }
}

enum NoLookup {
    Denied,
    Offline,
    Absent,
}

const OFFLINE: &str = "no server is configured";

impl Host for State {
    fn process_by_name(&mut self, name: String) -> Result<ProcessAnswer> {
        let answer = match self.lookup(&name)? {
            Err(NoLookup::Denied) => ProcessAnswer::Denied,
            Err(NoLookup::Absent) => ProcessAnswer::Absent,
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
        self.record("process-by-name", &name, record);
        Ok(answer)
    }

    fn product_by_part_number(&mut self, part_number: String) -> Result<ProductAnswer> {
        let answer = match self.lookup(&part_number)? {
            Err(NoLookup::Denied) => ProductAnswer::Denied,
            Err(NoLookup::Absent) => ProductAnswer::Absent,
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
        self.record("product-by-part-number", &part_number, record);
        Ok(answer)
    }
}
