//! What waits for the writer, and for how long the writer waits for more.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use crate::command::{Answer, Command, LeaseAnswer, Message, Take};

/// Requests in one transaction.
const BATCH_COMMANDS: usize = 512;
/// While several send requests the writer waits for more of them, as long as they keep coming and no longer than this: a
/// transaction and its sync cost the same for one as for many.
const GATHER_TIME: Duration = Duration::from_millis(4);
/// How long none has to come until no more are waited for.
const GATHER_PAUSE: Duration = Duration::from_micros(500);

/// A request, and who waits for its answer.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) command: Command,
    pub(crate) answer: Option<Answer>,
}

/// What waits for the writer.
#[derive(Default)]
pub(crate) struct Requests {
    pub(crate) jobs: VecDeque<Job>,
    pub(crate) leases: Vec<(Take, LeaseAnswer)>,
    pub(crate) close: Option<oneshot::Sender<()>>,
    /// The last transaction had several requests.
    is_crowd: bool,
}

impl Requests {
    /// Takes what is in the channel, and in a crowd what comes right behind it.
    pub(crate) fn gather(&mut self, receiver: &mut mpsc::Receiver<Message>, first: Option<Message>) {
        let began = Instant::now();
        let mut next = first;
        loop {
            let before = self.jobs.len();
            while let Some(message) = next {
                self.put(message);
                if self.is_enough() {
                    break;
                }
                next = receiver.try_recv().ok();
            }
            let alone = self.jobs.len() < 2 && !self.is_crowd;
            let none_came = self.jobs.len() == before;
            if alone || none_came || self.is_enough() || began.elapsed() >= GATHER_TIME {
                break;
            }
            std::thread::sleep(GATHER_PAUSE);
            next = receiver.try_recv().ok();
        }
        if !self.jobs.is_empty() {
            self.is_crowd = self.jobs.len() > 1;
        }
    }

    fn put(&mut self, message: Message) {
        match message {
            Message::Command { command, answer } => self.jobs.push_back(Job { command, answer: Some(answer) }),
            Message::Lease { take, answer } => self.leases.push((take, answer)),
            Message::Wake => {}
            Message::Close { answer } => self.close = Some(answer),
        }
    }

    fn is_enough(&self) -> bool {
        self.close.is_some() || self.jobs.len() >= BATCH_COMMANDS
    }
}
