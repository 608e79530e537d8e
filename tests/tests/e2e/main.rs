//! The whole way of a file and all that can befall it: a real station in a folder of its own, a simulated server, and
//! compiled guests. One program, because each one of its kind takes long to link.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "tests")]
#![expect(clippy::float_cmp, reason = "counts are whole numbers, also as Prometheus writes them")]
#![expect(clippy::format_collect, clippy::similar_names, reason = "short scripts, and `status` beside `station`")]

mod attacks;
mod blame;
#[cfg(target_os = "linux")]
mod crowd;
mod due;
mod false_servers;
mod files;
mod filing;
mod folder_sources;
mod folders;
#[cfg(target_os = "linux")]
mod full_disks;
mod identity;
mod listed;
mod local;
mod logs;
mod metrics;
mod names;
mod page;
#[cfg(target_os = "linux")]
mod permissions;
mod plugins;
#[cfg(target_os = "linux")]
mod power;
mod related_files;
mod retained;
mod schedules;
mod server;
mod trust;
