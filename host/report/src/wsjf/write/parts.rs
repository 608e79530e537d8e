//! What headers and steps carry.

use std::fmt;

use base64::{display::Base64Display, engine::general_purpose::STANDARD};
use serde::{Serialize, Serializer};

use super::wire::{All, Clean, Fields, It, Shown, Wire, name};
use crate::{
    AdditionalArray, AdditionalArrayItem, AdditionalData, AdditionalProperty, Asset, Attachment, Chart, ChartSeries,
    MiscInfo,
};

impl Wire for MiscInfo {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut f = Fields::new::<S>(serializer, &self.extra)?;
        f.text_if("id", self.id.as_ref())?;
        f.text("description", &self.description)?;
        f.text_if("text", self.text.as_ref())?;
        f.never(&["numeric"]);
        f.end()
    }
}

impl Wire for Asset {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut f = Fields::new::<S>(serializer, &self.extra)?;
        f.text("sn", &self.serial_number)?;
        f.text_if("assetType", self.asset_type.as_ref())?;
        f.text_if("partNumber", self.part_number.as_ref())?;
        f.put_if("usageCount", self.usage_count)?;
        f.time_if("calibrationDate", self.calibration_date.as_ref())?;
        f.time_if("calibrationDue", self.calibration_due.as_ref())?;
        f.end()
    }
}

/// The file of a step: its data may be missing.
impl Wire for Attachment {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut f = Fields::new::<S>(serializer, &self.extra)?;
        f.text("name", &self.name)?;
        f.text_if("contentType", self.content_type.as_ref())?;
        let data = Base64Display::new(&self.data, &STANDARD);
        f.put_if("data", (!self.data.is_empty()).then_some(Shown(&data)))?;
        f.text_if("description", self.description.as_ref())?;
        f.put_if("failIdx", self.fail_idx)?;
        f.end()
    }
}

/// The files of a report: always with data, and without descriptions, which only steps have.
pub(super) struct ReportFiles<'a>(pub(super) &'a [Attachment]);

struct ReportFile<'a>(&'a Attachment);

impl Serialize for ReportFiles<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(ReportFile))
    }
}

impl Serialize for ReportFile<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut f = Fields::new::<S>(serializer, &self.0.extra)?;
        f.text("name", &self.0.name)?;
        f.text_if("contentType", self.0.content_type.as_ref())?;
        f.put("data", &Shown(&Base64Display::new(&self.0.data, &STANDARD)))?;
        f.put_if("failIdx", self.0.fail_idx)?;
        f.end()
    }
}

impl Wire for Chart {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut f = Fields::new::<S>(serializer, &self.extra)?;
        f.put("chartType", self.chart_type.as_str())?;
        f.text("label", &self.label)?;
        f.text("xLabel", &self.x_label)?;
        f.text("xUnit", &self.x_unit)?;
        f.text("yLabel", &self.y_label)?;
        f.text("yUnit", &self.y_unit)?;
        f.all("series", &self.series)?;
        f.end()
    }
}

impl Wire for ChartSeries {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut f = Fields::new::<S>(serializer, &self.extra)?;
        f.text("dataType", if self.data_type.is_empty() { "XYG" } else { &self.data_type })?;
        f.text("name", &self.name)?;
        if !self.x.is_empty() {
            f.put("xdata", &Shown(&Joined(self.x.iter().copied())))?;
        } else if !self.y.is_empty() && !f.has_kept_text("xdata") {
            let numbered = std::iter::successors(Some(0.0), |x| Some(x + 1.0)).take(self.y.len());
            f.put("xdata", &Shown(&Joined(numbered)))?;
        } else {
            f.kept_text("xdata")?;
        }
        if self.y.is_empty() {
            f.kept_text("ydata")?;
        } else {
            f.put("ydata", &Shown(&Joined(self.y.iter().copied())))?;
        }
        f.end()
    }
}

/// Numbers joined by `;`.
struct Joined<I>(I);

impl<I: Iterator<Item = f64> + Clone> fmt::Display for Joined<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, number) in self.0.clone().enumerate() {
            if index > 0 {
                f.write_str(";")?;
            }
            let size = number.abs();
            if !number.is_finite() {
                f.write_str(name(number))?;
            } else if size == 0.0 || (1e-5..1e16).contains(&size) {
                write!(f, "{number}")?;
            } else {
                // Not hundreds of digits for very large and very small numbers.
                write!(f, "{number:e}")?;
            }
        }
        Ok(())
    }
}

impl Wire for AdditionalData {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut f = Fields::new::<S>(serializer, &self.extra)?;
        f.text("name", &self.name)?;
        f.all("props", &self.props)?;
        f.end()
    }
}

impl Wire for AdditionalProperty {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut f = Fields::new::<S>(serializer, &self.extra)?;
        f.text("name", &self.name)?;
        f.text("type", &self.kind)?;
        f.put_if("flags", self.flags)?;
        f.put_if("value", self.value.as_deref().map(Clean))?;
        f.text_if("comment", self.comment.as_ref())?;
        f.text_if("numFormat", self.num_format.as_ref())?;
        f.all_if("props", &self.props)?;
        f.put_if("array", self.array.as_deref().map(It))?;
        f.end()
    }
}

impl Wire for AdditionalArray {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut f = Fields::new::<S>(serializer, &self.extra)?;
        f.put("dimension", &self.dimension)?;
        f.text("type", &self.kind)?;
        f.put("indexes", &All(&self.items))?;
        f.end()
    }
}

impl Wire for AdditionalArrayItem {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut f = Fields::new::<S>(serializer, &self.extra)?;
        f.text("text", &self.text)?;
        f.put("indexes", &self.indexes)?;
        f.put_if("value", self.value.as_deref().map(It))?;
        f.end()
    }
}
