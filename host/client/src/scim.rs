//! User accounts, by SCIM: what a directory of a company uses to create and to block them.

mod model;
mod token;

use serde_json::Value;

pub use self::model::{Replacement, User, UserEmail, UserName, UserPage};
pub use self::token::{DEFAULT_TOKEN_DAYS, Token};
use crate::client::Client;
use crate::pages::Pages;
use crate::request::{Outline, Request};
use crate::route::{Method, Route};

const GET_TOKEN: Route = Route::new(Method::Get, "/api/SCIM/v2/Token");
const CREATE_USER: Route = Route::new(Method::Post, "/api/SCIM/v2/Users");
const GET_USERS: Route = Route::new(Method::Get, "/api/SCIM/v2/Users");
const GET_BY_NAME: Route = Route::new(Method::Get, "/api/SCIM/v2/Users/userName={userName}");
const GET_USER: Route = Route::new(Method::Get, "/api/SCIM/v2/Users/{id}");
const PATCH_USER: Route = Route::new(Method::Patch, "/api/SCIM/v2/Users/{id}");
const DELETE_USER: Route = Route::new(Method::Delete, "/api/SCIM/v2/Users/{id}");

/// Calls about user accounts. Made by [`Client::scim`]. Nothing of them is cached.
#[derive(Debug, Clone, Copy)]
pub struct Scim<'a> {
    client: &'a Client,
}

impl<'a> Scim<'a> {
    pub(crate) const fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// Makes a **new** token with which a directory may manage accounts, valid for so many days ([`DEFAULT_TOKEN_DAYS`] is
    /// usual). Each call makes one, so it is sent once; the answer is never cached, and no log or error quotes it.
    pub fn create_token(&self, days: u32) -> Request<Token> {
        let outline = Outline::new(self.client, GET_TOKEN, &[]).query("duration", days).once();
        let outline = outline.refuse_if(days == 0, "days", "is 0, allowed is 1 or more");
        outline.read(|answer| token::read(&answer.body))
    }

    /// All users.
    pub fn users(&self) -> Pages<User> {
        let client = self.client.clone();
        Pages::new(move |skip, top| {
            Request::made_by(&client, GET_USERS, move |client, choices| async move {
                let mut users = Vec::new();
                // Servers may give fewer at once than they are asked for; that is not the end yet.
                while users.len() < top as usize {
                    let before = skip + users.len() as u64;
                    let mut request = client.scim().page(before + 1, top - u32::try_from(users.len()).unwrap_or(top));
                    if let Some(deadline) = choices.deadline {
                        request = request.deadline(deadline);
                    }
                    let page = request.await?;
                    let is_over = |read: u64| page.total_results.is_some_and(|total| read >= total);
                    // A server that does not look at the start gives the first ones again.
                    if page.users.is_empty() || is_over(before) {
                        break;
                    }
                    users.extend(page.users);
                    if is_over(skip + users.len() as u64) {
                        break;
                    }
                }
                Ok(users)
            })
        })
    }

    /// Some users, from the `start_index`th (the first is 1) on, at most `count`; with the number of all.
    pub fn page(&self, start_index: u64, count: u32) -> Request<UserPage> {
        let outline = Outline::new(self.client, GET_USERS, &[]).query("startIndex", start_index).query("count", count);
        let outline = outline.refuse_if(start_index == 0, "start_index", "is 0, the first is 1");
        outline.read(|answer| Ok(crate::model::parse_optional(&answer.body)?.unwrap_or_default()))
    }

    /// Creates a user, and gives it with its id where the server answers with it.
    pub fn create(&self, user: &User) -> Request<Option<User>> {
        let has_name = user.user_name.as_deref().is_some_and(|name| !name.trim().is_empty());
        let outline = Outline::new(self.client, CREATE_USER, &[]).json(&user.with_schema());
        outline.refuse_if(!has_name, "user", "has no user name").saved()
    }

    /// The user with this id.
    pub fn by_id(&self, id: &str) -> Request<User> {
        self.about(GET_USER, id).value()
    }

    /// The user with this name, such as `anna@company.com`.
    pub fn by_user_name(&self, name: &str) -> Request<User> {
        Outline::new(self.client, GET_BY_NAME, &[("user_name", name)]).value()
    }

    /// Changes fields of a user, and gives it as it is then where the server answers with it.
    pub fn patch(&self, id: &str, replacements: &[Replacement]) -> Request<Option<User>> {
        // Not `json`: a null is a value here, and takes away what was there.
        let outline = self.about(PATCH_USER, id).raw_json(&model::patch_body(replacements));
        outline.refuse_if(replacements.is_empty(), "replacements", "there are none").saved()
    }

    /// Lets a user in, or keeps them out without deleting them.
    pub fn set_active(&self, id: &str, is_active: bool) -> Request<Option<User>> {
        self.patch(id, &[Replacement::new("active", is_active)])
    }

    /// Gives a user the name that others see.
    pub fn set_display_name(&self, id: &str, name: &str) -> Request<Option<User>> {
        self.patch(id, &[Replacement::new("displayName", Value::from(name))])
    }

    /// Deletes a user.
    pub fn delete(&self, id: &str) -> Request<()> {
        self.about(DELETE_USER, id).nothing()
    }

    fn about(self, route: Route, id: &str) -> Outline {
        Outline::new(self.client, route, &[("id", id)])
    }
}
