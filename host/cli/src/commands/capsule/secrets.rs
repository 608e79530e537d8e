//! Settings that must not be handed on.

/// What settings that hold a secret are called.
const WORDS: [&str; 6] = ["password", "passwd", "secret", "token", "api_key", "apikey"];

/// The settings without those that seem to be secrets, and the names of these: `server.password`, `sources[0].token`. Plugins
/// cannot reach anything that takes a secret; who puts one into their settings all the same must not find it in a capsule.
pub(super) fn without_secrets(settings: &toml::Table) -> (toml::Table, Vec<String>) {
    let mut left_out = Vec::new();
    let kept = of_table(settings, "", &mut left_out);
    (kept, left_out)
}

fn of_table(table: &toml::Table, path: &str, left_out: &mut Vec<String>) -> toml::Table {
    let mut kept = toml::Table::new();
    for (key, value) in table {
        let name = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        if WORDS.iter().any(|word| key.to_lowercase().replace('-', "_").contains(word)) {
            left_out.push(name);
        } else {
            kept.insert(key.clone(), of_value(value, &name, left_out));
        }
    }
    kept
}

fn of_value(value: &toml::Value, path: &str, left_out: &mut Vec<String>) -> toml::Value {
    match value {
        toml::Value::Table(inner) => toml::Value::Table(of_table(inner, path, left_out)),
        toml::Value::Array(all) => {
            let mut kept = Vec::with_capacity(all.len());
            for (index, value) in all.iter().enumerate() {
                kept.push(of_value(value, &format!("{path}[{index}]"), left_out));
            }
            toml::Value::Array(kept)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_left_out_however_deep_they_are() {
        let settings = "delimiter = ';'\n[server]\nApi-Key = 'hush'\nname = 'a'\n\
                        [[sources]]\npassword = 'hush'\nname = 'b'\n[[sources]]\nname = 'c'\n\
                        [[sources.more]]\nnested = [[{ token = 'hush', name = 'd' }]]\n";
        let (kept, mut left_out) = without_secrets(&toml::from_str(settings).unwrap());
        left_out.sort();
        assert_eq!(left_out, ["server.Api-Key", "sources[0].password", "sources[1].more[0].nested[0][0].token"]);
        let rest = "delimiter = ';'\n[server]\nname = 'a'\n[[sources]]\nname = 'b'\n[[sources]]\nname = 'c'\n\
                    [[sources.more]]\nnested = [[{ name = 'd' }]]\n";
        assert_eq!(kept, toml::from_str::<toml::Table>(rest).unwrap());
    }
}
