//! Manual inspection: what operators are led through, for which units, and with which documents.

mod definition;
mod media;
mod relation;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

pub use self::definition::{
    DefinitionStatus, RepairOnFail, TestSequenceDefinition, TestSequenceInstance, TestSequenceXaml,
};
pub use self::media::InspectionMedia;
pub use self::relation::{
    InspectionSequence, RelationConflict, TestSequenceProcessRelation, TestSequenceRelation, TestSequenceSiteRelation,
};
use crate::client::Client;
use crate::request::{Outline, Request};
use crate::route::{Method, Route};

/// A call of this domain.
macro_rules! route {
    ($method:ident $path:literal) => {
        Route::new(Method::$method, concat!("/api/internal/ManualInspection/", $path))
    };
}

const LIST: Route = route!(Get "GetTestSequenceDefinitions");
const GET: Route = route!(Get "GetTestSequenceDefinition");
const COPY: Route = route!(Get "GetDefinitionCopy/{id}");
const COUNT: Route = route!(Get "GetInstancesCount/{id}");
const CREATE: Route = route!(Post "PostDefinition");
const UPDATE: Route = route!(Put "PutDefinitionNew");
const RELATIONS: Route = route!(Get "GetRelations/{id}");
const CONFLICTS: Route = route!(Get "GetRelationConflictsNew/{id}");
const OLD_CONFLICTS: Route = route!(Get "GetRelationConflicts/{id}");
const CREATE_RELATION: Route = route!(Post "PostRelation");
const UPDATE_RELATION: Route = route!(Put "PutRelation");
const DELETE_RELATION: Route = route!(Put "DeleteRelationNew");
const SEQUENCES: Route = route!(Get "GetSequences");
const SAVE_SEQUENCE: Route = route!(Put "PutSequence");
const DELETE_SEQUENCE: Route = route!(Delete "DeleteSequence/{sequenceId}");
const DETAILS: Route = route!(Get "GetMiDetailsNew/{unitId}");
const OLD_DETAILS: Route = route!(Get "GetMiDetails/{unitId}");
const XAML: Route = route!(Get "GetTestSequenceDefinitionXaml");
const SAVE_XAML: Route = route!(Put "PutTestSequenceDefinitionXaml");
const WORKFLOW: Route = route!(Get "GetWatswwfContent/{id}");
const VALIDATE: Route = route!(Put "ValidateMiscInfo");
const STRING_TEST: Route = route!(Put "PutStringTest");
const MEDIA: Route = Route::new(Method::Get, "/api/internal/Blob/mi");
const UPLOAD_MEDIA: Route = Route::new(Method::Post, "/api/internal/Blob/mi");
const DELETE_MEDIA: Route = Route::new(Method::Delete, "/api/internal/Blob/mi");

/// The program of a definition, as it is saved.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Program<'a> {
    test_sequence_definition_id: Uuid,
    definition: &'a str,
}

/// Calls about manual inspection. Made by [`Internal::manual_inspection`](crate::Internal::manual_inspection). What is given and
/// taken as [`Value`] is in the server's own form: nobody promises it.
#[derive(Debug, Clone, Copy)]
pub struct ManualInspection<'a> {
    client: &'a Client,
}

impl<'a> ManualInspection<'a> {
    pub(crate) const fn new(client: &'a Client) -> Self {
        Self { client }
    }

    fn outline(self, route: Route) -> Outline {
        Outline::new(self.client, route, &[])
    }

    /// A call about what has this id, which its path names.
    fn about(self, route: Route, id: Uuid) -> Outline {
        Outline::new(self.client, route, &[("id", &id.to_string())])
    }

    /// A call about a definition, which its query names.
    fn of_definition(self, route: Route, id: Uuid) -> Outline {
        self.outline(route).query("definitionId", id)
    }

    /// The definitions: those that others use as parts if `is_global`, else those that stand by themselves.
    pub fn definitions(&self, is_global: bool) -> Request<Vec<TestSequenceDefinition>> {
        self.outline(LIST).query("isGlobalDefinitions", is_global).list()
    }

    /// The definition with this id.
    pub fn definition(&self, id: Uuid) -> Request<TestSequenceDefinition> {
        self.of_definition(GET, id).value()
    }

    /// A copy of a definition, to go on from. Never repeated by itself: the server may keep each copy that it gives.
    pub fn copy_of(&self, id: Uuid) -> Request<TestSequenceDefinition> {
        self.about(COPY, id).once().value()
    }

    /// How many units have been inspected by a definition, or are.
    pub fn count_instances(&self, id: Uuid) -> Request<u64> {
        self.about(COUNT, id).scalar()
    }

    /// Creates a definition. It needs a name.
    pub fn create_definition(&self, definition: &TestSequenceDefinition) -> Request<Option<TestSequenceDefinition>> {
        let outline = self.outline(CREATE).json(definition);
        outline
            .refuse_if(definition.name.as_deref().unwrap_or_default().trim().is_empty(), "definition", "has no name")
            .saved()
    }

    /// Changes a definition; what is sent is the whole one. A status changes this way too. A released one can only be revoked, and
    /// releasing revokes the released one of the same name.
    pub fn update_definition(&self, definition: &TestSequenceDefinition) -> Request<Option<TestSequenceDefinition>> {
        let outline = self.outline(UPDATE).json(definition);
        outline
            .refuse_if(
                definition.test_sequence_definition_id.is_none(),
                "definition",
                "has no test_sequence_definition_id",
            )
            .saved()
    }

