//! `wats replay`: what would a new version of a plugin change? And: does a capsule of another machine do the same here?

mod compare;
mod ledger;
mod queued;
mod retained;

use std::io::Read as _;

use crate::{
    args::ReplayArgs,
    commands::{calling, capsule},
    context::Loaded,
    output::Output,
};

pub(crate) async fn replay(loaded: Loaded, args: ReplayArgs, output: Output) -> anyhow::Result<u8> {
    let mut start = [0; 4];
    // Whatever it is called; what cannot be read is told by who reads it whole.
    let is_zip = std::fs::File::open(&args.new).and_then(|mut file| file.read_exact(&mut start)).is_ok()
        && start == *b"PK\x03\x04";
    if is_zip {
        return calling(|| capsule::reproduce(&args.new, output));
    }
    retained::replay(&loaded, &args, output).await
}
