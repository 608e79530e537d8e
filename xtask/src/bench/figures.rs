//! The figures of the benches, for a terminal and for the docs.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// One figure and its budget, as a bench prints it behind the word `ROW`.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    pub(super) what: String,
    pub(super) value: f64,
    pub(super) unit: String,
    pub(super) at_least: Option<f64>,
    pub(super) at_most: Option<f64>,
    pub(super) how: String,
}

impl Row {
    /// Whether it keeps its budget, if it has one.
    pub(super) fn met(&self) -> Option<bool> {
        match (self.at_least, self.at_most) {
            (Some(least), _) => Some(self.value >= least),
            (_, Some(most)) => Some(self.value <= most),
            _ => None,
        }
    }

    fn budget(&self) -> String {
        match (self.at_least, self.at_most) {
            (Some(least), _) => format!(">= {}", number(least)),
            (_, Some(most)) => format!("<= {}", number(most)),
            _ => String::new(),
        }
    }

    fn verdict(&self) -> &'static str {
        match self.met() {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        }
    }

    fn markdown(&self, more: &str) -> String {
        let (measured, how) = (number(self.value), format!("{}{more}", self.how).replace('|', "/"));
        let cells = [&self.what, &format!("{measured} {}", self.unit), &self.budget(), self.verdict(), &how];
        format!("| {} |\n", cells.join(" | "))
    }

    pub(super) fn line(&self) -> String {
        format!(
            "{:<46} {:>9} {:<18} {:<10} {:<7}",
            self.what,
            number(self.value),
            self.unit,
            self.budget(),
            self.verdict()
        )
    }
}

/// Three digits that say something, and no more.
fn number(value: f64) -> String {
    let size = value.abs();
    if size >= 100.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else if size >= 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    }
}

/// What the benches told.
#[derive(Debug, Default)]
pub(super) struct Figures {
    /// The machine and the day, as a sentence.
    pub(super) machine: String,
    pub(super) rows: Vec<Row>,
    pub(super) sheets: Vec<Sheet>,
}

/// Figures that are read beside each other and have no budget, as a bench prints them behind the word `SHEET`.
#[derive(Debug, Deserialize)]
pub(super) struct Sheet {
    title: String,
    /// How it was measured.
    how: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Sheet {
    pub(super) fn plain(&self) -> String {
        let lines = || std::iter::once(&self.columns).chain(&self.rows);
        let width = |column: usize| lines().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max();
        let mut text = format!("{}\n", self.title);
        for line in lines() {
            for (column, cell) in line.iter().enumerate() {
                let width = width(column).unwrap_or_default();
                let padded = if column == 0 { format!("{cell:<width$}") } else { format!("  {cell:>width$}") };
                text.push_str(&padded);
            }
            text.push('\n');
        }
        text
    }

    fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | ").replace('\n', " "));
        let rule = "|---".repeat(self.columns.len());
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!("### {}\n\n{}|\n{}", self.title, line(&self.columns) + &rule, rows) + "\n" + &self.how + "\n"
    }
}

impl Figures {
    pub(super) fn plain(&self) -> String {
        let rows = self.rows.iter().map(|row| format!("{}\n", row.line().trim_end()));
        let sheets = self.sheets.iter().map(|sheet| format!("\n{}", sheet.plain()));
        rows.chain(sheets).collect()
    }

    /// Writes them into a guide: all that was there is replaced, or with `keep` only what was measured again.
    pub(super) fn write(&self, path: &Path, keep: bool) -> Result<()> {
        const FROM: &str = "<!-- figures: written by `cargo xtask bench --write` -->\n";
        const TO: &str = "<!-- end of figures -->";
        let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
        let (before, rest) = text.split_once(FROM).with_context(|| format!("no {FROM:?} in {}", path.display()))?;
        let (there, after) = rest.split_once(TO).with_context(|| format!("no {TO:?} in {}", path.display()))?;
        let figures = if keep { self.merged(there) } else { self.markdown() };
        let text = format!("{before}{FROM}\n{}\n\n{TO}{after}", figures.trim());
        std::fs::write(path, text).with_context(|| format!("write {}", path.display()))
    }

