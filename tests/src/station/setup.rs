//! What a station is started with.

/// What a station is started with. The rest is as users get it.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Address of the server; none converts and holds.
    pub server: Option<String>,
    /// Plugins that it gets, by the names of the files that `cargo xtask guests` makes, without `.wasm`. Those of
    /// `target/plugins` come before the hostile ones of `target/guests`.
    pub plugins: Vec<String>,
    /// Most files that are converted at once; none is the station's own choice.
    pub workers: Option<u32>,
    /// `settle_seconds` of the inbox.
    pub settle_seconds: f64,
    /// `scan_seconds` of the inbox.
    pub scan_seconds: f64,
    /// More keys of the inbox, TOML.
    pub inbox: String,
    /// More tables of the configuration, TOML; also more inboxes.
    pub more: String,
    /// What it writes into its log.
    pub log: &'static str,
}

impl Default for Setup {
    /// No server, the converters for CSV and WSJF, quick looks at the inbox.
    fn default() -> Self {
        Self {
            server: None,
            plugins: vec!["csv".into(), "wats-json".into()],
            workers: None,
            settle_seconds: 0.1,
            scan_seconds: 0.5,
            inbox: String::new(),
            more: String::new(),
            log: "info,wats_station=debug",
        }
    }
}

impl Setup {
    /// As a station is installed, with a server: a log of what happens, and no looks at the inbox beside those that it makes by
    /// itself. For measuring.
    #[must_use]
    pub fn as_installed(url: &str) -> Self {
        Self { scan_seconds: 5.0, log: "info", ..Self::with_server(url) }
    }

    /// The default, with a server.
    #[must_use]
    pub fn with_server(url: &str) -> Self {
        Self { server: Some(url.to_owned()), ..Self::default() }
    }

    pub(super) fn toml(&self) -> String {
        use toml::{Table, Value};
        let mut config: Table = self.more.parse().unwrap_or_default();
        let table = |pairs: &[(&str, Value)]| -> Table {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
        };
        let mut put = |key: &str, usual: Table| {
            let given = config.entry(key).or_insert_with(|| Value::Table(Table::new()));
            if let Some(given) = given.as_table_mut() {
                for (key, value) in usual {
                    given.entry(key).or_insert(value);
                }
            }
        };
        put("station", table(&[("name", "TEST-1".into()), ("location", "Hall 1".into()), ("time_zone", "UTC".into())]));
        put("http", table(&[("port", 0.into())]));
        if let Some(workers) = self.workers {
            put("workers", table(&[("max", i64::from(workers).into())]));
        }
        if let Some(server) = &self.server {
            let url = server.as_str().into();
            let usual = [("proxy", "none".into()), ("requests_per_minute", 0.into()), ("token_file", "token".into())];
            put("server", table(&[[("url", url)].as_slice(), &usual].concat()));
        }
        config.insert("data_dir".into(), "data".into());
        config.insert("plugin_dirs".into(), vec![Value::from("plugins")].into());
        let mut inbox: Table = self.inbox.parse().unwrap_or_default();
        for (key, value) in [
            ("name", Value::from("line")),
            ("path", "in".into()),
            ("settle_seconds", self.settle_seconds.into()),
            ("scan_seconds", self.scan_seconds.into()),
            ("unclaimed_wait_seconds", 2.0.into()),
        ] {
            inbox.entry(key).or_insert(value);
        }
        let defaults = table(&[("revision", "A".into()), ("process_code", 100.into()), ("operator", "test".into())]);
        inbox.entry("defaults").or_insert(defaults.into());
        let more = config.remove("inbox").and_then(|more| more.as_array().cloned()).unwrap_or_default();
        config.insert("inbox".into(), [vec![Value::Table(inbox)], more].concat().into());
        toml::to_string(&config).unwrap_or_default()
    }
}
