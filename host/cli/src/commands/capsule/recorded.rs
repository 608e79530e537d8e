//! A server that answers as it did before, from what was recorded of questions and answers.

use std::collections::HashMap;

use wats_runtime::{Answer, Lookup, LookupRecord, Process, ProcessKinds, Product};

/// What is not recorded cannot be known.
const NOT_RECORDED: &str = "no answer was recorded, and nobody is asked here";

/// Answers by question.
#[derive(Debug)]
pub(crate) struct Recorded(HashMap<String, String>);

impl Recorded {
    pub(crate) fn new(records: &[LookupRecord]) -> Self {
        Self(records.iter().map(|record| (record.question.clone(), record.answer.clone())).collect())
    }

    /// `found ...` through `read`, which gives nothing for what it cannot read.
    fn answer<T>(&self, question: &str, read: impl FnOnce(&str) -> Option<T>) -> Answer<T> {
        match self.0.get(question).map(String::as_str) {
            Some("absent") => Answer::Absent,
            Some(answer) => match answer.strip_prefix("found ").and_then(read) {
                Some(found) => Answer::Found(found),
                None => Answer::Unavailable(answer.strip_prefix("unavailable: ").unwrap_or(answer).to_owned()),
            },
            None => Answer::Unavailable(NOT_RECORDED.to_owned()),
        }
    }
}

impl Lookup for Recorded {
    fn process_by_name(&self, name: &str) -> Answer<Process> {
        self.answer(&format!("process-by-name {name}"), |text| {
            let (code, name) = text.split_once(' ')?;
            Some(Process { code: code.parse().ok()?, name: name.to_owned(), kinds: ProcessKinds::default() })
        })
    }

    fn product_by_part_number(&self, part_number: &str) -> Answer<Product> {
        self.answer(&format!("product-by-part-number {part_number}"), |text| {
            let (name, revisions) = text.rsplit_once(' ')?;
            let revisions = revisions.split(',').filter(|revision| !revision.is_empty()).map(str::to_owned).collect();
            Some(Product { part_number: part_number.to_owned(), name: name.to_owned(), revisions })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_recorded_is_answered_again_and_nothing_else() {
        let record = |question: &str, answer: &str| LookupRecord { question: question.into(), answer: answer.into() };
        let recorded = Recorded::new(&[
            record("process-by-name Final", "found 100 Final test"),
            record("process-by-name None", "absent"),
            record("process-by-name Later", "unavailable: the server is away"),
            record("product-by-part-number P-1", "found Lamp, red A,B"),
        ]);
        assert!(
            matches!(recorded.process_by_name("Final"), Answer::Found(process) if process.code == 100 && process.name == "Final test")
        );
        assert!(matches!(recorded.process_by_name("None"), Answer::Absent));
        assert!(matches!(recorded.process_by_name("Later"), Answer::Unavailable(why) if why == "the server is away"));
        assert!(matches!(recorded.process_by_name("Other"), Answer::Unavailable(why) if why == NOT_RECORDED));
        let product = recorded.product_by_part_number("P-1");
        assert!(
            matches!(product, Answer::Found(product) if product.name == "Lamp, red" && product.revisions == ["A", "B"])
        );
    }
}
