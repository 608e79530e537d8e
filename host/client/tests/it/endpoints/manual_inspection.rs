//! The calls about manual inspection.

use serde_json::{Value, json};
use uuid::Uuid;
use wats_client::manual_inspection::{
    DefinitionStatus, InspectionMedia, ManualInspection, RepairOnFail, TestSequenceDefinition, TestSequenceRelation,
};
use wats_client::production::Unit;
use wats_client::{Client, Error};

use super::{Row, at_once, plant};
use crate::support::{self, Server, json as json_reply, reply};

const DEFINITION: Uuid = Uuid::from_u128(0xdef);
const UNIT: Uuid = Uuid::from_u128(0x17);

/// A line of the list, the names in the query, and the call.
pub(super) const ROWS: &[Row] = &[
    ("POST /api/internal/ManualInspection/PostDefinition", "", |c| {
        mi(c).create_definition(&definition("Visual check")).map(drop)
    }),
    ("PUT /api/internal/ManualInspection/PutDefinitionNew", "", |c| {
        mi(c).update_definition(&definition("Visual check")).map(drop)
    }),
    ("GET /api/internal/ManualInspection/GetTestSequenceDefinitions", "isGlobalDefinitions", |c| {
        mi(c).definitions(false).map(drop)
    }),
    ("GET /api/internal/ManualInspection/GetTestSequenceDefinition", "definitionId", |c| {
        mi(c).definition(DEFINITION).map(drop)
    }),
    ("GET /api/internal/ManualInspection/GetDefinitionCopy/{}", "", |c| mi(c).copy_of(DEFINITION).map(drop)),
    ("GET /api/internal/ManualInspection/GetInstancesCount/{}", "", |c| mi(c).count_instances(DEFINITION).map(drop)),
    ("PUT /api/internal/ManualInspection/PutTestSequenceDefinitionXaml", "", |c| {
        mi(c).save_xaml(DEFINITION, "<Activity/>").map(drop)
    }),
    ("GET /api/internal/ManualInspection/GetTestSequenceDefinitionXaml", "definitionId", |c| {
        mi(c).xaml(DEFINITION).map(drop)
    }),
    ("GET /api/internal/ManualInspection/GetWatswwfContent/{}", "", |c| mi(c).workflow(DEFINITION).map(drop)),
    ("POST /api/internal/ManualInspection/PostRelation", "", |c| mi(c).create_relation(&relation("LAMP%")).map(drop)),
    ("GET /api/internal/ManualInspection/GetRelations/{}", "", |c| mi(c).relations(DEFINITION).map(drop)),
    ("GET /api/internal/ManualInspection/GetRelationConflictsNew/{}", "", |c| {
        mi(c).relation_conflicts(DEFINITION).map(drop)
    }),
    ("GET /api/internal/ManualInspection/GetRelationConflicts/{}", "", |c| {
        mi(c).relation_conflicts_old(DEFINITION).map(drop)
    }),
    ("PUT /api/internal/ManualInspection/PutRelation", "", |c| mi(c).update_relation(&related(c)).map(drop)),
    ("PUT /api/internal/ManualInspection/DeleteRelationNew", "", |c| mi(c).delete_relation(&related(c)).map(drop)),
    ("PUT /api/internal/ManualInspection/PutSequence", "", |c| {
        mi(c).save_sequence(&json!({ "TestSequenceDefinitionId": DEFINITION, "Name": "Visual check" })).map(drop)
    }),
    ("GET /api/internal/ManualInspection/GetSequences", "", |c| mi(c).sequences().map(drop)),
    ("DELETE /api/internal/ManualInspection/DeleteSequence/{}", "", |c| mi(c).delete_sequence(DEFINITION).map(drop)),
    ("GET /api/internal/ManualInspection/GetMiDetailsNew/{}", "", |c| {
        at_once(c, |c| c.production().save_units(&[unit("LAMP-7")]));
        mi(c).instance_of_unit(UNIT).or_none().map(drop)
    }),
    ("GET /api/internal/ManualInspection/GetMiDetails/{}", "", |c| {
        mi(c).instance_of_unit_old(UNIT).or_none().map(drop)
    }),
    ("PUT /api/internal/ManualInspection/ValidateMiscInfo", "", |c| {
        mi(c).validate_misc_info(&json!({ "Colour": "white" })).map(drop)
    }),
    ("PUT /api/internal/ManualInspection/PutStringTest", "", |c| {
        mi(c).put_string_test(&json!({ "Name": "Colour", "Value": "white" })).map(drop)
    }),
    ("POST /api/internal/Blob/mi", "definitionId", |c| mi(c).upload_media(DEFINITION, "how to.pdf", b"%PDF")),
    ("GET /api/internal/Blob/mi", "definitionId", |c| mi(c).media(DEFINITION).map(drop)),
    ("GET /api/internal/Blob/mi", "definitionId mediaId download", |c| {
        let id = at_once(c, |c| mi(c).media(DEFINITION))[0].id().unwrap();
        mi(c).download_media(DEFINITION, &id).map(drop)
    }),
    ("DELETE /api/internal/Blob/mi", "definitionId mediaId", |c| {
        let id = at_once(c, |c| mi(c).media(DEFINITION))[0].id().unwrap();
        mi(c).delete_media(DEFINITION, &id)
    }),
];

