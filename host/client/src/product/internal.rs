//! Product calls that are made for the server's own pages.

use serde_json::Value;
use uuid::Uuid;

use super::structure::read_relations;
use super::{
    BomItem, ProductCategory, ProductGroup, ProductHierarchyRow, ProductRevisionRelation, Tag, of_product, of_revision,
};
use crate::cache::{Cached, Resource};
use crate::client::Client;
use crate::model::parse_list;
use crate::request::{Outline, Request};
use crate::route::{Method, Route};

const GET_BOM: Route = Route::new(Method::Get, "/api/internal/Product/Bom");
const PUT_BOM: Route = Route::new(Method::Put, "/api/internal/Product/BOM");
const GET_INFO: Route = Route::new(Method::Get, "/api/internal/Product/GetProductInfo");
const GET_BY_PN: Route = Route::new(Method::Get, "/api/internal/Product/GetProductByPN");
const POST_RELATION: Route = Route::new(Method::Post, "/api/internal/Product/PostProductRevisionRelation");
const PUT_RELATION: Route = Route::new(Method::Put, "/api/internal/Product/PutProductRevisionRelation");
const DELETE_RELATION: Route = Route::new(Method::Delete, "/api/internal/Product/DeleteProductRevisionRelation");
const GET_GROUPS: Route = Route::new(Method::Get, "/api/internal/Product/GetGroupsForProduct");
const GET_CATEGORIES: Route = Route::new(Method::Get, "/api/internal/Product/GetProductCategories");
const PUT_CATEGORIES: Route = Route::new(Method::Put, "/api/internal/Product/PutProductCategories");
const GET_TAGS: Route = Route::new(Method::Get, "/api/internal/Product/GetProductTags");
const PUT_TAGS: Route = Route::new(Method::Put, "/api/internal/Product/PutProductTags");
const GET_REVISION_TAGS: Route = Route::new(Method::Get, "/api/internal/Product/GetRevisionTags");
const PUT_REVISION_TAGS: Route = Route::new(Method::Put, "/api/internal/Product/PutRevisionTags");

/// The internal calls about products. Made by [`Internal::product`](crate::Internal::product). Nobody promises their form.
#[derive(Debug, Clone, Copy)]
pub struct ProductsInternal<'a> {
    client: &'a Client,
}

impl<'a> ProductsInternal<'a> {
    pub(crate) const fn new(client: &'a Client) -> Self {
        Self { client }
    }

    fn outline(self, route: Route) -> Outline {
        Outline::new(self.client, route, &[])
    }

    /// The bill of materials of a revision. There is no public call that reads it. Cached.
    pub fn bom(&self, part_number: &str, revision: &str) -> Request<Cached<Vec<BomItem>>> {
        of_revision(self.client, GET_BOM, part_number, revision).cached(Resource::Products, parse_list)
    }

    /// Puts these in place of the bill of materials of a revision.
    pub fn save_bom(&self, part_number: &str, revision: &str, items: &[BomItem]) -> Request<Option<Value>> {
        of_revision(self.client, PUT_BOM, part_number, revision).query("format", "json").json(&items).saved()
    }

    /// What a revision is built of, and what that is built of: the revision itself first, then its parts, level by level. Cached.
    pub fn hierarchy(&self, part_number: &str, revision: &str) -> Request<Cached<Vec<ProductHierarchyRow>>> {
        of_revision(self.client, GET_INFO, part_number, revision).cached(Resource::Products, parse_list)
    }

    /// A product in the server's own form; `None` when there is none. It does not say what the product is built of: that is
    /// [`hierarchy`](Self::hierarchy). Cached.
    pub fn by_part_number(&self, part_number: &str) -> Request<Option<Cached<Value>>> {
        of_product(self.client, GET_BY_PN, "PN", part_number).cached_one(Resource::Products)
    }

    /// Gives a revision a place for another one. Gives the relations that the server answers. Sent once.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) without the ids of both revisions.
    pub fn add_relation(&self, relation: &ProductRevisionRelation) -> Request<Vec<ProductRevisionRelation>> {
        self.related(POST_RELATION, relation).read(read_relations)
    }

    /// Changes a relation, which its id names.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) without its id and those of both revisions.
    pub fn save_relation(&self, relation: &ProductRevisionRelation) -> Request<Option<ProductRevisionRelation>> {
        let outline = self.related(PUT_RELATION, relation);
        outline
            .refuse_if(
                relation.product_revision_relation_id.is_none(),
                "relation",
                "has no id; add_relation makes new ones",
            )
            .saved()
    }

    /// Takes a relation away.
    pub fn delete_relation(&self, id: Uuid) -> Request<()> {
        self.outline(DELETE_RELATION).query("productRevisionRelationId", id).nothing()
    }

    /// The groups that a product belongs to. Cached.
    pub fn groups(&self, part_number: &str) -> Request<Cached<Vec<ProductGroup>>> {
        of_product(self.client, GET_GROUPS, "partNumber", part_number).cached(Resource::Products, parse_list)
    }

    /// The categories of products. Cached.
    pub fn categories(&self) -> Request<Cached<Vec<ProductCategory>>> {
        self.outline(GET_CATEGORIES).cached(Resource::Products, parse_list)
    }

    /// Creates or updates categories.
    ///
    /// Sent once if one has no id: a second one might be a second category.
    pub fn save_categories(&self, categories: &[ProductCategory]) -> Request<Option<Value>> {
        let outline = self.outline(PUT_CATEGORIES).json(&categories);
        if categories.iter().any(|category| category.category_id.is_none()) {
            outline.once().saved()
        } else {
            outline.saved()
        }
    }

    /// The tags of a product. Cached.
    pub fn tags(&self, part_number: &str) -> Request<Cached<Vec<Tag>>> {
        of_product(self.client, GET_TAGS, "partNumber", part_number).cached(Resource::Products, parse_list)
    }

    /// Puts these in place of the tags of a product.
    pub fn save_tags(&self, part_number: &str, tags: &[Tag]) -> Request<Option<Value>> {
        of_product(self.client, PUT_TAGS, "partNumber", part_number).json(&tags).saved()
    }

    /// The tags of a revision. Cached.
    pub fn revision_tags(&self, part_number: &str, revision: &str) -> Request<Cached<Vec<Tag>>> {
        of_revision(self.client, GET_REVISION_TAGS, part_number, revision).cached(Resource::Products, parse_list)
    }

    /// Puts these in place of the tags of a revision.
    pub fn save_revision_tags(&self, part_number: &str, revision: &str, tags: &[Tag]) -> Request<Option<Value>> {
        of_revision(self.client, PUT_REVISION_TAGS, part_number, revision).json(&tags).saved()
    }

    fn related(self, route: Route, relation: &ProductRevisionRelation) -> Outline {
        let outline = self.outline(route).json(relation);
        outline.refuse_if(
            relation.parent_product_revision_id.is_none() || relation.product_revision_id.is_none(),
            "relation",
            "wants the ids of both revisions, the parent's and the child's",
        )
    }
}
