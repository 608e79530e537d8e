//! The names of the rules.

/// Every rule by its stable name, with what it is about. Names are never changed and never used for something else;
/// which of them warns and which refuses may depend on the [`crate::Profile`].
pub const RULES: [(&str, &str); 51] = [
    ("attachment-too-large", "a file on a step above the limit that is set"),
    ("attachments-too-large", "all files of a report together above the limit that is set"),
    ("before-1970", "a time that WATS does not take"),
    ("chart-and-attachment", "both on one step, of which some servers keep one"),
    ("chart-lengths", "different numbers of x and y values"),
    ("duplicate-id", "two steps with the same id"),
    ("duplicate-idx", "two units of a repair with the same number"),
    ("duplicate-name", "two measurements of a step with the same name"),
    ("empty-attachment", "a file without bytes on a step"),
    ("forbidden-character", "a part or serial number with one of * % ? [ ] ^ ! / \\"),
    ("limit-misplaced", "the only limit of an operator in the place of a second one"),
    ("limit-missing", "an operator without a limit that it needs"),
    ("limit-not-a-number", "NaN as a limit"),
    ("limit-unused", "a limit that the operator does not use"),
    ("limits-crossed", "a high limit below the low one"),
    ("long", "longer than some server or client takes"),
    ("main-unit-differs", "the unit under repair is not the one of the header"),
    ("missing", "nothing where something is needed"),
    ("mixed-contents", "a step with more than one kind of contents"),
    ("more-violations", "there are more than are told"),
    ("named-single", "a name on the only measurement of a step"),
    ("negative", "a duration below 0"),
    ("no-chart", "a chart step without a chart"),
    ("no-failure", "a repair without a failure"),
    ("no-main-unit", "a repair without the unit under repair"),
    ("no-measurement", "a measuring step without a measurement that was not skipped"),
    ("no-offset", "a time without its offset from UTC"),
    ("not-finite", "NaN or an infinity where a number is needed"),
    ("not-in-wsxf", "something that WSXF cannot say"),
    ("not-sent", "something that is not sent"),
    ("nothing-to-attach-to", "a chart, file or result before any step"),
    ("operator-for-numbers", "an operator on a text that orders it"),
    ("operator-for-texts", "an operator for texts on a number"),
    ("report-skipped", "a report as a whole that was skipped"),
    ("result-contradicts-program", "a failed report whose test program passed"),
    ("result-hides-failure", "a passed report with a failed step"),
    ("root-not-a-sequence", "a test program that is no sequence"),
    ("same-process", "a repair operation as the operation that failed"),
    ("second-attachment", "a second chart or file on a step"),
    ("sequence-hides-failure", "a passed sequence with a failed step"),
    ("several-causes", "more than one step that caused the unit's failure"),
    ("status-contradicts-limits", "a status that value and limits do not give"),
    ("status-missing", "no status, and nothing to judge by"),
    ("step-hides-failure", "a passed step with a failed measurement"),
    ("too-deep", "too many sequences inside each other"),
    ("too-long", "longer than any server or client takes"),
    ("too-many-measurements", "several measurements in a step for one"),
    ("unbalanced-sequence", "sequences opened and closed differently often"),
    ("unknown-unit", "a number that no unit of the repair has"),
    ("unusual-form", "a known key with something else in it than usual"),
    ("wrong-body", "contents that do not go with the type of the step"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Sources in which rules are named.
    const SOURCES: [&str; 9] = [
        include_str!("charts.rs"),
        include_str!("header.rs"),
        include_str!("measurements.rs"),
        include_str!("rules.rs"),
        include_str!("sink.rs"),
        include_str!("steps.rs"),
        include_str!("uur.rs"),
        include_str!("../writer/mod.rs"),
        include_str!("../wsxf/write.rs"),
    ];

    #[test]
    fn every_rule_is_listed_in_order_and_used() {
        assert!(RULES.is_sorted());
        for (name, _) in RULES {
            assert!(SOURCES.iter().any(|source| source.contains(&format!("\"{name}\""))), "{name} is not used");
        }
    }
}
