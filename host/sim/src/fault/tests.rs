use std::time::{Duration, Instant};

use uuid::Uuid;

use super::glob::{matches, matches_any_case};
use super::{Action, Faults, Point, RetryAfter, Rule, Script, Seen, When, Window};
use crate::answer::{AnswerForm, RefusalForm};

fn seen(serial: &str) -> Seen<'_> {
    Seen { method: "POST", path: "/api/Report/WSJF", part: Some("LAMP-7"), serial: Some(serial), id: None }
}

fn live(script: Script) -> Faults {
    Faults::new(script, Instant::now()).0
}

fn fired(faults: &mut Faults, serial: &str) -> bool {
    faults.decide(false, &seen(serial), Instant::now()).end.is_some()
}

#[test]
fn a_pattern_takes_stars_and_question_marks() {
    for (pattern, text, expected) in [
        ("*", "", true),
        ("*", "anything", true),
        ("a*c", "abbc", true),
        ("a*c", "abcb", false),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("*-13", "SN-13-13", true),
        ("", "", true),
        ("", "x", false),
        ("a**b", "ab", true),
    ] {
        assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
    }
    assert!(matches_any_case("/api/report/ws?f", "/API/Report/WSXF"));
}

#[test]
fn a_rule_skips_then_fires_then_stops() {
    let mut faults = live(Script::of([Rule::reports(Action::status(500)).after(2).times(3)]));
    let got: Vec<bool> = (0..7).map(|_| fired(&mut faults, "S")).collect();
    assert_eq!(got, [false, false, true, true, true, false, false]);
    assert_eq!(faults.counts().next().map(|(name, _, fitted, fired)| (name, fitted, fired)), Some(("#0", 7, 3)));
}

#[test]
fn a_share_of_requests_is_the_same_for_the_same_seed() {
    let run = |seed| {
        let script = Script { seed, ..Script::of([Rule::any(Action::status(500)).probability(0.3)]) };
        let mut faults = live(script);
        (0..1000).map(|_| fired(&mut faults, "S")).collect::<Vec<bool>>()
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
    let share = run(7).into_iter().filter(|fired| *fired).count();
    assert!((240..360).contains(&share), "{share} of 1000 at 0.3");
}

#[test]
fn a_rule_fires_only_in_its_window_and_for_its_serial() {
    let mut rule = Rule::reports(Action::status(503)).serial("*-13");
    rule.when.from_ms = Some(1000);
    rule.when.until_ms = Some(2000);
    let start = Instant::now();
    let (mut faults, windows) = Faults::new(Script::of([rule]), start);
    let (begins_in, length) = (Duration::from_secs(1), Duration::from_secs(1));
    assert_eq!(windows, [Window { name: "#0".into(), begins_in, length }]);
    let mut at = |ms, serial| faults.decide(false, &seen(serial), start + Duration::from_millis(ms)).end.is_some();
    assert!(!at(999, "A-13"));
    assert!(at(1000, "A-13"));
    assert!(!at(1500, "A-14"));
    assert!(!at(2000, "A-13"));
}

#[test]
fn the_window_of_an_added_rule_counts_from_when_it_was_added() {
    let start = Instant::now();
    let later = start + Duration::from_mins(5);
    let (mut faults, _) = Faults::new(Script::default(), start);
    let mut rule = Rule::reports(Action::status(503)).named("late");
    rule.when.until_ms = Some(1000);
    assert_eq!(faults.add(vec![rule], later)[0].length, Duration::from_secs(1));
    assert!(faults.decide(false, &seen("S"), later + Duration::from_millis(999)).end.is_some());
    assert!(faults.decide(false, &seen("S"), later + Duration::from_secs(1)).end.is_none());
}

#[test]
fn every_nth_request_counts_the_first() {
    let mut rule = Rule::any(Action::status(500));
    rule.when.every = Some(3);
    let mut faults = live(Script::of([rule]));
    let got: Vec<bool> = (0..6).map(|_| fired(&mut faults, "S")).collect();
    assert_eq!(got, [true, false, false, true, false, false]);
}

#[test]
fn modifiers_add_up_and_the_first_ending_rule_wins() {
    let script = Script::of([
        Rule::any(Action::Delay { ms: 10 }),
        Rule::any(Action::Delay { ms: 5 }),
        Rule::any(Action::status(503)),
        Rule::any(Action::status(500)),
    ]);
    let decision = live(script).decide(false, &seen("S"), Instant::now());
    assert_eq!(decision.delay, Duration::from_millis(15));
    assert_eq!(decision.end, Some(("#2".to_owned(), Action::status(503))));
    assert_eq!(decision.words, ["delay", "delay", "status"]);
}

#[test]
fn a_rule_that_contradicts_itself_is_refused() {
    let early = Rule::reports(Action::cut(Point::BeforeBody)).serial("x");
    let share = Rule::any(Action::status(500)).probability(1.5);
    let every = Rule { when: When { every: Some(0), ..When::default() }, ..Rule::any(Action::status(500)) };
    let status = Rule::any(Action::status(99));
    let hang = Rule::any(Action::hang(Point::MidAnswer, 1));
    let trickle = Rule::any(Action::Trickle { chunk_bytes: 0, every_ms: 1 });
    for rule in [early, share, every, status, hang, trickle] {
        assert!(Script::of([rule.clone()]).check().is_err(), "{rule:?}");
    }
}

#[test]
fn a_script_reads_from_json_and_refuses_words_it_does_not_know() {
    let script: Script = serde_json::from_str(
        r#"{"seed":1,"rules":[{"name":"busy","when":{"serial":"A*","times":2},
            "do":{"action":"status","status":503,"retry_after":{"date-in":3}}},
            {"do":{"action":"cut","at":"after-store"}}],"outages":[{"from_ms":10,"for_ms":20}]}"#,
    )
    .unwrap();
    assert_eq!(script.rules[0].when.times, Some(2));
    assert_eq!(script.rules[1].action, Action::cut(Point::AfterStore));
    assert!(matches!(script.rules[0].action, Action::Status { retry_after: Some(RetryAfter::DateIn(3)), .. }));
    for wrong in [
        r#"{"rules":[{"do":{"action":"explode"}}]}"#,
        r#"{"rules":[{"do":{"action":"cut","when":1}}]}"#,
        r#"{"rules":[{"when":{"serials":"x"},"do":{"action":"serve"}}]}"#,
        r#"{"rule":[]}"#,
    ] {
        assert!(serde_json::from_str::<Script>(wrong).is_err(), "{wrong}");
    }
    let again: Script = serde_json::from_str(&serde_json::to_string(&script).unwrap()).unwrap();
    assert_eq!(again, script);
}

