// A model as people look at it: which relation is given to whom, and follows from which.

/** One row for each relation: `{type, name, given, follows}`, `follows` as `{type?, relation, through?}`. */
export function shapeOf(model) {
  return (model.type_definitions ?? []).flatMap(({ type, relations = {}, metadata }) =>
    Object.entries(relations).map(([name, rewrite]) => {
      const restrictions = metadata?.relations?.[name]?.directly_related_user_types ?? [];
      return { type, name, given: restrictions.map(said), follows: [...edgesOf(model, type, rewrite)] };
    }));
}

/** A type restriction as the language writes it. */
function said({ type, relation, wildcard, condition }) {
  const who = wildcard ? `${type}:*` : relation ? `${type}#${relation}` : type;
  return condition ? `${who} with ${condition}` : who;
}

function* edgesOf(model, type, rewrite) {
  if (rewrite.computedUserset) yield { targets: [type], relation: rewrite.computedUserset.relation };
  if (rewrite.tupleToUserset) {
    const { tupleset, computedUserset } = rewrite.tupleToUserset;
    const relation = computedUserset.relation;
    yield { targets: typesOf(model, type, tupleset.relation), relation, through: tupleset.relation };
  }
  const children = [
    ...(rewrite.union?.child ?? []),
    ...(rewrite.intersection?.child ?? []),
    ...(rewrite.difference ? [rewrite.difference.base, rewrite.difference.subtract] : []),
  ];
  for (const child of children) yield* edgesOf(model, type, child);
}

/** The types that a relation's tuples may name. */
function typesOf(model, type, relation) {
  const definition = model.type_definitions.find((one) => one.type === type);
  const named = definition?.metadata?.relations?.[relation]?.directly_related_user_types ?? [];
  return [...new Set(named.map((one) => one.type))];
}

/** The names of all relations, and of all types. */
export function namesOf(model) {
  const relations = new Set(shapeOf(model).map((row) => row.name));
  return { relations: [...relations].sort(), types: model.type_definitions.map((one) => one.type) };
}
