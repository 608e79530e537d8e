//! Charts.

use super::{
    rules::{TITLE, TextRule, kept_key, text},
    sink::{Inside, Item, Place, Sink},
};
use crate::{Chart, ChartSeries};

pub(super) fn check(chart: &Chart, at: &dyn Place, sink: &mut Sink) {
    let label = TextRule::up_to(100);
    let unit = TextRule::up_to(50);
    text(sink, &Inside(at, &"label"), &chart.label, label);
    text(sink, &Inside(at, &"x label"), &chart.x_label, label);
    text(sink, &Inside(at, &"x unit"), &chart.x_unit, unit);
    text(sink, &Inside(at, &"y label"), &chart.y_label, label);
    text(sink, &Inside(at, &"y unit"), &chart.y_unit, unit);
    for (index, it) in chart.series.iter().enumerate() {
        series(it, &Inside(at, &Item("series", index)), sink);
    }
}

fn series(series: &ChartSeries, at: &dyn Place, sink: &mut Sink) {
    text(sink, &Inside(at, &"name"), &series.name, TITLE);
    let (x, y) = (series.x.len(), series.y.len());
    if x != 0 && x != y && !series.extra.contains_key("ydata") {
        sink.refuse_to_send(at, "chart-lengths", || {
            format!("found {x} x values and {y} y values, allowed are as many of both, or no x values")
        });
    }
    kept_key(sink, at, &series.extra, "xdata", "numbers joined by ;");
    kept_key(sink, at, &series.extra, "ydata", "numbers joined by ;");
}
