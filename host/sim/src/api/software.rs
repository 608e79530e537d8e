//! Software: packages and their life.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::saved::{body, data, done};
use super::{Call, Reply, Route};
use crate::answer::Answer;
use crate::core::Core;
use crate::object::text;
use crate::record::Outcome;
use crate::refusal::bad;

pub(super) const ROUTES: &[Route] = &[
    Route::get("api/Software/Packages", |core, _| Reply::data(&core.state().software.all())),
    Route::get("api/Software/PackageByName", |core, call| {
        let result = core.state().software.by_name(asked(call, "name"), call.query("status"), call.query("version"));
        data(call, result)
    }),
    Route::new("DELETE", "api/Software/PackageByName", |core, call| {
        done(call, core.state().software.delete_by_name(asked(call, "name"), call.query("version")))
    }),
    Route::get("api/Software/PackagesByTag", |core, call| {
        let (tag, value) = (asked(call, "tag"), asked(call, "value"));
        data(call, core.state().software.by_tag(tag, value, call.query("status")))
    }),
    Route::new("POST", "api/Software/Package", |core, call| {
        data(call, body(call).and_then(|given: Value| core.state().software.create(&given, Timestamp::now())))
    }),
    Route::get("api/Software/Package/{}", |core, call| data(call, core.state().software.package(call.parameter(0)))),
    Route::new("PUT", "api/Software/Package/{}", |core, call| {
        let (id, now) = (call.parameter(0), Timestamp::now());
        data(call, body(call).and_then(|given: Value| core.state().software.save(id, &given, now)))
    }),
    Route::new("DELETE", "api/Software/Package/{}", |core, call| {
        done(call, core.state().software.delete(call.parameter(0)))
    }),
    Route::new("POST", "api/Software/PackageStatus/{}", |core, call| {
        done(call, core.state().software.set_status(call.parameter(0), asked(call, "status"), Timestamp::now()))
    }),
    Route::get("api/Software/PackageFiles/{}", |core, call| data(call, core.state().software.files(call.parameter(0)))),
    Route::new("POST", "api/Software/Package/UploadZip/{}", upload),
    Route::new("POST", "api/Software/Package/FileAttribute/{}", attributes),
    Route::get("api/Software/VirtualFolders", |_, _| Reply::data(&virtual_folders())),
    Route::get("api/internal/Software/isConnected", |_, call| call.internal(|| Reply::data(&true.into()))),
    Route::get("api/internal/Software/File/{}", |core, call| call.internal(|| file(core, call))),
    Route::get("api/internal/Software/CheckFile", |core, call| {
        call.internal(|| {
            let asked = |name| asked(call, name);
            let (package, folder) = (asked("packageId"), asked("parentFolderId"));
            let state = core.state();
            data(call, state.software.check_file(package, folder, asked("filePath"), asked("checksum")))
        })
    }),
    Route::new("POST", "api/internal/Software/PostPackageFolder", |core, call| {
        call.internal(|| {
            let package = asked(call, "packageId");
            data(call, body(call).and_then(|given: Value| core.state().software.add_folder(package, &given)))
        })
    }),
    Route::new("POST", "api/internal/Software/UpdatePackageFolder", |core, call| {
        call.internal(|| data(call, body(call).and_then(|given: Value| core.state().software.update_folder(&given))))
    }),
    Route::new("POST", "api/internal/Software/DeletePackageFolder", |core, call| {
        call.internal(|| data(call, core.state().software.delete_folder(asked(call, "packageFolderId"))))
    }),
    Route::new("POST", "api/internal/Software/DeletePackageFolderFiles", |core, call| {
        call.internal(|| data(call, core.state().software.delete_files(asked(call, "packageFolderFileIds"))))
    }),
    Route::get("api/internal/Software/GetPackageHistory", |core, call| {
        call.internal(|| {
            let (tags, all_versions) = (asked(call, "tags"), call.flag("allVersions"));
            data(call, core.state().software.history(tags, call.query("status"), all_versions))
        })
    }),
    Route::get("api/internal/Software/GetPackageDownloadHistory", |core, call| {
        call.internal(|| Reply::data(&core.state().software.downloads().into()))
    }),
    Route::get("api/internal/Software/GetRevokedPackages", |core, call| {
        call.internal(|| {
            let only = call.flag("includeRevokedOnly");
            Reply::data(&core.state().software.revoked(asked(call, "installedPackages"), only))
        })
    }),
    Route::get("api/internal/Software/GetAvailablePackages", |core, call| {
        call.internal(|| Reply::data(&core.state().software.available(asked(call, "installedPackages"))))
    }),
    Route::get("api/internal/Software/GetSoftwareEntityDetails", |core, call| {
        call.internal(|| data(call, core.state().software.details(asked(call, "packageId"))))
    }),
    // It writes, although it is a GET.
    Route::get("api/internal/Software/Log", |core, call| {
        call.internal(|| {
            let (package, size) = (asked(call, "packageId"), call.query("downloadSize"));
            done(call, core.state().software.log_download(package, size, Timestamp::now()))
        })
    }),
];

fn asked<'a>(call: &'a Call<'_>, name: &str) -> &'a str {
    call.query(name).unwrap_or_default()
}

fn upload(core: &Core, call: &Call<'_>) -> Reply {
    if !call.has_content_type(&["application/zip"]) {
        let text = "the files of a package come as application/zip";
        return Reply::refuse(call, Outcome::Refused, StatusCode::UNSUPPORTED_MEDIA_TYPE, text);
    }
    let (id, is_clean) = (call.parameter(0), call.flag("cleanInstall"));
    done(call, core.state().software.upload(id, &call.body, is_clean, Timestamp::now()))
}

fn attributes(core: &Core, call: &Call<'_>) -> Reply {
    let result = body(call).and_then(|given: Value| {
        let attributes = text(given.get("attributes")).ok_or_else(|| bad("the field attributes is missing"))?;
        core.state().software.set_attributes(call.parameter(0), attributes)
    });
    done(call, result)
}

fn file(core: &Core, call: &Call<'_>) -> Reply {
    let content = core.state().software.content(call.parameter(0));
    match content {
        Ok(bytes) => Reply::new(Outcome::Served, Answer::of(StatusCode::OK, "application/octet-stream", bytes)),
        Err(refusal) => data(call, Err(refusal)),
    }
}

/// Made up: no call changes them.
fn virtual_folders() -> Value {
    json!([
        { "folderId": "50f7f01d-0000-4000-8000-000000000001", "name": "Firmware", "path": "/Firmware", "description": null },
        { "folderId": "50f7f01d-0000-4000-8000-000000000002", "name": "Test programs", "path": "/Test programs", "description": null },
    ])
}
