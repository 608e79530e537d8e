//! The step tree.

use std::collections::HashSet;

use super::{
    charts, header, measurements,
    rules::{TITLE, TextRule, cut_above, kept_key, not_sent, seconds, text, text_if},
    sink::{At, Inside, Item, Place, Sink},
};
use crate::{
    Attachment, MAX_DEPTH, SeqCall, Status, Step, StepBody, StepId, StepType, UutReport,
    judge::{first_failure, hidden_failure},
};

pub(super) fn check_root(report: &UutReport, sink: &mut Sink) {
    let root = &report.root;
    if root.step_type != StepType::Sequence || !matches!(root.body, StepBody::Sequence { .. }) {
        let found = &root.step_type;
        sink.refuse(&"steps", "root-not-a-sequence", || {
            format!("found a step of type {found} as the test program, allowed is SequenceCall")
        });
    }
    if root.name.trim().is_empty() && root.steps().is_empty() && root.status.is_none() {
        sink.refuse(&"steps", "missing", || "found no test program, allowed is a sequence (root)".to_owned());
        return;
    }
    let mut tree = Tree::default();
    let at = At { parent: None, siblings: std::slice::from_ref(root), index: 0 };
    tree.check(root, &at, 1, sink);
    if tree.causes > 1 {
        let causes = tree.causes;
        sink.warn(&"steps", "several-causes", || {
            format!("found {causes} steps that say they caused the unit's failure, expected is 1")
        });
    }
    check_result(report, sink);
}

/// Only what statuses should follow from.
pub(super) fn check_propagation(report: &UutReport, sink: &mut Sink) {
    fn walk(step: &Step, at: &At<'_>, depth: usize, sink: &mut Sink) {
        measurements::check_propagation(step, at, sink);
        check_status(step, at, sink);
        if depth < MAX_DEPTH {
            for (index, child) in step.steps().iter().enumerate() {
                walk(child, &At { parent: Some(at), siblings: step.steps(), index }, depth + 1, sink);
            }
        }
    }
    let root = std::slice::from_ref(&report.root);
    walk(&report.root, &At { parent: None, siblings: root, index: 0 }, 1, sink);
    check_result(report, sink);
}

/// The report against its test program. What was stated as the result of the unit stands: a step may fail without failing
/// the unit. That it hides a failure is told once, however deep the failed step is.
fn check_result(report: &UutReport, sink: &mut Sink) {
    let (Some(result), Some(root)) = (report.header.result, report.root.status) else { return };
    if result.counts_as_passed() {
        if let Some(failed) = first_failure(&report.root) {
            sink.warn(&"header/result", "result-hides-failure", || {
                let how = failed.status.map_or("failed", Status::word);
                format!("found {result} while step \"{}\" is {how}", super::rules::clip(&failed.name))
            });
        }
    } else if result.counts_as_failed() && root.counts_as_passed() {
        sink.warn(&"header/result", "result-contradicts-program", || {
            format!("found {result} while the test program is {root}")
        });
    }
}

/// A step's status against what it holds.
fn check_status(step: &Step, at: &dyn Place, sink: &mut Sink) {
    let Some(status) = step.status.filter(|status| !status.counts_as_failed()) else { return };
    if measurements::has_failed(step) {
        sink.warn(&Inside(at, &"status"), "step-hides-failure", || {
            format!("found {status} while one of its measurements failed")
        });
    }
    if let Some(child) = hidden_failure(step.steps()) {
        sink.warn(&Inside(at, &"status"), "sequence-hides-failure", || {
            let how = child.status.map_or("failed", Status::word);
            format!("found {status} while step \"{}\" in it is {how}", super::rules::clip(&child.name))
        });
    }
}

/// What is known of the tree so far.
#[derive(Debug, Default)]
struct Tree<'a> {
    ids: HashSet<&'a StepId>,
    causes: usize,
}

impl<'a> Tree<'a> {
    fn check(&mut self, step: &'a Step, at: &At<'_>, depth: usize, sink: &mut Sink) {
        self.check_step(step, at, sink);
        let steps = step.steps();
        if depth >= MAX_DEPTH && !steps.is_empty() {
            sink.refuse(at, "too-deep", || {
                format!("found steps inside {MAX_DEPTH} sequences, allowed are {MAX_DEPTH} levels")
            });
            return;
        }
        for (index, child) in steps.iter().enumerate() {
            self.check(child, &At { parent: Some(at), siblings: steps, index }, depth + 1, sink);
        }
    }

