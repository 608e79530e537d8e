use std::{io, path::PathBuf};

/// Why a station cannot start, or had to stop.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The data folder cannot be used.
    #[error("use the data folder {}: choose another with data_dir, or mend its permissions", path.display())]
    DataFolder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder of an inbox cannot be made.
    #[error("make the folder {} of inbox {inbox:?}", path.display())]
    Folder {
        /// The inbox.
        inbox: String,
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The queue cannot be opened or asked.
    #[error("use the queue")]
    Queue(#[from] wats_queue::Error),
    /// The plugin host cannot start.
    #[error("start the plugin host")]
    Runtime(#[from] wats_runtime::Error),
    /// The API client cannot be made.
    #[error("make the API client for {url}")]
    Client {
        /// The server.
        url: String,
        /// Why.
        source: Box<wats_client::Error>,
    },
    /// The token cannot be read.
    #[error("read the token of {url} from {from}: {why}")]
    Token {
        /// The server.
        url: String,
        /// The file or variable.
        from: String,
        /// What is wrong.
        why: String,
    },
    /// The port cannot be listened on.
    #[error("listen on {address} ({key}): another instance or program may use it; choose another port")]
    Listen {
        /// The address.
        address: String,
        /// The key in the configuration.
        key: &'static str,
        /// Why.
        source: io::Error,
    },
    /// No inbox has this name.
    #[error("find the inbox {name:?}: the configuration {known}")]
    NoInbox {
        /// The name.
        name: String,
        /// Which there are.
        known: String,
    },
    /// A part of the station ended that must not.
    #[error("keep {task} running: {why}")]
    Task {
        /// The part.
        task: String,
        /// Why.
        why: String,
    },
}
