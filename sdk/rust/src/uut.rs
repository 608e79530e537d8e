//! The writer of one report.

use std::fmt;

use crate::bindings::wats::converter::report as wire;
use crate::step::{MultiNumeric, MultiPassFail, MultiText, Numeric, Step, TextStep};
use crate::{
    Asset, Attachment, Chart, Document, Error, File, Header, NumericLimits, NumericMeasurement, ReportId, Sequence,
    Status, StepGroup, SubUnit, TextLimits, TextMeasurement, host, weight,
};

/// Steps that go to the host at a time: a call for each step would cost 1 us more.
const BATCH: usize = 64;

/// Writer of one report on a unit under test: its steps in the order of execution, and what goes along.
///
/// Nothing here fails. What is wrong is gathered, and [`finish`](Self::finish) tells all of it. A writer that is neither
/// finished nor [discarded](Self::discard) makes the conversion fail: a forgotten `finish` must not lose a report.
///
/// ```
/// # use wats_converter::{Error, Header, Reports};
/// # fn example(reports: &mut Reports) -> Result<(), Error> {
/// let mut uut = reports.uut(Header::new("L7-000042").part_number("LAMP-7").revision("C"));
/// uut.sequence("Supply", |uut| {
///     uut.numeric("Vcc", 5.01).unit("V").between(4.9, 5.1);
///     uut.text("Firmware", "1.4.0").equal_to("1.4.0").duration(0.2);
/// });
/// uut.pass_fail("LED", true);
/// uut.finish()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a writer that is not finished makes the conversion fail"]
pub struct Uut {
    host: host::Uut,
    batch: Vec<wire::Step>,
    extras: Extras,
    /// How the open sequences are to be closed, the innermost last.
    open: Vec<(Option<Status>, Option<f64>)>,
}

/// What belongs to the last step of the batch.
#[derive(Default)]
struct Extras {
    chart: Option<Chart>,
    attachment: Option<Attachment>,
    results: Vec<String>,
}

impl Uut {
    pub(crate) fn new(header: &Header) -> Self {
        Self { host: host::Uut::new(header.wire()), batch: Vec::new(), extras: Extras::default(), open: Vec::new() }
    }

    /// Replaces the header, for formats that tell the end only at the end.
    pub fn set_header(&mut self, header: &Header) {
        self.host.set_header(header.wire());
    }

    /// A sequence with the steps that `body` adds. What `body` returns is returned; the sequence is closed in any case.
    pub fn sequence<R>(&mut self, sequence: impl Into<Sequence>, body: impl FnOnce(&mut Self) -> R) -> R {
        self.open(sequence);
        let result = body(self);
        self.close();
        result
    }

    /// Opens a sequence inside the one that is open, for formats that tell begin and end. Any depth up to 256.
    pub fn open(&mut self, sequence: impl Into<Sequence>) {
        self.flush();
        let Sequence { wire, status, duration } = sequence.into();
        self.open.push((status, duration));
        self.host.open_sequence(&wire);
    }

    /// Closes the innermost open sequence, with the status and duration that it was opened with.
    pub fn close(&mut self) {
        let (status, duration) = self.open.pop().unwrap_or_default();
        self.flush();
        self.host.close_sequence(status, duration);
    }

    /// Closes the innermost open sequence, with what is known only now. `duration` in seconds.
    pub fn close_with(&mut self, status: impl Into<Option<Status>>, duration: impl Into<Option<f64>>) {
        self.open.pop();
        self.flush();
        self.host.close_sequence(status.into(), duration.into());
    }

