//! Answers to the questions of converters, from the API client and its cache.

use std::{future::IntoFuture as _, time::Duration};

use wats_client::Client;
use wats_runtime::{Answer, Lookup, Process, ProcessKinds, Product};

/// How long a question may take. A worker waits for the answer; a file whose question is not answered waits without one.
const PATIENCE: Duration = Duration::from_secs(4);

/// Asks on behalf of worker threads, which may block.
#[derive(Debug, Clone)]
pub(crate) struct ClientLookup {
    pub(crate) client: Client,
    pub(crate) handle: tokio::runtime::Handle,
}

impl Lookup for ClientLookup {
    fn process_by_name(&self, name: &str) -> Answer<Process> {
        match self.handle.block_on(self.client.process().by_name(name).deadline(PATIENCE).into_future()) {
            Err(error) => Answer::Unavailable(wats_runtime::chain(&error)),
            Ok(None) => Answer::Absent,
            Ok(Some(found)) => match (found.code.and_then(|code| u32::try_from(code).ok()), found.name) {
                (Some(code), Some(name)) => Answer::Found(Process {
                    code,
                    name,
                    kinds: ProcessKinds {
                        test: found.is_test_operation,
                        repair: found.is_repair_operation,
                        wip: found.is_wip_operation,
                    },
                }),
                _ => Answer::Absent,
            },
        }
    }

    fn product_by_part_number(&self, part_number: &str) -> Answer<Product> {
        match self.handle.block_on(self.client.product().by_part_number(part_number).deadline(PATIENCE).into_future()) {
            Err(error) => Answer::Unavailable(wats_runtime::chain(&error)),
            Ok(None) => Answer::Absent,
            Ok(Some(found)) => {
                let found = found.into_value();
                Answer::Found(Product {
                    part_number: found.part_number.clone(),
                    name: found.name.clone().unwrap_or_default(),
                    revisions: found.revisions.iter().map(|revision| revision.revision.clone()).collect(),
                })
            }
        }
    }
}