fn mi(client: &Client) -> ManualInspection<'_> {
    client.internal().manual_inspection()
}

fn definition(name: &str) -> TestSequenceDefinition {
    let mut definition = TestSequenceDefinition::default();
    definition.test_sequence_definition_id = Some(DEFINITION);
    definition.name = Some(name.to_owned());
    definition
}

fn relation(part_number: &str) -> TestSequenceRelation {
    let mut relation = TestSequenceRelation::default();
    relation.test_sequence_definition_id = Some(DEFINITION);
    relation.entity_name = Some("Product".into());
    relation.entity_key = Some("partnumber".into());
    relation.entity_value = Some(part_number.to_owned());
    relation
}

fn related(client: &Client) -> TestSequenceRelation {
    at_once(client, |c| mi(c).create_relation(&relation("LAMP%"))).unwrap()
}

fn unit(part_number: &str) -> Unit {
    let unit = json!({ "serialNumber": "L7-1", "partNumber": part_number, "revision": "C", "unitId": UNIT });
    serde_json::from_value(unit).unwrap()
}

/// Creates a definition of this name, with an id of the server's.
async fn created(client: &Client, name: &str) -> TestSequenceDefinition {
    let mut new = definition(name);
    new.test_sequence_definition_id = None;
    mi(client).create_definition(&new).await.unwrap().unwrap()
}

async fn released(client: &Client, definition: &TestSequenceDefinition) -> TestSequenceDefinition {
    let mut released = definition.clone();
    released.status = Some(DefinitionStatus::Released);
    mi(client).update_definition(&released).await.unwrap().unwrap()
}

