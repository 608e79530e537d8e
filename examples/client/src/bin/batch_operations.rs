//! The same call for many items: some at a time, in lists, and only for what is different.
//!
//! ```sh
//! cargo run --package client-examples --bin batch_operations
//! ```
#![expect(clippy::print_stdout, reason = "an example that shows what it does")]

use client_examples::Server;
use wats_client::{
    Batch,
    production::{Unit, UnitKey},
};

const PRODUCT: &str = "LAMP-7";

fn units(count: usize, location: &str) -> Vec<Unit> {
    let unit = |number| {
        let mut unit = Unit::default();
        unit.serial_number = Some(format!("L7-{number:06}"));
        unit.part_number = Some(PRODUCT.to_owned());
        unit.current_location = Some(location.to_owned());
        unit
    };
    (0..count).map(unit).collect()
}

fn serial(unit: &Unit) -> &str {
    unit.serial_number.as_deref().unwrap_or_default()
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = Server::from_environment()?;
    let client = server.client()?;
    let production = client.production();

    // A call that takes a list: 15 at a time. A list that the server refuses is halved until the unit is found that is to blame.
    let saved = Batch::new().run_in_chunks(units(40, "Hall 1"), 15, |units| production.save_units(units)).await;
    println!("in lists: {}", saved.progress());
    for (unit, error) in saved.failed() {
        println!("  {}: {error}", serial(unit));
    }

    // A call for each, eight at once, with progress.
    let tell = |so_far: &wats_client::Progress| {
        if (so_far.done + so_far.failed).is_multiple_of(10) {
            println!("  {so_far}");
        }
    };
    let batch = Batch::new().at_once(8).on_progress(tell);
    let read = batch.run(units(40, "Hall 1"), |unit| production.unit(UnitKey::new(serial(unit), PRODUCT))).await;
    println!("each: {}", read.progress());

    // Four units have moved: only they are written.
    let mut moved = units(40, "Hall 1");
    for unit in moved.iter_mut().take(4) {
        unit.current_location = Some("Hall 2".to_owned());
    }
    let changed = Batch::new()
        .run_changed(
            moved,
            |unit| production.unit(UnitKey::new(serial(unit), PRODUCT)).or_none(),
            |unit| production.save_units(std::slice::from_ref(unit)),
        )
        .await;
    println!("only what is different: {}", changed.progress());
    Ok(())
}
