//! The station, as the rest of this crate sees it: the same names in a component and in a test.

#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod native;

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use native::{
    File, Uut, emit_json, log, process_by_name, product_by_part_number, send, settings_json, state_delete, state_get,
    state_keys, state_set,
};

#[cfg(target_arch = "wasm32")]
pub(crate) use crate::bindings::wats::converter::{
    lookup::{process_by_name, product_by_part_number},
    report::{Uut, emit_json},
    source::File,
    station::{log, settings_json},
};

#[cfg(target_arch = "wasm32")]
pub(crate) use crate::scheduled::bindings::wats::converter::{
    http::send,
    state::{delete as state_delete, get as state_get, keys as state_keys, set as state_set},
};

/// Says how much of the file is done, 0 to 1. Cheap; call it as often as you like.
pub fn progress(fraction: f64) {
    #[cfg(target_arch = "wasm32")]
    crate::bindings::wats::converter::station::progress(fraction);
    #[cfg(not(target_arch = "wasm32"))]
    native::progress(fraction);
}
