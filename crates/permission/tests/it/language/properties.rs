use counterfoil_permission::language::{
    Extension, Module, from_json, parse, parse_module, print, print_module, to_json,
};
use counterfoil_permission::model::{
    Condition, Model, Origin, ParameterType, Relation, Restricted, Rewrite, SchemaVersion,
    TypeDefinition, TypeRestriction,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(vec!["user", "doc", "viewer", "parent", "a-b", "x.y/z", "but", "not", "model"]),
        1 => select(vec!["type", "schema", "extend", "relation", "module", "_", "r2-d2-"]),
    ]
    .prop_map(str::to_owned)
}

fn condition_name() -> impl Strategy<Value = String> {
    select(vec!["weekday", "in_region", "c-1", "but"]).prop_map(str::to_owned)
}

/// A rewrite without the relation's own tuples.
fn indirect() -> impl Strategy<Value = Rewrite> {
    let leaf = prop_oneof![
        name().prop_map(|relation| Rewrite::Computed { relation }),
        (name(), name())
            .prop_map(|(tupleset, computed)| Rewrite::TupleToUserset { tupleset, computed }),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Rewrite::Union),
            vec(inner.clone(), 2..4).prop_map(Rewrite::Intersection),
            (inner.clone(), inner).prop_map(|(base, subtract)| Rewrite::Exclusion {
                base: Box::new(base),
                subtract: Box::new(subtract)
            }),
        ]
    })
}

/// A rewrite with the relation's own tuples where the language has them.
fn direct() -> impl Strategy<Value = Rewrite> {
    Just(Rewrite::This).prop_recursive(3, 8, 2, |first| {
        let others = || vec(indirect(), 1..3);
        prop_oneof![
            (first.clone(), others()).prop_map(|(first, mut others)| {
                others.insert(0, first);
                Rewrite::Union(others)
            }),
            (first.clone(), others()).prop_map(|(first, mut others)| {
                others.insert(0, first);
                Rewrite::Intersection(others)
            }),
            (first, indirect()).prop_map(|(base, subtract)| Rewrite::Exclusion {
                base: Box::new(base),
                subtract: Box::new(subtract)
            }),
        ]
    })
}

fn restriction() -> impl Strategy<Value = TypeRestriction> {
    let what = prop_oneof![
        Just(Restricted::Object),
        Just(Restricted::Wildcard),
        name().prop_map(Restricted::Userset),
    ];
    (name(), what, proptest::option::of(condition_name()))
        .prop_map(|(type_name, what, condition)| TypeRestriction { type_name, what, condition })
}

fn meaning() -> impl Strategy<Value = (Rewrite, Vec<TypeRestriction>)> {
    prop_oneof![
        (direct(), vec(restriction(), 1..4)),
        indirect().prop_map(|rewrite| (rewrite, Vec::new())),
    ]
}

fn parameter_type() -> impl Strategy<Value = ParameterType> {
    use ParameterType as P;
    let scalars =
        [P::Any, P::Bool, P::String, P::Int, P::Uint, P::Double, P::Duration, P::Timestamp];
    select(scalars.to_vec()).prop_recursive(3, 3, 1, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| P::List(Box::new(inner))),
            inner.prop_map(|inner| P::Map(Box::new(inner))),
        ]
    })
}

fn expression() -> impl Strategy<Value = String> {
    let parts = select(vec![
        "a",
        " ",
        "\n",
        "==",
        "'}'",
        "\"{\"",
        "{'a': 1}",
        "// } ' \n",
        "r'\\'",
        "'\\''",
        "\"\"\"}\"\"\"",
        "x#y",
    ]);
    vec(parts, 1..8).prop_map(|parts| parts.join(" ").trim().to_owned())
}

fn origin() -> impl Strategy<Value = Origin> {
    let text = || proptest::option::of("[^\\x00]{1,8}");
    (text(), text()).prop_map(|(module, file)| Origin { module, file })
}

