//! The HTTP server: routes, extractors, rendering, pages and jobs.

pub mod pages;
