//! The calls about products.

use serde_json::json;
use uuid::Uuid;
use wats_client::product::{
    Bom, BomComponent, BomItem, Product, ProductCategory, ProductGroup, ProductRevision, ProductRevisionRelation,
    ProductState, Tag, TagChange, Vendor,
};
use wats_client::{Client, Error, Freshness};

use super::{Row, plant};

/// A line of the list, the names in the query, and the call.
pub(super) const ROWS: &[Row] = &[
    ("GET /api/Product/Query", "", |c| c.product().list().map(drop)),
    ("GET /api/Product/{}", "", |c| c.product().by_part_number("LAMP-7").map(|found| drop(found.unwrap()))),
    ("GET /api/Product", "partNumber revision", |c| {
        c.product().revision("LAMP-7", "C").map(|found| drop(found.unwrap()))
    }),
    ("PUT /api/Product", "", |c| c.product().save(&Product::new("A/B C#1?x")).map(drop)),
    ("PUT /api/Product/Products", "", |c| c.product().save_all(&[Product::new("P-1"), Product::new("P-2")]).map(drop)),
    ("PUT /api/Product/Revision", "", |c| c.product().save_revision(&ProductRevision::new("P-1", "A")).map(drop)),
    ("PUT /api/Product/Revisions", "", |c| c.product().save_revisions(&[ProductRevision::new("P-2", "1")]).map(drop)),
    ("GET /api/Product/Groups", "", |c| c.product().groups().map(drop)),
    ("PUT /api/Product/Group", "", |c| c.product().save_group(&ProductGroup::new("Spares")).map(drop)),
    ("PUT /api/Product/BOM", "", |c| c.product().upload_bom(&bom())),
    ("PUT /api/Product/Vendors", "", |c| c.product().save_vendor(&Vendor::new("Lumen")).map(drop)),
    ("GET /api/Product/Vendors", "", |c| c.product().vendors().map(drop)),
    ("DELETE /api/Product/Vendors/{}", "", |c| {
        let id = c.product().vendors().wait().unwrap()[0].id().unwrap();
        c.product().delete_vendor(&id)
    }),
    ("GET /api/internal/Product/Bom", "partNumber revision", |c| c.internal().product().bom("LAMP-7", "C").map(drop)),
    ("PUT /api/internal/Product/BOM", "partNumber revision format", |c| {
        c.internal().product().save_bom("LAMP-7", "B", &[BomItem::new("LED-3", 2)]).map(drop)
    }),
    ("GET /api/internal/Product/GetProductByPN", "PN", |c| {
        c.internal().product().by_part_number("LAMP-7").map(|found| drop(found.unwrap()))
    }),
    ("POST /api/internal/Product/PostProductRevisionRelation", "", |c| {
        c.internal().product().add_relation(&relation(c)).map(drop)
    }),
    ("GET /api/internal/Product/GetProductInfo", "partNumber revision", |c| {
        c.internal().product().hierarchy("LAMP-7", "C").map(drop)
    }),
    ("PUT /api/internal/Product/PutProductRevisionRelation", "", |c| {
        let mut relation = relation(c);
        relation.product_revision_relation_id = Some(relation_id(c));
        c.internal().product().save_relation(&relation).map(drop)
    }),
    ("DELETE /api/internal/Product/DeleteProductRevisionRelation", "productRevisionRelationId", |c| {
        c.internal().product().delete_relation(relation_id(c))
    }),
    ("GET /api/internal/Product/GetGroupsForProduct", "partNumber", |c| {
        c.internal().product().groups("LAMP-7").map(drop)
    }),
    ("PUT /api/internal/Product/PutProductCategories", "", |c| {
        c.internal().product().save_categories(&[ProductCategory::new("Cable")]).map(drop)
    }),
    ("GET /api/internal/Product/GetProductCategories", "", |c| c.internal().product().categories().map(drop)),
    ("PUT /api/internal/Product/PutProductTags", "partNumber", |c| {
        c.internal().product().save_tags("LAMP-7", &[Tag::new("colour", "red")]).map(drop)
    }),
    ("GET /api/internal/Product/GetProductTags", "partNumber", |c| c.internal().product().tags("LAMP-7").map(drop)),
    ("PUT /api/internal/Product/PutRevisionTags", "partNumber revision", |c| {
        c.internal().product().save_revision_tags("LAMP-7", "C", &[Tag::new("layout", "7")]).map(drop)
    }),
    ("GET /api/internal/Product/GetRevisionTags", "partNumber revision", |c| {
        c.internal().product().revision_tags("LAMP-7", "C").map(drop)
    }),
];