    /// How many sequences are open, the program not counted.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// A step with one number, or with none when it was not measured. Only logged until it is given limits.
    pub fn numeric(&mut self, name: impl Into<String>, value: impl Into<Option<f64>>) -> Numeric<'_> {
        let measurement = NumericMeasurement::new(String::new(), value);
        Numeric::new(self.push(name.into(), wire::StepBody::Numeric(measurement)))
    }

    /// A step with several named numbers.
    pub fn multi_numeric(&mut self, name: impl Into<String>) -> MultiNumeric<'_> {
        MultiNumeric::new(self.push(name.into(), wire::StepBody::MultiNumeric(Vec::new())))
    }

    /// A step that is a yes or no: a `bool` or a [`Status`].
    pub fn pass_fail(&mut self, name: impl Into<String>, status: impl Into<Status>) -> Step<'_> {
        let measurement = wire::PassFailMeasurement { name: String::new(), status: status.into() };
        Step::new(self.push(name.into(), wire::StepBody::PassFail(measurement)))
    }

    /// A step with several named yeses or noes.
    pub fn multi_pass_fail(&mut self, name: impl Into<String>) -> MultiPassFail<'_> {
        MultiPassFail::new(self.push(name.into(), wire::StepBody::MultiPassFail(Vec::new())))
    }

    /// A step with one text, or with none. Only logged until it is given something to equal.
    pub fn text<'a>(&mut self, name: impl Into<String>, value: impl Into<Option<&'a str>>) -> TextStep<'_> {
        let measurement = TextMeasurement::new(String::new(), value);
        TextStep::new(self.push(name.into(), wire::StepBody::Text(measurement)))
    }

    /// A step with several named texts.
    pub fn multi_text(&mut self, name: impl Into<String>) -> MultiText<'_> {
        MultiText::new(self.push(name.into(), wire::StepBody::MultiText(Vec::new())))
    }

    /// A step that did something and measured nothing.
    pub fn action(&mut self, name: impl Into<String>) -> Step<'_> {
        Step::new(self.push(name.into(), wire::StepBody::Action))
    }

    /// A step that is a chart. For a chart beside a measurement see the step's `chart`.
    pub fn chart(&mut self, name: impl Into<String>, chart: Chart) -> Step<'_> {
        Step::new(self.push(name.into(), wire::StepBody::Chart(chart)))
    }

    /// A question to the operator: the answer (up to 100) and the number of the button.
    pub fn message_popup<'a>(
        &mut self,
        name: impl Into<String>,
        response: impl Into<Option<&'a str>>,
        button: impl Into<Option<i32>>,
    ) -> Step<'_> {
        let popup = wire::MessagePopup { response: response.into().map(str::to_owned), button: button.into() };
        Step::new(self.push(name.into(), wire::StepBody::MessagePopup(popup)))
    }

    /// A program that was run, with its exit code.
    pub fn call_executable(&mut self, name: impl Into<String>, exit_code: i32) -> Step<'_> {
        Step::new(self.push(name.into(), wire::StepBody::CallExecutable(exit_code)))
    }

    /// Any other step type of WATS by its name: `NI_Flow_If`, `GenericTest`.
    pub fn generic(&mut self, step_type: impl Into<String>, name: impl Into<String>) -> Step<'_> {
        Step::new(self.push(name.into(), wire::StepBody::Generic(step_type.into())))
    }

    /// Attaches bytes to the report.
    pub fn attach(&mut self, attachment: &Attachment) {
        self.host.attach(attachment);
    }

    /// Attaches a source file to the report; its bytes do not pass through the plugin.
    pub fn attach_file(&mut self, file: &File, content_type: &str) {
        self.host.attach_file(file.host(), content_type);
    }

    /// Something worth knowing: a description (1 to 100) and a text (up to 255; above 100 the host warns).
    pub fn misc_info(&mut self, description: impl Into<String>, text: impl Into<String>) {
        self.host.add_misc_infos(&[wire::MiscInfo { description: description.into(), text: text.into() }]);
    }

    /// A part that is built into the unit.
    pub fn sub_unit(&mut self, unit: SubUnit) {
        self.host.add_sub_units(&[unit]);
    }

    /// Equipment that the test used.
    pub fn asset(&mut self, asset: Asset) {
        self.host.add_assets(&[asset]);
    }

    /// Nested data: a WSJF `additionalData` entry.
    pub fn data(&mut self, entry: &(impl Document + ?Sized)) {
        entry.with_text(|text| self.host.add_data(text));
    }

    /// Ends the report: failed if a step failed, else passed.
    ///
    /// # Errors
    /// `rejected`, with what is wrong with the report.
    pub fn finish(self) -> Result<ReportId, Error> {
        self.finish_with(None)
    }

    /// Ends the report with the status that the file gives, if it gives one.
    ///
    /// # Errors
    /// `rejected`, with what is wrong with the report.
    pub fn finish_with(mut self, status: impl Into<Option<Status>>) -> Result<ReportId, Error> {
        self.flush();
        host::Uut::finish(self.host, status.into()).map_err(|violations| Error::rejected(&violations))
    }

    /// Throws the report away.
    pub fn discard(self) {
        host::Uut::discard(self.host);
    }

    fn push(&mut self, name: String, body: wire::StepBody) -> &mut Self {
        // Nobody changes the last one any more.
        let is_heavy = self.batch.last().is_some_and(weight::is_heavy);
        if self.batch.len() >= BATCH || is_heavy || !self.extras.is_empty() {
            self.flush();
        }
        self.batch.push(wire::Step {
            name,
            body,
            status: None,
            group: StepGroup::Main,
            start: None,
            duration: None,
            error_code: None,
            error_message: None,
            report_text: None,
            properties: Vec::new(),
        });
        self
    }

    fn flush(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        self.host.add(&self.batch);
        self.batch.clear();
        let Extras { chart, attachment, results } = std::mem::take(&mut self.extras);
        if let Some(chart) = chart {
            self.host.add_chart(&chart);
        }
        if let Some(attachment) = attachment {
            self.host.add_attachment(&attachment);
        }
        for result in results {
            self.host.add_result(&result);
        }
    }

    /// The step added last, by the handle that adding it gave: nothing can have flushed it since.
    pub(crate) fn with_last(&mut self, change: impl FnOnce(&mut wire::Step)) {
        if let Some(step) = self.batch.last_mut() {
            change(step);
        }
    }

    pub(crate) fn last_body(&mut self) -> Option<&mut wire::StepBody> {
        self.batch.last_mut().map(|step| &mut step.body)
    }

    pub(crate) fn chart_on_last(&mut self, chart: Chart) {
        self.extras.chart = Some(chart);
    }

    pub(crate) fn attachment_on_last(&mut self, attachment: Attachment) {
        self.extras.attachment = Some(attachment);
    }

    pub(crate) fn result_on_last(&mut self, json: String) {
        self.extras.results.push(json);
    }
}

