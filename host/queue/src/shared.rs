//! Shared.
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use tokio::sync::{mpsc, watch};

use crate::command::Message;
use crate::query::Db;
use crate::{Error, Pressure, QueueOptions};

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct WorkState {
    pub(crate) ready: u64,
    pub(crate) next_due: Option<i64>,
}
pub(crate) struct Shared {
    pub(crate) dir: PathBuf,
    pub(crate) options: QueueOptions,
    pub(crate) sender: mpsc::Sender<Message>,
    pub(crate) next_stage: AtomicI64,
    pub(crate) work: watch::Sender<WorkState>,
}
impl Shared {
    pub(crate) fn open(dir: &Path, options: QueueOptions) -> Result<Arc<Self>, Error> {
        let (sender, _) = mpsc::channel(1);
        Ok(Arc::new(Self {
            dir: dir.to_owned(),
            options,
            sender,
            next_stage: AtomicI64::new(1),
            work: watch::Sender::default(),
        }))
    }
    pub(crate) fn join(&self) {}
    pub(crate) fn pressure(&self) -> Pressure {
        Pressure::None
    }
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        _f: impl FnOnce(&Db) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        Err(Error::Closed)
    }
    pub(crate) fn read_blocking<T>(&self, _f: impl FnOnce(&Db) -> Result<T, Error>) -> Result<T, Error> {
        Err(Error::Closed)
    }
}
