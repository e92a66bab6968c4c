//! OpenFGA's modelling language, schema 1.1 and 1.2 with modules, and its JSON form.
//!
//! Both forms are read into the same [`Model`](crate::model::Model) and written from it. They say
//! the same, with two differences: only JSON keeps modules and files ([`Origin`](crate::model::Origin)),
//! and JSON can say a little that the language cannot ([`PrintError`]).
//!
//! Nothing here looks up what a name refers to: that is the validator's.

mod error;
mod expression;
mod json;
mod lexer;
mod limits;
mod manifest;
mod module;
mod name;
mod parameter_type;
mod parser;
mod positions;
mod print;

pub use error::{Position, SyntaxError, SyntaxErrorKind, SyntaxErrors};
pub use json::{JsonError, JsonErrorKind, from_json, to_json};
pub use limits::{ERROR_LIMIT, NESTING_LIMIT, TEXT_LIMIT};
pub use manifest::{
    FILES_LIMIT, Manifest, ManifestError, ManifestErrorKind, ProjectError, load_project,
    parse_manifest,
};
pub use module::{CombineError, Extension, Module, combine};
pub use name::Named;
pub use parser::{parse, parse_located, parse_module, parse_module_located};
pub use positions::{Place, Positions};
pub use print::{PrintError, Unsayable, print, print_module};