impl Extras {
    fn is_empty(&self) -> bool {
        self.chart.is_none() && self.attachment.is_none() && self.results.is_empty()
    }
}

impl fmt::Debug for Uut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uut").field("depth", &self.open.len()).finish_non_exhaustive()
    }
}

impl NumericMeasurement {
    pub(crate) fn new(name: String, value: impl Into<Option<f64>>) -> Self {
        Self { name, value: value.into(), unit: String::new(), limits: NumericLimits::Log, status: None }
    }
}

impl TextMeasurement {
    pub(crate) fn new<'a>(name: String, value: impl Into<Option<&'a str>>) -> Self {
        Self { name, value: value.into().map(str::to_owned), limits: TextLimits::Log, status: None }
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::testing::Run;
    use crate::{Converter, Descriptor, Detection, Input, NoSettings, Outcome, Reports};

    struct Heavy;

    fn light(uut: &mut Uut) {
        uut.numeric("light", 1.0);
    }

    impl Converter for Heavy {
        type Settings = NoSettings;

        fn descriptor() -> Descriptor {
            Descriptor::new("heavy", "0.1.0")
        }

        fn probe(_: &Input, _: &NoSettings) -> Detection {
            Detection::certain()
        }

        fn convert(_: &Input, _: &NoSettings, reports: &mut Reports) -> Result<Outcome, Error> {
            let mut uut = reports.uut(Header::new("SN1"));
            let adds: [fn(&mut Uut); 5] = [
                |uut| {
                    uut.chart("c", Chart::new("c").series("s", vec![0.0; 40_000]));
                },
                |uut| {
                    uut.action("a").report_text("x".repeat(300_000));
                },
                |uut| {
                    uut.text("t", Some("x".repeat(300_000).as_str()));
                },
                |uut| {
                    let mut step = uut.multi_numeric("m");
                    for number in 0..3_000 {
                        step.measure(format!("m {number}"), 1.0, |_| ());
                    }
                },
                light,
            ];
            for add in adds {
                add(&mut uut);
                assert_eq!(uut.batch.len(), 1, "what is heavy has gone when the next one comes");
            }
            for _ in 0..10 {
                light(&mut uut);
            }
            assert_eq!(uut.batch.len(), 11, "light ones go together");
            uut.finish()?;
            Ok(Outcome::Converted)
        }
    }

    #[test]
    fn heavy_steps_go_to_the_host_at_once_and_light_ones_together() {
        let converted = Run::<Heavy>::file("a.txt", "").convert();
        let steps = converted.report().pointer("/root/steps").and_then(|steps| steps.as_array().cloned());
        assert_eq!(steps.map(|steps| steps.len()), Some(15));
    }
}
