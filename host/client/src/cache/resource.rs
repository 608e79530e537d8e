//! What may be kept, and what a write touches.

use std::time::Duration;

use crate::route::{Method, Route};

/// The kinds of answers that are cached: a list of what is allowed, so that nothing is kept by accident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Resource {
    /// Kinds of assets.
    AssetTypes,
    /// Levels: where in its life a unit is tested.
    Levels,
    /// Test, repair and other operations.
    Processes,
    /// Products, with revisions, groups and tags.
    Products,
    /// Kinds of serial numbers and phases of units.
    Production,
}

impl Resource {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::AssetTypes, Self::Levels, Self::Processes, Self::Products, Self::Production];

    pub(crate) const fn index(self) -> usize {
        match self {
            Self::AssetTypes => 0,
            Self::Levels => 1,
            Self::Processes => 2,
            Self::Products => 3,
            Self::Production => 4,
        }
    }

    /// The name used as a metric label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AssetTypes => "asset_types",
            Self::Levels => "levels",
            Self::Processes => "processes",
            Self::Products => "products",
            Self::Production => "production",
        }
    }

    /// How long an old answer may stand in when the server cannot be asked. All are master data: yesterday's
    /// process list is better than none.
    pub(crate) const fn stale_for(self) -> Duration {
        match self {
            Self::AssetTypes | Self::Levels | Self::Processes | Self::Products | Self::Production => {
                Duration::from_hours(24 * 7)
            }
        }
    }

    /// What a write to `route` changes. By resource, not by letters of the path: a product is no production.
    pub(crate) fn written_by(route: Route) -> &'static [Self] {
        if route.method() == Method::Get {
            return &[];
        }
        // The case of paths varies in this API, also between calls about one thing.
        let path = route.template().to_ascii_lowercase();
        let path = path.strip_prefix("/api/").unwrap_or(&path);
        let path = path.strip_prefix("internal/").unwrap_or(path);
        let mut segments = path.split('/');
        match segments.next() {
            // A count or a calibration changes no type.
            Some("asset") if segments.next() == Some("types") => &[Self::AssetTypes],
            Some("product") => &[Self::Products],
            // Kinds of serial numbers and phases are set up elsewhere: no call changes them.
            Some("process") => &[Self::Processes],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_touches_its_own_resource_in_every_spelling_and_no_neighbour() {
        let check = |method, template, expected: &[Resource]| {
            assert_eq!(Resource::written_by(Route::new(method, template)), expected, "{template}");
        };
        check(Method::Put, "/api/Product", &[Resource::Products]);
        check(Method::Put, "/api/Product/Revisions", &[Resource::Products]);
        check(Method::Delete, "/api/internal/product/Vendors/{id}", &[Resource::Products]);
        check(Method::Put, "/api/internal/Process/Put", &[Resource::Processes]);
        check(Method::Put, "/api/Production/Units", &[]);
        check(Method::Put, "/api/Asset/Types", &[Resource::AssetTypes]);
        check(Method::Put, "/api/Asset/Count", &[]);
        check(Method::Post, "/api/Report/WSJF", &[]);
        check(Method::Get, "/api/Product/{partNumber}", &[]);
    }
}
