//! The same call for many items.

use std::fmt;
use std::future::{Future, IntoFuture};

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, ErrorClass};

/// Calls at once, unless asked otherwise.
pub const DEFAULT_AT_ONCE: usize = 4;

/// Makes the same call for many items, some at a time, and tells what came of each.
///
/// ```no_run
/// # async fn f(client: wats_client::Client, numbers: Vec<String>) -> Result<(), wats_client::Error> {
/// use wats_client::Batch;
///
/// let batch = Batch::new().at_once(8).on_progress(|so_far| println!("{so_far}"));
/// let found = batch.run(numbers, |number| client.product().by_part_number(number)).await;
/// for (number, error) in found.failed() {
///     eprintln!("{number}: {error}");
/// }
/// # Ok(()) }
/// ```
///
/// Each call keeps to the client's rate limit, retries and deadline like any other. An item that fails stops no other one; but
/// when the token is refused, or something else than WATS answers, each further call would end the same way, so none is made: those
/// items are [`Outcome::NotTried`], and can be given to the next batch ([`Outcomes::left`]).
///
/// From a program that is not asynchronous: [`wait`](crate::wait).
///
/// # Cancel safety
/// Dropping the future stops the calls that are under way. What was done stays done.
#[derive(Default)]
#[must_use = "a batch does nothing until it is run"]
pub struct Batch<'a> {
    at_once: Option<usize>,
    on_progress: Option<Tell<'a>>,
}

type Tell<'a> = Box<dyn FnMut(&Progress) + Send + 'a>;

impl fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("at_once", &self.at_once).finish_non_exhaustive()
    }
}

/// What came of an item.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Outcome<T> {
    /// The call's answer.
    Done(T),
    /// The server has it already: [`Batch::run_changed`].
    Unchanged,
    /// The call's error.
    Failed(Error),
    /// No call was made, because it could not have ended well.
    NotTried,
}

impl<T> Outcome<T> {
    fn of(result: Result<T, Error>) -> Self {
        result.map_or_else(Self::Failed, Self::Done)
    }

    /// Every other call would end this way too.
    fn is_hopeless(&self) -> bool {
        let Self::Failed(error) = self else { return false };
        match error.class() {
            // Permission may be missing for this item alone.
            ErrorClass::Auth => error.status() != Some(403),
            // So may an answer be odd, or too long.
            ErrorClass::Foreign => !matches!(error, Error::Foreign { kind, .. } if kind.is_about_one_answer()),
            ErrorClass::Permanent | ErrorClass::TooLarge | ErrorClass::Transient => false,
        }
    }
}

/// How far a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Progress {
    /// Items in all.
    pub total: usize,
    /// Items whose call ended well.
    pub done: usize,
    /// Items that the server had already.
    pub unchanged: usize,
    /// Items whose call failed.
    pub failed: usize,
    /// Items for which no call was made.
    pub not_tried: usize,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { total, done, unchanged, failed, not_tried } = self;
        let ended = done + unchanged + failed + not_tried;
        write!(f, "{ended} of {total}: {done} done, {unchanged} unchanged, {failed} failed, {not_tried} not tried")
    }
}

impl Progress {
    fn count<T>(&mut self, outcome: &Outcome<T>) {
        *match outcome {
            Outcome::Done(_) => &mut self.done,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Failed(_) => &mut self.failed,
            Outcome::NotTried => &mut self.not_tried,
        } += 1;
    }
}

/// What came of all items, in the order in which they were given.
#[derive(Debug, Clone)]
pub struct Outcomes<I, T> {
    items: Vec<(I, Outcome<T>)>,
}

impl<I, T> Outcomes<I, T> {
    /// Each item with what came of it.
    pub fn iter(&self) -> impl Iterator<Item = (&I, &Outcome<T>)> {
        self.items.iter().map(|(item, outcome)| (item, outcome))
    }

    /// Those whose call failed, and why.
    pub fn failed(&self) -> impl Iterator<Item = (&I, &Error)> {
        self.iter().filter_map(|(item, outcome)| match outcome {
            Outcome::Failed(error) => Some((item, error)),
            _ => None,
        })
    }

    /// How many came to which end.
    pub fn progress(&self) -> Progress {
        let mut progress = Progress { total: self.items.len(), ..Progress::default() };
        self.items.iter().for_each(|(_, outcome)| progress.count(outcome));
        progress
    }

