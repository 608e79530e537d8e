//! A simulated WATS server.
mod answer;
pub mod check;
mod error;
pub mod fault;
mod options;
pub use answer::{AnswerForm, RefusalForm};
pub use error::{Error, Result};
pub use options::*;
