//! The calls about software.

use std::io::{Cursor, Write as _};

use serde_json::json;
use uuid::{Uuid, uuid};
use wats_client::product::Tag;
use wats_client::software::{FileCheck, Package, PackageStatus, ZipUpload};
use wats_client::{Client, Error};
use wats_sim::fault::{Action, Rule};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Row, plant};

const PACKAGE: Uuid = uuid!("0af0c1d2-1111-4222-8333-444455556666");
const FOLDER: Uuid = uuid!("0af0c1d2-1111-4222-8333-444455557777");

/// A line of the list, the names in the query, and the call.
pub(super) const ROWS: &[Row] = &[
    ("POST /api/Software/Package", "", |c| c.software().create(&package()).map(drop)),
    ("GET /api/Software/Packages", "", |c| c.software().list().map(drop)),
    ("GET /api/Software/Package/{}", "", |c| c.software().by_id(PACKAGE).map(drop)),
    ("GET /api/Software/PackageByName", "name status version", |c| {
        c.software().by_name("lamp-fw", &PackageStatus::Draft, Some(1)).map(drop)
    }),
    ("GET /api/Software/PackagesByTag", "tag value status", |c| {
        c.software().by_tag("line", "1", Some(&PackageStatus::Draft)).map(drop)
    }),
    ("PUT /api/Software/Package/{}", "", |c| c.software().save(&package()).map(drop)),
    ("POST /api/Software/Package/UploadZip/{}", "cleanInstall", |c| {
        c.software().upload_zip(PACKAGE, zip(&[("bin/lamp.hex", "abc")]), ZipUpload::CleanInstall)
    }),
    ("GET /api/Software/PackageFiles/{}", "", |c| c.software().files(PACKAGE).map(drop)),
    ("POST /api/Software/Package/FileAttribute/{}", "", |c| {
        c.software().set_file_attributes(file_id(c), "ExecuteOnce")
    }),
    ("GET /api/Software/VirtualFolders", "", |c| c.software().virtual_folders().map(drop)),
    ("GET /api/internal/Software/isConnected", "", |c| c.internal().software().is_connected()),
    ("GET /api/internal/Software/File/{}", "", |c| c.internal().software().file(file_id(c)).map(drop)),
    ("POST /api/internal/Software/PostPackageFolder", "packageId", |c| {
        let folder = json!({ "packageFolderId": FOLDER, "name": "bin" });
        c.internal().software().add_folder(PACKAGE, &folder).map(drop)
    }),
    ("POST /api/internal/Software/UpdatePackageFolder", "", |c| {
        c.internal().software().update_folder(&json!({ "packageFolderId": FOLDER, "description": "x" })).map(drop)
    }),
    ("GET /api/internal/Software/CheckFile", "packageId parentFolderId filePath checksum fileDateEpoch", |c| {
        c.internal().software().check_file(check("lamp.hex", "1be7c827")).map(drop)
    }),
    ("POST /api/internal/Software/DeletePackageFolderFiles", "packageFolderFileIds", |c| {
        c.internal().software().delete_files(&[file_id(c)]).map(drop)
    }),
    ("POST /api/internal/Software/DeletePackageFolder", "packageFolderId", |c| {
        c.internal().software().delete_folder(FOLDER).map(drop)
    }),
    ("GET /api/internal/Software/GetPackageHistory", "tags status allVersions", |c| {
        c.internal().software().package_history(&["line"], Some(&PackageStatus::Draft), Some(true)).map(drop)
    }),
    ("GET /api/internal/Software/Log", "packageId downloadSize", |c| c.internal().software().log_download(PACKAGE, 3)),
    ("GET /api/internal/Software/GetPackageDownloadHistory", "clientId", |c| {
        c.internal().software().download_history(1).map(drop)
    }),
    ("GET /api/internal/Software/GetRevokedPackages", "installedPackages includeRevokedOnly", |c| {
        c.internal().software().revoked_packages(&[PACKAGE], Some(true)).map(drop)
    }),
    ("GET /api/internal/Software/GetAvailablePackages", "installedPackages", |c| {
        c.internal().software().available_packages(&[PACKAGE]).map(drop)
    }),
    ("GET /api/internal/Software/GetSoftwareEntityDetails", "packageId", |c| {
        c.internal().software().package_details(PACKAGE).map(drop)
    }),
    ("POST /api/Software/PackageStatus/{}", "status", |c| c.software().set_status(PACKAGE, &PackageStatus::Pending)),
    ("DELETE /api/Software/Package/{}", "", |c| c.software().delete(PACKAGE)),
    ("DELETE /api/Software/PackageByName", "name version", |c| {
        c.software().create(&package()).wait().unwrap();
        c.software().delete_by_name("lamp-fw", Some(1))
    }),
];

fn package() -> Package {
    let mut package = Package::new("lamp-fw");
    package.package_id = Some(PACKAGE);
    package.tags = vec![Tag::new("line", "1")];
    package
}

