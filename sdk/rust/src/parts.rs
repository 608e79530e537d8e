//! What goes along with a report: charts, attachments, sub units, assets. Constructors of the generated types.

use crate::{Asset, Attachment, Chart, ChartScale, ChartSeries, Property, SubUnit, Text, Value};

impl Chart {
    /// A chart with linear axes. `label`: up to 100 characters.
    pub fn new(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            x_label: String::new(),
            y_label: String::new(),
            x_unit: String::new(),
            y_unit: String::new(),
            scale: ChartScale::Linear,
            series: Vec::new(),
        }
    }

    /// Label (up to 100) and unit (up to 50, may be empty) of the horizontal axis.
    #[must_use]
    pub fn x_axis(mut self, label: impl Into<String>, unit: impl Into<String>) -> Self {
        self.x_label = label.into();
        self.x_unit = unit.into();
        self
    }

    /// Label (up to 100) and unit (up to 50, may be empty) of the vertical axis.
    #[must_use]
    pub fn y_axis(mut self, label: impl Into<String>, unit: impl Into<String>) -> Self {
        self.y_label = label.into();
        self.y_unit = unit.into();
        self
    }

    /// Which axes are logarithmic.
    #[must_use]
    pub fn scale(mut self, scale: ChartScale) -> Self {
        self.scale = scale;
        self
    }

    /// A series of values at 0, 1, 2, ... `name`: 1 to 100.
    #[must_use]
    pub fn series(mut self, name: impl Into<String>, y: impl Into<Vec<f64>>) -> Self {
        self.series.push(ChartSeries { name: name.into(), x: Vec::new(), y: y.into() });
        self
    }

    /// A series of points; as many `x` as `y`.
    #[must_use]
    pub fn series_xy(mut self, name: impl Into<String>, x: impl Into<Vec<f64>>, y: impl Into<Vec<f64>>) -> Self {
        self.series.push(ChartSeries { name: name.into(), x: x.into(), y: y.into() });
        self
    }
}

impl Attachment {
    /// Bytes with a file name (1 to 256) and a media type (`image/png`). By default at most 100 KiB on a step, 10 MiB on a
    /// report.
    pub fn new(name: impl Into<String>, content_type: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), content_type: content_type.into(), content: content.into() }
    }
}

impl SubUnit {
    /// A part that is built into the unit. Texts as in the header.
    pub fn new(part_number: impl Into<String>, serial_number: impl Into<String>) -> Self {
        Self { serial_number: serial_number.into(), part_number: part_number.into(), revision: None, part_type: None }
    }

    /// Up to 100.
    #[must_use]
    pub fn with_revision(mut self, text: impl Text) -> Self {
        self.revision = text.into_text();
        self
    }

    /// 1 to 50: `PCB`.
    #[must_use]
    pub fn with_type(mut self, text: impl Text) -> Self {
        self.part_type = text.into_text();
        self
    }
}

impl Asset {
    /// Equipment that the test used, and how often.
    pub fn new(serial_number: impl Into<String>, usage_count: u32) -> Self {
        Self { serial_number: serial_number.into(), usage_count, properties: Vec::new() }
    }

    /// Kind of equipment.
    #[must_use]
    pub fn with_type(self, text: impl Text) -> Self {
        self.text("type", text)
    }

    /// Its part number.
    #[must_use]
    pub fn with_part_number(self, text: impl Text) -> Self {
        self.text("part-number", text)
    }

    /// When it was calibrated.
    #[must_use]
    pub fn calibrated(self, time: impl Text) -> Self {
        self.text("calibration-date", time)
    }

    /// When it must be calibrated again.
    #[must_use]
    pub fn calibration_due(self, time: impl Text) -> Self {
        self.text("calibration-due", time)
    }

    fn text(mut self, key: &str, text: impl Text) -> Self {
        if let Some(text) = text.into_text() {
            self.properties.push(Property { key: key.to_owned(), value: Value::Text(text) });
        }
        self
    }
}
