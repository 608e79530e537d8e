//! A report written as a stream of calls: what the plugin host drives.

use crate::{
    AdditionalData, Asset, Attachment, Chart, Group, Header, MAX_DEPTH, MiscInfo, SeqCall, Severity, Status, Step,
    StepBody, StepType, SubUnit, UutInfo, UutReport, Violation,
};

mod size;

/// The outermost sequence, or one inside it, when it is opened. Where more is known of it, a [`Step`] takes its place.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Program {
    /// Name of the step, 1 to 100 characters.
    pub name: String,
    /// File that holds the sequence, up to 500 characters. Empty when unknown.
    pub path: String,
    /// Version of that file, up to 30 characters. Empty when unknown.
    pub version: String,
    /// Part of the sequence around it that it belongs to.
    pub group: Group,
}

impl Program {
    /// A sequence of which only the name is known.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

impl From<Program> for Step {
    fn from(it: Program) -> Self {
        let call = SeqCall { path: it.path, name: it.name.clone(), version: it.version, ..SeqCall::default() };
        let body = StepBody::Sequence { call, steps: Vec::new() };
        Self { group: it.group, ..Self::new(StepType::Sequence, it.name, body) }
    }
}

/// Writes a test report call by call. No call fails: what is wrong with their order is gathered and
/// [`UutWriter::finish`] tells all of it.
#[derive(Debug)]
pub struct UutWriter {
    header: Header,
    info: UutInfo,
    sub_units: Vec<SubUnit>,
    /// The sequences that are open, the program first. Never empty.
    open: Vec<Step>,
    /// Sequences that were opened below [`MAX_DEPTH`]; their steps go into the innermost one that is kept.
    too_deep: usize,
    /// Whether the step added last is still the last of the innermost open sequence.
    can_attach: bool,
    size_bytes: usize,
    violations: Vec<Violation>,
}

impl UutWriter {
    /// Begins a report. The program is the outermost sequence: a [`Program`], or a [`Step`] as for [`UutWriter::open_step`].
    pub fn new(header: Header, info: UutInfo, program: impl Into<Step>) -> Self {
        let root = program.into();
        let size_bytes = size::header(&header) + size::info(&info) + size::step(&root);
        Self {
            header,
            info,
            sub_units: Vec::new(),
            open: vec![root],
            too_deep: 0,
            can_attach: false,
            size_bytes,
            violations: Vec::new(),
        }
    }

    /// Replaces the header, for formats that tell the end only at the end. What was gathered by [`UutWriter::attach`],
    /// [`UutWriter::add_misc_info`] and their like stays, as do the steps.
    pub fn set_header(&mut self, header: Header, info: UutInfo, program: impl Into<Step>) {
        self.size_bytes += size::header(&header) + size::info(&info);
        let old = std::mem::replace(&mut self.header, header);
        keep_first(&mut self.header.misc_infos, old.misc_infos);
        keep_first(&mut self.header.assets, old.assets);
        keep_first(&mut self.header.attachments, old.attachments);
        keep_first(&mut self.header.additional_data, old.additional_data);
        self.info = info;
        if let Some(root) = self.open.first_mut() {
            let mut replacement = program.into();
            self.size_bytes += size::step(&replacement);
            if let (Some(new), Some(old)) = (replacement.steps_mut(), root.steps_mut()) {
                std::mem::swap(new, old);
            }
            *root = replacement;
        }
    }

    /// Opens a sequence inside the one that is open.
    pub fn open_sequence(&mut self, sequence: Program) {
        self.open_step(sequence.into());
    }

    /// Opens a sequence inside the one that is open, with all that a step may carry (a loop, say). It has to be a step
    /// with [`StepBody::Sequence`]; of another kind it stays empty, and what is added to it is lost.
    pub fn open_step(&mut self, sequence: Step) {
        self.can_attach = false;
        if self.open.len() >= MAX_DEPTH {
            if self.too_deep == 0 {
                let message = format!(
                    "found sequence \"{}\" below {MAX_DEPTH} others, allowed are {MAX_DEPTH} inside each other",
                    clip(&sequence.name)
                );
                self.complain("too-deep", message);
            }
            self.too_deep += 1;
            return;
        }
        self.size_bytes += size::step(&sequence);
        self.open.push(sequence);
    }

    /// Closes the innermost open sequence; the program is closed by [`UutWriter::finish`]. `duration` in seconds.
    pub fn close_sequence(&mut self, status: Option<Status>, duration: Option<f64>) {
        self.can_attach = false;
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        if self.open.len() < 2 {
            let message = "found a sequence closed while none was open but the program, \
                           allowed is one close for each open"
                .to_owned();
            self.complain("unbalanced-sequence", message);
            return;
        }
        if let Some(mut closed) = self.open.pop() {
            closed.status = status;
            closed.total_time = duration;
            self.push(closed);
        }
    }

    /// Adds a step to the innermost open sequence.
    pub fn add(&mut self, step: Step) {
        self.size_bytes += size::step(&step);
        self.push(step);
        self.can_attach = true;
    }

    fn push(&mut self, step: Step) {
        if let Some(steps) = self.open.last_mut().and_then(Step::steps_mut) {
            steps.push(step);
        }
    }

