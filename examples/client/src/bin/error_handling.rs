//! What can go wrong, how a program tells it apart, and what the client has already done about it.
//!
//! Always on a simulated server: it fails on purpose.
#![expect(clippy::print_stdout, reason = "an example that shows what it does")]

use std::time::{Duration, Instant};

use anyhow::Context as _;
use client_examples::Server;
use wats_client::{Error, ErrorClass, production::UnitKey};
use wats_sim::fault::{Action, Rule};

/// What a program can do, by class and never by text.
fn advice(error: &Error) -> String {
    match error.class() {
        ErrorClass::Permanent => format!("change the call: {}", error.server_message().unwrap_or("see above")),
        ErrorClass::TooLarge => "send less".to_owned(),
        ErrorClass::Transient => match error.retry_after() {
            Some(wait) => format!("again in {} s", wait.as_secs()),
            None => "again later".to_owned(),
        },
        ErrorClass::Auth => "ask for another token".to_owned(),
        ErrorClass::Foreign => "this is not the WATS server: check the address".to_owned(),
        _ => "look at the error".to_owned(),
    }
}

fn show(what: &str, error: &Error) {
    println!("{what}\n  {error}\n  -> {}", advice(error));
    if let Some(hint) = error.hint() {
        println!("  hint: {hint}");
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = Server::simulated()?;
    let sim = server.simulated.as_ref().context("simulated")?.handle().clone();
    let client = server.client()?;
    let nobody = UnitKey::new("no such unit", "LAMP-7");

    // Strict: what does not exist is an error. Lenient: it is `None`.
    let error = client.production().unit(nobody).await.err().context("there is no such unit")?;
    show("not found", &error);
    println!("lenient: {:?}", client.production().unit(nobody).or_none().await?);

    // A busy server: the client waits as it was told, and asks again.
    sim.add_rule(Rule::any(Action::retry_after(429, 1)).times(1))?;
    let began = Instant::now();
    client.process().by_code(100).await?;
    println!("busy once: answered after {:.1} s", began.elapsed().as_secs_f64());

    // One that stays busy, and a caller who has no time.
    sim.add_rule(Rule::any(Action::status(503)))?;
    let asked = client.production().unit(nobody).deadline(Duration::from_millis(600)).await;
    show("busy for long", &asked.err().context("it is away")?);
    sim.clear_faults();

    // A portal that answers 200 to everything is not taken for WATS.
    sim.add_rule(Rule::any(Action::CaptivePortal).times(4))?;
    let asked = client.production().unit(nobody).await;
    show("captive portal", &asked.err().context("a page is no unit")?);
    sim.clear_faults();

    // A wrong token.
    let stranger = server.builder().token("bm9ib2R5Om5vdGhpbmc=".into()).build()?;
    show("wrong token", &stranger.production().unit(nobody).await.err().context("the token is wrong")?);

    // An argument that no server can take is refused before anything is sent.
    let before = sim.stats().requests;
    show("no argument", &client.product().by_part_number("..").await.err().context("no part number")?);
    println!("requests for that: {}", sim.stats().requests - before);
    Ok(())
}
