use serde::de::DeserializeOwned;
use serde_saphyr::{Budget, Options};

/// Reads one document of YAML.
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_saphyr::from_str_with_options(text, options(text.len()))
        .map_err(|error| error.without_snippet().to_string())
}

/// Nothing in a text can be more than its bytes; what aliases multiply stays within the defaults.
fn options(bytes: usize) -> Options {
    let mut budget = Budget::default();
    budget.max_events = budget.max_events.max(bytes);
    budget.max_nodes = budget.max_nodes.max(bytes);
    serde_saphyr::options! {
        budget: Some(budget),
        // As in YAML 1.2 and Go's reader: `no` is a word.
        strict_booleans: true,
        with_snippet: false,
    }
}
