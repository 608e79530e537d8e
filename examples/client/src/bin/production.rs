//! Production: units, what they are built of, where they are in their life, and serial numbers.
//!
//! ```sh
//! cargo run --package client-examples --bin production
//! ```
#![expect(clippy::print_stdout, reason = "an example that shows what it does")]

use client_examples::Server;
use wats_client::production::{Unit, UnitKey, UnitPhaseFlag};

fn unit(key: UnitKey<'_>) -> Unit {
    let mut unit = Unit::default();
    unit.serial_number = Some(key.serial_number.to_owned());
    unit.part_number = Some(key.part_number.to_owned());
    unit
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = Server::from_environment()?;
    let client = server.client()?;
    let production = client.production();

    // Each call takes numbers, so it is never repeated by itself.
    let numbers = production.take_serial_numbers("Lamp", 2, None, Some("EOL-03")).await?;
    println!("taken: {numbers:?}");
    let [first, second] = numbers.as_slice() else { anyhow::bail!("two were asked for") };
    let (lamp, led) = (UnitKey::new(first, "LAMP-7"), UnitKey::new(second, "LED-3"));
    production.save_units(&[unit(lamp), unit(led)]).await?;
    production.add_child(lamp, led).await?;
    production.set_phase(lamp, UnitPhaseFlag::Finalized, Some("ready")).await?;

    let built = production.unit(lamp).await?;
    let parts: Vec<_> = built.sub_units.iter().filter_map(|part| part.part_number.as_deref()).collect();
    println!("phase {:?}, made of {parts:?}", built.unit_phase_id);

    // The server's words, when something cannot be.
    if let Err(error) = production.add_child(led, lamp).await {
        println!("refused: {}", error.server_message().unwrap_or_default());
    }
    let grade = production.verify(lamp, None).await?;
    println!("verified: {:?}", grade.status);
    Ok(())
}
