//! What an asset is due for.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Assets, number, time};

/// Percent of a limit that make a warning and an alarm, unless the type says otherwise.
const WARNING: f64 = 90.0;
const ALARM: f64 = 100.0;

impl Assets {
    /// The worst of counts and dates, and how far each is. Texts are keys unless they are to be translated.
    pub(crate) fn status(&self, id: Uuid, now: Timestamp, is_translated: bool) -> Value {
        let Some(asset) = self.all.get(&id) else { return Value::Null };
        let kind = self.type_of(asset).cloned().unwrap_or_default();
        let limit = |name: &str, usual: f64| Some(number(&kind, name)).filter(|limit| *limit > 0.0).unwrap_or(usual);
        let (warning, alarm) = (limit("warningThreshold", WARNING), limit("alarmThreshold", ALARM));
        let count = |name: &str| 100.0 * number(asset, name) / limit(&format!("{name}Limit"), f64::INFINITY);
        let service = |service: &str| {
            let last = time(asset, &format!("last{service}Date"))?;
            let interval = self.next_service(asset, service)?.duration_since(last).as_secs_f64();
            Some(100.0 * now.duration_since(last).as_secs_f64() / interval.max(1.0))
        };
        let grade = |percent: f64| u8::from(percent >= warning).max(2 * u8::from(percent >= alarm));
        let causes = [
            ("RunningCount", "Uses since maintenance", Some(count("runningCount"))),
            ("TotalCount", "Uses", Some(count("totalCount"))),
            ("Calibration", "Time since calibration", service("Calibration")),
            ("Maintenance", "Time since maintenance", service("Maintenance")),
        ];
        let causes: Vec<_> = causes
            .iter()
            .filter_map(|(key, words, percent)| {
                let percent = (*percent)?;
                let text = if is_translated { words } else { key };
                Some((grade(percent), json!({ "text": text, "percent": percent, "alarmState": grade(percent) })))
            })
            .collect();
        json!({
            "assetId": id, "serialNumber": asset.get("serialNumber"), "state": asset.get("state"),
            "alarmState": causes.iter().map(|(grade, _)| *grade).max(),
            "causes": causes.into_iter().map(|(_, cause)| cause).collect::<Vec<_>>(),
        })
    }
}