    fn check_step(&mut self, step: &'a Step, at: &At<'_>, sink: &mut Sink) {
        text(sink, &Inside(at, &"name"), &step.name, TITLE);
        if step.step_type.as_str().trim().is_empty() {
            sink.refuse(&Inside(at, &"type"), "missing", || {
                "found nothing, allowed is the name of a step type".to_owned()
            });
        }
        check_body(step, at, sink);
        let unjudged = measurements::check(step, at, sink);
        if step.status.is_none() && !unjudged {
            sink.refuse_to_send(&Inside(at, &"status"), "status-missing", || {
                "found nothing, allowed is a status".to_owned()
            });
        }
        check_status(step, at, sink);
        if let Some(id) = &step.id
            && !self.ids.insert(id)
        {
            sink.warn(&Inside(at, &"id"), "duplicate-id", || "found an id that another step has".to_owned());
        }
        self.causes += usize::from(step.caused_uut_failure == Some(true));
        text_if(sink, &Inside(at, &"error message"), step.error_message.as_ref(), cut_above(200));
        seconds(sink, &Inside(at, &"duration"), step.total_time);
        if step.start.is_some_and(|start| start.is_before_1970()) {
            sink.warn(&Inside(at, &"start"), "before-1970", || "found a time before 1970".to_owned());
        }
        check_kept(step, at, sink);
        if let Some(chart) = &step.chart {
            charts::check(chart, &Inside(at, &"chart"), sink);
        }
        if let Some(file) = &step.attachment {
            attachment(file, &Inside(at, &"attachment"), sink);
        }
        if step.chart.is_some() && step.attachment.is_some() {
            sink.warn(at, "chart-and-attachment", || {
                "found both a chart and an attachment, some servers keep only one of them".to_owned()
            });
        }
        for (index, result) in step.additional_results.iter().enumerate() {
            header::additional(result, &Inside(at, &Item("additional result", index)), sink);
        }
    }
}

/// What a step of that type holds.
fn check_body(step: &Step, at: &dyn Place, sink: &mut Sink) {
    let kind = &step.step_type;
    let fits = match (kind, &step.body) {
        (StepType::Sequence, body) => matches!(body, StepBody::Sequence { .. }),
        (_, StepBody::Sequence { .. }) => false,
        (StepType::Numeric | StepType::MultiNumeric, body) => matches!(body, StepBody::Numeric(_)),
        (StepType::PassFail | StepType::MultiPassFail, body) => matches!(body, StepBody::PassFail(_)),
        (StepType::Text | StepType::MultiText, body) => matches!(body, StepBody::Text(_)),
        _ => true,
    };
    if !fits {
        sink.refuse(at, "wrong-body", || {
            format!("found {} in a step of type {kind}, allowed is {}", holds(&step.body), expects(kind))
        });
    }
    match &step.body {
        StepBody::Sequence { call, .. } => seq_call(call, at, sink),
        StepBody::MessagePopup(popup) => {
            text_if(sink, &Inside(at, &"response"), popup.response.as_ref(), TextRule::up_to(100));
            kept_key(sink, at, &popup.extra, "button", "a whole number");
        }
        StepBody::CallExe(exe) if exe.exit_code.is_some_and(|code| !code.is_finite()) => {
            sink.refuse_to_send(&Inside(at, &"exit code"), "not-finite", || {
                "found no finite number, allowed is one".to_owned()
            });
        }
        StepBody::Empty if *kind == StepType::Chart && step.chart.is_none() => {
            sink.warn(at, "no-chart", || "found no chart in a step of type Chart".to_owned());
        }
        _ => {}
    }
}

fn holds(body: &StepBody) -> &'static str {
    match body {
        StepBody::Empty => "nothing",
        StepBody::Sequence { .. } => "steps",
        StepBody::Numeric(_) => "numbers",
        StepBody::PassFail(_) => "yes or no",
        StepBody::Text(_) => "texts",
        StepBody::MessagePopup(_) => "a question to the operator",
        StepBody::CallExe(_) => "an exit code",
    }
}

fn expects(kind: &StepType) -> &'static str {
    match kind {
        StepType::Sequence => "steps",
        StepType::Numeric | StepType::MultiNumeric => "numbers",
        StepType::PassFail | StepType::MultiPassFail => "yes or no",
        StepType::Text | StepType::MultiText => "texts",
        _ => "all but steps",
    }
}

fn seq_call(call: &SeqCall, at: &dyn Place, sink: &mut Sink) {
    text(sink, &Inside(at, &"sequence path"), &call.path, TextRule::up_to(500));
    text(sink, &Inside(at, &"sequence name"), &call.name, TextRule::up_to(255).warn_above(200));
    text(sink, &Inside(at, &"sequence version"), &call.version, TextRule::up_to(50).warn_above(30));
}

/// Keys of a step that were read in an unusual form, or that do not go together.
fn check_kept(step: &Step, at: &dyn Place, sink: &mut Sink) {
    if let Some(part) = &step.loop_info {
        not_sent(
            sink,
            &Inside(at, &"loop"),
            &part.extra,
            "parent",
            "a loop around this one, which servers do not export",
        );
    }
    if step.extra.is_empty() {
        return;
    }
    kept_key(sink, at, &step.extra, "start", "a time");
    kept_key(sink, at, &step.extra, "totTime", "a number of seconds");
    for key in ["numericMeas", "booleanMeas", "stringMeas", "messagePopup", "callExe", "steps"] {
        if step.extra.contains_key(key) {
            sink.refuse_to_send(&Inside(at, &key), "mixed-contents", || {
                format!("found {key} beside {}, allowed is one kind in a step", holds(&step.body))
            });
        }
    }
}

fn attachment(file: &Attachment, at: &dyn Place, sink: &mut Sink) {
    header::attachment(file, at, TextRule::up_to(100), sink);
    text_if(sink, &Inside(at, &"description"), file.description.as_ref(), TextRule::up_to(500));
    let (size, limit) = (file.data.len(), sink.options.max_step_attachment_bytes);
    if size > limit {
        sink.refuse_to_send(at, "attachment-too-large", || {
            format!("found {size} bytes on a step, allowed are {limit}; attach it to the report instead")
        });
    }
    if size == 0 {
        sink.warn(at, "empty-attachment", || "found no bytes in it".to_owned());
    }
}
