//! Imports WASI as a guest with a standard library of its own does, and tells what it finds there. A file that begins with
//! `socket` has it open one; with `sleep`, sleep for a year; with `crash`, print a message and trap.
use wats_converter::{Converter, Descriptor, Detection, Error, Input, NoSettings, Outcome, Reports, log};

#[expect(unsafe_code, reason = "generated")]
#[allow(clippy::all, reason = "generated")]
#[rustfmt::skip]
mod bindings;

use bindings::wasi::{cli, clocks, filesystem, random, sockets};

struct Wasi;

impl Converter for Wasi {
    type Settings = NoSettings;

    fn descriptor() -> Descriptor {
        Descriptor::new("wasi", "0.1.0").pattern("*.wasi")
    }

    fn probe(_: &Input, _: &NoSettings) -> Detection {
        Detection::certain()
    }

    fn convert(input: &Input, _: &NoSettings, _: &mut Reports) -> Result<Outcome, Error> {
        let head = input.main().head(6);
        if head.starts_with(b"socket") {
            let _ = sockets::tcp_create_socket::create_tcp_socket(sockets::network::IpAddressFamily::Ipv4);
        }
        if head.starts_with(b"sleep") {
            clocks::monotonic_clock::subscribe_duration(365 * 86_400 * 1_000_000_000).block();
            return Ok(Outcome::skipped("slept well"));
        }
        if head.starts_with(b"crash") {
            let _ = cli::stderr::get_stderr().blocking_write_and_flush(b"Traceback:\nValueError: no number\n");
            std::process::abort();
        }
        let now = clocks::wall_clock::now();
        log::info(format!("time {} {}", now.seconds, now.nanoseconds));
        log::info(format!("clock {}", clocks::monotonic_clock::now() == clocks::monotonic_clock::now()));
        log::info(format!("random {:?} {}", random::random::get_random_bytes(4), random::random::get_random_u64()));
        log::info(format!("seed {:?}", random::insecure_seed::insecure_seed()));
        log::info(format!("environment {:?}", cli::environment::get_environment()));
        log::info(format!("arguments {:?}", cli::environment::get_arguments()));
        log::info(format!("folders {}", filesystem::preopens::get_directories().len()));
        let _ = cli::stdout::get_stdout().blocking_write_and_flush(b"printed\nin two lines\n");
        let _ = cli::stderr::get_stderr().blocking_write_and_flush(b"and this\x1b[31m to stderr\n");
        Ok(Outcome::Converted)
    }
}

wats_converter::export!(Wasi);