    fn markdown(&self) -> String {
        let rows: String = self.rows.iter().map(|row| row.markdown("")).collect();
        let sheets: Vec<_> = self.sheets.iter().map(Sheet::markdown).collect();
        format!("{}\n\n{HEAD}{rows}\n{}", self.machine, sheets.join("\n"))
    }

    /// What is there, with these figures in the places of their older ones or at the end. They say when they were measured,
    /// since what stands above all of them may be another day.
    fn merged(&self, there: &str) -> String {
        let mut parts = there.trim().split("\n### ");
        let (mut table, mut sheets) = (parts.next().unwrap_or_default().trim_end().to_owned(), Vec::new());
        for row in &self.rows {
            let new = row.markdown(&format!("; {}", self.machine.trim_end_matches('.')));
            let begin = format!("| {} |", row.what);
            let old = table.lines().find(|line| line.starts_with(&begin)).map(str::to_owned);
            match old {
                Some(old) => table = table.replace(&old, new.trim_end()),
                None => table.extend(["\n", new.trim_end()]),
            }
        }
        let is_new = |title: &str| self.sheets.iter().any(|sheet| sheet.title == title);
        for part in parts.filter(|part| !part.lines().next().is_some_and(is_new)) {
            sheets.push(format!("### {}\n", part.trim_end()));
        }
        sheets.extend(self.sheets.iter().map(|sheet| format!("{}{}\n", sheet.markdown(), self.machine)));
        format!("{table}\n\n{}", sheets.join("\n"))
    }
}

const HEAD: &str = "| what | measured | budget | | how |\n|---|---|---|---|---|\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: f64, at_least: Option<f64>, at_most: Option<f64>) -> Row {
        Row { what: "x".into(), value, unit: "s".into(), at_least, at_most, how: String::new() }
    }

    #[test]
    fn a_budget_is_met_from_its_side() {
        assert_eq!(row(0.79, Some(0.8), None).met(), Some(false));
        assert_eq!(row(0.8, Some(0.8), None).met(), Some(true));
        assert_eq!(row(0.51, None, Some(0.5)).met(), Some(false));
        assert_eq!(row(1.0, None, None).met(), None);
    }

    #[test]
    fn what_is_measured_again_takes_the_place_of_the_older_figure_and_leaves_the_others() {
        let sheet = |title: &str, cell: &str| Sheet {
            title: title.into(),
            how: "By hand.".into(),
            columns: vec!["a".into(), "b".into()],
            rows: vec![vec!["x".into(), cell.into()]],
        };
        let other = |what: &str, value| Row { what: what.into(), ..row(value, None, None) };
        let of = |machine: &str, rows, sheets| Figures { machine: machine.into(), rows, sheets };
        let old = of("Monday.", vec![other("one", 1.0), other("two", 2.0)], vec![sheet("A", "1"), sheet("B", "2")]);
        let new = of("Friday.", vec![other("two", 5.0), other("three", 3.0)], vec![sheet("B", "7")]);
        let folder = std::env::temp_dir().join(format!("wats-figures-{}", std::process::id()));
        std::fs::write(
            &folder,
            "before\n<!-- figures: written by `cargo xtask bench --write` -->\n<!-- end of figures -->\nafter",
        )
        .unwrap();
        old.write(&folder, false).unwrap();
        new.write(&folder, true).unwrap();
        let text = std::fs::read_to_string(&folder).unwrap();
        std::fs::remove_file(&folder).unwrap();
        let expected = "before\n<!-- figures: written by `cargo xtask bench --write` -->\n\nMonday.\n\n\
            | what | measured | budget | | how |\n|---|---|---|---|---|\n\
            | one | 1.00 s |  |  |  |\n| two | 5.00 s |  |  | ; Friday |\n| three | 3.00 s |  |  | ; Friday |\n\n\
            ### A\n\n| a | b |\n|---|---|\n| x | 1 |\n\nBy hand.\n\n\
            ### B\n\n| a | b |\n|---|---|\n| x | 7 |\n\nBy hand.\nFriday.\n\n<!-- end of figures -->\nafter";
        assert_eq!(text, expected);
    }
}
