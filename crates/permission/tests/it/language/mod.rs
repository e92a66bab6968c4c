mod bad_json;
mod bad_text;
mod json;
mod modules;
mod properties;
mod text;
