//! What does `portcullis config` print?

use super::resolve::Effective;
use crate::cli::output::Table;

/// Every key with its value and source, for people.
pub(crate) fn table(effective: &[Effective]) -> String {
    let mut table = Table::new(&["KEY", "VALUE", "SOURCE"]);
    for Effective { key, shown, source } in effective {
        table.row([key.name.to_owned(), shown.clone().unwrap_or_else(|| "-".to_owned()), source.to_string()]);
    }
    table.to_string()
}

/// The same for scripts.
pub(crate) fn json(effective: &[Effective]) -> serde_json::Value {
    let entry = |e: &Effective| {
        serde_json::json!({
            "key": e.key.name,
            "value": e.shown,
            "source": e.source.to_string(),
            "environment_name": e.key.environment_name(),
        })
    };
    serde_json::Value::Array(effective.iter().map(entry).collect())
}
