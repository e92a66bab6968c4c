// The relationships of a store as a grid.

import { field, make, show, t } from "page.js";

/** How many rows the grid holds before it asks to narrow the filter. */
const ROWS_MAX = 1000;

export class Tuples {
  constructor(remove) {
    this.remove = remove;
    this.list = [];
    this.filter = document.getElementById("tuple-filter");
    this.filter.addEventListener("input", () => this.show());
  }

  async open(store) {
    this.store = store;
    const wanted = Math.max(1, this.list.length);
    this.list = [];
    this.token = undefined;
    do await this.load();
    while (this.token && this.list.length < Math.min(wanted, ROWS_MAX));
    this.show();
  }

  async load() {
    const page = await this.store.tuples(this.token);
    this.list.push(...page.tuples.map((tuple) => tuple.key));
    this.token = page.continuation_token || undefined;
  }

  async more() {
    await this.load();
    this.show();
  }

  show() {
    const wanted = this.filter.value.trim();
    const rows = this.list
      .filter((key) => `${key.user} ${key.relation} ${key.object}`.includes(wanted))
      .slice(0, ROWS_MAX);
    field("tuples").replaceChildren(...rows.map((key) => this.row(key)));
    const count = rows.length;
    show(field("tuples-count"), this.token ? t("count.more", { count }) : t("count", { count }));
    document.querySelector('[data-action="more"]').hidden = !this.token;
    suggest("users", this.list.map((key) => key.user));
    suggest("objects", this.list.map((key) => key.object));
  }

  row(key) {
    const row = make("tr");
    const condition = key.condition ? conditionText(key.condition) : "";
    const texts = [key.user, key.relation, key.object, condition];
    row.append(...texts.map((text) => make("td", text, { class: "mono" })));
    const button = make("button", t("delete"), { type: "button", class: "curl" });
    button.append(make("span", ` ${texts.join(" ")}`, { class: "unseen" }));
    button.addEventListener("click", () => this.remove(key));
    const cell = make("td");
    cell.append(button);
    row.append(cell);
    return row;
  }
}

/** Offers values in the fields that name a list. */
export function suggest(list, values) {
  const known = [...new Set(values)].sort().slice(0, 200);
  const options = known.map((value) => make("option", undefined, { value }));
  document.getElementById(list).replaceChildren(...options);
}

function conditionText({ name, context }) {
  const empty = !context || Object.keys(context).length === 0;
  return empty ? name : `${name} ${JSON.stringify(context)}`;
}

/** A condition as it is written in the form: a name, or a name and its context. */
export function conditionOf(text) {
  const [, name, context] = text.trim().match(/^(\S*)\s*(.*)$/s);
  if (!name) return undefined;
  if (!context) return { name };
  try {
    const value = JSON.parse(context);
    if (value && typeof value === "object" && !Array.isArray(value)) return { name, context: value };
  } catch {
    // Said below, as for any other text that is no object.
  }
  throw new Error(t("bad-condition"));
}
