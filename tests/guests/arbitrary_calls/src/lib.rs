//! Calls the host as the bytes of the file say: any call, in any order, with any values, on any of the reports that it has
//! begun. The fuzzing of the host's side is made with it.
use wats_converter::bindings::wats::converter::report::{
    self, Asset, Attachment, Bounds, Chart, ChartScale, ChartSeries, MessagePopup, MiscInfo, NumericLimits,
    NumericMeasurement, PassFailMeasurement, Sequence, Step, StepBody, StepGroup, SubUnit, TextLimits, TextMeasurement,
    Uut, UutHeader,
};
use wats_converter::bindings::wats::converter::types::{Property, Status, Value};
use wats_converter::{Converter, Descriptor, Detection, Error, Input, NoSettings, Outcome, Reports, log};

struct Guest;

impl Converter for Guest {
    type Settings = NoSettings;

    fn descriptor() -> Descriptor {
        Descriptor::new("arbitrary-calls", "0.1.0").summary("a test guest").pattern("*.arbitrary_calls")
    }

    fn probe(_: &Input, _: &NoSettings) -> Detection {
        Detection::certain()
    }

    fn convert(input: &Input, _: &NoSettings, _: &mut Reports) -> Result<Outcome, Error> {
        let bytes = input.main().bytes();
        let mut bytes = Bytes(&bytes);
        let mut open = Vec::new();
        while !bytes.0.is_empty() {
            call(&mut bytes, &mut open);
        }
        for uut in open {
            let _answer = Uut::finish(uut, None);
        }
        Ok(Outcome::Converted)
    }
}

fn call(bytes: &mut Bytes<'_>, open: &mut Vec<Uut>) {
    let what = bytes.byte() % 19;
    if what == 0 || open.is_empty() {
        open.push(Uut::new(&bytes.header()));
        return;
    }
    let which = usize::from(bytes.byte()) % open.len();
    let uut = &open[which];
    match what {
        1 => uut.set_header(&bytes.header()),
        2 => uut.open_sequence(&bytes.sequence()),
        3 => uut.close_sequence(bytes.status(), bytes.option(Bytes::number)),
        4..=7 => uut.add(&bytes.list(Bytes::step)),
        8 => uut.add_chart(&bytes.chart()),
        9 => uut.add_attachment(&bytes.attachment()),
        10 => uut.add_result(&bytes.text()),
        11 => uut.attach(&bytes.attachment()),
        12 => uut.add_misc_infos(&bytes.list(|it| MiscInfo { description: it.text(), text: it.text() })),
        13 => uut.add_sub_units(&bytes.list(|it| SubUnit {
            serial_number: it.text(),
            part_number: it.text(),
            revision: it.option(Bytes::text),
            part_type: it.option(Bytes::text),
        })),
        14 => uut.add_assets(&bytes.list(|it| Asset {
            serial_number: it.text(),
            usage_count: it.whole(),
            properties: it.list(Bytes::property),
        })),
        15 => uut.add_data(&bytes.text()),
        16 => {
            let _answer = Uut::finish(open.swap_remove(which), bytes.status());
        }
        17 => Uut::discard(open.swap_remove(which)),
        _ => {
            log::warn(bytes.text());
            let _answer = report::emit_json(&bytes.text(), bytes.option(Bytes::text).as_deref());
        }
    }
}

