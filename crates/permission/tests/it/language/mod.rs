mod bad_json;
mod bad_text;
mod json;
mod manifest;
mod modules;
mod properties;
mod text;