#[test]
fn a_date_for_retry_after_is_an_http_date() {
    let text = RetryAfter::DateIn(60).header();
    assert!(text.ends_with(" GMT") && text.len() == 29, "{text}");
}

#[test]
fn the_readme_describes_every_action_with_its_fields() {
    let readme = include_str!("../../README.md");
    let table = readme.split("| action | fields |").nth(1).unwrap();
    let actions = [
        Action::Serve,
        Action::RefuseConnections { for_ms: 1 },
        Action::hang(Point::AfterStore, 1),
        Action::cut(Point::MidAnswer),
        Action::Delay { ms: 1 },
        Action::Trickle { chunk_bytes: 1, every_ms: 1 },
        Action::AnswerTwice,
        Action::retry_after(503, 1),
        Action::TooLarge { limit_bytes: 1 },
        Action::CaptivePortal,
        Action::LoginRedirect { to: Some("/x".into()) },
        Action::ErrorInOk { form: Some(RefusalForm::Text), message: Some("x".into()) },
        Action::OtherId { id: Some(Uuid::nil()), stored: true },
        Action::WrongJson { stored: true },
        Action::Answer { status: 200, headers: Vec::new(), body: String::new(), stored: true },
        Action::AnswerForm { form: AnswerForm::Text },
        Action::RefusalForm { form: RefusalForm::Text },
    ];
    for action in actions {
        let word = format!("`{}`", action.word());
        let row = table.lines().find(|line| line.split('|').nth(1).is_some_and(|cell| cell.contains(&word)));
        let row = row.unwrap_or_else(|| panic!("{word} is not described"));
        let fields = serde_json::to_value(&action).unwrap();
        assert_eq!(fields["action"], action.word());
        for field in fields.as_object().unwrap().keys().filter(|key| *key != "action") {
            assert!(row.contains(&format!("`{field}`")), "{word} is described without {field}");
        }
        assert_eq!(serde_json::from_value::<Action>(fields).unwrap(), action);
    }
}