#[tokio::test]
async fn releasing_a_definition_revokes_the_one_before_and_nobody_changes_it_any_more() {
    let (_sim, client) = plant();
    let first = created(&client, "Visual check").await;
    assert_eq!((first.status, first.version), (Some(DefinitionStatus::Draft), Some(1)));
    let first = released(&client, &first).await;
    assert_eq!(first.released_by.as_deref(), Some("wats"));
    let id = first.test_sequence_definition_id.unwrap();
    let mut changed = first.clone();
    changed.description = Some("Look closer".into());
    let error = mi(&client).update_definition(&changed).await.unwrap_err();
    assert_eq!(error.status(), Some(409), "{error}");
    assert_eq!(mi(&client).save_xaml(id, "<Activity/>").await.unwrap_err().status(), Some(409));
    assert_eq!(mi(&client).upload_media(id, "a.pdf", b"%PDF").await.unwrap_err().status(), Some(409));
    // On from a copy.
    let mut copy = mi(&client).copy_of(id).await.unwrap();
    assert_eq!((copy.status, copy.version), (Some(DefinitionStatus::Draft), Some(2)));
    copy.description = Some("Look closer".into());
    let second = mi(&client).create_definition(&copy).await.unwrap().unwrap();
    released(&client, &second).await;
    assert_eq!(mi(&client).definition(id).await.unwrap().status, Some(DefinitionStatus::Revoked));
    let states: Vec<_> = mi(&client).definitions(false).await.unwrap().iter().map(|one| one.status.unwrap()).collect();
    assert_eq!(states.iter().filter(|state| **state == DefinitionStatus::Released).count(), 1, "{states:?}");
    assert!(mi(&client).definitions(true).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_unit_is_inspected_by_the_released_definition_that_is_for_its_part_number() {
    let (_sim, client) = plant();
    client.production().save_units(&[unit("LAMP-7")]).await.unwrap();
    let draft = mi(&client).create_definition(&definition("Visual check")).await.unwrap().unwrap();
    mi(&client).create_relation(&relation("lamp-%")).await.unwrap();
    assert_eq!(mi(&client).instance_of_unit(UNIT).or_none().await.unwrap(), None, "not released yet");
    released(&client, &draft).await;
    let instance = mi(&client).instance_of_unit(UNIT).await.unwrap();
    assert_eq!(instance.test_sequence_definition_id, Some(DEFINITION));
    assert_eq!((instance.serial_number.as_deref(), instance.revision.as_deref()), (Some("L7-1"), Some("C")));
    assert_eq!(mi(&client).instance_of_unit_old(UNIT).await.unwrap(), instance, "it goes on");
    assert_eq!(mi(&client).count_instances(DEFINITION).await.unwrap(), 1);
    let error = mi(&client).instance_of_unit(Uuid::new_v4()).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

#[tokio::test]
async fn definitions_for_the_same_units_are_told_until_a_relation_is_removed() {
    let (_sim, client) = plant();
    mi(&client).create_definition(&definition("Visual check")).await.unwrap();
    let mut own = related(&client);
    let other = created(&client, "Other check").await.test_sequence_definition_id;
    let mut relation = relation("LAMP-7");
    relation.test_sequence_definition_id = other;
    mi(&client).create_relation(&relation).await.unwrap();
    let conflicts = mi(&client).relation_conflicts(DEFINITION).await.unwrap();
    assert_eq!((conflicts[0].test_sequence_definition_id, conflicts[0].name.as_deref()), (other, Some("Other check")));
    assert_eq!(mi(&client).relation_conflicts_old(DEFINITION).await.unwrap(), conflicts);
    own.entity_value = Some("LAMP-8%".into());
    mi(&client).update_relation(&own).await.unwrap();
    assert_eq!(mi(&client).relation_conflicts(DEFINITION).await.unwrap(), []);
    mi(&client).delete_relation(&own).await.unwrap();
    assert_eq!(mi(&client).relations(DEFINITION).await.unwrap(), []);
    let error = mi(&client).delete_relation(&own).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

#[tokio::test]
async fn a_definition_is_sent_under_the_names_of_the_api_and_without_what_is_not_set() {
    let server = Server::wats(|_| async { reply(204, &[], "") }).await;
    let client = support::client(&server.url);
    let sent = json!({
        "TestSequenceDefinitionId": DEFINITION, "Name": "Visual check", "Status": 1, "OnFailRequireRepair": 2,
        "LogOperator": true, "IncludeUURMiscInfoInUUT": false, "XAML": "<Activity/>", "Colour": "red",
    });
    let mut definition: TestSequenceDefinition = serde_json::from_value(sent.clone()).unwrap();
    assert_eq!(definition.on_fail_require_repair, Some(RepairOnFail::Required));
    assert_eq!(definition.include_uur_misc_info_in_uut, Some(false));
    assert_eq!(mi(&client).update_definition(&definition).await.unwrap(), None);
    mi(&client).save_xaml(DEFINITION, "<Activity x=\"1\"/>").await.unwrap();
    let seen: Vec<_> = server.seen().into_iter().filter(|seen| seen.method == "PUT").collect();
    let body = |n: usize| serde_json::from_slice::<Value>(&seen[n].body).unwrap();
    assert_eq!(body(0), sent);
    assert_eq!(body(1), json!({ "TestSequenceDefinitionId": DEFINITION, "Definition": "<Activity x=\"1\"/>" }));
    // A body in the server's own form goes as it is.
    let own = json!({ "values": [null], "empty": null });
    mi(&client).validate_misc_info(&own).await.unwrap();
    let last = server.seen().into_iter().rfind(|seen| !seen.body.is_empty()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&last.body).unwrap(), own);
    // What no server can take is not sent.
    definition.test_sequence_definition_id = None;
    definition.name = None;
    for request in [
        mi(&client).update_definition(&definition).map(drop),
        mi(&client).create_definition(&definition).map(drop),
        mi(&client).create_relation(&TestSequenceRelation::default()).map(drop),
        mi(&client).update_relation(&relation("LAMP%")).map(drop),
        mi(&client).delete_relation(&relation("LAMP%")).map(drop),
        mi(&client).delete_media(DEFINITION, ""),
        mi(&client).upload_media(DEFINITION, " ", b"%PDF"),
    ] {
        let route = request.route();
        let error = request.await.unwrap_err();
        assert!(matches!(error, Error::Argument { .. }), "{route}: {error}");
    }
    assert_eq!(server.count("internal"), 3);
}

#[tokio::test]
async fn a_program_is_read_from_text_from_quotes_and_from_an_object() {
    let forms = [
        ("<Activity/>", Some("<Activity/>")),
        ("\u{feff}  <Activity/>", Some("<Activity/>")),
        ("\"<Activity x=\\\"1\\\"/>\"", Some("<Activity x=\"1\"/>")),
        ("{\"TestSequenceDefinitionId\":\"x\",\"Definition\":\"<Activity/>\"}", Some("<Activity/>")),
        ("{\"Version\":3}", None),
        ("null", None),
        ("", None),
    ];
    let answers = std::sync::Arc::new(std::sync::Mutex::new(forms.into_iter()));
    let server = Server::wats(move |_| {
        let (form, _) = answers.lock().unwrap().next().unwrap();
        async move { json_reply(200, form) }
    })
    .await;
    let client = support::client(&server.url);
    for (form, expected) in forms {
        let program = mi(&client).xaml(DEFINITION).await.unwrap();
        assert_eq!(program.xaml.as_deref(), expected, "{form}");
        assert_eq!(program.other.contains_key("Version"), form.contains("Version"));
    }
}

#[tokio::test]
async fn documents_go_up_as_pdf_in_a_form_and_come_down_byte_for_byte() {
    let (_sim, client) = plant();
    mi(&client).create_definition(&definition("Visual check")).await.unwrap();
    let pdf = [b"%PDF-1.7\r\n", &(0..=255).collect::<Vec<u8>>()[..]].concat();
    mi(&client).upload_media(DEFINITION, "how to.pdf", &pdf).await.unwrap();
    let media = mi(&client).media(DEFINITION).await.unwrap();
    assert_eq!(media[0].file_name(), Some("how to.pdf"));
    let id = media[0].id().unwrap();
    assert_eq!(mi(&client).download_media(DEFINITION, &id).await.unwrap(), pdf);
    mi(&client).delete_media(DEFINITION, &id).await.unwrap();
    assert_eq!(mi(&client).media(DEFINITION).await.unwrap(), []);
    // Other servers number them, or have another name for the id.
    let server = Server::wats(|_| async {
        json_reply(200, r#"[{"Id":7,"BlobId":"x","Filename":"a.pdf"},{"Id":null,"BlobId":"b-1"},{}]"#)
    })
    .await;
    let media = mi(&support::client(&server.url)).media(DEFINITION).await.unwrap();
    assert_eq!(media.iter().map(InspectionMedia::id).collect::<Vec<_>>(), [Some("7".into()), Some("b-1".into()), None]);
}