    /// The program of a definition (XAML).
    pub fn xaml(&self, id: Uuid) -> Request<TestSequenceXaml> {
        self.of_definition(XAML, id).read(definition::read_xaml)
    }

    /// Saves the program of a definition.
    pub fn save_xaml(&self, id: Uuid, xaml: &str) -> Request<Option<Value>> {
        self.outline(SAVE_XAML).json(&Program { test_sequence_definition_id: id, definition: xaml }).saved()
    }

    /// The program of a definition as a file that runs, in the server's own form.
    pub fn workflow(&self, id: Uuid) -> Request<Bytes> {
        self.about(WORKFLOW, id).download()
    }

    /// What a definition is for.
    pub fn relations(&self, id: Uuid) -> Request<Vec<TestSequenceRelation>> {
        self.about(RELATIONS, id).list()
    }

    /// Where a definition and others are for the same units.
    pub fn relation_conflicts(&self, id: Uuid) -> Request<Vec<RelationConflict>> {
        self.about(CONFLICTS, id).list()
    }

    /// [`relation_conflicts`](Self::relation_conflicts) of servers that do not have that call yet.
    pub fn relation_conflicts_old(&self, id: Uuid) -> Request<Vec<RelationConflict>> {
        self.about(OLD_CONFLICTS, id).list()
    }

    /// Says what a definition is for.
    pub fn create_relation(&self, relation: &TestSequenceRelation) -> Request<Option<TestSequenceRelation>> {
        let outline = self.outline(CREATE_RELATION).json(relation);
        outline
            .refuse_if(relation.test_sequence_definition_id.is_none(), "relation", "has no test_sequence_definition_id")
            .saved()
    }

    /// Changes a relation; what is sent is the whole one.
    pub fn update_relation(&self, relation: &TestSequenceRelation) -> Request<Option<TestSequenceRelation>> {
        self.known(UPDATE_RELATION, relation).saved()
    }

    /// Removes a relation.
    pub fn delete_relation(&self, relation: &TestSequenceRelation) -> Request<Option<Value>> {
        self.known(DELETE_RELATION, relation).saved()
    }

    /// A call about a relation that the server has.
    fn known(self, route: Route, relation: &TestSequenceRelation) -> Outline {
        let outline = self.outline(route).json(relation);
        outline.refuse_if(relation.test_sequence_relation_id.is_none(), "relation", "has no test_sequence_relation_id")
    }

    /// The sequences that operators can choose.
    pub fn sequences(&self) -> Request<Vec<InspectionSequence>> {
        self.outline(SEQUENCES).list()
    }

    /// Saves a sequence, in the server's own form.
    pub fn save_sequence(&self, sequence: &Value) -> Request<Option<Value>> {
        self.outline(SAVE_SEQUENCE).raw_json(sequence).saved()
    }

    /// Removes a sequence.
    pub fn delete_sequence(&self, id: Uuid) -> Request<Option<Value>> {
        self.about(DELETE_SEQUENCE, id).saved()
    }

    /// The inspection that a unit is in, by the unit's id.
    pub fn instance_of_unit(&self, unit_id: Uuid) -> Request<TestSequenceInstance> {
        self.about(DETAILS, unit_id).value()
    }

    /// [`instance_of_unit`](Self::instance_of_unit) of servers that do not have that call yet.
    pub fn instance_of_unit_old(&self, unit_id: Uuid) -> Request<TestSequenceInstance> {
        self.about(OLD_DETAILS, unit_id).value()
    }

    /// Whether the server would take these miscellaneous values, in its own form.
    pub fn validate_misc_info(&self, values: &Value) -> Request<Option<Value>> {
        self.outline(VALIDATE).raw_json(values).saved()
    }

    /// Hands in what was entered at a step that asks for text, in the server's own form. Never repeated by itself.
    pub fn put_string_test(&self, entry: &Value) -> Request<Option<Value>> {
        self.outline(STRING_TEST).raw_json(entry).once().saved()
    }

    /// The documents of a definition.
    pub fn media(&self, definition: Uuid) -> Request<Vec<InspectionMedia>> {
        self.of_definition(MEDIA, definition).list()
    }

    /// A document, whole in memory: at most 64 MiB.
    pub fn download_media(&self, definition: Uuid, media_id: &str) -> Request<Bytes> {
        self.one_media(MEDIA, definition, media_id).query("download", true).download_any()
    }

    /// Puts a document (PDF) to a definition, whole in memory.
    pub fn upload_media(&self, definition: Uuid, name: &str, pdf: &[u8]) -> Request<()> {
        let outline = self.of_definition(UPLOAD_MEDIA, definition).file(name, "application/pdf", pdf);
        outline.refuse_if(name.trim().is_empty(), "name", "is empty").nothing()
    }

    /// Removes a document.
    pub fn delete_media(&self, definition: Uuid, media_id: &str) -> Request<()> {
        self.one_media(DELETE_MEDIA, definition, media_id).nothing()
    }

    /// A call about one document. Without its id it would be about all of them.
    fn one_media(self, route: Route, definition: Uuid, media_id: &str) -> Outline {
        let outline = self.of_definition(route, definition).query("mediaId", media_id);
        outline.refuse_if(media_id.trim().is_empty(), "media_id", "is empty")
    }
}
