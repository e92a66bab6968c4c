// The model as a drawing: a card for each type, a line from each relation to what it follows from.

import { make, t } from "page.js";
import { shapeOf } from "perm-shape.js";

const SVG = "http://www.w3.org/2000/svg";
const ROW = 26;
const HEAD = 34;
const WIDE = 160;
const GAP_X = 80;
const GAP_Y = 28;
const LETTERS_MAX = 19;

function shape(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

const short = (text) => (text.length > LETTERS_MAX ? `${text.slice(0, LETTERS_MAX - 1)}…` : text);

/** How many steps a type is away from those that nothing of another type is given to. */
function levelsOf(types, rows) {
  const level = new Map(types.map((type) => [type, 0]));
  const targets = (row) => [
    ...row.given.map((who) => who.split(/[:# ]/)[0]),
    ...row.follows.flatMap((edge) => edge.targets),
  ];
  for (let round = 0; round < types.length; round += 1) {
    for (const row of rows) {
      for (const target of targets(row)) {
        if (target === row.type || !level.has(target)) continue;
        const next = Math.min(level.get(target) + 1, types.length - 1);
        if (next > level.get(row.type) && round < types.length - 1) level.set(row.type, next);
      }
    }
  }
  return level;
}

/** The drawing of a model. */
export function draw(model) {
  const rows = shapeOf(model);
  const types = model.type_definitions.map((one) => one.type);
  const cards = place(types, rows);
  const wide = Math.max(WIDE, ...[...cards.values()].map((card) => card.x + WIDE)) + 40;
  const high = Math.max(HEAD, ...[...cards.values()].map((card) => card.y + card.high)) + 8;
  const drawing = shape("svg", { viewBox: `0 0 ${wide} ${high}`, width: wide, height: high, role: "img" });
  drawing.append(shape("title", {}, t("graph.title")));
  const lines = shape("g", { class: "edges" });
  for (const row of rows) {
    for (const who of row.given) line(lines, cards, row, edgeOfGiven(who), "given");
    for (const edge of row.follows) {
      for (const type of edge.targets) line(lines, cards, row, { type, relation: edge.relation }, "follows");
    }
  }
  drawing.append(lines, ...types.map((type) => cardOf(type, cards.get(type))));
  return drawing;
}

function edgeOfGiven(who) {
  const [subject] = who.split(" ");
  const [type, relation] = subject.split("#");
  return { type: type.split(":")[0], relation };
}

function place(types, rows) {
  const level = levelsOf(types, rows);
  const cards = new Map();
  const bottom = new Map();
  for (const type of types) {
    const own = rows.filter((row) => row.type === type);
    const column = level.get(type);
    const y = bottom.get(column) ?? 4;
    const high = HEAD + own.length * ROW + 8;
    const places = new Map(own.map((row, number) => [row.name, y + HEAD + number * ROW + ROW / 2]));
    cards.set(type, { x: 4 + column * (WIDE + GAP_X), y, high, places });
    bottom.set(column, y + high + GAP_Y);
  }
  return cards;
}

function cardOf(type, card) {
  const group = shape("g", { class: "card" });
  group.append(
    shape("rect", { x: card.x, y: card.y, width: WIDE, height: card.high, rx: 8 }),
    shape("text", { x: card.x + 12, y: card.y + 22, class: "card-head" }, short(type)),
  );
  for (const [name, y] of card.places) {
    group.append(shape("text", { x: card.x + 12, y: y + 4 }, short(name)));
  }
  return group;
}

function line(into, cards, row, target, kind) {
  const from = cards.get(row.type);
  const to = cards.get(target.type);
  if (!from || !to) return;
  const y1 = from.places.get(row.name);
  const y2 = to.places.get(target.relation) ?? to.y + HEAD / 2;
  const same = from === to;
  const x1 = same ? from.x + WIDE : from.x;
  const x2 = to.x + WIDE;
  const bend = same ? 26 + Math.abs(y1 - y2) / 12 : (x2 - x1) / 2;
  const path = same
    ? `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 + bend} ${y2} ${x2} ${y2}`
    : `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
  const name = (type, relation) => (relation ? `${type}#${relation}` : type);
  const says = t("graph", { from: name(row.type, row.name), to: name(target.type, target.relation) });
  into.append(
    shape("path", { d: path, class: kind }, shape("title", {}, says)),
    shape("circle", { cx: x2, cy: y2, r: 3, class: kind }),
  );
}

/** The same as rows of a table. */
export function tableOf(model) {
  return shapeOf(model).map((row) => {
    const entry = make("tr");
    const follows = row.follows.map((edge) =>
      edge.through
        ? t("from", { relation: edge.relation, through: edge.through })
        : t("computed", { relation: edge.relation }));
    const cells = [row.given.join(", ") || t("nobody"), follows.join(", ") || t("nothing")];
    entry.append(
      make("th", `${row.type}#${row.name}`, { scope: "row" }),
      ...cells.map((text) => make("td", text)),
    );
    return entry;
  });
}
