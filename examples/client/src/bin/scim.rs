//! User accounts: made, found, kept out, and a token that no log shows.
//!
//! ```sh
//! cargo run --package client-examples --bin scim
//! ```
#![expect(clippy::print_stdout, reason = "an example that shows what it does")]

use anyhow::Context as _;
use client_examples::Server;
use wats_client::scim::User;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = Server::from_environment()?;
    let client = server.client()?;
    let accounts = client.scim();

    let made = accounts.create(&User::new("anna@company.com")).await?.context("the server tells what it made")?;
    let id = made.id.context("an account has an id")?;
    accounts.set_display_name(&id, "Anna").await?;
    accounts.set_active(&id, false).await?;
    let found = accounts.by_user_name("anna@company.com").await?;
    println!("{:?}, active: {:?}", found.display_name, found.active);

    // Asking makes a credential, so it is never cached and never repeated; printing it shows nothing.
    let token = accounts.create_token(30).await?;
    println!("{token:?}, {} characters", token.expose().len());

    let users = accounts.users().page_size(2).all().await?;
    println!("{} accounts", users.len());
    accounts.delete(&id).await?;
    println!("gone: {}", accounts.by_id(&id).or_none().await?.is_none());
    Ok(())
}
