//! The compiling process by itself, for this crate's tests; `wats` has it as a hidden subcommand.

use std::process::ExitCode;

fn main() -> ExitCode {
    wats_runtime::compile_child_main(std::env::args_os().skip(1))
}
