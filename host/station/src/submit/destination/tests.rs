use super::*;

const A: EntryId = EntryId(1);
const B: EntryId = EntryId(2);

fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

fn answer(auth: bool) -> Refusal {
    Refusal { why: "status 4xx".into(), answered: true, auth, asked: None, untried: false }
}

fn silence() -> Refusal {
    Refusal { why: "connection refused".into(), answered: false, auth: false, asked: None, untried: false }
}

#[test]
fn one_refusal_is_a_doubt_and_the_second_a_pause_that_lasts_until_one_is_taken() {
    let destination = Destination::default();
    let before = Instant::now();
    assert_eq!(destination.refused(A, before, &answer(true), now()), Blame::Destination(false));
    assert_eq!(destination.paused(), None, "nobody is told of a doubt");
    let trial = destination.trial().unwrap();
    assert!(trial.at <= Instant::now() && trial.behind == Some(A) && !trial.ask_first, "{trial:?}");
    assert_eq!(destination.refused(B, Instant::now(), &answer(true), now()), Blame::Destination(true));
    let since = destination.paused().unwrap().since;
    let trial = destination.trial().unwrap();
    assert!(trial.at > Instant::now() + TRIAL_AUTH / 2 && trial.behind == Some(B) && !trial.ask_first, "{trial:?}");
    // The same again: no news, and the pause is as old as it was. What had begun before says nothing.
    assert_eq!(destination.refused(A, Instant::now(), &answer(true), now()), Blame::Destination(false));
    assert!(!destination.taken(EntryId(3), before));
    assert_eq!(destination.paused().unwrap().since, since);
    assert!(destination.taken(B, Instant::now()), "one that is taken ends it");
    assert!(destination.paused().is_none() && destination.trial().is_none());
}

#[test]
fn an_entry_is_at_fault_when_others_were_taken_in_between_and_stays_so() {
    let destination = Destination::default();
    destination.refused(A, Instant::now(), &answer(false), now());
    // Nobody was taken since: it may be the destination.
    assert_eq!(destination.refused(A, Instant::now(), &answer(false), now()), Blame::Destination(true));
    destination.taken(B, Instant::now());
    assert_eq!(destination.set_aside(), None);
    let Blame::Entry(first) = destination.refused(A, Instant::now(), &answer(false), now()) else { panic!() };
    assert!(first >= TRIAL && destination.trial().is_none(), "it pauses nobody any more");
    let mut last = first;
    for _ in 0..9 {
        let Blame::Entry(delay) = destination.refused(A, Instant::now(), &answer(false), now()) else { panic!() };
        last = delay;
    }
    assert!(last > Duration::from_mins(2) && last <= MAX_RETRY_AFTER, "{last:?}");
    let (count, reason) = destination.set_aside().unwrap();
    assert_eq!((count, reason.why.as_str()), (1, "status 4xx"));
    destination.taken(A, Instant::now());
    assert_eq!(destination.set_aside(), None);
}

#[test]
fn silence_and_too_many_requests_are_no_fault_of_an_entry() {
    let destination = Destination::default();
    for _ in 0..3 {
        assert!(matches!(destination.refused(A, Instant::now(), &silence(), now()), Blame::Destination(true)));
        let trial = destination.trial().unwrap();
        assert!(trial.ask_first && trial.at > Instant::now(), "{trial:?}");
        destination.taken(B, Instant::now());
    }
}

#[test]
fn the_server_is_asked_neither_sooner_than_usual_nor_later_than_the_client_would() {
    let wait = |asked| Refusal { asked: Some(asked), ..answer(false) }.wait();
    assert_eq!(wait(Duration::ZERO), TRIAL);
    assert_eq!(wait(Duration::from_secs(40)), Duration::from_secs(40));
    assert_eq!(wait(Duration::from_hours(1)), MAX_RETRY_AFTER);
}

#[test]
fn attempts_that_fail_in_a_row_are_a_complaint_when_they_are_many() {
    let destination = Destination::default();
    for number in 1..=MANY_FAILURES {
        assert_eq!(destination.failures(), None, "{number}");
        destination.attempt_failed(EntryId(i64::from(number)), Instant::now(), "status 500", now());
    }
    let (attempts, reason) = destination.failures().unwrap();
    assert_eq!((attempts, reason.why.as_str()), (MANY_FAILURES, "status 500"));
    destination.taken(A, Instant::now());
    assert_eq!(destination.failures(), None);
}

#[test]
fn what_was_found_stays_the_reason_while_the_client_keeps_quiet() {
    let destination = Destination::default();
    assert!(destination.pause(&silence(), now()));
    destination.pause(&Refusal { why: "not tried".into(), untried: true, ..silence() }, now());
    assert_eq!(destination.paused().unwrap().why, "connection refused");
}