fn model() -> impl Strategy<Value = Model> {
    let relations = btree_map(name(), meaning(), 0..4);
    let parameters = btree_map(select(vec!["a", "b", "c"]), parameter_type(), 0..3);
    let schema = select(vec![SchemaVersion::V1_1, SchemaVersion::V1_2]);
    let types = btree_map(name(), relations, 0..4);
    let conditions = btree_map(condition_name(), (parameters, expression()), 0..3);
    (schema, types, conditions).prop_map(|(schema, types, conditions)| Model {
        schema,
        types: types
            .into_iter()
            .map(|(name, relations)| TypeDefinition {
                name,
                relations: relations
                    .into_iter()
                    .rev()
                    .map(|(name, (rewrite, restrictions))| Relation {
                        name,
                        rewrite,
                        restrictions,
                        origin: Origin::default(),
                    })
                    .collect(),
                origin: Origin::default(),
            })
            .collect(),
        conditions: conditions
            .into_iter()
            .map(|(name, (parameters, expression))| Condition {
                name,
                parameters: parameters
                    .into_iter()
                    .rev()
                    .map(|(name, kind)| (name.to_owned(), kind))
                    .collect(),
                expression,
                origin: Origin::default(),
            })
            .collect(),
    })
}

proptest! {
    #[test]
    fn text_says_the_same_again(model in model()) {
        let printed = print(&model).unwrap();
        let read = parse(&printed).unwrap();
        prop_assert_eq!(&read, &model);
        prop_assert_eq!(print(&read).unwrap(), printed);
    }

    #[test]
    fn json_says_the_same_again(mut model in model(), origins in vec(origin(), 12)) {
        let mut origins = origins.into_iter().cycle();
        for definition in &mut model.types {
            definition.origin = origins.next().unwrap();
            for relation in &mut definition.relations {
                relation.origin = origins.next().unwrap();
            }
        }
        for condition in &mut model.conditions {
            condition.origin = origins.next().unwrap();
        }
        prop_assert_eq!(from_json(&to_json(&model)).unwrap(), model);
    }

    #[test]
    fn modules_say_the_same_again(model in model(), extended in 0_usize..4) {
        let origin = Origin { module: Some("m".to_owned()), file: Some("m.fga".to_owned()) };
        let mut module = Module {
            name: "m".to_owned(),
            types: model.types,
            extensions: Vec::new(),
            conditions: model.conditions,
        };
        let extensions = module.types.split_off(extended.min(module.types.len()));
        for found in extensions {
            let (type_name, relations) = (found.name, found.relations);
            module.extensions.push(Extension { type_name, relations, origin: origin.clone() });
        }
        for found in &mut module.types {
            found.origin = origin.clone();
        }
        for condition in &mut module.conditions {
            condition.origin = origin.clone();
        }
        let printed = print_module(&module).unwrap();
        let read = parse_module(&printed, "m.fga").unwrap();
        prop_assert_eq!(&read, &module);
        prop_assert_eq!(print_module(&read).unwrap(), printed);
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let _ = parse(&text);
        let _ = parse_module(&text, "a");
        let _ = from_json(&text);
    }

    #[test]
    fn any_words_are_read_or_refused(words in vec(select(vec![
        "model", "schema", "1.1", "type", "relations", "define", "condition", "module", "extend",
        "a", "b", ":", "*", "#", " #", "[", "]", "(", ")", "{", "}", ",", "<", ">", "or", "and",
        "but not", "from", "with", "'", "\"\"\"", "\\", "//", "\n", "\n", " ", " ", "list", "é",
    ]), 0..60)) {
        for header in ["", "model\nschema 1.1\ntype t\nrelations\ndefine r:", "model\nschema 1.1\ncondition c("] {
            let text = format!("{header}{}", words.concat());
            if let Ok(model) = parse(&text) {
                let printed = print(&model).unwrap();
                prop_assert_eq!(parse(&printed).unwrap(), model);
            }
            let _ = parse_module(&text.replacen("model\nschema 1.1", "module m", 1), "a");
        }
    }
}
