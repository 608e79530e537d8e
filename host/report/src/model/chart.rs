//! Charts.

use crate::Extra;

/// Curves over a common x axis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chart {
    /// Which axes are logarithmic.
    pub chart_type: ChartType,
    /// Title, up to 100 characters.
    pub label: String,
    /// Up to 100 characters.
    pub x_label: String,
    /// Up to 50 characters; empty for none.
    pub x_unit: String,
    /// Up to 100 characters.
    pub y_label: String,
    /// Up to 50 characters; empty for none.
    pub y_unit: String,
    /// The curves.
    pub series: Vec<ChartSeries>,
    /// Unknown keys.
    pub extra: Extra,
}

/// Which axes are logarithmic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ChartType {
    /// None.
    #[default]
    Line,
    /// Both.
    LineLogXy,
    /// x
    LineLogX,
    /// y
    LineLogY,
}

impl ChartType {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Line, Self::LineLogXy, Self::LineLogX, Self::LineLogY];

    /// The name that is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Line => "Line",
            Self::LineLogXy => "LineLogXY",
            Self::LineLogX => "LineLogX",
            Self::LineLogY => "LineLogY",
        }
    }

    /// Reads one of the four names.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// One curve.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChartSeries {
    /// 1 to 100 characters.
    pub name: String,
    /// Empty for `XYG`, the only one ever seen.
    pub data_type: String,
    /// As many as `y`, or none: then 0, 1, 2, ... is written.
    pub x: Vec<f64>,
    /// The values.
    pub y: Vec<f64>,
    /// Unknown keys; also `xdata` and `ydata` where they were not numbers joined by `;`.
    pub extra: Extra,
}

impl ChartSeries {
    /// A curve of which both coordinates are known.
    pub fn new(name: impl Into<String>, x: impl Into<Vec<f64>>, y: impl Into<Vec<f64>>) -> Self {
        Self { name: name.into(), x: x.into(), y: y.into(), ..Self::default() }
    }
}
