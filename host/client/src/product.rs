//! Products: what is made, by part number, with revisions, groups, vendors and bills of materials.

mod bom;
mod internal;
mod model;
mod structure;

pub use self::bom::{Bom, BomComponent, BomItem};
pub use self::internal::ProductsInternal;
pub use self::model::{
    Product, ProductCategory, ProductGroup, ProductRevision, ProductState, ProductView, Tag, TagChange, Vendor,
};
pub use self::structure::{ProductHierarchyRow, ProductRevisionRelation};
use crate::cache::{Cached, Resource};
use crate::client::Client;
use crate::model::parse_list;
use crate::request::{Outline, Request};
use crate::route::{GET_PRODUCT, Method, Route};

const GET_ALL: Route = Route::new(Method::Get, "/api/Product/Query");
const GET_REVISION: Route = Route::new(Method::Get, "/api/Product");
const PUT_PRODUCT: Route = Route::new(Method::Put, "/api/Product");
const PUT_PRODUCTS: Route = Route::new(Method::Put, "/api/Product/Products");
const PUT_REVISION: Route = Route::new(Method::Put, "/api/Product/Revision");
const PUT_REVISIONS: Route = Route::new(Method::Put, "/api/Product/Revisions");
const GET_GROUPS: Route = Route::new(Method::Get, "/api/Product/Groups");
const PUT_GROUP: Route = Route::new(Method::Put, "/api/Product/Group");
const PUT_BOM: Route = Route::new(Method::Put, "/api/Product/BOM");
const GET_VENDORS: Route = Route::new(Method::Get, "/api/Product/Vendors");
const PUT_VENDOR: Route = Route::new(Method::Put, "/api/Product/Vendors");
const DELETE_VENDOR: Route = Route::new(Method::Delete, "/api/Product/Vendors/{vendorId}");

/// A call about a product, which its query names.
fn of_product(client: &Client, route: Route, name: &'static str, part_number: &str) -> Outline {
    let outline = Outline::new(client, route, &[]).query(name, part_number);
    outline.refuse_if(part_number.is_empty(), "part_number", "is empty")
}

/// A call about a revision of a product, which its query names.
fn of_revision(client: &Client, route: Route, part_number: &str, revision: &str) -> Outline {
    of_product(client, route, "partNumber", part_number).query("revision", revision)
}

/// What keeps a revision from being saved.
fn problem_of(revision: &ProductRevision) -> Option<String> {
    let has_product =
        revision.part_number.as_deref().is_some_and(|part| !part.is_empty()) || revision.product_id.is_some();
    (!has_product).then(|| format!("{:?} names no product: neither part number nor product id", revision.revision))
}

/// Calls about products. Made by [`Client::product`]. All reads are cached, and forgotten after a write.
#[derive(Debug, Clone, Copy)]
pub struct Products<'a> {
    client: &'a Client,
}

impl<'a> Products<'a> {
    pub(crate) const fn new(client: &'a Client) -> Self {
        Self { client }
    }

    fn outline(self, route: Route) -> Outline {
        Outline::new(self.client, route, &[])
    }

    /// All products, in the short form.
    pub fn list(&self) -> Request<Cached<Vec<ProductView>>> {
        self.outline(GET_ALL).cached(Resource::Products, parse_list)
    }

    /// The product with this part number, with revisions and tags; `None` when the server says that there is none.
    ///
    /// # Errors
    /// As the table in [`crate::ErrorClass`]; [`crate::Error::Argument`] for a part number that cannot stand in a path
    /// (empty, `.`, `..`). A 404 from something that is not WATS is [`crate::Error::Foreign`], not `None`. When the server
    /// cannot be asked and an answer is remembered, that is given, marked as stale.
    pub fn by_part_number(&self, part_number: &str) -> Request<Option<Cached<Product>>> {
        Outline::new(self.client, GET_PRODUCT, &[("part_number", part_number)]).cached_one(Resource::Products)
    }