fn bom() -> Bom {
    let mut led = BomComponent::new("LED-3", 4);
    led.revision = Some("1".into());
    led.description = Some("LED, <white> & \"warm\"".into());
    led.references = ["D1", "D2", "D3", "D4"].map(str::to_owned).to_vec();
    let mut bom = Bom::new("LAMP-7", "C");
    bom.components = vec![led, BomComponent::new("PN-8", 1)];
    bom
}

fn revision_id(client: &Client, part: &str, revision: &str) -> Uuid {
    client.product().revision(part, revision).wait().unwrap().unwrap().product_revision_id.unwrap()
}

fn relation(client: &Client) -> ProductRevisionRelation {
    ProductRevisionRelation::new(revision_id(client, "LAMP-7", "C"), revision_id(client, "PN-8", "A"), 1)
}

fn relation_id(client: &Client) -> Uuid {
    let rows = client.internal().product().hierarchy("LAMP-7", "C").wait().unwrap();
    rows.iter().find_map(|row| row.product_revision_relation_id).unwrap()
}

#[tokio::test]
async fn products_are_saved_with_their_revisions_and_read_back() {
    let (_sim, client) = plant();
    let products = client.product();
    assert!(products.by_part_number("NEW-1").await.unwrap().is_none());
    let mut product = Product::new("NEW-1");
    product.name = Some("New lamp".into());
    product.state = Some(ProductState::Active);
    product.revisions = vec![ProductRevision::new("NEW-1", "A")];
    product.tags = vec![Tag::new("colour", "red"), Tag::new("size", "7")];
    product.other.insert("shade".into(), "round".into());
    let saved = products.save(&product).await.unwrap().unwrap();
    assert!(saved.product_id.is_some() && saved.revisions[0].product_revision_id.is_some(), "{saved:?}");
    // The read before is not what is given now.
    let read = products.by_part_number("NEW-1").await.unwrap().unwrap();
    assert_eq!((&*read, &read.other["shade"]), (&saved, &json!("round")));
    assert_eq!(read.tags, product.tags);

    // What is not said stays; a tag can be taken away.
    let mut change = Product::new("NEW-1");
    change.description = Some("With a shade".into());
    let mut colour = Tag::new("colour", "");
    colour.change = Some(TagChange::Delete);
    change.tags = vec![colour];
    products.save_all(&[change]).await.unwrap();
    let mut second = ProductRevision::new("NEW-1", "B");
    second.state = Some(ProductState::Inactive);
    products.save_revision(&second).await.unwrap();
    let read = products.by_part_number("NEW-1").await.unwrap().unwrap();
    assert_eq!((read.name.as_deref(), read.description.as_deref()), (Some("New lamp"), Some("With a shade")));
    assert_eq!(read.tags, [Tag::new("size", "7")]);
    assert_eq!(read.revisions.iter().map(|revision| revision.revision.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    let revision = products.revision("NEW-1", "B").await.unwrap().unwrap();
    assert_eq!((revision.state, revision.part_number.as_deref()), (Some(ProductState::Inactive), Some("NEW-1")));
    assert!(products.revision("NEW-1", "Z").await.unwrap().is_none());
    let listed = products.list().await.unwrap();
    assert_eq!(listed.last().unwrap().name.as_deref(), Some("New lamp"));
}

#[tokio::test]
async fn of_a_list_with_a_mistake_nothing_is_saved() {
    let (_sim, client) = plant();
    let revisions = [ProductRevision::new("LAMP-7", "D"), ProductRevision::new("NONE", "A")];
    let error = client.product().save_revisions(&revisions).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(client.product().revision("LAMP-7", "D").await.unwrap().is_none());
}

#[tokio::test]
async fn what_no_server_can_take_is_not_sent() {
    let (sim, client) = plant();
    let (product, internal) = (client.product(), client.internal().product());
    let mut bad_bom = bom();
    bad_bom.components[1].description = Some("\u{b}".into());
    let mut orphan = ProductRevision::default();
    orphan.revision = "A".into();
    let unknown = ProductRevisionRelation::new(Uuid::from_u128(1), Uuid::from_u128(2), 1);
    for (argument, error) in [
        ("product", product.save(&Product::new("")).await.unwrap_err()),
        ("products", product.save_all(&[Product::new("A"), Product::new("")]).await.unwrap_err()),
        ("revision", product.save_revision(&orphan).await.unwrap_err()),
        ("revisions", product.save_revisions(&[orphan.clone()]).await.unwrap_err()),
        ("part_number", product.revision("", "A").await.unwrap_err()),
        ("bom", product.upload_bom(&bad_bom).await.unwrap_err()),
        ("vendor_id", product.delete_vendor("").await.unwrap_err()),
        ("part_number", internal.save_tags("", &[]).await.unwrap_err()),
        ("relation", internal.add_relation(&ProductRevisionRelation::default()).await.unwrap_err()),
        ("relation", internal.save_relation(&unknown).await.unwrap_err()),
    ] {
        let Error::Argument { argument: named, .. } = &error else { panic!("{argument}: {error}") };
        assert_eq!(*named, argument, "{error}");
    }
    assert_eq!(sim.handle().stats().requests, 0);
}

#[tokio::test]
async fn a_bill_of_materials_goes_as_xml_and_is_read_back_as_parts() {
    let (_sim, client) = plant();
    let internal = client.internal().product();
    assert!(internal.bom("LAMP-7", "C").await.unwrap().is_empty());
    client.product().upload_bom(&bom()).await.unwrap();
    let parts = internal.bom("LAMP-7", "C").await.unwrap();
    assert_eq!(parts.freshness(), Freshness::Server, "an upload makes the cached list old");
    assert_eq!(parts[0].component_ref.as_deref(), Some("D1;D2;D3;D4"));
    assert_eq!(parts[0].description.as_deref(), Some("LED, <white> & \"warm\""));
    assert_eq!((parts[0].quantity, &parts[0].other["revision"]), (Some(4), &json!("1")));
    assert_eq!((parts.len(), parts[1].part_number.as_deref()), (2, Some("PN-8")));

    internal.save_bom("LAMP-7", "C", &[BomItem::new("LED-3", 6)]).await.unwrap();
    let parts = internal.bom("LAMP-7", "C").await.unwrap();
    assert_eq!((parts.len(), parts[0].quantity), (1, Some(6)));
    let error = client.product().upload_bom(&Bom::new("LAMP-7", "Z")).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

#[tokio::test]
async fn a_document_has_its_content_type_and_other_bodies_the_servers_names() {
    let server = crate::support::Server::wats(|_| async { crate::support::json(200, "null") }).await;
    let client = crate::support::client(&server.url);
    client.product().upload_bom(&Bom::new("P", "A")).await.unwrap();
    let (parent, child) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let mut relation = ProductRevisionRelation::new(parent, child, 2);
    relation.revision_mask = Some("A,1.%".into());
    assert_eq!(client.internal().product().add_relation(&relation).await.unwrap(), []);
    client.internal().product().save_tags("P", &[Tag::new("a", "b")]).await.unwrap();
    assert_eq!(client.product().save_vendor(&Vendor::new("Lumen")).await.unwrap(), None);
    let sent = |place: usize| -> serde_json::Value { serde_json::from_slice(&server.seen()[place].body).unwrap() };
    let seen = server.seen();
    assert_eq!(seen[0].header("content-type"), Some("application/xml"));
    assert_eq!(
        seen[0].body,
        r#"<?xml version="1.0" encoding="utf-8"?><BOM xmlns="http://wats.virinco.com/schemas/WATS/wsbf" Partnumber="P" Revision="A"></BOM>"#
    );
    assert_eq!(
        sent(1),
        json!({
            "ParentProductRevisionId": parent, "ProductRevisionId": child, "Quantity": 2, "RevisionMask": "A,1.%",
        })
    );
    assert_eq!(sent(2), json!([{ "key": "a", "value": "b" }]));
    assert_eq!(sent(3), json!({ "name": "Lumen" }));
}

#[tokio::test]
async fn answers_are_read_in_every_form_that_servers_have_for_them() {
    let server = crate::support::Server::wats(|seen| async move {
        let relation = json!({ "relationId": Uuid::from_u128(7), "Quantity": 2, "quirk": 1 });
        crate::support::json(
            200,
            &match seen.uri.split(['?', '/']).nth(4).unwrap_or_default() {
                "PostProductRevisionRelation" if seen.body.ends_with(b"2}") => relation.to_string(),
                "PostProductRevisionRelation" => json!([relation]).to_string(),
                "Bom" => {
                    json!([{ "PartNumber": "LED-3", "Quantity": 4, "compRef": "D1", "BomItemId": "" }]).to_string()
                }
                "GetProductInfo" => {
                    json!([{ "hlevel": 0, "ProductRevisionRelationId": null, "PartNumber": "P" }]).to_string()
                }
                "GetProductCategories" => json!([{ "CategoryId": Uuid::from_u128(3), "Name": "Lamp" }]).to_string(),
                _ => json!([{ "vendorId": 17, "name": "Lumen", "state": "new" }]).to_string(),
            },
        )
    })
    .await;
    let client = crate::support::client(&server.url);
    let internal = client.internal().product();
    for quantity in [1, 2] {
        let relation = ProductRevisionRelation::new(Uuid::from_u128(1), Uuid::from_u128(2), quantity);
        let added = internal.add_relation(&relation).await.unwrap();
        assert_eq!(added[0].product_revision_relation_id, Some(Uuid::from_u128(7)), "{quantity}");
        assert_eq!((added.len(), added[0].quantity, &added[0].other["quirk"]), (1, Some(2), &json!(1)));
    }
    let parts = internal.bom("P", "A").await.unwrap();
    assert_eq!((parts[0].part_number.as_deref(), parts[0].component_ref.as_deref()), (Some("LED-3"), Some("D1")));
    assert_eq!((parts[0].quantity, parts[0].bom_item_id), (Some(4), None));
    let rows = internal.hierarchy("P", "A").await.unwrap();
    assert_eq!((rows[0].level, rows[0].product_revision_relation_id), (Some(0), None));
    assert_eq!(internal.categories().await.unwrap()[0].category_id, Some(Uuid::from_u128(3)));
    let vendor = client.product().vendors().await.unwrap()[0].clone();
    assert_eq!((vendor.id().as_deref(), &vendor.other["state"]), (Some("17"), &json!("new")));
}

#[tokio::test]
async fn what_is_built_of_what_is_told_level_by_level_and_never_in_a_circle() {
    let (_sim, client) = plant();
    let internal = client.internal().product();
    let id = async |part: &str, revision: &str| {
        client.product().revision(part, revision).await.unwrap().unwrap().product_revision_id.unwrap()
    };
    let (lamp, board, led) = (id("LAMP-7", "C").await, id("PN-77", "B").await, id("LED-3", "1").await);
    let added = internal.add_relation(&ProductRevisionRelation::new(lamp, board, 1)).await.unwrap();
    assert_eq!(added[0].child_part_number.as_deref(), Some("PN-77"));
    internal.add_relation(&ProductRevisionRelation::new(board, led, 4)).await.unwrap();
    let rows = internal.hierarchy("LAMP-7", "C").await.unwrap();
    let rows: Vec<_> = rows.iter().map(|row| (row.level.unwrap(), row.part_number.as_deref().unwrap())).collect();
    assert_eq!(rows, [(0, "LAMP-7"), (1, "PN-77"), (2, "LED-3")]);
    let circle = internal.add_relation(&ProductRevisionRelation::new(led, lamp, 1)).await.unwrap_err();
    assert_eq!(circle.status(), Some(409), "{circle}");

    let mut changed = added[0].clone();
    changed.quantity = Some(2);
    let saved = internal.save_relation(&changed).await.unwrap().unwrap();
    assert_eq!(saved.quantity, Some(2));
    internal.delete_relation(saved.product_revision_relation_id.unwrap()).await.unwrap();
    assert_eq!(internal.hierarchy("LAMP-7", "C").await.unwrap().len(), 1);
}

#[tokio::test]
async fn groups_categories_vendors_and_tags_are_kept() {
    let (_sim, client) = plant();
    let (product, internal) = (client.product(), client.internal().product());
    let mut group = product.save_group(&ProductGroup::new("Spares")).await.unwrap().unwrap();
    group.product_group_name = Some("Spare parts".into());
    product.save_group(&group).await.unwrap();
    let groups = product.groups().await.unwrap();
    assert_eq!((groups.len(), &groups[2]), (3, &group));
    assert_eq!(internal.groups("PN-8").await.unwrap()[0].product_group_name.as_deref(), Some("Boards"));

    internal.save_categories(&[ProductCategory::new("Cable")]).await.unwrap();
    let cable = internal.categories().await.unwrap().last().unwrap().clone();
    let mut lamp = Product::new("LAMP-7");
    lamp.product_category_id = cable.category_id;
    let saved = product.save(&lamp).await.unwrap().unwrap();
    assert_eq!(saved.product_category_name.as_deref(), Some("Cable"));

    let vendor = product.save_vendor(&Vendor::new("Lumen")).await.unwrap().unwrap();
    assert_eq!(*product.vendors().await.unwrap(), std::slice::from_ref(&vendor));
    product.delete_vendor(&vendor.id().unwrap()).await.unwrap();
    assert!(product.vendors().await.unwrap().is_empty());
    assert!(product.delete_vendor(&vendor.id().unwrap()).await.unwrap_err().is_not_found());

    let tags = [Tag::new("layout", "7")];
    internal.save_revision_tags("LAMP-7", "C", &tags).await.unwrap();
    assert_eq!(*internal.revision_tags("LAMP-7", "C").await.unwrap(), tags);
    assert!(internal.revision_tags("LAMP-7", "B").await.unwrap().is_empty());
    assert_eq!(product.revision("LAMP-7", "C").await.unwrap().unwrap().tags, tags);
}