    /// Nothing failed, and nothing was left out.
    pub fn is_complete(&self) -> bool {
        self.items.iter().all(|(_, outcome)| matches!(outcome, Outcome::Done(_) | Outcome::Unchanged))
    }

    /// The items for which the same call may end well later: failures that pass, and what was not tried.
    pub fn left(self) -> Vec<I> {
        let is_left = |outcome: &Outcome<T>| match outcome {
            Outcome::Failed(error) => !is_for_good(error),
            Outcome::NotTried => true,
            Outcome::Done(_) | Outcome::Unchanged => false,
        };
        self.items.into_iter().filter(|(_, outcome)| is_left(outcome)).map(|(item, _)| item).collect()
    }
}

impl<I, T> IntoIterator for Outcomes<I, T> {
    type Item = (I, Outcome<T>);
    type IntoIter = std::vec::IntoIter<(I, Outcome<T>)>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a> Batch<'a> {
    /// Four calls at once.
    pub fn new() -> Self {
        Self::default()
    }

    /// Most calls at once; 1 makes one after the other, in order.
    pub fn at_once(mut self, calls: usize) -> Self {
        self.at_once = Some(calls.max(1));
        self
    }

    /// Called after each item (and after each chunk).
    pub fn on_progress(mut self, tell: impl FnMut(&Progress) + Send + 'a) -> Self {
        self.on_progress = Some(Box::new(tell));
        self
    }

    /// Makes the call for each item.
    pub async fn run<I, T, C, F>(self, items: impl IntoIterator<Item = I>, call: C) -> Outcomes<I, T>
    where
        C: Fn(&I) -> F,
        F: IntoFuture<Output = Result<T, Error>>,
    {
        self.over(items.into_iter().map(|item| [item]).collect(), |[item]| {
            let call = call(&item).into_future();
            async move { vec![(item, Outcome::of(call.await))] }
        })
        .await
    }

    /// Saves only what is different: `known` reads what the server has of an item (`None`: nothing), and the item is saved unless
    /// each of its fields that is set is already there with the same value. Fields that the item does not set do not count.
    pub async fn run_changed<I, K, T, L, FL, S, FS>(
        self,
        items: impl IntoIterator<Item = I>,
        known: L,
        save: S,
    ) -> Outcomes<I, T>
    where
        I: Serialize,
        K: Serialize,
        L: Fn(&I) -> FL,
        FL: IntoFuture<Output = Result<Option<K>, Error>>,
        S: Fn(&I) -> FS,
        FS: IntoFuture<Output = Result<T, Error>>,
    {
        let save = &save;
        self.over(items.into_iter().map(|item| [item]).collect(), |[item]| {
            let known = known(&item).into_future();
            async move {
                let outcome = match known.await {
                    Ok(Some(known)) if is_there(&item, &known) => Outcome::Unchanged,
                    Ok(_) => Outcome::of(save(&item).await),
                    Err(error) => Outcome::Failed(error),
                };
                vec![(item, outcome)]
            }
        })
        .await
    }

    /// For calls that take a list: gives them `size` items at a time. A chunk that is refused for good is halved until the item
    /// is found that the server does not take, so that one bad item costs only itself. So items may be sent more than once.
    pub async fn run_in_chunks<I, T, C, F>(
        self,
        items: impl IntoIterator<Item = I>,
        size: usize,
        call: C,
    ) -> Outcomes<I, ()>
    where
        C: Fn(&[I]) -> F,
        F: IntoFuture<Output = Result<T, Error>>,
    {
        let mut items = items.into_iter();
        let chunks = std::iter::from_fn(|| {
            let chunk: Vec<I> = items.by_ref().take(size.max(1)).collect();
            (!chunk.is_empty()).then_some(chunk)
        });
        let call = &call;
        self.over(chunks.collect(), |chunk| halved(chunk, call)).await
    }

