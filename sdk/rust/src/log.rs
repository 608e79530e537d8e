//! Log lines, which the operator sees with the plugin's name and the file's.
//!
//! A bounded number of bytes per file is kept (64 KiB by default), the rest counted.
//!
//! ```
//! wats_converter::log::info("3 units found");
//! wats_converter::log::warn(format_args!("column {} is empty", 7));
//! ```

use std::fmt::Display;

use crate::bindings::wats::converter::station::Level;
use crate::host;

/// The finest detail, for the author.
pub fn trace(message: impl Display) {
    host::log(Level::Trace, &message.to_string());
}

/// Detail, for the author.
pub fn debug(message: impl Display) {
    host::log(Level::Debug, &message.to_string());
}

/// What happened, for whoever looks.
pub fn info(message: impl Display) {
    host::log(Level::Info, &message.to_string());
}

/// Something odd that did not stop the conversion.
pub fn warn(message: impl Display) {
    host::log(Level::Warn, &message.to_string());
}

/// Something a person must act on.
pub fn error(message: impl Display) {
    host::log(Level::Error, &message.to_string());
}
