use std::collections::BTreeMap;
use std::fmt;

use super::name::Named;
use crate::model::{Condition, Model, Origin, Relation, SchemaVersion, TypeDefinition};

/// A file of a model that is split into modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its name; several files may share it.
    pub name: String,
    /// The types it defines.
    pub types: Vec<TypeDefinition>,
    /// What it adds to types of other files.
    pub extensions: Vec<Extension>,
    /// The conditions it defines.
    pub conditions: Vec<Condition>,
}

/// Relations for a type that another file defines: `extend type`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// The type.
    pub type_name: String,
    /// The relations.
    pub relations: Vec<Relation>,
    /// Where it stands.
    pub origin: Origin,
}

/// Why modules make no model together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CombineError {
    /// The version of the language has no modules.
    SchemaWithoutModules,
    /// Two files define the same.
    Duplicate {
        /// What it is.
        named: Named,
        /// Its name.
        name: String,
        /// Where the first stands.
        first: Origin,
        /// Where the second stands.
        second: Origin,
    },
    /// A file extends a type that none defines.
    UnknownType {
        /// The type.
        type_name: String,
        /// Where the extension stands.
        origin: Origin,
    },
}

/// Makes one model of the files of modules: types in the order of the files, and the relations of
/// extensions behind a type's own, each naming its module and file.
///
/// ```
/// use counterfoil_permission::language::{combine, parse_module};
/// use counterfoil_permission::model::SchemaVersion;
///
/// let core = parse_module("module core\ntype user\ntype shop\n", "core.fga")?;
/// let wiki = parse_module(
///     "module wiki\nextend type shop\n  relations\n    define reader: [user]\n",
///     "wiki.fga",
/// )?;
/// let model = combine(SchemaVersion::V1_2, [core, wiki])?;
/// let reader = &model.types[1].relations[0];
/// assert_eq!(reader.origin.module.as_deref(), Some("wiki"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The schema is 1.1; a type, a condition or a relation of a type is defined twice; an extended
/// type is defined nowhere.
pub fn combine(
    schema: SchemaVersion,
    modules: impl IntoIterator<Item = Module>,
) -> Result<Model, CombineError> {
    if schema == SchemaVersion::V1_1 {
        return Err(CombineError::SchemaWithoutModules);
    }
    let mut model = Model { schema, types: Vec::new(), conditions: Vec::new() };
    let mut extensions = Vec::new();
    for module in modules {
        model.types.extend(module.types);
        model.conditions.extend(module.conditions);
        extensions.extend(module.extensions);
    }
    refuse_twice(Named::Type, model.types.iter().map(|found| (&found.name, &found.origin)))?;
    refuse_twice(
        Named::Condition,
        model.conditions.iter().map(|found| (&found.name, &found.origin)),
    )?;
    let places: BTreeMap<String, usize> =
        model.types.iter().enumerate().map(|(index, found)| (found.name.clone(), index)).collect();
    for extension in extensions {
        let place = places.get(&extension.type_name).and_then(|place| model.types.get_mut(*place));
        let Some(extended) = place else {
            let Extension { type_name, origin, .. } = extension;
            return Err(CombineError::UnknownType { type_name, origin });
        };
        let origin = &extension.origin;
        let relations = extension.relations.into_iter();
        extended
            .relations
            .extend(relations.map(|relation| Relation { origin: origin.clone(), ..relation }));
    }
    for found in &model.types {
        let of_type = |relation: &Relation| relation.origin == Origin::default();
        refuse_twice(
            Named::Relation,
            found.relations.iter().map(|relation| {
                let origin = if of_type(relation) { &found.origin } else { &relation.origin };
                (&relation.name, origin)
            }),
        )?;
    }
    Ok(model)
}

fn refuse_twice<'a>(
    named: Named,
    found: impl Iterator<Item = (&'a String, &'a Origin)>,
) -> Result<(), CombineError> {
    let mut seen = BTreeMap::new();
    for (name, second) in found {
        if let Some(first) = seen.insert(name, second) {
            let (name, first, second) = (name.clone(), first.clone(), second.clone());
            return Err(CombineError::Duplicate { named, name, first, second });
        }
    }
    Ok(())
}

impl fmt::Display for CombineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = |origin: &Origin| super::error::quote(origin.file.as_deref().unwrap_or("?"));
        match self {
            Self::SchemaWithoutModules => {
                f.write_str("schema 1.1 has no modules, expected schema 1.2")
            }
            Self::Duplicate { named, name, first, second } => write!(
                f,
                "the {named} `{name}` of `{}` is also defined in `{}`: remove or rename one",
                file(second),
                file(first)
            ),
            Self::UnknownType { type_name, origin } => write!(
                f,
                "`{}` extends the type `{type_name}`, which no module defines: \
                 define it, or correct the name",
                file(origin)
            ),
        }
    }
}

impl std::error::Error for CombineError {}
