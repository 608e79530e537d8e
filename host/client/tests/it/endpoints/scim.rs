//! The calls about user accounts.

use serde_json::{Value, json};
use wats_client::Request;
use wats_client::scim::{DEFAULT_TOKEN_DAYS, Replacement, User};

use super::{Row, plant};
use crate::support::{Server, client as client_of, json as reply, reply as bare_reply};

const ANNA: &str = "anna+é/1@company.com";

/// A row about the user that the first row created.
fn about(client: &wats_client::Client, make: fn(&wats_client::Client, &str) -> Request<()>) -> Request<()> {
    let user = client.scim().by_user_name(ANNA).wait().unwrap();
    make(client, &user.id.unwrap())
}

pub(super) const ROWS: &[Row] = &[
    ("GET /api/SCIM/v2/Token", "duration", |c| c.scim().create_token(DEFAULT_TOKEN_DAYS).map(drop)),
    ("POST /api/SCIM/v2/Users", "", |c| c.scim().create(&User::new(ANNA)).map(drop)),
    ("GET /api/SCIM/v2/Users", "startIndex count", |c| c.scim().users().first_page().map(drop)),
    ("GET /api/SCIM/v2/Users/userName={}", "", |c| c.scim().by_user_name(ANNA).map(drop)),
    ("GET /api/SCIM/v2/Users/{}", "", |c| about(c, |c, id| c.scim().by_id(id).map(drop))),
    ("PATCH /api/SCIM/v2/Users/{}", "", |c| about(c, |c, id| c.scim().set_active(id, false).map(drop))),
    ("DELETE /api/SCIM/v2/Users/{}", "", |c| about(c, |c, id| c.scim().delete(id))),
];

#[tokio::test]
async fn a_user_is_created_found_changed_and_deleted() {
    let (_sim, client) = plant();
    let scim = client.scim();
    let mut anna = User::new(ANNA);
    anna.name = Some(serde_json::from_value(json!({ "givenName": "Anna", "familyName": "Ås" })).unwrap());
    let created = scim.create(&anna).await.unwrap().unwrap();
    let id = created.id.clone().unwrap();
    assert_eq!(created.schemas, ["urn:ietf:params:scim:schemas:core:2.0:User"]);
    assert_eq!(scim.by_user_name(ANNA).await.unwrap(), created);
    assert_eq!(scim.create(&anna).await.unwrap_err().status(), Some(409), "there is one of this name");

    let kept_out = scim.set_active(&id, false).await.unwrap().unwrap();
    assert_eq!((kept_out.active, kept_out.name.clone()), (Some(false), anna.name.clone()));
    scim.set_display_name(&id, "Anna Ås").await.unwrap();
    let changes = [Replacement::new("name.familyName", "Berg"), Replacement::new("externalId", Value::Null)];
    scim.patch(&id, &changes).await.unwrap();
    let now = scim.by_id(&id).await.unwrap();
    assert_eq!(now.display_name.as_deref(), Some("Anna Ås"));
    assert_eq!(now.name.unwrap().family_name.as_deref(), Some("Berg"));

    scim.delete(&id).await.unwrap();
    assert!(scim.by_id(&id).await.unwrap_err().is_not_found());
    assert_eq!(scim.by_user_name(ANNA).or_none().await.unwrap(), None);
    assert!(scim.delete(&id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn users_come_in_pages_also_from_a_server_that_gives_fewer_than_it_is_asked_for() {
    let (sim, client) = plant();
    for number in 0..70 {
        client.scim().create(&User::new(format!("user-{number}@company.com"))).await.unwrap();
    }
    let before = sim.handle().requests(0).last().unwrap().seq;
    // The simulated server gives 50 at most.
    let all = client.scim().users().page_size(60).all().await.unwrap();
    let names: Vec<_> = all.into_iter().map(|user| user.user_name.unwrap()).collect();
    assert_eq!(names, (0..70).map(|number| format!("user-{number}@company.com")).collect::<Vec<_>>());
    let asked: Vec<_> = sim.handle().requests(before).iter().map(|r| r.path.clone()).collect();
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(asked[0].ends_with("?startIndex=1&count=60") && asked[1].ends_with("?startIndex=51&count=10"), "{asked:?}");
    let page = client.scim().page(70, 5).await.unwrap();
    assert_eq!((page.total_results, page.users.len()), (Some(70), 1));
}

#[tokio::test]
async fn a_server_that_gives_all_users_each_time_is_not_read_for_ever() {
    let server = Server::wats(|_| async {
        let users: Vec<_> = (0..3).map(|id| json!({ "id": id.to_string() })).collect();
        reply(200, &json!({ "totalResults": 3, "Resources": users }).to_string())
    })
    .await;
    let all = client_of(&server.url).scim().users().page_size(2).all().await.unwrap();
    assert_eq!(all.iter().map(|user| user.id.as_deref().unwrap()).collect::<Vec<_>>(), ["0", "1", "2"]);
}

#[tokio::test]
async fn each_call_makes_another_token_and_nothing_shows_it() {
    let (sim, client) = plant();
    let one = client.scim().create_token(30).await.unwrap();
    let other = client.scim().create_token(30).await.unwrap();
    assert_ne!(one.expose(), other.expose());
    assert_eq!(one.duration_days, Some(30));
    assert!(one.expires_utc.as_ref().unwrap().timestamp().unwrap() > jiff::Timestamp::now());
    assert!(!format!("{one:?}").contains(one.expose()));
    // Made anew by each call: not repeated by itself either.
    sim.handle().add_rule(wats_sim::fault::Rule::any(wats_sim::fault::Action::status(503)).times(1)).unwrap();
    let before = sim.handle().stats().requests;
    assert_eq!(client.scim().create_token(30).await.unwrap_err().status(), Some(503));
    assert_eq!(sim.handle().stats().requests, before + 1);
    assert_eq!(client.scim().create_token(0).await.unwrap_err().kind(), "argument");

    let server = Server::wats(|_| async { reply(200, r#"["s3cret-of-the-directory"]"#) }).await;
    let error = client_of(&server.url).scim().create_token(1).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
}

#[tokio::test]
async fn a_change_is_sent_in_the_form_of_scim_and_an_answer_without_a_body_is_no_error() {
    let server = Server::wats(|_| async { bare_reply(204, &[], "") }).await;
    let client = client_of(&server.url);
    assert_eq!(client.scim().set_active("7", false).await.unwrap(), None);
    client.scim().patch("7", &[Replacement::new("externalId", Value::Null)]).await.unwrap();
    let sent: Vec<Value> = server
        .seen()
        .iter()
        .filter(|seen| seen.method == "PATCH")
        .map(|seen| serde_json::from_slice(&seen.body).unwrap())
        .collect();
    let body = |path: &str, value: Value| {
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": path, "value": value }],
        })
    };
    assert_eq!(sent, [body("active", json!(false)), body("externalId", Value::Null)]);
    assert_eq!(client.scim().patch("7", &[]).await.unwrap_err().kind(), "argument");
    assert_eq!(client.scim().create(&User::default()).await.unwrap_err().kind(), "argument");
    assert_eq!(client.scim().by_id("").await.unwrap_err().kind(), "argument");
}