    /// A revision of a product; `None` when the server says that there is none.
    pub fn revision(&self, part_number: &str, revision: &str) -> Request<Option<Cached<ProductRevision>>> {
        of_revision(self.client, GET_REVISION, part_number, revision).cached_one(Resource::Products)
    }

    /// Creates or updates a product, and gives it as it is now, where the server tells. What is `None` is not sent, and so left as it
    /// is; [`non_serial`](Product::non_serial) is always sent.
    ///
    /// # Errors
    /// [`crate::Error::Argument`] without a part number.
    pub fn save(&self, product: &Product) -> Request<Option<Product>> {
        let outline = self.outline(PUT_PRODUCT).json(product);
        outline.refuse_if(product.part_number.is_empty(), "product", "has no part number").saved()
    }

    /// Creates or updates products, as [`save`](Self::save) does.
    ///
    /// # Errors
    /// [`crate::Error::Argument`] if one is without a part number: then none is sent.
    pub fn save_all(&self, products: &[Product]) -> Request<Vec<Product>> {
        let outline = self.outline(PUT_PRODUCTS).json(&products);
        let nameless = products.iter().position(|product| product.part_number.is_empty());
        outline.refuse_for("products", nameless.map(|index| format!("number {} has no part number", index + 1))).list()
    }

    /// Creates or updates a revision of a product.
    ///
    /// # Errors
    /// [`crate::Error::Argument`] if it names no product.
    pub fn save_revision(&self, revision: &ProductRevision) -> Request<Option<ProductRevision>> {
        self.outline(PUT_REVISION).json(revision).refuse_for("revision", problem_of(revision)).saved()
    }

    /// Creates or updates revisions of products.
    ///
    /// # Errors
    /// [`crate::Error::Argument`] if one names no product: then none is sent.
    pub fn save_revisions(&self, revisions: &[ProductRevision]) -> Request<Vec<ProductRevision>> {
        let problem = revisions.iter().find_map(problem_of);
        self.outline(PUT_REVISIONS).json(&revisions).refuse_for("revisions", problem).list()
    }

    /// The groups of products.
    pub fn groups(&self) -> Request<Cached<Vec<ProductGroup>>> {
        self.outline(GET_GROUPS).cached(Resource::Products, parse_list)
    }

    /// Creates a group of products, or updates the one with its id.
    ///
    /// Sent once if it has no id: a second one might be a second group.
    pub fn save_group(&self, group: &ProductGroup) -> Request<Option<ProductGroup>> {
        let outline = self.outline(PUT_GROUP).json(group);
        if group.product_group_id.is_none() { outline.once().saved() } else { outline.saved() }
    }

    /// Puts this in place of the bill of materials of a revision, as a WSBF document.
    ///
    /// # Errors
    /// [`crate::Error::Argument`] for what cannot stand in the document: no part number, a reference with a `;` in it, characters
    /// that XML has no form for.
    pub fn upload_bom(&self, bom: &Bom) -> Request<()> {
        match bom.to_wsbf() {
            Ok(document) => self.outline(PUT_BOM).bytes(document, "application/xml").nothing(),
            Err(problem) => self.outline(PUT_BOM).refuse("bom", problem).nothing(),
        }
    }

    /// The vendors.
    pub fn vendors(&self) -> Request<Cached<Vec<Vendor>>> {
        self.outline(GET_VENDORS).cached(Resource::Products, parse_list)
    }

    /// Creates a vendor, or updates the one with its id.
    ///
    /// Sent once if it has no id: a second one might be a second vendor.
    pub fn save_vendor(&self, vendor: &Vendor) -> Request<Option<Vendor>> {
        let outline = self.outline(PUT_VENDOR).json(vendor);
        if vendor.vendor_id.is_none() { outline.once().saved() } else { outline.saved() }
    }

    /// Removes a vendor.
    pub fn delete_vendor(&self, vendor_id: &str) -> Request<()> {
        Outline::new(self.client, DELETE_VENDOR, &[("vendor_id", vendor_id)]).nothing()
    }
}