/// Values made of bytes; all zeros when they are used up.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take(&mut self, count: usize) -> &[u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    fn eight(&mut self) -> [u8; 8] {
        let mut all = [0; 8];
        let taken = self.take(8);
        all[..taken.len()].copy_from_slice(taken);
        all
    }

    fn whole(&mut self) -> u32 {
        let [a, b, c, d, ..] = self.eight();
        u32::from_le_bytes([a, b, c, d])
    }

    /// Any double, and the odd ones more often.
    fn number(&mut self) -> f64 {
        match self.byte() {
            0 => f64::NAN,
            1 => f64::INFINITY,
            2 => -0.0,
            3 => f64::MAX,
            4 => f64::MIN_POSITIVE / 2.0,
            small @ 5..=127 => f64::from(small),
            _ => f64::from_le_bytes(self.eight()),
        }
    }

    fn text(&mut self) -> String {
        let length = self.byte();
        // Long ones are short ones many times.
        let (length, times) = if length >= 250 { (8, usize::from(length) * 10) } else { (usize::from(length % 40), 1) };
        String::from_utf8_lossy(self.take(length)).repeat(times)
    }

    fn option<T>(&mut self, some: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.byte() % 3 == 1).then(|| some(self))
    }

    fn list<T>(&mut self, one: impl Fn(&mut Self) -> T) -> Vec<T> {
        let length = self.byte() % 8;
        (0..length).map(|_| one(self)).collect()
    }

    fn status(&mut self) -> Option<Status> {
        let all = [Status::Passed, Status::Failed, Status::Done, Status::Skipped, Status::Error, Status::Terminated];
        all.get(usize::from(self.byte() % 8)).copied()
    }

    fn group(&mut self) -> StepGroup {
        [StepGroup::Main, StepGroup::Setup, StepGroup::Cleanup][usize::from(self.byte() % 3)]
    }

    fn property(&mut self) -> Property {
        const KNOWN: [&str; 12] = [
            "batch-fail-count",
            "batch-loop-index",
            "loop-count",
            "loop-index",
            "loop-passed",
            "loop-failed",
            "ts-guid",
            "value-format",
            "step-index",
            "causes-failure",
            "interactive",
            "reset-count",
        ];
        let key = KNOWN.get(usize::from(self.byte() % 16)).map_or_else(|| self.text(), |key| (*key).to_owned());
        let value = match self.byte() % 4 {
            0 => Value::Text(self.text()),
            1 => Value::Number(self.number()),
            2 => Value::Flag(self.byte().is_multiple_of(2)),
            _ => Value::Json(self.text()),
        };
        Property { key, value }
    }

    fn header(&mut self) -> UutHeader {
        UutHeader {
            serial_number: self.text(),
            part_number: self.option(Self::text),
            revision: self.option(Self::text),
            process_code: self.option(Self::whole),
            start: self.option(Self::time),
            duration: self.option(Self::number),
            operator: self.option(Self::text),
            machine_name: self.option(Self::text),
            location: self.option(Self::text),
            purpose: self.option(Self::text),
            batch_serial_number: self.option(Self::text),
            fixture: self.option(Self::text),
            socket_index: self.option(|it| it.whole() as i32),
            comment: self.option(Self::text),
            error_code: self.option(|it| it.whole() as i32),
            error_message: self.option(Self::text),
            key: self.option(Self::text),
            id: self.option(Self::text),
            program: self.sequence(),
            properties: self.list(Self::property),
        }
    }

    fn time(&mut self) -> String {
        match self.byte() % 4 {
            0 => "2026-05-04T08:15:30".to_owned(),
            1 => "9999-12-31T23:59:60.999999999-23:59".to_owned(),
            2 => format!("{:04}-{:02}-{:02}", self.byte(), self.byte() % 14, self.byte() % 33),
            _ => self.text(),
        }
    }

    fn sequence(&mut self) -> Sequence {
        Sequence {
            name: self.text(),
            path: self.text(),
            version: self.text(),
            group: self.group(),
            start: self.option(Self::time),
            error_code: self.option(Self::text),
            error_message: self.option(Self::text),
            report_text: self.option(Self::text),
            properties: self.list(Self::property),
        }
    }

    fn step(&mut self) -> Step {
        Step {
            name: self.text(),
            body: self.body(),
            status: self.status(),
            group: self.group(),
            start: self.option(Self::time),
            duration: self.option(Self::number),
            error_code: self.option(Self::text),
            error_message: self.option(Self::text),
            report_text: self.option(Self::text),
            properties: self.list(Self::property),
        }
    }

    fn body(&mut self) -> StepBody {
        match self.byte() % 11 {
            0 => StepBody::Action,
            1 => StepBody::Numeric(self.numeric()),
            2 => StepBody::MultiNumeric(self.list(Self::numeric)),
            3 => StepBody::PassFail(self.pass_fail()),
            4 => StepBody::MultiPassFail(self.list(Self::pass_fail)),
            5 => StepBody::Text(self.text_measurement()),
            6 => StepBody::MultiText(self.list(Self::text_measurement)),
            7 => StepBody::Chart(self.chart()),
            8 => StepBody::MessagePopup(MessagePopup {
                response: self.option(Self::text),
                button: self.option(|it| it.whole() as i32),
            }),
            9 => StepBody::CallExecutable(self.whole() as i32),
            _ => StepBody::Generic(self.text()),
        }
    }

    fn numeric(&mut self) -> NumericMeasurement {
        let (kind, low, high) = (self.byte() % 16, self.number(), self.number());
        let bounds = Bounds { low, high };
        let limits = match kind {
            0 => NumericLimits::Log,
            1 => NumericLimits::Eq(low),
            2 => NumericLimits::Eqt(low),
            3 => NumericLimits::Ne(low),
            4 => NumericLimits::Lt(low),
            5 => NumericLimits::Le(low),
            6 => NumericLimits::Gt(low),
            7 => NumericLimits::Ge(low),
            8 => NumericLimits::Gtlt(bounds),
            9 => NumericLimits::Gtle(bounds),
            10 => NumericLimits::Gelt(bounds),
            11 => NumericLimits::Gele(bounds),
            12 => NumericLimits::Ltgt(bounds),
            13 => NumericLimits::Ltge(bounds),
            14 => NumericLimits::Legt(bounds),
            _ => NumericLimits::Lege(bounds),
        };
        NumericMeasurement {
            name: self.text(),
            value: self.option(Self::number),
            unit: self.text(),
            limits,
            status: self.status(),
        }
    }

    fn pass_fail(&mut self) -> PassFailMeasurement {
        PassFailMeasurement { name: self.text(), status: self.status().unwrap_or(Status::Passed) }
    }

    fn text_measurement(&mut self) -> TextMeasurement {
        let limits = match self.byte() % 5 {
            0 => TextLimits::Log,
            1 => TextLimits::Eq(self.text()),
            2 => TextLimits::Ne(self.text()),
            3 => TextLimits::CaseSensitive(self.text()),
            _ => TextLimits::IgnoreCase(self.text()),
        };
        TextMeasurement { name: self.text(), value: self.option(Self::text), limits, status: self.status() }
    }

    fn chart(&mut self) -> Chart {
        Chart {
            label: self.text(),
            x_label: self.text(),
            y_label: self.text(),
            x_unit: self.text(),
            y_unit: self.text(),
            scale: [ChartScale::Linear, ChartScale::LogX, ChartScale::LogY, ChartScale::LogXy]
                [usize::from(self.byte() % 4)],
            series: self.list(|it| ChartSeries { name: it.text(), x: it.list(Self::number), y: it.list(Self::number) }),
        }
    }

    fn attachment(&mut self) -> Attachment {
        Attachment { name: self.text(), content_type: self.text(), content: self.text().into_bytes() }
    }
}

wats_converter::export!(Guest);