fn file_id(client: &Client) -> Uuid {
    client.software().files(PACKAGE).wait().unwrap()[0].file_id.unwrap()
}

fn check<'a>(path: &'a str, checksum: &'a str) -> FileCheck<'a> {
    FileCheck {
        package_id: PACKAGE,
        parent_folder_id: FOLDER,
        file_path: path,
        checksum,
        file_date_epoch: 1_777_880_000,
    }
}

/// A ZIP file of these paths and texts.
fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in files {
        writer.start_file(*path, SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

async fn moved(client: &Client, id: Uuid, statuses: &[PackageStatus]) {
    for status in statuses {
        client.software().set_status(id, status).await.unwrap();
    }
}

#[tokio::test]
async fn a_package_goes_from_draft_to_revoked_and_no_other_way() {
    use PackageStatus::{Draft, Pending, Released, Revoked};
    let (_sim, client) = plant();
    let software = client.software();
    for (way, goes_on_to) in [
        (&[][..], &[Pending][..]),
        (&[Pending], &[Draft, Released]),
        (&[Pending, Draft], &[Pending]),
        (&[Pending, Released], &[Revoked]),
        (&[Pending, Released, Revoked], &[]),
    ] {
        let created = software.create(&Package::new("lamp-fw")).await.unwrap().unwrap();
        assert_eq!(created.status, Some(Draft));
        let id = created.package_id.unwrap();
        moved(&client, id, way).await;
        let now = way.last().cloned().unwrap_or(Draft);
        for status in [Draft, Pending, Released, Revoked].iter().filter(|status| !goes_on_to.contains(status)) {
            let error = software.set_status(id, status).await.unwrap_err();
            assert_eq!(error.status(), Some(409), "{now} to {status}: {error}");
        }
        assert_eq!(software.by_id(id).await.unwrap().status, Some(now));
    }
    assert_eq!(software.list().await.unwrap().last().unwrap().version, Some(5), "each is a version of its own");
    let error = software.set_status(Uuid::nil(), &PackageStatus::from("Frozen")).await.unwrap_err();
    assert_eq!(error.status(), Some(400), "{error}");
    assert!(error.server_message().unwrap().contains("Draft, Pending, Released, Revoked"), "{error}");
}

#[tokio::test]
async fn files_are_uploaded_in_a_zip_listed_and_downloaded() {
    let (_sim, client) = plant();
    let (software, internal) = (client.software(), client.internal().software());
    software.create(&package()).await.unwrap();
    software
        .upload_zip(PACKAGE, zip(&[("bin/lamp.hex", "abc"), ("readme.txt", "hello")]), ZipUpload::Add)
        .await
        .unwrap();
    software.upload_zip(PACKAGE, zip(&[("bin/lamp.hex", "newer")]), ZipUpload::Add).await.unwrap();
    let files = software.files(PACKAGE).await.unwrap();
    let listed: Vec<_> = files.iter().map(|file| (file.path.as_deref().unwrap(), file.size.unwrap())).collect();
    assert_eq!(listed, [("readme.txt", 5), ("bin/lamp.hex", 5)]);
    let id = files[1].file_id.unwrap();
    assert_eq!(internal.file(id).await.unwrap(), "newer");
    software.set_file_attributes(id, "ExecuteOnce").await.unwrap();
    assert_eq!(software.files(PACKAGE).await.unwrap()[1].attributes.as_deref(), Some("ExecuteOnce"));

    // A folder is a part of the path.
    internal.add_folder(PACKAGE, &json!({ "packageFolderId": FOLDER, "name": "bin" })).await.unwrap();
    let found = internal.check_file(check("lamp.hex", "1be7c827")).await.unwrap();
    assert_eq!((&found["isSame"], &found["fileId"]), (&json!(true), &json!(id)));
    assert_eq!(internal.check_file(check("lamp.hex", "other")).await.unwrap()["isSame"], false);
    internal.delete_folder(FOLDER).await.unwrap();
    assert_eq!(software.files(PACKAGE).await.unwrap().len(), 1);
    software.upload_zip(PACKAGE, zip(&[("only.txt", "1")]), ZipUpload::CleanInstall).await.unwrap();
    let details = internal.package_details(PACKAGE).await.unwrap();
    assert_eq!((details["files"].as_array().unwrap().len(), &details["files"][0]["path"]), (1, &json!("only.txt")));
    assert!(internal.file(id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn what_no_server_can_take_is_not_sent() {
    let (sim, client) = plant();
    let (software, internal) = (client.software(), client.internal().software());
    let whole = zip(&[("a", "b")]);
    let cut = whole[..whole.len() - 22].to_vec();
    for (argument, error) in [
        ("package", software.create(&Package::default()).await.unwrap_err()),
        ("package", software.save(&Package::new("a")).await.unwrap_err()),
        ("zip", software.upload_zip(PACKAGE, cut, ZipUpload::Add).await.unwrap_err()),
        ("zip", software.upload_zip(PACKAGE, "PK, but no more", ZipUpload::Add).await.unwrap_err()),
        ("zip", software.upload_zip(PACKAGE, "", ZipUpload::Add).await.unwrap_err()),
        ("file_ids", internal.delete_files(&[]).await.unwrap_err()),
        ("tags", internal.package_history(&["a,b"], None, None).await.unwrap_err()),
        ("status", internal.package_history(&[], Some(&PackageStatus::from("Frozen")), None).await.unwrap_err()),
    ] {
        let Error::Argument { argument: named, .. } = &error else { panic!("{argument}: {error}") };
        assert_eq!(*named, argument, "{error}");
    }
    assert_eq!(sim.handle().stats().requests, 0);
}

#[tokio::test]
async fn stations_learn_what_is_revoked_and_what_is_newer() {
    use PackageStatus::{Pending, Released, Revoked};
    let (_sim, client) = plant();
    let (software, internal) = (client.software(), client.internal().software());
    let mut ids = Vec::new();
    for _ in 0..2 {
        let mut package = package();
        package.package_id = None;
        ids.push(software.create(&package).await.unwrap().unwrap().package_id.unwrap());
    }
    moved(&client, ids[0], &[Pending, Released]).await;
    assert_eq!(software.by_name("lamp-fw", &Released, None).await.unwrap().version, Some(1));
    assert!(internal.available_packages(&ids[..1]).await.unwrap().is_empty(), "a draft is nothing to install");
    moved(&client, ids[0], &[Revoked]).await;
    // Seen at once: no read about software is cached.
    assert!(software.by_name("lamp-fw", &Released, None).await.unwrap_err().is_not_found());
    assert_eq!(internal.revoked_packages(&ids, Some(true)).await.unwrap(), ids[..1]);
    moved(&client, ids[1], &[Pending, Released]).await;
    assert!(internal.revoked_packages(&ids, Some(true)).await.unwrap().is_empty(), "there is a successor");
    assert_eq!(internal.revoked_packages(&ids, None).await.unwrap(), ids[..1]);
    assert_eq!(internal.available_packages(&ids[..1]).await.unwrap()[0].package_id, Some(ids[1]));
    assert_eq!(software.by_tag("line", "1", None).await.unwrap().len(), 2);
    assert_eq!(internal.package_history(&["line"], None, Some(false)).await.unwrap()[0].version, Some(2));
    assert_eq!(internal.package_history(&["line"], Some(&Revoked), Some(true)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_download_is_logged_once_for_each_call_although_it_is_a_get() {
    let (sim, client) = plant();
    client.software().create(&package()).await.unwrap();
    let internal = client.internal().software();
    for size in [3, 3] {
        internal.log_download(PACKAGE, size).await.unwrap();
    }
    sim.handle().add_rule(Rule::any(Action::status(503)).times(1)).unwrap();
    let before = sim.handle().stats().requests;
    assert_eq!(internal.log_download(PACKAGE, 9).await.unwrap_err().status(), Some(503));
    assert_eq!(sim.handle().stats().requests, before + 1);
    let sizes: Vec<_> = internal.download_history(1).await.unwrap();
    assert_eq!(sizes.iter().map(|entry| entry["downloadSize"].clone()).collect::<Vec<_>>(), [3, 3]);
}

#[tokio::test]
async fn bodies_and_headers_are_as_the_server_wants_them() {
    let server = crate::support::Server::wats(|_| async { crate::support::reply(204, &[], "") }).await;
    let client = crate::support::client(&server.url);
    let bytes = zip(&[("a", "b")]);
    assert_eq!(client.software().create(&package()).await.unwrap(), None);
    client.software().upload_zip(PACKAGE, bytes.clone(), ZipUpload::Add).await.unwrap();
    client.software().set_file_attributes(FOLDER, "x").await.unwrap();
    client.software().delete_by_name("lamp-fw", None).await.unwrap();
    client.internal().software().revoked_packages(&[PACKAGE, FOLDER], None).await.unwrap();
    let seen = server.seen();
    let body = |place: usize| -> serde_json::Value { serde_json::from_slice(&seen[place].body).unwrap() };
    assert_eq!(body(0), json!({ "packageId": PACKAGE, "name": "lamp-fw", "tags": [{ "key": "line", "value": "1" }] }));
    assert_eq!((seen[1].header("content-type"), &seen[1].body[..]), (Some("application/zip"), &bytes[..]));
    assert_eq!(
        seen[1].uri,
        format!("/api/Software/Package/UploadZip/{PACKAGE}"),
        "no cleanInstall unless it is wanted"
    );
    assert_eq!(body(2), json!({ "attributes": "x" }));
    assert_eq!(seen[3].uri, "/api/Software/PackageByName?name=lamp-fw");
    assert!(seen[4].uri.ends_with(&format!("?installedPackages={PACKAGE}%2C{FOLDER}")), "{}", seen[4].uri);
}