    /// The step added last, unless a sequence was opened or closed since.
    pub fn last_step_mut(&mut self) -> Option<&mut Step> {
        if !self.can_attach {
            return None;
        }
        self.open.last_mut()?.steps_mut()?.last_mut()
    }

    /// Puts a chart on the step added last.
    pub fn add_chart(&mut self, chart: Chart) {
        self.size_bytes += size::chart(&chart);
        let problem = match self.last_step_mut() {
            None => Problem::NoStep("a chart"),
            Some(step) if step.chart.is_some() => Problem::Second("chart", step.name.clone()),
            Some(step) => {
                step.chart = Some(Box::new(chart));
                return;
            }
        };
        self.complain_about(problem);
    }

    /// Attaches a file to the step added last.
    pub fn add_attachment(&mut self, attachment: Attachment) {
        self.size_bytes += size::attachment(&attachment);
        let problem = match self.last_step_mut() {
            None => Problem::NoStep("an attachment"),
            Some(step) if step.attachment.is_some() => Problem::Second("attachment", step.name.clone()),
            Some(step) => {
                step.attachment = Some(Box::new(attachment));
                return;
            }
        };
        self.complain_about(problem);
    }

    /// Adds nested results to the step added last.
    pub fn add_result(&mut self, result: AdditionalData) {
        self.size_bytes += size::additional(&result);
        match self.last_step_mut() {
            Some(step) => step.additional_results.push(result),
            None => self.complain_about(Problem::NoStep("a result")),
        }
    }

    /// Attaches a file to the report.
    pub fn attach(&mut self, attachment: Attachment) {
        self.size_bytes += size::attachment(&attachment);
        self.header.attachments.push(attachment);
    }

    /// Adds a free fact to the report.
    pub fn add_misc_info(&mut self, info: MiscInfo) {
        self.size_bytes += size::misc_info(&info);
        self.header.misc_infos.push(info);
    }

    /// Adds a part that is built into the unit.
    pub fn add_sub_unit(&mut self, unit: SubUnit) {
        self.size_bytes += size::sub_unit(&unit);
        self.sub_units.push(unit);
    }

    /// Adds equipment that was used.
    pub fn add_asset(&mut self, asset: Asset) {
        self.size_bytes += size::asset(&asset);
        self.header.assets.push(asset);
    }

    /// Adds nested data to the report.
    pub fn add_data(&mut self, data: AdditionalData) {
        self.size_bytes += size::additional(&data);
        self.header.additional_data.push(data);
    }

    /// About how many bytes the report takes as WSJF so far, for a host that stops giant ones. It only grows.
    pub fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// Ends the report: closes the program with that status, and gives it that result, which stands: where a step failed all
    /// the same, [`crate::Report::validate`] warns (`result-hides-failure`). With none, both are judged, as is everything
    /// else that has no status yet: a failed step fails them. The violations are those of the calls' order; the report's own are told by
    /// [`crate::Report::validate`], after [`crate::Report::fill`].
    pub fn finish(mut self, status: Option<Status>) -> (UutReport, Vec<Violation>) {
        let left_open = self.open.len() - 1 + self.too_deep;
        if left_open > 0 {
            let name = self.open.last().map(|step| clip(&step.name).to_owned()).unwrap_or_default();
            let message = format!(
                "found {left_open} sequences still open at the end, the innermost is \"{name}\", \
                 allowed is one close for each open"
            );
            self.complain("unbalanced-sequence", message);
        }
        while self.open.len() > 1 {
            if let Some(step) = self.open.pop() {
                self.push(step);
            }
        }
        let mut root = self.open.pop().unwrap_or_default();
        self.header.result = status.or(self.header.result);
        // A report is never skipped: validation says so of the result, and the program need not say it again.
        root.status = status;
        let mut report = UutReport { header: self.header, info: self.info, sub_units: self.sub_units, root };
        report.judge();
        (report, self.violations)
    }

    fn complain_about(&mut self, problem: Problem) {
        match problem {
            Problem::NoStep(what) => self.complain(
                "nothing-to-attach-to",
                format!(
                    "found {what} with no step before it in this sequence, allowed is one after the step was added"
                ),
            ),
            Problem::Second(what, step) => self.complain(
                "second-attachment",
                format!("found a second {what} for step \"{}\", allowed is one", clip(&step)),
            ),
        }
    }

    fn complain(&mut self, rule: &'static str, message: String) {
        // The order of calls is wrong in the plugin, so one complaint of many says it all.
        if self.violations.len() < crate::MAX_VIOLATIONS {
            let names: Vec<&str> = self.open.iter().map(|step| clip(&step.name)).collect();
            let path = format!("steps/{}", names.join("/"));
            self.violations.push(Violation { path, rule, message, severity: Severity::Refuse });
        }
    }
}

enum Problem {
    NoStep(&'static str),
    Second(&'static str, String),
}

/// The first 100 characters of a name: it may be anything.
fn clip(name: &str) -> &str {
    match name.char_indices().nth(100) {
        Some((end, _)) => name.get(..end).unwrap_or(name),
        None => name,
    }
}

fn keep_first<T>(list: &mut Vec<T>, mut first: Vec<T>) {
    first.append(list);
    *list = first;
}

#[cfg(test)]
mod tests;
