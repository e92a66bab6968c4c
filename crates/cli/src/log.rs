//! Logs: for people in development, JSON lines in operation.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer, Registry, layer::SubscriberExt, util::SubscriberInitExt};

/// Warnings and worse, for a person at a terminal.
pub(crate) fn for_people() {
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_filter(LevelFilter::WARN);
    // A second call, in tests, changes nothing.
    let _set = Registry::default().with(layer).try_init();
}

/// JSON lines on standard output.
pub(crate) fn json(level: LevelFilter) {
    let layer = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_writer(std::io::stdout)
        .with_filter(level);
    let _set = Registry::default().with(layer).try_init();
}