    /// Runs over chunks, `at_once` at a time, until one shows that there is no hope.
    async fn over<X, T, R>(mut self, chunks: Vec<X>, start: impl Fn(X) -> R) -> Outcomes<X::Item, T>
    where
        X: IntoIterator + AsRef<[X::Item]>,
        R: Future<Output = Vec<(X::Item, Outcome<T>)>>,
    {
        let total = chunks.iter().map(|chunk| chunk.as_ref().len()).sum();
        let mut progress = Progress { total, ..Progress::default() };
        let at_once = self.at_once.unwrap_or(DEFAULT_AT_ONCE);
        let mut chunks = chunks.into_iter().enumerate();
        let mut running = FuturesUnordered::new();
        let mut ended = Vec::new();
        let mut is_hopeless = false;
        loop {
            while running.len() < at_once
                && !is_hopeless
                && let Some((place, chunk)) = chunks.next()
            {
                running.push(start(chunk).map(move |outcomes| (place, outcomes)));
            }
            let Some((place, outcomes)) = running.next().await else { break };
            for (_, outcome) in &outcomes {
                progress.count(outcome);
                is_hopeless |= outcome.is_hopeless();
            }
            ended.push((place, outcomes));
            self.tell(&progress);
        }
        ended.sort_by_key(|(place, _)| *place);
        let mut items: Vec<_> = ended.into_iter().flat_map(|(_, outcomes)| outcomes).collect();
        // Chunks are begun in order, so what was not begun is the end of the list.
        items.extend(chunks.flat_map(|(_, chunk)| chunk).map(|item| (item, Outcome::NotTried)));
        let outcomes = Outcomes { items };
        if is_hopeless {
            self.tell(&outcomes.progress());
        }
        outcomes
    }

    fn tell(&mut self, progress: &Progress) {
        if let Some(tell) = &mut self.on_progress {
            tell(progress);
        }
    }
}

/// Gives a list to a call; one that is refused for good in halves, down to the item that is to blame.
async fn halved<I, T, C, F>(chunk: Vec<I>, call: &C) -> Vec<(I, Outcome<()>)>
where
    C: Fn(&[I]) -> F,
    F: IntoFuture<Output = Result<T, Error>>,
{
    let mut outcomes: Vec<_> = chunk.iter().map(|_| Outcome::NotTried).collect();
    let mut parts = vec![(0, chunk.len())];
    while let Some((from, to)) = parts.pop() {
        let (Some(items), Some(ends)) = (chunk.get(from..to), outcomes.get_mut(from..to)) else { break };
        let outcome = Outcome::of(call(items).await.map(drop));
        if matches!(&outcome, Outcome::Failed(error) if is_for_good(error)) && items.len() > 1 {
            let middle = from + items.len() / 2;
            parts.extend([(middle, to), (from, middle)]);
            continue;
        }
        ends.fill(outcome.clone());
        if outcome.is_hopeless() {
            break;
        }
    }
    chunk.into_iter().zip(outcomes).collect()
}

fn is_for_good(error: &Error) -> bool {
    matches!(error.class(), ErrorClass::Permanent | ErrorClass::TooLarge)
}

/// Whether what is wanted is what is known, fields aside that are not set.
fn is_there(wanted: &impl Serialize, known: &impl Serialize) -> bool {
    let values = serde_json::to_value(wanted).ok().zip(serde_json::to_value(known).ok());
    values.is_some_and(|(wanted, known)| is_within(&wanted, &known))
}

fn is_within(wanted: &Value, known: &Value) -> bool {
    match (wanted, known) {
        (Value::Null, _) => true,
        (Value::Object(wanted), Value::Object(known)) => {
            wanted.iter().all(|(name, value)| is_within(value, known.get(name).unwrap_or(&Value::Null)))
        }
        (Value::Array(wanted), Value::Array(known)) => {
            wanted.is_empty()
                || (wanted.len() == known.len()
                    && wanted.iter().zip(known).all(|(wanted, known)| is_within(wanted, known)))
        }
        // 5 and 5.0 are the same number.
        (Value::Number(wanted), Value::Number(known)) => wanted == known || wanted.as_f64() == known.as_f64(),
        (wanted, known) => wanted == known,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wanted_is_there_when_each_field_that_is_set_is() {
        let known = json!({ "a": 1, "b": { "c": [1, 2], "d": "x" }, "e": null });
        for (wanted, expected) in [
            (json!({}), true),
            (json!({ "a": 1.0, "b": { "d": "x" }, "e": null, "f": null }), true),
            (json!({ "a": null, "b": { "c": [] } }), true),
            (json!({ "b": { "c": [1, 2] } }), true),
            (json!({ "b": { "c": [1] } }), false),
            (json!({ "b": { "c": [2, 1] } }), false),
            (json!({ "a": 2 }), false),
            (json!({ "e": false }), false),
            (json!({ "f": 0 }), false),
            (json!({ "b": "x" }), false),
        ] {
            assert_eq!(is_within(&wanted, &known), expected, "{wanted}");
        }
    }
}
